package join

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/wixrecon/wixrecon/internal/tempfile"
)

// Options are the resources that a Table may use.
type Options struct {
	TempDir   string // for what does not fit in memory; empty: the system's folder
	Memory    int64  // target in bytes for what is held while comparing; 0: 256 MiB
	Workers   int    // goroutines that compare; 0: one per processor
	Inventory bool   // Result.Inventory will be used: otherwise it is not collected
}

// DefaultMemory is the target for memory where none is set.
const DefaultMemory = 256 << 20

func (o Options) withDefaults() Options {
	o.Memory = max(1, cmp.Or(o.Memory, DefaultMemory))
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return o
}

// The target is divided by what grows with the inventory. About half of it is left
// to the garbage collector, which frees memory some time after its last use.

// blocks is the size of all dealt records that are in memory.
func (o *Options) blocks() int64 { return o.Memory / 4 }

// sorter is the size of the records that one sorter has in memory.
func (o *Options) sorter() int { return int(min(o.Memory/16, math.MaxUint32)) }

// part is the size of the records that one worker compares at a time.
func (o *Options) part() int { return int(min(o.Memory/32, math.MaxInt32)) }

// An overflow has the memory and the temporary file that the stores of a table
// share. It is safe for concurrent use.
type overflow struct {
	dir  string
	room atomic.Int64 // bytes of blocks that may still stay in memory

	mu   sync.Mutex
	file *os.File
	size int64
}

// keep reports whether a block of that many bytes may stay in memory.
func (o *overflow) keep(n int) bool {
	if o.room.Add(-int64(n)) >= 0 {
		return true
	}
	o.room.Add(int64(n))
	return false
}

// write appends to the file and returns the offset.
func (o *overflow) write(b []byte) (off int64, err error) {
	o.mu.Lock()
	if o.file == nil {
		o.file, err = tempfile.Create(o.dir)
	}
	off = o.size
	o.size += int64(len(b))
	o.mu.Unlock()
	if err != nil {
		return 0, err
	}
	if _, err := o.file.WriteAt(b, off); err != nil {
		return 0, fmt.Errorf("write temporary file: %w", err)
	}
	return off, nil
}

// read fills b from the file.
func (o *overflow) read(b []byte, off int64) error {
	if _, err := o.file.ReadAt(b, off); err != nil {
		return fmt.Errorf("read temporary file: %w", noEOF(err))
	}
	return nil
}

func (o *overflow) close() {
	if o.file != nil {
		_ = o.file.Close() // the file is temporary: a failed close loses nothing
		o.file = nil
	}
}
