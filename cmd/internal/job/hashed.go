package job

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/storage"
)

// A storedReader counts and hashes the bytes of an object as they are stored.
type storedReader struct {
	in    io.Reader
	hash  hash.Hash
	bytes int64
}

func (s *storedReader) Read(b []byte) (int, error) {
	n, err := s.in.Read(b)
	_, _ = s.hash.Write(b[:n]) // never fails
	s.bytes += int64(n)
	return n, err
}

// readHashed decompresses an object for read, and describes the object as it is
// stored. Errors of decompression begin with name.
func readHashed(in *storage.Reader, name string, read func(plain io.Reader) error) (reconcile.File, error) {
	stored := &storedReader{in: in, hash: sha256.New()}
	plain, err := storage.Decompress(stored)
	if err != nil {
		return reconcile.File{}, fmt.Errorf("%s: %w", name, err)
	}
	err = read(plain)
	_ = plain.Close() // an error of decompression has been returned by a read
	if err != nil {
		return reconcile.File{}, err
	}
	if _, err := io.Copy(io.Discard, stored); err != nil { // what the decompressor left unread
		return reconcile.File{}, err
	}
	return reconcile.File{
		Name: in.Name, Bytes: stored.bytes, SHA256: hex.EncodeToString(stored.hash.Sum(nil)), Modified: in.ModTime,
	}, nil
}
