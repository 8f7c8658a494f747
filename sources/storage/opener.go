package storage

// Buckets are opened through gocloud's registry, so that importing a driver is
// enough to build it in. Memory is the exception: the registry would return an
// empty bucket each time, so an Opener keeps its own by name.

import (
	"context"
	"net/url"
	"strings"
	"sync"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
)

// An Opener opens objects and folders by name. The zero value is ready for use,
// by any number of goroutines; content of mem:// lives as long as the Opener.
type Opener struct {
	// Drivers open buckets by scheme, in place of the registered driver. An error
	// that is caused by missing credentials has a method NoCredentials() bool.
	// Drivers may be nil.
	Drivers map[string]blob.BucketURLOpener

	mu     sync.Mutex
	memory map[string]*blob.Bucket // by host
}

// openBucket opens the bucket of a location that is not local. A shared bucket
// must not be closed.
func (o *Opener) openBucket(ctx context.Context, l *location) (bucket *blob.Bucket, shared bool, err error) {
	if l.bucket.Scheme == memblob.Scheme {
		return o.memoryBucket(l.bucket.Host), true, nil
	}
	if l.bucket.Host == "" {
		return nil, false, l.nameError("names no bucket")
	}
	if driver, ok := o.Drivers[l.bucket.Scheme]; ok {
		bucket, err = driver.OpenBucketURL(ctx, l.bucket)
		return bucket, false, l.wrap("open", l.display, err)
	}
	mux := blob.DefaultURLMux()
	if !mux.ValidBucketScheme(l.bucket.Scheme) {
		return nil, false, l.nameError("%s:// is not built in (available: %s)", l.bucket.Scheme, strings.Join(mux.BucketSchemes(), ", "))
	}
	bucket, err = mux.OpenBucketURL(ctx, withoutChecksumWarning(l.bucket))
	return bucket, false, l.wrap("open", l.display, err)
}

// withoutChecksumWarning keeps the S3 client from warning on stderr about
// responses without a checksum: most servers other than Amazon's send none.
func withoutChecksumWarning(u *url.URL) *url.URL {
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

func (o *Opener) memoryBucket(host string) *blob.Bucket {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.memory == nil {
		o.memory = make(map[string]*blob.Bucket)
	}
	if o.memory[host] == nil {
		o.memory[host] = memblob.OpenBucket(nil)
	}
	return o.memory[host]
}

// localBucket opens a local folder, which must exist.
func localBucket(folder string) (*blob.Bucket, error) {
	return fileblob.OpenBucket(folder, &fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
}
