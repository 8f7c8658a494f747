package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/wixrecon/wixrecon/sources/table"
	"github.com/wixrecon/wixrecon/sources/wix"
)

// Load returns the Config of flags (by name, without dashes; a boolean one is
// "true" or "false"), environment variables (NAME=value, the last of a name
// counts) and the file of --config.
//
// readFile returns the content of a file, as os.ReadFile does: the settings file,
// the list of sub-accounts, the API key.
//
// The error joins all errors, each of which is wrong usage or configuration.
func Load(flags map[string]string, env []string, readFile func(name string) ([]byte, error)) (*Config, error) {
	return LoadSome(nil, flags, env, readFile)
}

// LoadPlanned is like Load for a command that takes settings of an existing plan,
// where they are given nowhere else.
func LoadPlanned(planned map[string]string, flags map[string]string, env []string, readFile func(name string) ([]byte, error)) (*Config, error) {
	return loadSettings(nil, planned, flags, env, readFile)
}

// LoadSome is like Load for a command that needs only the named settings. The
// others may be missing and are not checked, but may be in the file, which
// commands share. Nil means all.
func LoadSome(names []string, flags map[string]string, env []string, readFile func(name string) ([]byte, error)) (*Config, error) {
	return loadSettings(names, nil, flags, env, readFile)
}

func loadSettings(names []string, planned, flags map[string]string, env []string, readFile func(name string) ([]byte, error)) (*Config, error) {
	l := &loader{
		config:   Config{Location: time.UTC},
		settings: Settings(),
		needed:   names,
		planned:  planned,
		flags:    flags,
		env:      environment(env),
		readFile: readFile,
		used:     make(map[string]value),
	}
	l.refuseUnknown()
	l.chooseValues(l.readSettings())
	l.setAll()
	l.refuseKeyElsewhere()
	if len(l.errs) > 0 {
		return nil, l.joinedErrors()
	}
	if l.needed == nil {
		l.addMappings()
	}
	for i := range l.config.Effective {
		s := &l.config.Effective[i]
		s.Value = l.config.APIKey.Redact(s.Value)
	}
	return &l.config, nil
}

// A loader makes one Config.
type loader struct {
	config   Config
	settings []Setting
	needed   []string          // settings that are set and checked; nil is all
	planned  map[string]string // of an existing plan, where a setting is given nowhere else
	flags    map[string]string
	env      map[string]string
	readFile func(string) ([]byte, error)

	used map[string]value // by setting: the value that counts
	errs []settingError
}

// A settingError is an error and the index of its setting in the table.
type settingError struct {
	index int
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

const fixReason = "--fix can be set on the command line only, so that an audit can't be turned into cancels remotely"

// refuseUnknown adds errors for unknown flags, and for the one variable that is
// refused and not ignored.
func (l *loader) refuseUnknown() {
	for _, name := range slices.Sorted(maps.Keys(l.flags)) {
		if l.index(name) < 0 {
			l.addError("config", fmt.Errorf("unknown flag --%s: did you mean --%s?", name, Nearest(name, l.names())))
		}
	}
	if _, set := l.env["WIXRECON_FIX"]; set {
		l.addError("config", errors.New("WIXRECON_FIX is refused: "+fixReason))
	}
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		if near := l.mistypedVariable(name); near != "" {
			l.addError("config", fmt.Errorf("unknown variable %s: did you mean %s?", name, near))
		}
	}
}

// maxTypingErrors is how many edits an unknown variable is from the known one that
// was meant. Others are ignored: Kubernetes sets variables for every service of
// that name.
const maxTypingErrors = 2

// mistypedVariable returns the variable that an unknown one was meant to be; empty
// for others.
func (l *loader) mistypedVariable(name string) string {
	if l.env[name] == "" || !strings.HasPrefix(name, variablePrefix) || name == "WIXRECON_FIX" || name == "WIXRECON_API_KEY" || isServiceVariable(name, l.env[name]) {
		return ""
	}
	near, least := "", maxTypingErrors+1
	for i := range l.settings {
		for _, known := range l.settings[i].Env {
			if name == known {
				return ""
			}
			if d := table.Distance(name, known); d < least {
				near, least = known, d
			}
		}
	}
	return near
}

