package config

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/archive"
)

// Here every setting but the lists and the key is judged. An empty value means
// "the default" for those that may be empty, and is a fault for the others.

// choice keeps one of a few words.
func choice(want string, field func(*Config) *string, words ...string) func(*loader, value) error {
	return func(l *loader, v value) error {
		if !slices.Contains(words, v.text) {
			return v.fault("want " + want)
		}
		*field(&l.config) = v.text
		return nil
	}
}

// keep takes the setting as read: --config was used before any other.
func keep(*loader, value) error { return nil }

func setAccountID(l *loader, v value) error {
	switch {
	case v.text == "" && l.given["snapshot"].text != "":
		return nil
	case v.text == "":
		return errors.New("want the parent account's GUID (also in WIX_ACCOUNT_ID); only --snapshot does without")
	case !reconcile.IsGUID(v.text):
		return v.fault("want a GUID")
	}
	l.config.AccountID = reconcile.FoldGUID(v.text)
	return nil
}

func setLedger(l *loader, v value) error {
	if l.config.Ledger = v.text; v.text == "" {
		return errors.New("want the path or URL of the subscription ledger")
	}
	return nil
}

func setLedgerRows(l *loader, v value) error {
	if v.text == "" {
		return nil
	}
	n, err := strconv.Atoi(v.text)
	if err != nil || n < 1 {
		return v.fault("want the number of rows without the header, at least 1")
	}
	l.config.LedgerRows = n
	return nil
}

func setOut(l *loader, v value) error {
	if l.config.Out = v.text; v.text == "" {
		return v.fault("want a folder or a bucket URL")
	}
	return nil
}

func setSnapshot(l *loader, v value) error {
	l.config.Snapshot = v.text
	return nil
}

func setBaseURL(l *loader, v value) error {
	u, err := url.Parse(v.text)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return v.fault("want an https URL")
	}
	switch {
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return v.fault("want https: http is for loopback hosts only, it would show the key to the network")
	case u.User != nil:
		return v.fault("want a URL without user info")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return v.fault("want a URL without query and fragment")
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	l.config.BaseURL = u
	return nil
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// maxConcurrency and maxRate bound what a typing error can ask of Wix.
const (
	maxConcurrency = 256
	maxRate        = 1_000_000
)

func setConcurrency(l *loader, v value) error {
	n, err := strconv.Atoi(v.text)
	if err != nil || n < 1 || n > maxConcurrency {
		return v.fault("want a number of requests in flight, 1 to " + strconv.Itoa(maxConcurrency))
	}
	l.config.Concurrency = n
	return nil
}

func setRate(l *loader, v value) error {
	if v.text == "off" {
		return nil
	}
	n, err := strconv.Atoi(v.text)
	if err != nil || n < 1 || n > maxRate {
		return v.fault("want a number of requests a minute, or off")
	}
	l.config.Rate = n
	return nil
}

func setLocation(l *loader, v value) error {
	location, err := time.LoadLocation(v.text)
	if err != nil || v.text == "" || v.text == "Local" {
		// Local is another zone on every machine, so runs could not be repeated.
		return v.fault("want an IANA time zone such as UTC or Europe/Berlin")
	}
	l.config.Location = location
	return nil
}

func setAsOf(l *loader, v value) error {
	if v.text == "" {
		return nil
	}
	asOf, err := time.ParseInLocation(time.DateOnly, v.text, l.config.Location)
	if err != nil {
		asOf, err = time.Parse(time.RFC3339, v.text)
	}
	if err != nil || asOf.Year() < 1900 {
		return v.fault("want RFC 3339 (2026-11-21T02:00:00Z) or a date (2026-11-21)")
	}
	l.config.AsOf = asOf
	return nil
}

// maxInFlight is a year: a longer window would hide all drift for good.
const maxInFlight = 366 * day

const day = 24 * time.Hour

func setInFlight(l *loader, v value) error {
	window, err := ParseDuration(v.text)
	if err != nil || window < 0 || window > maxInFlight {
		return v.fault("want a time from 0 to 366 days: 48h, 2d, 1d12h")
	}
	l.config.InFlight = window
	return nil
}

// ParseDuration reads a Go duration that may begin with whole days.
func ParseDuration(text string) (time.Duration, error) {
	days, rest, found := strings.Cut(text, "d")
	if !found {
		return time.ParseDuration(text)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil || rest == "" {
		return time.Duration(n) * day, err
	}
	hours, err := time.ParseDuration(rest)
	if err != nil || hours < 0 || strings.ContainsAny(rest[:1], "+-") {
		return 0, errors.Join(err, strconv.ErrSyntax)
	}
	return time.Duration(n)*day + hours, nil
}

func setMaxBadRows(l *loader, v value) error {
	percent, ok := parsePercent(v.text)
	if !ok {
		return v.fault("want a percentage from 0 to 100, such as 1 % or 0.5 %")
	}
	l.config.MaxBadRows = percent
	return nil
}

func setRunID(l *loader, v value) error {
	switch {
	case v.text == "":
		return nil
	case !archive.ValidRunID(v.text):
		return v.fault("want 1 to 100 letters, digits, dots, dashes and underscores, a letter or digit first")
	case archive.Reserved(v.text):
		return v.fault("want another name: this one is kept for what stands beside the runs")
	}
	l.config.RunID = v.text
	return nil
}

// setSwitch keeps what is on or off.
func setSwitch(field func(*Config) *bool) func(*loader, value) error {
	return func(l *loader, v value) error {
		on, err := strconv.ParseBool(v.text)
		if err != nil {
			return v.fault("want true or false")
		}
		*field(&l.config) = on
		return nil
	}
}

// keepPlace keeps the name of a file or URL as typed.
func keepPlace(field func(*Config) *string) func(*loader, value) error {
	return func(l *loader, v value) error {
		*field(&l.config) = v.text
		return nil
	}
}
