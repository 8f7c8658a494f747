//go:build !no_gcs

package main

import (
	"context"
	"fmt"
	"net/url"
	"os"

	"gocloud.dev/blob"
	"gocloud.dev/blob/gcsblob" // gs:// places
	"gocloud.dev/gcp"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/option"
)

// The driver's own opener prints a warning to standard output where it finds no
// credentials, and goes on without: the result of a run stands there. This one
// ends with an error.

func bucketOpeners() map[string]blob.BucketURLOpener {
	return map[string]blob.BucketURLOpener{gcsblob.Scheme: gcsOpener{}}
}

type gcsOpener struct{}

// OpenBucketURL opens a bucket with the credentials of the environment, or with
// none where an emulator stands in for the store or the URL asks for that.
func (gcsOpener) OpenBucketURL(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	query := u.Query()
	emulated := os.Getenv("STORAGE_EMULATOR_HOST") != "" || os.Getenv("STORAGE_EMULATOR_HOST_GRPC") != ""
	if emulated || query.Get("anonymous") == "true" || query.Get("access_id") == "-" {
		o := &gcsblob.URLOpener{Client: gcp.NewAnonymousHTTPClient(gcp.DefaultTransport())}
		return o.OpenBucketURL(ctx, u)
	}
	credentials, err := gcp.DefaultCredentialsWithParams(ctx, google.CredentialsParams{UniverseDomain: query.Get("universe_domain")})
	if file := os.Getenv("GOOGLE_APPLICATION_CREDENTIALS"); err != nil && file != "" {
		// Without its chain: that a file of credentials is missing must not
		// look as if the object were.
		return nil, fmt.Errorf("no credentials can be read from %s, which GOOGLE_APPLICATION_CREDENTIALS names", file)
	}
	if err != nil {
		return nil, noGoogleCredentials{err}
	}
	client, err := gcp.NewHTTPClient(gcp.DefaultTransport(), credentials.TokenSource)
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

// NoCredentials tells that error from the store's.
func (noGoogleCredentials) NoCredentials() bool { return true }
