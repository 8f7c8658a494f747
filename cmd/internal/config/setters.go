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
	"github.com/wixrecon/wixrecon/sources/ledger"
	"github.com/wixrecon/wixrecon/sources/table"
)

// A setter checks the value of a setting and stores it. An empty value is the
// default of settings that may be empty, and an error for the others.
type setter func(*loader, value) error

// setText stores any text.
func setText(field func(*Config) *string) setter {
	return func(l *loader, v value) error {
		*field(&l.config) = v.text
		return nil
	}
}

// setChoice stores one of a few words.
func setChoice(expected string, field func(*Config) *string, words ...string) setter {
	return func(l *loader, v value) error {
		if !slices.Contains(words, v.text) {
			return v.expected(expected)
		}
		*field(&l.config) = v.text
		return nil
	}
}

func setBool(field func(*Config) *bool) setter {
	return func(l *loader, v value) error {
		on, err := strconv.ParseBool(v.text)
		if err != nil {
			return v.expected("true or false")
		}
		*field(&l.config) = on
		return nil
	}
}

func setNumber(field func(*Config) *int, least, most int, expected string) setter {
	return func(l *loader, v value) error {
		n, ok := parseInt(v.text, least, most)
		if !ok {
			return v.expected(expected)
		}
		*field(&l.config) = n
		return nil
	}
}

func parseInt(text string, least, most int) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && least <= n && n <= most
}

// unlessEmpty skips an empty value.
func unlessEmpty(set setter) setter {
	return func(l *loader, v value) error {
		if v.text == "" {
			return nil
		}
		return set(l, v)
	}
}

// setConfig does nothing: --config was used before any other setting.
func setConfig(*loader, value) error { return nil }

func setAccountID(l *loader, v value) error {
	switch {
	case v.text == "" && l.used["snapshot"].text != "":
		return nil
	case v.text == "":
		return errors.New("missing: set the GUID of the parent account (also in WIX_ACCOUNT_ID); it may be left out with --snapshot")
	case !reconcile.IsGUID(v.text):
		return v.expected("a GUID")
	}
	l.config.AccountID = reconcile.FoldGUID(v.text)
	return nil
}

func setLedger(l *loader, v value) error {
	if l.config.Ledger = v.text; v.text == "" {
		return errors.New("missing: set the path or URL of the subscription ledger")
	}
	return nil
}

func setOut(l *loader, v value) error {
	if l.config.Out = v.text; v.text == "" {
		return v.expected("a folder or a bucket URL")
	}
	return nil
}

func setBaseURL(l *loader, v value) error {
	u, err := url.Parse(v.text)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
		return v.expected("an https URL")
	}
	switch {
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return v.expected("https: http is for loopback hosts only, because it would expose the API key")
	case u.User != nil:
		return v.expected("a URL without user info")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return v.expected("a URL without query and fragment")
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	l.config.BaseURL = u
	return nil
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// maxConcurrency and maxRate limit what a typing error can do to Wix.
const (
	maxConcurrency = 256
	maxRate        = 1_000_000
)

// minMemory is the smallest value of --memory: less would only be slow.
const minMemory = 16 << 20

func setMemory(l *loader, v value) error {
	bytes, ok := parseSize(v.text)
	if !ok || bytes < minMemory {
		return v.expected("a size of at least 16MiB, such as 256MiB or 1GiB")
	}
	l.config.Memory = bytes
	return nil
}

// parseSize reads a whole number of MiB, GiB, MB or GB.
func parseSize(text string) (bytes int64, ok bool) {
	for unit, size := range map[string]int64{"MiB": 1 << 20, "GiB": 1 << 30, "MB": 1e6, "GB": 1e9} {
		if digits, found := strings.CutSuffix(text, unit); found {
			n, ok := parseInt(strings.TrimSuffix(digits, " "), 1, 1<<20)
			return int64(n) * size, ok
		}
	}
	return 0, false
}

func setRate(l *loader, v value) error {
	if v.text == off {
		return nil
	}
	n, ok := parseInt(v.text, 1, maxRate)
	if !ok {
		return v.expected("a number of requests a minute, or off")
	}
	l.config.Rate = n
	return nil
}

func setLocation(l *loader, v value) error {
	location, err := time.LoadLocation(v.text)
	if err != nil || v.text == "" || v.text == "Local" {
		// Local is another zone on every machine, so runs could not be repeated.
		return v.expected("an IANA time zone such as UTC or Europe/Berlin")
	}
	l.config.Location = location
	return nil
}

func setAsOf(l *loader, v value) error {
	asOf, err := time.ParseInLocation(time.DateOnly, v.text, l.config.Location)
	if err != nil {
		asOf, err = time.Parse(time.RFC3339, v.text)
	}
	if err != nil || asOf.Year() < 1900 {
		return v.expected("RFC 3339 (2026-11-21T02:00:00Z) or a date (2026-11-21)")
	}
	l.config.AsOf = asOf
	return nil
}

const (
	day  = 24 * time.Hour
	year = 366 * day
)

// setDuration stores a time. The limits are for people: "1 second to 31 days".
func setDuration(field func(*Config) *time.Duration, least, most time.Duration, limits string) setter {
	return func(l *loader, v value) error {
		d, err := ParseDuration(v.text)
		if err != nil || d < least || d > most {
			return v.expected("a time from " + limits + ", such as 90m, 48h, 2d or 1d12h")
		}
		*field(&l.config) = d
		return nil
	}
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

func setRunID(l *loader, v value) error {
	switch {
	case !archive.ValidRunID(v.text):
		return v.expected("1 to 100 letters, digits, dots, dashes and underscores, a letter or digit first")
	case archive.Reserved(v.text):
		return v.expected("another name: this one is reserved in --out")
	}
	l.config.RunID = v.text
	return nil
}

func setDateFormat(l *loader, v value) error {
	if v.text == "" && !v.list {
		return nil
	}
	var errs []error
	for items := strings.Split(v.text, ","); len(items) > 0; {
		format, n, err := firstFormat(items)
		if err != nil {
			errs = append(errs, value{text: strings.TrimSpace(items[0]), from: v.from}.invalid(err.Error()))
		} else {
			l.config.DateFormats = append(l.config.DateFormats, format)
		}
		items = items[n:]
	}
	return errors.Join(errs...)
}

// firstFormat reads the first format of a comma list, and returns how many items
// it takes: a format may itself have a comma followed by a blank, as MMM D, YYYY.
func firstFormat(items []string) (f ledger.DateFormat, n int, err error) {
	f, err = ledger.ParseDateFormat(strings.TrimSpace(items[0]))
	if err != nil && len(items) > 1 && strings.HasPrefix(items[1], " ") {
		if f, err := ledger.ParseDateFormat(strings.TrimSpace(items[0] + "," + items[1])); err == nil {
			return f, 2, nil
		}
	}
	return f, 1, err
}

func setEncoding(l *loader, v value) error {
	name, err := table.CheckEncoding(v.text)
	if err != nil {
		return v.invalid(err.Error())
	}
	l.config.Encoding = name
	return nil
}
