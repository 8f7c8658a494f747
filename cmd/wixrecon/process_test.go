package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// Processes are killed from outside, by interceptors in front of Wix and the store.
// Each process has its own servers, which are closed after its death, so that none
// of its requests arrives later.

// An interceptor passes on the requests of one process to Wix and to the bucket,
// and counts them. At one of them it acts.
type interceptor struct {
	match      func(n int, r *http.Request) bool // nil: never; called for every request, from 1, until it matches
	after      bool                              // act after the effect of the request
	dropAnswer bool                              // drop the response
	kill       bool                              // act is to kill the process
	act        func()
	paused     chan struct{} // not nil: act is to pause the process and close this
	killAfter  time.Duration // kill the process so long after its start; 0: never

	mu      sync.Mutex
	count   int
	matched string // the matched request
}

// nth matches the n-th request.
func nth(n int) func(int, *http.Request) bool {
	return func(at int, _ *http.Request) bool { return at == n }
}

func (p *interceptor) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !p.matches(r):
			next.ServeHTTP(w, r)
			return
		case !p.after:
			p.act()
		case p.dropAnswer:
			defer p.act() // even if the handler panics
			next.ServeHTTP(httptest.NewRecorder(), r)
		default:
			next.ServeHTTP(w, r)
			p.act()
		}
		if p.dropAnswer {
			panic(http.ErrAbortHandler) // ends the connection without an answer
		}
		if !p.after {
			next.ServeHTTP(w, r)
		}
	})
}

func (p *interceptor) matches(r *http.Request) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	if p.match == nil || p.matched != "" || !p.match(p.count, r) {
		return false
	}
	p.matched = r.Method + " " + r.URL.Path
	return true
}

// result returns the matched request and the number of requests.
func (p *interceptor) result() (matched string, seen int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.matched, p.count
}

// A runStore is the location of runs, accessed without the program.
type runStore interface {
	outURL(endpoint string) string       // the value of --out
	objects() (map[string][]byte, error) // by key
	put(key, content string) error
}

// A bucketStore is a bucket in process.
type bucketStore struct {
	backend *s3mem.Backend
	server  http.Handler
}

const bucketRoot = "runs/"

func newBucketStore(objects map[string][]byte) (*bucketStore, error) {
	h := &bucketStore{backend: s3mem.New()}
	h.server = gofakes3.New(h.backend).Server()
	err := h.backend.CreateBucket(bucket)
	for key, content := range objects {
		err = errors.Join(err, h.put(key, string(content)))
	}
	return h, err
}

func (h *bucketStore) outURL(endpoint string) string {
	return "s3://" + bucket + "/" + strings.TrimSuffix(bucketRoot, "/") + "?endpoint=" + endpoint + "&use_path_style=true&region=us-east-1"
}

func (h *bucketStore) put(key, content string) error {
	_, err := h.backend.PutObject(bucket, bucketRoot+key, map[string]string{}, strings.NewReader(content), int64(len(content)), nil)
	return err
}

func (h *bucketStore) objects() (map[string][]byte, error) {
	list, err := h.backend.ListBucket(bucket, nil, gofakes3.ListBucketPage{})
	if err != nil {
		return nil, err
	}
	all := make(map[string][]byte)
	for _, entry := range list.Contents {
		object, err := h.backend.GetObject(bucket, entry.Key, nil)
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(object.Contents)
		if err = errors.Join(err, object.Contents.Close()); err != nil {
			return nil, err
		}
		all[strings.TrimPrefix(entry.Key, bucketRoot)] = content
	}
	return all, nil
}

// A folderStore is a local folder.
type folderStore string

func (f folderStore) outURL(string) string { return string(f) }

func (f folderStore) put(key, content string) error {
	path := filepath.Join(string(f), filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o600)
}

