// Package storage opens places by name: plain paths, file://, mem://, s3://
// with any endpoint, gs://. It is the only user of gocloud's blob package.
//
// A name is shown without user info and query values everywhere, in errors of
// the drivers too. What is written appears whole or not at all, and never over
// something that is there. The drivers of local files and memory are built in;
// the others are there where the program imports them.
package storage
