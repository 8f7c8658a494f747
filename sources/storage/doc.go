// Package storage opens objects and folders by name: plain paths, file://,
// mem://, s3:// with any endpoint, gs://. It is the only user of gocloud's blob
// package.
//
// A name is never shown with its user info or query values, not even in errors
// of a driver. An object is written completely or not at all, and never over an
// existing one unless it is replaced explicitly. The drivers for local files and
// memory are built in; a program adds others by importing them.
package storage
