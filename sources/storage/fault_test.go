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
	"sync"
	"testing"

	gcs "cloud.google.com/go/storage"
	"gocloud.dev/blob"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcp"
	"google.golang.org/api/option"

	"github.com/wixrecon/wixrecon/internal/servers"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// What networks and busy stores do, over every kind of store: a proxy stands
// before it.

// behind gives the kinds of stores, seen through a proxy. They are used side by
// side, because what they show is how often a client waits and tries again.
func behind() map[string]func(*testing.T, *servers.Proxy) (*storage.Opener, func(string) string) {
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
			p.Address, p.RewriteHost = started(t, servers.GCS).Address, true
			opener := gcsOpener(serve(t, p))
			return &storage.Opener{Openers: map[string]blob.BucketURLOpener{"gs": opener}}, format("gs://" + bucket + "/%s")
		},
	}
}

// gcsOpener opens buckets of the server at a URL.
type gcsOpener string

func (o gcsOpener) OpenBucketURL(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	return gcsblob.OpenBucket(ctx, gcp.NewAnonymousHTTPClient(gcp.DefaultTransport()), u.Host, &gcsblob.Options{
		ClientOptions: []option.ClientOption{option.WithEndpoint(string(o) + "/storage/v1/"), gcs.WithJSONReads()},
	})
}

func isWrite(r *http.Request) bool { return r.Method == http.MethodPut || r.Method == http.MethodPost }

// An upload whose answer is lost is sent again by the client of the store, and
// refused, because its own first one stands there: that is no "exists already".
func TestLostAnswerToAPut(t *testing.T) {
	t.Parallel()
	for name, open := range behind() {
		t.Run(name, func(t *testing.T) {
			p := &servers.Proxy{LoseFirst: isWrite}
			t.Parallel()
			s, at := open(t, p)
			d := openDir(t, s, at("lost"))
			for key, size := range map[string]int{"small": 5, "big": 12 << 20} {
				content := strings.Repeat("x", size)
				lost := p.Lost()
				if err := put(d, t.Context(), key, content); err != nil {
					t.Errorf("put of %d bytes: %v", size, err)
				}
				if p.Lost() == lost {
					t.Error("no answer was lost")
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

// Of writers that race while answers are lost, one still wins, and knows it.
func TestRaceWithLostAnswers(t *testing.T) {
	t.Parallel()
	for name, open := range behind() {
		t.Run(name, func(t *testing.T) {
			p := &servers.Proxy{LoseFirst: isWrite}
			t.Parallel()
			s, at := open(t, p)
			d := openDir(t, s, at("race"))
			for round := range 2 {
				var mu sync.Mutex
				var won []string
				var all sync.WaitGroup
				key := fmt.Sprint("claim-", round)
				for i := range 16 {
					all.Go(func() {
						err := put(d, t.Context(), key, fmt.Sprint(i))
						mu.Lock()
						defer mu.Unlock()
						if err == nil {
							won = append(won, fmt.Sprint(i))
						} else if !storage.Exist(err) {
							t.Errorf("put: %v", err)
						}
					})
				}
				all.Wait()
				if got, err := d.Read(t.Context(), key); err != nil || len(won) != 1 || won[0] != string(got) {
					t.Errorf("winners %q, content %q, %v", won, got, err)
				}
			}
		})
	}
}

func TestThrottling(t *testing.T) {
	t.Parallel()
	for name, open := range behind() {
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
			name := strings.Replace(k.open(t)("k"), "//"+bucket, "//elsewhere", 1)
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

// withoutAWS leaves the client nothing to find credentials in.
func withoutAWS(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		t.Setenv(name, "")
	}
	none := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_CONFIG_FILE", none)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", none)
}

func TestCredentialsOfS3(t *testing.T) {
	at := s3Names(bucket, "http://"+s3Server(t).Address)
	for what, c := range map[string]struct {
		set  func(*testing.T)
		says string
	}{
		"none":      {withoutAWS, "there are no credentials"},
		"wrong key": {func(t *testing.T) { t.Setenv("AWS_SECRET_ACCESS_KEY", "t0p-other") }, "access is denied (403"},
	} {
		t.Run(what, func(t *testing.T) {
			c.set(t)
			var s storage.Opener
			_, open := s.Open(t.Context(), at("k"))
			_, dir := s.OpenDir(t.Context(), at("k"))
			for _, err := range []error{open, dir} {
				if err == nil || !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%v, want %q", err, c.says)
				} else if strings.Contains(err.Error(), "t0p") || strings.Contains(err.Error(), "127.0.0.1") {
					t.Errorf("it shows what it may not: %v", err)
				}
			}
		})
	}
}

func TestStoreThatIsNotThere(t *testing.T) {
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

// A store that answers every read of an object with a shorter body than it
// says: what was read so far is not the object.
func TestTruncatedRead(t *testing.T) {
	t.Parallel()
	p := &servers.Proxy{Address: strings.TrimPrefix(s3InProcess(t), "http://")}
	var s storage.Opener
	if err := put(openDir(t, &s, s3Names(bucket, serve(t, p))("cut")), t.Context(), "a", strings.Repeat("x", 1<<20)); err != nil {
		t.Fatal(err)
	}
	cut := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "cut/a") {
			p.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Length", "1048576")
		_, _ = io.WriteString(w, strings.Repeat("x", 1000))
	})
	r, err := s.Open(t.Context(), s3Names(bucket, serve(t, cut))("cut/a"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
}
