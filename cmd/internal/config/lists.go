package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wixrecon/wixrecon/reconcile"
)

// Settings that name several things. An item that can't be read is a fault of
// its own, and a list that names nothing is one too: an empty --accounts must
// never come to mean all of them.

// setAccounts takes GUIDs separated by commas, or a file of them: one or more a
// line, # begins a comment.
func setAccounts(l *loader, v value) error {
	switch {
	case v.from == fromDefault:
		return nil
	case v.text == "" && !v.list:
		return v.fault("want at least one GUID, or leave it out for all")
	}
	if v.list || isAccountList(v.text) {
		return l.addAccounts(v.text, v.from)
	}
	data, err := l.readFile(v.text)
	if err != nil {
		return fmt.Errorf("%w: want a file, or GUIDs separated by commas", v.unread(err))
	}
	return l.addAccounts(strings.TrimPrefix(string(data), byteOrderMark), redact(v.text))
}

// isAccountList tells a comma list from a file name: an item is a GUID, or
// there are commas and nothing that makes a path.
func isAccountList(text string) bool {
	items := strings.Split(text, ",")
	isGUID := func(item string) bool { return reconcile.IsGUID(strings.TrimSpace(item)) }
	return slices.ContainsFunc(items, isGUID) || len(items) > 1 && !strings.ContainsAny(text, `/\.`)
}

// addAccounts takes all GUIDs of a text; from is told with the line, where the
// text has several.
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
			errs = append(errs, l.addAccount(value{text: strings.TrimSpace(item), from: at}))
		}
	}
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) == 0 && len(l.config.Accounts) == 0 {
		return fmt.Errorf("want at least one GUID (from %s)", from)
	}
	slices.Sort(l.config.Accounts)
	l.config.Accounts = slices.Compact(l.config.Accounts)
	return errors.Join(capped(errs)...)
}

func (l *loader) addAccount(item value) error {
	switch {
	case item.text == "":
		return nil
	case !reconcile.IsGUID(item.text):
		return item.fault("want a GUID")
	}
	l.config.Accounts = append(l.config.Accounts, reconcile.FoldGUID(item.text))
	return nil
}

// maxFaults bounds the faults of one list or file, for when the wrong file is named.
const maxFaults = 50

func capped(errs []error) []error {
	if more := len(errs) - maxFaults; more > 0 {
		return append(errs[:maxFaults:maxFaults], fmt.Errorf("and %d more like these", more))
	}
	return errs
}

// reportNames gives what --reports may name.
func reportNames() []string {
	return []string{ReportFindings, ReportPackages, ReportXLSX, ReportHTML, ReportSnapshot}
}

// builtReports gives the reports of "all": those that this version writes.
func builtReports() []string {
	return []string{ReportFindings, ReportPackages, ReportXLSX, ReportSnapshot}
}

func setReports(l *loader, v value) error {
	if v.text == "all" {
		l.config.Reports = builtReports()
		return nil
	}
	var errs []error
	wanted := make(map[string]bool)
	for item := range strings.SplitSeq(v.text, ",") {
		item = strings.TrimSpace(item)
		wanted[item] = true
		if err := checkReport(value{text: item, from: v.from}); err != nil {
			errs = append(errs, err)
		}
	}
	l.config.Reports = slices.DeleteFunc(builtReports(), func(name string) bool { return !wanted[name] })
	return errors.Join(errs...)
}

func checkReport(item value) error {
	switch {
	case !slices.Contains(reportNames(), item.text):
		return item.fault("want all, or some of " + strings.Join(reportNames(), ", "))
	case !slices.Contains(builtReports(), item.text):
		return item.fault("not available yet")
	}
	return nil
}
