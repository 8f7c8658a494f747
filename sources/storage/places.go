package storage

// Buckets are opened through gocloud's registry, so that a driver is built in
// by importing it. Memory is the exception: the registry would give an empty
// bucket each time, so one set of Places keeps its own by name.

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"strings"
	"sync"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
)

// Places opens objects and folders by name. The zero value is ready for use,
// by any number of goroutines; what is written to mem:// lives as long as it.
type Opener struct {
	// Openers open buckets by scheme, in place of the driver that is
	// registered for it. Where there are no credentials, their error says so by
	// a method NoCredentials() bool. It may be nil.
	Openers map[string]blob.BucketURLOpener

	mu     sync.Mutex
	memory map[string]*blob.Bucket // by host
}

// bucketOf opens the bucket of a place that is not local. A bucket that is
// shared must not be closed.
func (s *Opener) bucketOf(ctx context.Context, p *place) (bucket *blob.Bucket, shared bool, err error) {
	if p.bucket.Scheme == memblob.Scheme {
		return s.inMemory(p.bucket.Host), true, nil
	}
	if p.bucket.Host == "" {
		return nil, false, p.misnamed("names no bucket")
	}
	if opener, ok := s.Openers[p.bucket.Scheme]; ok {
		bucket, err = opener.OpenBucketURL(ctx, p.bucket)
		return bucket, false, p.fail("open", p.shown, err)
	}
	mux := blob.DefaultURLMux()
	if !mux.ValidBucketScheme(p.bucket.Scheme) {
		return nil, false, p.misnamed("%s:// is not built in (there are: %s)",
			p.bucket.Scheme, strings.Join(mux.BucketSchemes(), ", "))
	}
	bucket, err = mux.OpenBucketURL(ctx, quietly(p.bucket))
	return bucket, false, p.fail("open", p.shown, err)
}

// quietly keeps the S3 client from writing to stderr that an answer has no
// checksum: most servers that are not Amazon's send none.
func quietly(u *url.URL) *url.URL {
	const param = "response_checksum_validation"
	query := u.Query()
	if u.Scheme != "s3" || !query.Has("endpoint") || query.Has(param) {
		return u
	}
	query.Set(param, "when_required")
	quiet := *u
	quiet.RawQuery = query.Encode()
	return &quiet
}

func (s *Opener) inMemory(host string) *blob.Bucket {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory == nil {
		s.memory = make(map[string]*blob.Bucket)
	}
	if s.memory[host] == nil {
		s.memory[host] = memblob.OpenBucket(nil)
	}
	return s.memory[host]
}

// localBucket opens a local folder, which must exist.
func localBucket(folder string) (*blob.Bucket, error) {
	return fileblob.OpenBucket(folder, &fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
}

// missing tells a bucket that is not there from an object that is not.
func (p *place) missing(ctx context.Context, bucket *blob.Bucket, verb, name string, err error) error {
	if p.local() || !errors.Is(kindOf(err), fs.ErrNotExist) {
		return p.fail(verb, name, err)
	}
	if there, probe := bucket.IsAccessible(ctx); probe == nil && !there {
		return &failure{text: verb + " " + name + ": there is no such bucket", kind: fs.ErrNotExist}
	}
	return p.fail(verb, name, err)
}
