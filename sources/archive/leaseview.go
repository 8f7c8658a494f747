package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/sources/storage"
)

// What stands in lock/ is learned from one listing. Of a listing that lacks what
// was written right before it nothing is believed: a store that does not show
// yet what it has, or a folder that can't be read, would look like a lease that
// nobody ever took. For the same reason the highest epoch must be one that can
// be read; what is damaged is never taken over, unless a person released it.

const (
	lockFolder     = "lock/"
	epochPrefix    = lockFolder + "epoch-"
	beatPrefix     = lockFolder + "beat-"
	releasedPrefix = lockFolder + "released-"
	probePrefix    = lockFolder + "probe-"
)

// epochDigits let the order of keys be that of numbers.
const epochDigits = 12

// What may be removed: epochs that far below the highest, and probes of that
// age, whose contender died.
const (
	keptEpochs = 100
	keptProbes = time.Hour
)

func numbered(prefix string, n int64) string { return fmt.Sprintf("%s%0*d", prefix, epochDigits, n) }

func epochKey(n int64) string    { return numbered(epochPrefix, n) }
func beatKey(n int64) string     { return numbered(beatPrefix, n) }
func releasedKey(n int64) string { return numbered(releasedPrefix, n) }

// An epochRecord is an epoch as it is stored.
type epochRecord struct {
	SchemaVersion int       `json:"schema_version"`
	Epoch         int64     `json:"epoch"`
	Nonce         string    `json:"nonce"` // tells it from what another created
	Holder        string    `json:"run_id"`
	Command       string    `json:"command"`
	LifeMS        int64     `json:"life_ms"`
	TakenAt       time.Time `json:"taken_at"` // by the holder's clock, for people
}

func (e *epochRecord) life() time.Duration { return time.Duration(e.LifeMS) * time.Millisecond }

// A lockView is what a listing shows of the highest epoch; 0 where there is
// none.
type lockView struct {
	epoch    int64
	taken    time.Time // all times are the store's
	beaten   time.Time // zero: never
	released bool
	now      time.Time // of the probe
	old      []string  // what may be removed
}

// vacant reports whether the lease is free without regard to time.
func (v *lockView) vacant() bool { return v.epoch == 0 || v.released }

// same reports whether the holder gave no sign of life between two views.
func (v *lockView) same(earlier *lockView) bool {
	return v.epoch == earlier.epoch && v.taken.Equal(earlier.taken) && v.beaten.Equal(earlier.beaten)
}

// lastSign gives the last sign of life.
func (v *lockView) lastSign() time.Time {
	if v.beaten.After(v.taken) {
		return v.beaten
	}
	return v.taken
}

// until gives from when on a holder of that life is dead.
func (v *lockView) until(life time.Duration) time.Time {
	return v.lastSign().Add(life + v.margin(life))
}

// margin is what a holder is given on top of its life: the clocks of a store of
// many machines differ a little, and run a little faster or slower than the
// holder's. Where the store tells whole seconds, two of them are what rounding
// may hide.
func (v *lockView) margin(life time.Duration) time.Duration {
	const most = 2 * time.Second
	if v.now.Nanosecond() == 0 || v.lastSign().Nanosecond() == 0 {
		return most
	}
	return min(most, life/4)
}

// lockNow writes a probe, lists, and so gives what stands there now. That the
// store is fit for a lease is tried on the way.
func (a *Archive) lockNow(ctx context.Context) (*lockView, error) {
	key := probeKey()
	defer a.discard(ctx, key)
	if err := a.probe(ctx, key); err != nil {
		return &lockView{}, err
	}
	entries, err := a.dir.List(ctx, lockFolder, "")
	if err != nil {
		return &lockView{}, err
	}
	v, err := a.viewOf(entries, key)
	if err == nil && v.now.IsZero() {
		err = fmt.Errorf("list %s: what was written a moment ago is not shown: %w", a.Folder(lockFolder), errUnsure)
	}
	return v, err
}

// lockThen lists once more, after an epoch was seen or created.
func (a *Archive) lockThen(ctx context.Context) (*lockView, error) {
	entries, err := a.dir.List(ctx, lockFolder, "")
	if err != nil {
		return &lockView{}, err
	}
	v, err := a.viewOf(entries, "")
	if err == nil && v.epoch == 0 {
		err = fmt.Errorf("list %s: an epoch that was there is not shown: %w", a.Folder(lockFolder), errUnsure)
	}
	return v, err
}

var errUnsure = errors.New("nobody can tell who holds the lease")

// viewOf makes sense of a listing.
func (a *Archive) viewOf(entries []storage.Entry, probe string) (*lockView, error) {
	v := new(lockView)
	released := make(map[string]bool)
	beats := make(map[string]time.Time)
	for _, e := range entries {
		switch {
		case e.Key == probe:
			v.now = e.ModTime
		case strings.HasPrefix(e.Key, epochPrefix):
			n, err := epochNumber(e.Key)
			if err != nil {
				return v, fmt.Errorf("read %s: %w: %w", a.Folder(e.Key), err, errUnsure)
			}
			if n > v.epoch {
				v.epoch, v.taken = n, e.ModTime
			}
		case strings.HasPrefix(e.Key, beatPrefix):
			beats[e.Key] = e.ModTime
		case strings.HasPrefix(e.Key, releasedPrefix):
			released[e.Key] = true
		}
	}
	v.beaten, v.released = beats[beatKey(v.epoch)], released[releasedKey(v.epoch)]
	v.old = outdated(entries, v)
	return v, nil
}

func epochNumber(key string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(key, epochPrefix), 10, 64)
	if err != nil || n < 1 || key != epochKey(n) {
		return 0, errors.New("not the name of an epoch")
	}
	return n, nil
}

// outdated gives the keys that nobody needs any more.
func outdated(entries []storage.Entry, v *lockView) []string {
	var old []string
	for _, e := range entries {
		if strings.HasPrefix(e.Key, probePrefix) && e.ModTime.Before(v.taken.Add(-keptProbes)) {
			old = append(old, e.Key)
		}
		for _, prefix := range []string{epochPrefix, beatPrefix, releasedPrefix} {
			if strings.HasPrefix(e.Key, prefix) && e.Key < numbered(prefix, max(v.epoch-keptEpochs, 0)) {
				old = append(old, e.Key)
			}
		}
	}
	return old
}

// maxEpochSize bounds what is read of an epoch.
const maxEpochSize = 64 << 10

// readEpoch reads who holds, or held, an epoch.
func (a *Archive) readEpoch(ctx context.Context, n int64) (*epochRecord, error) {
	text, err := a.dir.ReadSmall(ctx, epochKey(n), maxEpochSize)
	if err != nil && !errors.Is(err, storage.ErrTooLong) {
		return nil, err
	}
	var e epochRecord
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err == nil {
		err = e.check(n)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w: %w; if no run is at work, put any object there as %s",
			a.Folder(epochKey(n)), err, errUnsure, releasedKey(n))
	}
	return &e, nil
}

func (e *epochRecord) check(n int64) error {
	switch err := checkSchema("it", e.SchemaVersion); {
	case err != nil:
		return err
	case e.Epoch != n || e.Nonce == "":
		return fmt.Errorf("it is of epoch %d", e.Epoch)
	case e.life() < minLife || e.life() > maxLife:
		return fmt.Errorf("a life of %v", e.life())
	}
	return nil
}
