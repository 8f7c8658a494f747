package main

import "github.com/wixrecon/wixrecon/sources/storage"

// newOpener returns an opener with the bucket drivers of this build.
func newOpener() *storage.Opener { return &storage.Opener{Drivers: bucketOpeners()} }
