package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	_ "gocloud.dev/blob/gcsblob"
	_ "gocloud.dev/blob/s3blob"

	"github.com/wixrecon/wixrecon/internal/servers"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// bucket is the only bucket of every server.
const bucket = "ledgers"

// A kind is one kind of store. Two of them need a server binary: without it, the
// test fails if CI is set, and is skipped otherwise.
type kind struct {
	name string
	open func(*testing.T) (at func(path string) string)
}

func kinds() []kind {
	return []kind{
		{"path", func(t *testing.T) func(string) string {
			return format(filepath.Join(t.TempDir(), "plain", "%s"))
		}},
		{"file", func(t *testing.T) func(string) string {
			return format("file://" + filepath.ToSlash(t.TempDir()) + "/url/%s?metadata=skip")
		}},
		{"mem", func(*testing.T) func(string) string { return format("mem://data/%s") }},
		{"s3 in process", func(t *testing.T) func(string) string { return s3Names(bucket, s3InProcess(t)) }},
		{"s3", func(t *testing.T) func(string) string { return s3Names(bucket, "http://"+s3Server(t).Address) }},
		{"gs", func(t *testing.T) func(string) string {
			gcsServer(t)
			return format("gs://" + bucket + "/%s")
		}},
	}
}

func format(base string) func(string) string {
	return func(path string) string { return fmt.Sprintf(base, path) }
}

func s3Names(bucket, endpoint string) func(string) string {
	return format("s3://" + bucket + "/%s?endpoint=" + endpoint + "&use_path_style=true&region=us-east-1")
}

// TestMain sets the environment of all S3 clients, so that tests can run in
// parallel.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": servers.AccessKey, "AWS_SECRET_ACCESS_KEY": servers.SecretKey, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CA_BUNDLE": "", // not needed on loopback, and slow to parse
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// s3InProcess is fast, and does not check signatures.
func s3InProcess(t *testing.T) string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	return serve(t, gofakes3.New(backend).Server())
}

// serve returns the URL of a handler on loopback.
func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func s3Server(t *testing.T) *servers.Store {
	t.Helper()
	return startServer(t, servers.S3)
}

func gcsServer(t *testing.T) *servers.Store {
	t.Helper()
	s := startServer(t, servers.GCS)
	t.Setenv("STORAGE_EMULATOR_HOST", s.Address)
	return s
}

func startServer(t *testing.T, start func(context.Context, string, ...string) (*servers.Store, error)) *servers.Store {
	t.Helper()
	s, err := start(context.WithoutCancel(t.Context()), t.TempDir(), bucket) // the clean-up runs after the end of the test's context
	if errors.Is(err, servers.ErrNotBuilt) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func openDir(t *testing.T, s *storage.Opener, name string) *storage.Dir {
	t.Helper()
	d, err := s.OpenDir(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func put(d *storage.Dir, ctx context.Context, key, content string) error {
	return d.Put(ctx, key, text(content))
}

func text(content string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	}
}
