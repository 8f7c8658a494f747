package storage_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	gcs "cloud.google.com/go/storage"
	"gocloud.dev/blob"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcp"
	"google.golang.org/api/option"

	"github.com/wixrecon/wixrecon/internal/servers"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// What networks and busy stores do, for every kind of store: a proxy in front of
// it loses responses or refuses requests.

// proxiedKinds returns the kinds of stores behind a proxy. Their tests run in
// parallel, because a client mostly waits before it retries.
func proxiedKinds() map[string]func(*testing.T, *servers.Proxy) (*storage.Opener, func(string) string) {
	s3 := func(t *testing.T, p *servers.Proxy, address string) (*storage.Opener, func(string) string) {
		p.Address = address
		return new(storage.Opener), s3Names(bucket, serve(t, p))
	}
	return map[string]func(*testing.T, *servers.Proxy) (*storage.Opener, func(string) string){
		"s3 in process": func(t *testing.T, p *servers.Proxy) (*storage.Opener, func(string) string) {
			return s3(t, p, strings.TrimPrefix(s3InProcess(t), "http://"))
		},
		"s3": func(t *testing.T, p *servers.Proxy) (*storage.Opener, func(string) string) {
			return s3(t, p, s3Server(t).Address)
		},
		"gs": func(t *testing.T, p *servers.Proxy) (*storage.Opener, func(string) string) {
			p.Address, p.RewriteHost = startServer(t, servers.GCS).Address, true
			driver := gcsDriver(serve(t, p))
			return &storage.Opener{Drivers: map[string]blob.BucketURLOpener{"gs": driver}}, format("gs://" + bucket + "/%s")
		},
	}
}

// A gcsDriver opens buckets of the server at a URL.
type gcsDriver string

func (d gcsDriver) OpenBucketURL(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	return gcsblob.OpenBucket(ctx, gcp.NewAnonymousHTTPClient(gcp.DefaultTransport()), u.Host, &gcsblob.Options{
		ClientOptions: []option.ClientOption{option.WithEndpoint(string(d) + "/storage/v1/"), gcs.WithJSONReads()},
	})
}

func isWrite(r *http.Request) bool { return r.Method == http.MethodPut || r.Method == http.MethodPost }

// An upload whose response is lost is sent again by the client, and refused
// because the first upload exists: this must not become an "already exists".
func TestPutWithLostResponse(t *testing.T) {
	t.Parallel()
	for name, open := range proxiedKinds() {
		t.Run(name, func(t *testing.T) {
			p := &servers.Proxy{LoseFirst: isWrite}
			t.Parallel()
			s, at := open(t, p)
			d := openDir(t, s, at("lost"))
			for key, size := range map[string]int{"small": 5, "big": bigSize(t, at)} {
				content := strings.Repeat("x", size)
				lost := p.Lost()
				if err := put(d, t.Context(), key, content); err != nil {
					t.Errorf("put of %d bytes: %v", size, err)
				}
				if p.Lost() == lost {
					t.Error("no response was lost")
				}
				if got, err := d.Read(t.Context(), key); err != nil || string(got) != content {
					t.Errorf("read: %d bytes, %v; want %d", len(got), err, size)
				}
				if err := put(d, t.Context(), key, "other"); !storage.Exist(err) {
					t.Errorf("a second put: %v", err)
				}
				if err := d.Replace(t.Context(), key, text("other")); err != nil {
					t.Errorf("replace: %v", err)
				}
			}
		})
	}
}

// Of concurrent writers whose responses are lost, exactly one wins and knows it.
func TestRaceWithLostResponses(t *testing.T) {
	t.Parallel()
	for name, open := range proxiedKinds() {
		t.Run(name, func(t *testing.T) {
			p := &servers.Proxy{LoseFirst: isWrite}
			t.Parallel()
			s, at := open(t, p)
			d := openDir(t, s, at("race"))
			for round := range 2 {
				raceWriters(t, d, fmt.Sprint("claim-", round))
			}
		})
	}
}

