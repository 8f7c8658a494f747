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

// Processes that are killed know nothing of it: what kills them stands outside,
// before Wix and before the store. Each process has servers of its own, which
// are closed once it is dead, so that nothing of it arrives later than that.

// A tap lets the requests of one process through, to Wix and to the bucket, and
// counts them together. At one of them it strikes.
type tap struct {
	at     func(n int, r *http.Request) bool // nil: never; asked of every request, the first being 1, until it strikes
	after  bool                              // the request has its effect first
	cut    bool                              // its answer does not get through
	kill   bool                              // what it does is to kill the process
	strike func()
	asleep chan struct{} // not nil: what it does is to stop the process, and to close this
	doom   time.Duration // the process is killed so long after its start; 0: it is not

	mu     sync.Mutex
	seen   int
	struck string // the request that it struck at
}

// nth strikes at the n-th request.
func nth(n int) func(int, *http.Request) bool {
	return func(at int, _ *http.Request) bool { return at == n }
}

func (p *tap) through(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !p.picks(r):
			next.ServeHTTP(w, r)
			return
		case !p.after:
			p.strike()
		case p.cut:
			defer p.strike() // whatever comes of it
			next.ServeHTTP(httptest.NewRecorder(), r)
		default:
			next.ServeHTTP(w, r)
			p.strike()
		}
		if p.cut {
			panic(http.ErrAbortHandler) // ends the connection without an answer
		}
		if !p.after {
			next.ServeHTTP(w, r)
		}
	})
}

func (p *tap) picks(r *http.Request) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen++
	if p.at == nil || p.struck != "" || !p.at(p.seen, r) {
		return false
	}
	p.struck = r.Method + " " + r.URL.Path
	return true
}

// said gives what the tap struck at, and how many requests it saw.
func (p *tap) said() (struck string, seen int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.struck, p.seen
}

// A yard is a place of runs as somebody sees it who is not the program.
type yard interface {
	name(endpoint string) string         // as --out
	objects() (map[string][]byte, error) // by key
	put(key, content string) error
}

// A heap is a bucket in process.
type heap struct {
	backend *s3mem.Backend
	server  http.Handler
}

const heapRoot = "runs/"

func newHeap(objects map[string][]byte) (*heap, error) {
	h := &heap{backend: s3mem.New()}
	h.server = gofakes3.New(h.backend).Server()
	err := h.backend.CreateBucket(bucket)
	for key, content := range objects {
		err = errors.Join(err, h.put(key, string(content)))
	}
	return h, err
}

func (h *heap) name(endpoint string) string {
	return "s3://" + bucket + "/" + strings.TrimSuffix(heapRoot, "/") + "?endpoint=" + endpoint + "&use_path_style=true&region=us-east-1"
}

func (h *heap) put(key, content string) error {
	_, err := h.backend.PutObject(bucket, heapRoot+key, map[string]string{}, strings.NewReader(content), int64(len(content)), nil)
	return err
}

func (h *heap) objects() (map[string][]byte, error) {
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
		all[strings.TrimPrefix(entry.Key, heapRoot)] = content
	}
	return all, nil
}

// A folder is a folder.
type folder string

func (f folder) name(string) string { return string(f) }

func (f folder) put(key, content string) error {
	path := filepath.Join(string(f), filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o600)
}

func (f folder) objects() (map[string][]byte, error) {
	all := make(map[string][]byte)
	err := filepath.WalkDir(string(f), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		key, err := filepath.Rel(string(f), path)
		if err == nil {
			all[filepath.ToSlash(key)], err = os.ReadFile(path)
		}
		if errors.Is(err, fs.ErrNotExist) { // gone since it was listed
			err = nil
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return all, err
}

// A child is the program as a process of its own.
type child struct {
	command []string
	process *exec.Cmd
	tap     *tap
	fronts  []*httptest.Server
	stopped context.CancelFunc
	dead    chan struct{}

	code           int // -1: killed
	stdout, stderr bytes.Buffer
}

// childLife is how long a child may live before something is wrong.
const childLife = 3 * time.Minute

// start starts the program against a Wix and a place of runs. Its servers stand
// behind the tap.
func (m *fixing) start(p *tap, args ...string) (*child, error) {
	c := &child{command: args, tap: p, dead: make(chan struct{})}
	wix := c.front(m.wix)
	endpoint := ""
	if h, is := m.yard.(*heap); is {
		endpoint = c.front(h.server)
	}
	ctx, cancel := context.WithTimeout(m.ctx, childLife)
	c.stopped = cancel
	c.process = exec.CommandContext(ctx, m.program, m.arguments(args, wix, endpoint)...)
	c.process.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "WIX_API_KEY=" + m.key, "HOME=" + m.home,
		"GORACE=atexit_sleep_ms=10", // under the race detector a program else ends a second late
	}, m.env...)
	c.process.Stdout, c.process.Stderr = &c.stdout, &c.stderr
	if err := c.process.Start(); err != nil {
		c.close()
		return nil, fmt.Errorf("start %v: %w", args, err)
	}
	switch {
	case p.kill:
		p.strike = c.kill
	case p.asleep != nil:
		p.strike = c.stop
	}
	if p.doom > 0 {
		time.AfterFunc(p.doom, c.kill)
	}
	go func() {
		defer close(c.dead)
		var exit *exec.ExitError
		if err := c.process.Wait(); errors.As(err, &exit) {
			c.code = exit.ExitCode()
		} else if err != nil {
			c.code = -2
		}
	}()
	for _, front := range c.fronts {
		front.Start()
	}
	return c, nil
}

// front makes a server, which answers once the process is there to be killed.
func (c *child) front(of http.Handler) (url string) {
	front := httptest.NewUnstartedServer(c.tap.through(of))
	c.fronts = append(c.fronts, front)
	return "http://" + front.Listener.Addr().String()
}

func (c *child) close() {
	for _, front := range c.fronts {
		front.CloseClientConnections()
		front.Close()
	}
	c.stopped()
}

// kill kills the process and waits until it is dead.
func (c *child) kill() {
	_ = c.process.Process.Kill() // an error says that it has ended
	<-c.dead
}

// stop lets the process stand still.
func (c *child) stop() {
	_ = c.process.Process.Signal(syscall.SIGSTOP) // an error says that it has ended
	close(c.tap.asleep)
}

// ended waits for the end of the process, and of all that it asked for.
func (c *child) ended() *child {
	<-c.dead
	c.close()
	return c
}

// wants gives an error where the process ended with another code.
func (c *child) wants(codes ...int) error {
	if slices.Contains(codes, c.code) {
		return nil
	}
	return fmt.Errorf("%s: exit code %d, want %v\n%s", strings.Join(c.command, " "), c.code, codes, c.stderr.String())
}

func (c *child) String() string {
	struck, seen := c.tap.said()
	return strings.Join(c.command, " ") + ": exit code " + strconv.Itoa(c.code) + " after " + strconv.Itoa(seen) + " requests, struck at " + struck
}
