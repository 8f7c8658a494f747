package storage_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/wixrecon/wixrecon/sources/storage"
)

func TestDecompress(t *testing.T) {
	text := strings.Repeat("external_id,account_id\n", 5000)
	for name, packed := range map[string][]byte{
		"plain": []byte(text), "gzip": gzipped(t, text), "zstd": zstded(t, text),
		"gzip in two members":    append(gzipped(t, text[:100]), gzipped(t, text[100:])...),
		"gzip padded with zeros": append(gzipped(t, text), make([]byte, 100_000)...),
		"skippable frame first":  append([]byte{0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 'x'}, zstded(t, text)...),
	} {
		if got, err := decompress(packed); err != nil || got != text {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if name == "plain" {
			continue
		}
		if name == "gzip padded with zeros" {
			continue
		}
		if _, err := decompress(packed[:len(packed)-5]); err == nil || !strings.HasPrefix(err.Error(), "unpack ") {
			t.Errorf("%s truncated: %v", name, err)
		}
	}
	for name, packed := range map[string][]byte{"gzip": gzipped(t, text), "zstd": zstded(t, text)} {
		for _, behind := range []string{"x", "\x1f", "\x1f\x8c123", "external_id,account_id\n"} {
			if got, err := decompress(append(packed, behind...)); err == nil || !strings.Contains(err.Error(), "unpack "+name) {
				t.Errorf("%s with %q behind it: %d bytes, %v", name, behind, len(got), err)
			}
		}
	}
	if _, err := decompress(append(gzipped(t, text), "\x00\x00x"...)); err == nil || !strings.Contains(err.Error(), "something else follows") {
		t.Errorf("gzip with zeros and a letter behind it: %v", err)
	}
	for _, short := range []string{"", "a", "\x1f"} {
		if got, err := decompress([]byte(short)); err != nil || got != short {
			t.Errorf("%q: %q, %v", short, got, err)
		}
	}
}

func decompress(packed []byte) (string, error) {
	r, err := storage.Decompress(bytes.NewReader(packed))
	if err != nil {
		return "", err
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	return string(got), err
}

func gzipped(t *testing.T, text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	return packed(t, &b, w, text)
}

func zstded(t *testing.T, text string) []byte {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	return packed(t, &b, w, text)
}

func packed(t *testing.T, b *bytes.Buffer, w io.WriteCloser, text string) []byte {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