// isServiceVariable reports whether Kubernetes or Docker set a variable for a
// service called wixrecon: WIXRECON_PORT is near to WIXRECON_OUT.
func isServiceVariable(name, text string) bool {
	return name == "WIXRECON_PORT" && strings.Contains(text, "://")
}

// chooseValues finds the value that counts for every setting.
func (l *loader) chooseValues(file map[string]value) {
	for i := range l.settings {
		s := &l.settings[i]
		if !l.needs(s) {
			continue
		}
		v, ok := l.fromFlag(s)
		if !ok {
			v, ok = l.fromEnvironment(s)
		}
		if !ok {
			v, ok = file[s.Name]
		}
		if text := l.planned[s.Name]; !ok && text != "" {
			v, ok = value{text: text, from: "the plan"}, true
		}
		if !ok {
			v = value{text: s.Default, from: SourceDefault}
		}
		l.used[s.Name] = v
		l.config.Effective = append(l.config.Effective, EffectiveSetting{Name: s.Name, Value: s.shown(v.text), Source: v.from})
	}
}

// shown returns a value as it may be shown.
func (s *Setting) shown(text string) string {
	if s.Secret && text != "" {
		return "(set)"
	}
	return Redacted(text)
}

func (l *loader) needs(s *Setting) bool { return l.needed == nil || slices.Contains(l.needed, s.Name) }

func (l *loader) fromFlag(s *Setting) (value, bool) {
	text, ok := l.flags[s.Name]
	return value{text: strings.TrimSpace(text), from: SourceFlag}, ok
}

// fromEnvironment adds an error if two variables of a setting differ: one of them
// is for another account.
func (l *loader) fromEnvironment(s *Setting) (value, bool) {
	var v value
	for _, name := range s.Env {
		text := l.env[name]
		switch {
		case text == "" || strings.EqualFold(text, v.text):
		case v.text == "":
			v = value{text: text, from: name}
		default:
			l.addError(s.Name, fmt.Errorf("--%s: %s and %s differ", s.Name, v.from, name))
		}
	}
	return v, v.text != ""
}

// setAll checks and sets every value, in the order of the table.
func (l *loader) setAll() {
	for i := range l.settings {
		s := &l.settings[i]
		if !l.needs(s) {
			continue
		}
		v := l.used[s.Name]
		text := v.text
		if s.Repeatable {
			text = strings.ReplaceAll(text, itemSeparator, "")
		}
		if strings.ContainsFunc(text, unicode.IsControl) {
			l.addError(s.Name, fmt.Errorf("--%s: %w", s.Name, v.expected("a value without control characters")))
			continue
		}
		for _, err := range split(s.set(l, v)) {
			l.addError(s.Name, fmt.Errorf("--%s: %w", s.Name, err))
		}
	}
}

// split returns the parts of a joined error, so that each becomes a line.
func split(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

func (l *loader) addError(setting string, err error) {
	l.errs = append(l.errs, settingError{l.index(setting), err})
}

// index returns the index of a setting in the table, or -1.
func (l *loader) index(setting string) int {
	return slices.IndexFunc(l.settings, func(s Setting) bool { return s.Name == setting })
}

// names returns the names of all settings.
func (l *loader) names() []string {
	names := make([]string, len(l.settings))
	for i := range l.settings {
		names[i] = l.settings[i].Name
	}
	return names
}

// joinedErrors returns all errors in the order of the table.
func (l *loader) joinedErrors() error {
	slices.SortStableFunc(l.errs, func(a, b settingError) int { return cmp.Compare(a.index, b.index) })
	errs := make([]error, len(l.errs))
	for i := range l.errs {
		errs[i] = l.withoutKey(l.errs[i].err)
	}
	return errors.Join(errs...)
}

// withoutKey replaces an error that quotes the API key, because another setting
// contains it.
func (l *loader) withoutKey(err error) error {
	if text := wix.NewSecret(l.env[keyVariable]).Redact(err.Error()); text != err.Error() {
		return errors.New(text)
	}
	return err
}
