//go:build !no_gcs

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/blob/gcsblob" // gs:// URLs
	"gocloud.dev/gcp"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/option"
)

// Without credentials the driver's own opener prints a warning to standard output,
// which is for the result of a run, and continues. This one returns an error.

func bucketOpeners() map[string]blob.BucketURLOpener {
	return map[string]blob.BucketURLOpener{gcsblob.Scheme: gcsOpener{}}
}

type gcsOpener struct{}

// storedReads asks for objects as they are stored. By default Google unpacks one
// with Content-Encoding: gzip before sending it, so that neither its size nor its checksum
// is that of the object.
type storedReads struct{ http.RoundTripper }

func (t storedReads) RoundTrip(r *http.Request) (*http.Response, error) {
	isContent := r.URL.Query().Get("alt") == "media" || !strings.HasPrefix(r.URL.Path, "/storage/v1/")
	if r.Method == http.MethodGet && isContent {
		r = r.Clone(r.Context())
		r.Header.Set("Accept-Encoding", "gzip")
	}
	return t.RoundTripper.RoundTrip(r)
}

// OpenBucketURL opens a bucket with the credentials of the environment, or without
// any if there is an emulator or the URL asks for it.
func (gcsOpener) OpenBucketURL(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	query := u.Query()
	emulated := os.Getenv("STORAGE_EMULATOR_HOST") != "" || os.Getenv("STORAGE_EMULATOR_HOST_GRPC") != ""
	if emulated || query.Get("anonymous") == "true" || query.Get("access_id") == "-" {
		client := gcp.NewAnonymousHTTPClient(storedReads{gcp.DefaultTransport()})
		o := &gcsblob.URLOpener{Client: client}
		if emulated { // else the driver takes a client of its own
			o.Options.ClientOptions = []option.ClientOption{option.WithHTTPClient(&client.Client)}
		}
		return o.OpenBucketURL(ctx, u)
	}
	credentials, err := gcp.DefaultCredentialsWithParams(ctx, google.CredentialsParams{UniverseDomain: query.Get("universe_domain")})
	if file := os.Getenv("GOOGLE_APPLICATION_CREDENTIALS"); err != nil && file != "" {
		// Not wrapped: a missing credentials file must not be mistaken for a
		// missing object.
		return nil, fmt.Errorf("no credentials can be read from %s, set in GOOGLE_APPLICATION_CREDENTIALS", file)
	}
	if err != nil {
		return nil, noGoogleCredentials{err}
	}
	client, err := gcp.NewHTTPClient(storedReads{gcp.DefaultTransport()}, credentials.TokenSource)
	if err != nil {
		return nil, noGoogleCredentials{err}
	}
	o := &gcsblob.URLOpener{Client: client, TokenSource: gcp.CredentialsTokenSource(credentials)}
	if domain, err := credentials.GetUniverseDomain(); err == nil && domain != "" {
		o.Options.ClientOptions = []option.ClientOption{option.WithUniverseDomain(domain)}
	}
	return o.OpenBucketURL(ctx, u)
}

type noGoogleCredentials struct{ error }

// NoCredentials distinguishes the error from those of the store.
func (noGoogleCredentials) NoCredentials() bool { return true }
