package main

import "github.com/wixrecon/wixrecon/sources/storage"

// newPlaces gives the places that this program was built to open.
func newPlaces() *storage.Opener { return &storage.Opener{Drivers: bucketOpeners()} }
