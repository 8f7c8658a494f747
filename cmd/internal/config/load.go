package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/wixrecon/wixrecon/sources/wix"
)

// Load makes a Config of the flags that were given (by name, without dashes;
// a switch has "true" or "false"), of the environment (NAME=value, the last of
// a name wins) and of the file that --config names.
//
// readFile gives the content of a named file, as os.ReadFile does: the settings
// file, the list of sub-accounts, the API key.
//
// The error joins every fault; any of them is wrong usage or configuration.
func Load(flags map[string]string, env []string, readFile func(name string) ([]byte, error)) (*Config, error) {
	return LoadSome(nil, flags, env, readFile)
}

// LoadSome does as Load, for a command that needs some of the settings only:
// the others need not be given, and are not judged. They may stand in the file
// all the same, which is shared with other commands. Nil is all.
func LoadSome(names []string, flags map[string]string, env []string, readFile func(name string) ([]byte, error)) (*Config, error) {
	l := &loader{
		config:   Config{Location: time.UTC},
		settings: Settings(),
		needed:   names,
		flags:    flags,
		env:      environment(env),
		readFile: readFile,
		given:    make(map[string]value),
	}
	l.refuseStrangers()
	l.gather(l.readSettings())
	l.setAll()
	l.refuseKey()
	if len(l.faults) > 0 {
		return nil, l.joined()
	}
	if l.needed == nil {
		l.showMappings()
	}
	for i := range l.config.Effective {
		g := &l.config.Effective[i]
		g.Value = l.config.APIKey.Redact(g.Value)
	}
	return &l.config, nil
}

// A loader is one call of Load on its way.
type loader struct {
	config   Config
	settings []Setting
	needed   []string // settings that are gathered and judged; nil is all
	flags    map[string]string
	env      map[string]string
	readFile func(string) ([]byte, error)

	given  map[string]value // by setting: what holds
	faults []fault
}

// A fault is an error and its place in the order of the table.
type fault struct {
	place int
	err   error
}

func environment(env []string) map[string]string {
	variables := make(map[string]string, len(env))
	for _, entry := range env {
		if name, text, found := strings.Cut(entry, "="); found {
			variables[name] = strings.TrimSpace(text)
		}
	}
	return variables
}

// refuseStrangers tells of flags that are no setting, and of the one variable
// that is refused rather than ignored.
func (l *loader) refuseStrangers() {
	for _, name := range sortedKeys(l.flags) {
		if l.place(name) < 0 {
			l.tell("config", fmt.Errorf("unknown flag --%s: did you mean --%s?", name, Nearest(name, l.names())))
		}
	}
	if _, set := l.env["WIXRECON_FIX"]; set {
		l.tell("config", errors.New("WIXRECON_FIX is refused: "+fixReason))
	}
}

const fixReason = "--fix stands on the command line only, so that nobody turns an audit into cancels from afar"

// gather decides for every setting which value holds.
func (l *loader) gather(file map[string]value) {
	for i := range l.settings {
		s := &l.settings[i]
		if !l.needs(s) {
			continue
		}
		v, ok := l.typed(s)
		if !ok {
			v, ok = l.exported(s)
		}
		if !ok {
			v, ok = file[s.Name]
		}
		if !ok {
			v = value{text: s.Default, from: fromDefault}
		}
		l.given[s.Name] = v
		l.config.Effective = append(l.config.Effective, EffectiveSetting{Name: s.Name, Value: redact(v.text), Source: v.from})
	}
}

func (l *loader) needs(s *Setting) bool { return l.needed == nil || slices.Contains(l.needed, s.Name) }

// typed gives a setting's flag.
func (l *loader) typed(s *Setting) (value, bool) {
	text, ok := l.flags[s.Name]
	return value{text: strings.TrimSpace(text), from: fromFlags}, ok
}

// exported gives a setting's environment variable. Two that disagree are a
// fault: one of them is about another account.
func (l *loader) exported(s *Setting) (value, bool) {
	var v value
	for _, name := range s.Env {
		text := l.env[name]
		switch {
		case text == "" || strings.EqualFold(text, v.text):
		case v.text == "":
			v = value{text: text, from: name}
		default:
			l.tell(s.Name, fmt.Errorf("--%s: %s and %s differ", s.Name, v.from, name))
		}
	}
	return v, v.text != ""
}

// setAll judges every value, in the order of the table.
func (l *loader) setAll() {
	for i := range l.settings {
		s := &l.settings[i]
		if !l.needs(s) {
			continue
		}
		v := l.given[s.Name]
		text := v.text
		if s.Repeat {
			text = strings.ReplaceAll(text, itemSeparator, "")
		}
		if strings.ContainsFunc(text, unicode.IsControl) {
			l.tell(s.Name, fmt.Errorf("--%s: %w", s.Name, v.fault("want a value without control characters")))
			continue
		}
		for _, err := range split(s.set(l, v)) {
			l.tell(s.Name, fmt.Errorf("--%s: %w", s.Name, err))
		}
	}
}

// split takes joined errors apart, so that each becomes a line of its own.
func split(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

func (l *loader) tell(setting string, err error) {
	l.faults = append(l.faults, fault{l.place(setting), err})
}

// place gives the row of a setting in the table, or -1.
func (l *loader) place(setting string) int {
	return slices.IndexFunc(l.settings, func(s Setting) bool { return s.Name == setting })
}

// names gives the names of all settings.
func (l *loader) names() []string {
	names := make([]string, len(l.settings))
	for i := range l.settings {
		names[i] = l.settings[i].Name
	}
	return names
}

// joined gives all faults in the order of the table.
func (l *loader) joined() error {
	slices.SortStableFunc(l.faults, func(a, b fault) int { return cmp.Compare(a.place, b.place) })
	errs := make([]error, len(l.faults))
	for i := range l.faults {
		errs[i] = l.withoutKey(l.faults[i].err)
	}
	return errors.Join(errs...)
}

// withoutKey replaces a fault that would quote the API key, because the key was
// given for another setting as well.
func (l *loader) withoutKey(err error) error {
	if text := wix.NewSecret(l.env[keyVariable]).Redact(err.Error()); text != err.Error() {
		return errors.New(text)
	}
	return err
}
