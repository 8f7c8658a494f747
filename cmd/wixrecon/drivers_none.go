//go:build no_gcs

package main

import "gocloud.dev/blob"

func bucketOpeners() map[string]blob.BucketURLOpener { return nil }
