// Package servers starts real object stores on loopback for tests: an S3 server
// that checks signatures, and a Google Cloud Storage server. Their programs are
// in a module of their own, testdata/servers, and are built by make servers.
package servers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// ErrNotBuilt is returned where the program of a server is missing.
var ErrNotBuilt = errors.New("is not built: run make servers, which needs its modules")

// The keys of the S3 server's only user.
const (
	AccessKey = "wixrecon-test"
	SecretKey = "t0psecret-of-the-test"
)

// A Store is a running server, a child of the test process. It accepts
// connections when it is returned, and has ended when Close returns.
type Store struct {
	Address string // host:port, on loopback

	process *exec.Cmd
	ended   chan struct{}
	output  *output
}

// An output collects what a server prints, for the error message when it fails.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// S3 starts an S3 server that checks signatures. Its buckets are subfolders of
// the folder.
func S3(ctx context.Context, folder string, buckets ...string) (*Store, error) {
	if err := makeBuckets(folder, buckets); err != nil {
		return nil, err
	}
	env := []string{"ROOT_ACCESS_KEY=" + AccessKey, "ROOT_SECRET_KEY=" + SecretKey}
	return start(ctx, "versitygw", env, func(address string) []string {
		return []string{"--quiet", "--port", address, "posix", folder}
	})
}

// GCS starts a Google Cloud Storage server. It accepts any credentials.
func GCS(ctx context.Context, folder string, buckets ...string) (*Store, error) {
	if err := makeBuckets(folder, buckets); err != nil {
		return nil, err
	}
	return start(ctx, "fake-gcs-server", nil, func(address string) []string {
		host, port, _ := net.SplitHostPort(address)
		return []string{"-scheme", "http", "-host", host, "-port", port, "-public-host", address,
			"-backend", "memory", "-data", folder, "-log-level", "error"}
	})
}

func makeBuckets(folder string, buckets []string) error {
	for _, bucket := range buckets {
		if err := os.MkdirAll(filepath.Join(folder, bucket), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// start starts a program on a free port. Another process may take the port before
// the program does, so there are three tries.
func start(ctx context.Context, name string, env []string, args func(address string) []string) (*Store, error) {
	program, err := find(name)
	if err != nil {
		return nil, err
	}
	var faults []error
	for range 3 {
		address, err := freeAddress(ctx)
		if err != nil {
			return nil, err
		}
		s := &Store{Address: address, ended: make(chan struct{}), output: new(output)}
		s.process = exec.CommandContext(ctx, program, args(address)...)
		s.process.Env = append(os.Environ(), env...)
		s.process.Stdout, s.process.Stderr = s.output, s.output
		if err := s.process.Start(); err != nil {
			return nil, fmt.Errorf("start %s: %w", name, err)
		}
		go func() {
			defer close(s.ended)
			_ = s.process.Wait() // Close kills it
		}()
		if err = s.waitReady(ctx); err == nil {
			return s, nil
		}
		s.Close()
		faults = append(faults, fmt.Errorf("start %s: %w\n%s", name, err, s.output))
	}
	return nil, errors.Join(faults...)
}

// find returns the path of a program in bin/servers of the repository that
// contains the working directory.
func find(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "testdata", "servers", "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("find %s: the working directory is not in the repository", name)
		}
		dir = filepath.Dir(dir)
	}
	program := filepath.Join(dir, "bin", "servers", name)
	if _, err := os.Stat(program); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s %w", name, ErrNotBuilt)
	}
	return program, nil
}

func freeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// startTimeout is long, because the machine may be busy.
const startTimeout = time.Minute

// waitReady waits until the server accepts connections.
func (s *Store) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	var dialer net.Dialer
	for {
		connection, err := dialer.DialContext(ctx, "tcp", s.Address)
		if err == nil {
			return connection.Close()
		}
		select {
		case <-s.ended:
			return errors.New("the process ended")
		case <-ctx.Done():
			return fmt.Errorf("no connection: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Close kills the server and waits until it has ended.
func (s *Store) Close() {
	_ = s.process.Process.Kill() // it may have ended already
	<-s.ended
}
