package main

import "github.com/wixrecon/wixrecon/sources/storage"

// newPlaces gives the places that this program was built to open.
func newPlaces() *storage.Places { return &storage.Places{Openers: bucketOpeners()} }
