package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Settings with several values. Each invalid item has its own error, and a list
// without items is an error: an empty --accounts must never mean all accounts.

// setAccounts reads GUIDs separated by commas, or a file of them: one or more a
// line, with comments after #.
func setAccounts(l *loader, v value) error {
	switch {
	case v.from == SourceDefault:
		return nil
	case v.text == "" && !v.list:
		return v.expected("at least one GUID; leave it out for all accounts")
	case v.list || isAccountList(v.text):
		return l.addAccounts(v.text, v.from)
	}
	data, err := l.readFile(v.text)
	if err != nil {
		return fmt.Errorf("%w: expected a file, or GUIDs separated by commas", v.unreadable(err))
	}
	return l.addAccounts(strings.TrimPrefix(string(data), byteOrderMark), Redacted(v.text))
}

// isAccountList distinguishes a comma list from a file name: an item is a GUID,
// or there are commas and no character of a path.
func isAccountList(text string) bool {
	items := strings.Split(text, ",")
	isGUID := func(item string) bool { return reconcile.IsGUID(strings.TrimSpace(item)) }
	return slices.ContainsFunc(items, isGUID) || len(items) > 1 && !strings.ContainsAny(text, `/\.`)
}

// addAccounts adds all GUIDs of a text. Errors name from, with the line where
// the text has several.
func (l *loader) addAccounts(text, from string) error {
	var errs []error
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		line, _, _ = strings.Cut(line, "#")
		at := from
		if len(lines) > 1 {
			at = fmt.Sprintf("%s:%d", from, i+1)
		}
		for item := range strings.SplitSeq(line, ",") {
			if err := l.addAccount(value{text: strings.TrimSpace(item), from: at}); err != nil {
				errs = append(errs, err)
			}
		}
	}
	if len(errs) == 0 && len(l.config.Accounts) == 0 {
		return fmt.Errorf("expected at least one GUID (from %s)", from)
	}
	slices.Sort(l.config.Accounts)
	l.config.Accounts = slices.Compact(l.config.Accounts)
	return errors.Join(limited(errs)...)
}

func (l *loader) addAccount(item value) error {
	switch {
	case item.text == "":
		return nil
	case !reconcile.IsGUID(item.text):
		return item.expected("a GUID")
	}
	l.config.Accounts = append(l.config.Accounts, reconcile.FoldGUID(item.text))
	return nil
}

// maxErrors limits the errors of one list or file, for when the wrong file is
// named.
const maxErrors = 50

func limited(errs []error) []error {
	if more := len(errs) - maxErrors; more > 0 {
		return append(errs[:maxErrors:maxErrors], fmt.Errorf("and %d more like these", more))
	}
	return errs
}

// reportNames returns the reports that can be chosen.
func reportNames() []string {
	return []string{ReportFindings, ReportPackages, ReportXLSX, ReportSnapshot}
}

func setReports(l *loader, v value) error {
	if v.text == "all" {
		l.config.Reports = reportNames()
		return nil
	}
	var errs []error
	chosen := make(map[string]bool)
	for item := range strings.SplitSeq(v.text, ",") {
		item = strings.TrimSpace(item)
		chosen[item] = true
		if err := checkReport(value{text: item, from: v.from}); err != nil {
			errs = append(errs, err)
		}
	}
	l.config.Reports = slices.DeleteFunc(reportNames(), func(name string) bool { return !chosen[name] })
	return errors.Join(errs...)
}

func checkReport(item value) error {
	available := "all, or some of " + strings.Join(reportNames(), ", ")
	switch {
	case slices.Contains(reportNames(), item.text):
		return nil
	case item.text == "html": // a later version may have it
		return item.invalid("not available yet; expected " + available)
	}
	return item.expected(available)
}