func TestThrottling(t *testing.T) {
	t.Parallel()
	for name, open := range proxiedKinds() {
		t.Run(name, func(t *testing.T) {
			p := &servers.Proxy{SlowDown: 2}
			t.Parallel()
			s, at := open(t, p)
			d := openDir(t, s, at("slow"))
			if err := put(d, t.Context(), "a", "x"); err != nil {
				t.Error(err)
			}
			if got, err := d.Read(t.Context(), "a"); string(got) != "x" || p.Slowed() != 2 {
				t.Errorf("read: %q, %v; refused %d times", got, err, p.Slowed())
			}
		})
	}
}

func TestNoSuchBucket(t *testing.T) {
	for _, k := range kinds()[3:] {
		t.Run(k.name, func(t *testing.T) {
			name := strings.Replace(k.open(t)("k"), "//"+bucket, "//missing", 1)
			var s storage.Opener
			_, err := s.Open(t.Context(), name)
			if !storage.NotExist(err) || !strings.Contains(err.Error(), "no such bucket") {
				t.Errorf("open: %v", err)
			}
			for _, in := range []string{name + "*", name + "/"} {
				if k.name != "gs" {
					in = strings.Replace(name, "/k?", "/"+strings.TrimPrefix(in, name)+"?", 1)
				}
				if _, err := find(t, &s, in); !storage.NotExist(err) || !strings.Contains(err.Error(), "no such bucket") {
					t.Errorf("find %s: %v", in, err)
				}
			}
			if _, err := s.OpenDir(t.Context(), name); !storage.NotExist(err) {
				t.Errorf("open dir: %v", err)
			}
		})
	}
}

// unsetAWS removes everything in which the client finds credentials.
func unsetAWS(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		t.Setenv(name, "")
	}
	none := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_CONFIG_FILE", none)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", none)
}

func TestS3Credentials(t *testing.T) {
	at := s3Names(bucket, "http://"+s3Server(t).Address)
	for what, c := range map[string]struct {
		set  func(*testing.T)
		want string
	}{
		"none":      {unsetAWS, "there are no credentials"},
		"wrong key": {func(t *testing.T) { t.Setenv("AWS_SECRET_ACCESS_KEY", "t0p-other") }, "access is denied (403"},
	} {
		t.Run(what, func(t *testing.T) {
			c.set(t)
			var s storage.Opener
			_, open := s.Open(t.Context(), at("k"))
			_, dir := s.OpenDir(t.Context(), at("k"))
			for _, err := range []error{open, dir} {
				if err == nil || !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v, want %q", err, c.want)
				} else if strings.Contains(err.Error(), "t0p") || strings.Contains(err.Error(), "127.0.0.1") {
					t.Errorf("it shows a secret: %v", err)
				}
			}
		})
	}
}

func TestUnreachableStore(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	var s storage.Opener
	_, err = s.Open(t.Context(), s3Names(bucket, "http://"+listener.Addr().String())("k"))
	if err == nil || storage.NotExist(err) || !strings.Contains(err.Error(), "the store can't be reached") || !strings.Contains(err.Error(), "refused") {
		t.Errorf("open: %v", err)
	}
}

// A response body that is shorter than its Content-Length is an error.
func TestTruncatedRead(t *testing.T) {
	t.Parallel()
	p := &servers.Proxy{Address: strings.TrimPrefix(s3InProcess(t), "http://")}
	var s storage.Opener
	if err := put(openDir(t, &s, s3Names(bucket, serve(t, p))("cut")), t.Context(), "a", strings.Repeat("x", 1<<20)); err != nil {
		t.Fatal(err)
	}
	truncate := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "cut/a") {
			p.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Length", "1048576")
		_, _ = io.WriteString(w, strings.Repeat("x", 1000))
	})
	r, err := s.Open(t.Context(), s3Names(bucket, serve(t, truncate))("cut/a"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
}
