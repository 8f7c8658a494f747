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

// The state of lock/ is read from one listing. A listing that lacks what was just
// written is not trusted: a store that does not show its content yet, or a folder
// that can't be read, would look like a lease that was never acquired. For the
// same reason the highest epoch must be readable; a damaged one is never
// replaced, unless a person releases it.

const (
	lockFolder      = "lock/"
	epochPrefix     = lockFolder + "epoch-"
	heartbeatPrefix = lockFolder + "beat-"
	releasedPrefix  = lockFolder + "released-"
	probePrefix     = lockFolder + "probe-"
)

// epochDigits make the order of keys that of numbers.
const epochDigits = 12

// What is kept when obsolete objects are removed: so many epochs below the
// highest, and probes of crashed contenders for so long.
const (
	keepEpochs = 100
	keepProbes = time.Hour
)

func numberedKey(prefix string, n int64) string { return fmt.Sprintf("%s%0*d", prefix, epochDigits, n) }

func epochKey(n int64) string     { return numberedKey(epochPrefix, n) }
func heartbeatKey(n int64) string { return numberedKey(heartbeatPrefix, n) }
func releasedKey(n int64) string  { return numberedKey(releasedPrefix, n) }

// An epochRecord is a stored epoch.
type epochRecord struct {
	SchemaVersion int       `json:"schema_version"`
	Epoch         int64     `json:"epoch"`
	Nonce         string    `json:"nonce"` // identifies the creator
	Holder        string    `json:"run_id"`
	Command       string    `json:"command"`
	TTLMS         int64     `json:"life_ms"`
	AcquiredAt    time.Time `json:"taken_at"` // by the holder's clock, for people
}

func (e *epochRecord) ttl() time.Duration { return time.Duration(e.TTLMS) * time.Millisecond }

// A lockState is the state of the highest epoch. All times are the store's.
type lockState struct {
	epoch     int64 // 0: there is none
	acquired  time.Time
	heartbeat time.Time // zero: never
	released  bool
	now       time.Time // of the probe
	obsolete  []string  // keys that can be removed
}

// free reports whether the lease is free regardless of the time.
func (l *lockState) free() bool { return l.epoch == 0 || l.released }

// unchangedSince reports whether the holder gave no sign of life since an earlier
// state.
func (l *lockState) unchangedSince(earlier *lockState) bool {
	return l.epoch == earlier.epoch && l.acquired.Equal(earlier.acquired) && l.heartbeat.Equal(earlier.heartbeat)
}

func (l *lockState) lastSignOfLife() time.Time {
	if l.heartbeat.After(l.acquired) {
		return l.heartbeat
	}
	return l.acquired
}

// expires returns from when on a holder with the TTL counts as dead.
func (l *lockState) expires(ttl time.Duration) time.Time {
	return l.lastSignOfLife().Add(ttl + l.margin(ttl))
}

// margin returns the time that a holder gets on top of its TTL: the clocks of a
// store of many machines differ a little, and run at a slightly different speed
// than the holder's. For a store with whole seconds it is two, which rounding may
// hide.
func (l *lockState) margin(ttl time.Duration) time.Duration {
	const maxMargin = 2 * time.Second
	if l.now.Nanosecond() == 0 || l.lastSignOfLife().Nanosecond() == 0 {
		return maxMargin
	}
	return min(maxMargin, ttl/4)
}

// probeLock writes a probe and lists, and so returns the present state. It also
// tests whether the store is fit for a lease.
func (a *Archive) probeLock(ctx context.Context) (*lockState, error) {
	key := probeKey()
	defer a.removeProbe(ctx, key)
	if err := a.checkExclusive(ctx, key); err != nil {
		return &lockState{}, err
	}
	l, err := a.listLock(ctx, key)
	if err == nil && l.now.IsZero() {
		err = fmt.Errorf("list %s: an object that was just written is missing: %w", a.Folder(lockFolder), errHolderUnknown)
	}
	return l, err
}

// readLock lists once more, after an epoch was seen or created.
func (a *Archive) readLock(ctx context.Context) (*lockState, error) {
	l, err := a.listLock(ctx, "")
	if err == nil && l.epoch == 0 {
		err = fmt.Errorf("list %s: an existing epoch is missing: %w", a.Folder(lockFolder), errHolderUnknown)
	}
	return l, err
}

func (a *Archive) listLock(ctx context.Context, probe string) (*lockState, error) {
	entries, err := a.dir.List(ctx, lockFolder, "")
	if err != nil {
		return &lockState{}, err
	}
	return a.parseLock(entries, probe)
}

var errHolderUnknown = errors.New("the holder of the lease can't be determined")

// parseLock reads the state from a listing.
func (a *Archive) parseLock(entries []storage.Entry, probe string) (*lockState, error) {
	l := new(lockState)
	released := make(map[string]bool)
	heartbeats := make(map[string]time.Time)
	for _, e := range entries {
		switch {
		case e.Key == probe:
			l.now = e.ModTime
		case strings.HasPrefix(e.Key, epochPrefix):
			n, err := epochNumber(e.Key)
			if err != nil {
				return l, fmt.Errorf("read %s: %w: %w", a.Folder(e.Key), err, errHolderUnknown)
			}
			if n > l.epoch {
				l.epoch, l.acquired = n, e.ModTime
			}
		case strings.HasPrefix(e.Key, heartbeatPrefix):
			heartbeats[e.Key] = e.ModTime
		case strings.HasPrefix(e.Key, releasedPrefix):
			released[e.Key] = true
		}
	}
	l.heartbeat, l.released = heartbeats[heartbeatKey(l.epoch)], released[releasedKey(l.epoch)]
	l.obsolete = obsoleteKeys(entries, l)
	return l, nil
}

func epochNumber(key string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(key, epochPrefix), 10, 64)
	if err != nil || n < 1 || key != epochKey(n) {
		return 0, errors.New("not the name of an epoch")
	}
	return n, nil
}

// obsoleteKeys returns the keys that can be removed.
func obsoleteKeys(entries []storage.Entry, l *lockState) []string {
	var keys []string
	for _, e := range entries {
		if strings.HasPrefix(e.Key, probePrefix) && e.ModTime.Before(l.acquired.Add(-keepProbes)) {
			keys = append(keys, e.Key)
		}
		for _, prefix := range []string{epochPrefix, heartbeatPrefix, releasedPrefix} {
			if strings.HasPrefix(e.Key, prefix) && e.Key < numberedKey(prefix, max(l.epoch-keepEpochs, 0)) {
				keys = append(keys, e.Key)
			}
		}
	}
	return keys
}

// maxEpochSize limits how much of an epoch is read, in bytes.
const maxEpochSize = 64 << 10

// readEpoch reads the record of an epoch.
func (a *Archive) readEpoch(ctx context.Context, n int64) (*epochRecord, error) {
	text, err := a.dir.ReadSmall(ctx, epochKey(n), maxEpochSize)
	if err != nil && !errors.Is(err, storage.ErrTooLarge) {
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
		return nil, fmt.Errorf("read %s: %w: %w; if no run is active, create any object %s in --out",
			a.Folder(epochKey(n)), err, errHolderUnknown, releasedKey(n))
	}
	return &e, nil
}

func (e *epochRecord) check(n int64) error {
	switch err := checkSchema("it", e.SchemaVersion); {
	case err != nil:
		return err
	case e.Epoch != n || e.Nonce == "":
		return fmt.Errorf("it belongs to epoch %d", e.Epoch)
	case e.ttl() < minTTL || e.ttl() > maxTTL:
		return fmt.Errorf("it has a TTL of %v", e.ttl())
	}
	return nil
}
