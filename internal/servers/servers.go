// Package servers starts real stores on loopback for tests: an S3 server that
// checks signatures, and a server of Google's storage. They are programs of a
// module of their own, testdata/servers, which make servers builds.
package servers

// A store is ready when it answers, and is gone when it is closed: it is a
// child of the test, and keeps what it stores in a folder of the test's.

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

// ErrNotBuilt says that the program of the server is not there.
var ErrNotBuilt = errors.New("is not built: make servers builds it, where its modules can be had")

// The keys of the S3 server's only user.
const (
	AccessKey = "wixrecon-test"
	SecretKey = "t0psecret-of-the-test"
)

// A Store is a server that runs.
type Store struct {
	Address string // host:port, on loopback

	process *exec.Cmd
	ended   chan struct{}
	output  *output
}

// output is what a server printed, for the message of its failure.
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

// S3 starts an S3 server that checks signatures. Its buckets are made as
// folders of the given one.
func S3(ctx context.Context, folder string, buckets ...string) (*Store, error) {
	if err := makeBuckets(folder, buckets); err != nil {
		return nil, err
	}
	env := []string{"ROOT_ACCESS_KEY=" + AccessKey, "ROOT_SECRET_KEY=" + SecretKey}
	return start(ctx, "versitygw", env, func(address string) []string {
		return []string{"--quiet", "--port", address, "posix", folder}
	})
}

// GCS starts a server of Google's storage. It takes any credentials.
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

// start starts a program on a free port. Between the choice of the port and its
// use another process may take it, so there is a second try.
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
			_ = s.process.Wait() // it is killed in the end
		}()
		if err = s.answers(ctx); err == nil {
			return s, nil
		}
		s.Close()
		faults = append(faults, fmt.Errorf("start %s: %w\n%s", name, err, s.output))
	}
	return nil, errors.Join(faults...)
}

// find finds a program in bin/servers of the repository that the working
// directory is in.
func find(name string) (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(at, "testdata", "servers", "go.mod")); err == nil {
			break
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("find %s: not in the repository", name)
		}
		at = filepath.Dir(at)
	}
	program := filepath.Join(at, "bin", "servers", name)
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

// patience is how long a server may take to answer; the machine may be busy.
const patience = time.Minute

// answers waits until the server accepts connections.
func (s *Store) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var dialer net.Dialer
	for {
		connection, err := dialer.DialContext(ctx, "tcp", s.Address)
		if err == nil {
			return connection.Close()
		}
		select {
		case <-s.ended:
			return errors.New("it ended")
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Close kills the server and waits for its end.
func (s *Store) Close() {
	_ = s.process.Process.Kill() // an error says that it has ended
	<-s.ended
}