func (f folderStore) objects() (map[string][]byte, error) {
	all := make(map[string][]byte)
	err := filepath.WalkDir(string(f), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		key, err := filepath.Rel(string(f), path)
		if err == nil {
			all[filepath.ToSlash(key)], err = os.ReadFile(path)
		}
		if errors.Is(err, fs.ErrNotExist) { // removed meanwhile
			err = nil
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return all, err
}

// A child is the program as a process.
type child struct {
	command     []string
	process     *exec.Cmd
	interceptor *interceptor
	servers     []*httptest.Server
	cancel      context.CancelFunc
	done        chan struct{}

	code           int // -1: killed
	stdout, stderr bytes.Buffer
}

// childTimeout is how long a child may run.
const childTimeout = 3 * time.Minute

// start starts the program with its own servers for Wix and the store, behind the
// interceptor.
func (m *fixProcess) start(p *interceptor, args ...string) (*child, error) {
	c := &child{command: args, interceptor: p, done: make(chan struct{})}
	wix := c.serve(m.wix)
	endpoint := ""
	if h, is := m.store.(*bucketStore); is {
		endpoint = c.serve(h.server)
	}
	ctx, cancel := context.WithTimeout(m.ctx, childTimeout)
	c.cancel = cancel
	c.process = exec.CommandContext(ctx, m.program, m.arguments(args, wix, endpoint)...)
	c.process.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "WIX_API_KEY=" + m.key, "HOME=" + m.home,
		"GORACE=atexit_sleep_ms=10", // under the race detector a process otherwise ends a second late
	}, m.env...)
	c.process.Stdout, c.process.Stderr = &c.stdout, &c.stderr
	if err := c.process.Start(); err != nil {
		c.close()
		return nil, fmt.Errorf("start %v: %w", args, err)
	}
	switch {
	case p.kill:
		p.act = c.kill
	case p.paused != nil:
		p.act = c.pause
	}
	if p.killAfter > 0 {
		time.AfterFunc(p.killAfter, c.kill)
	}
	go func() {
		defer close(c.done)
		var exit *exec.ExitError
		if err := c.process.Wait(); errors.As(err, &exit) {
			c.code = exit.ExitCode()
		} else if err != nil {
			c.code = -2
		}
	}()
	for _, front := range c.servers {
		front.Start()
	}
	return c, nil
}

// serve returns the URL of a new server, which answers once the process has
// started.
func (c *child) serve(of http.Handler) (url string) {
	front := httptest.NewUnstartedServer(c.interceptor.wrap(of))
	c.servers = append(c.servers, front)
	return "http://" + front.Listener.Addr().String()
}

func (c *child) close() {
	for _, front := range c.servers {
		front.CloseClientConnections()
		front.Close()
	}
	c.cancel()
}

// kill kills the process and waits until it is dead.
func (c *child) kill() {
	_ = c.process.Process.Kill() // an error means that it has ended
	<-c.done
}

// pause stops the process with SIGSTOP.
func (c *child) pause() {
	_ = c.process.Process.Signal(syscall.SIGSTOP) // an error means that it has ended
	close(c.interceptor.paused)
}

// wait waits for the end of the process and of all its requests.
func (c *child) wait() *child {
	<-c.done
	c.close()
	return c
}

// requireCode returns an error if the process ended with another exit code, or
// printed the key.
func (c *child) requireCode(codes ...int) error {
	if err := errors.Join(searchText("standard output", c.stdout.Bytes()), searchText("standard error", c.stderr.Bytes())); err != nil {
		return err
	}
	if slices.Contains(codes, c.code) {
		return nil
	}
	return fmt.Errorf("%s: exit code %d, want %v\n%s", strings.Join(c.command, " "), c.code, codes, c.stderr.String())
}

func (c *child) String() string {
	matched, seen := c.interceptor.result()
	return strings.Join(c.command, " ") + ": exit code " + strconv.Itoa(c.code) + " after " + strconv.Itoa(seen) + " requests, matched at " + matched
}
