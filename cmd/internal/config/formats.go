package config

import "slices"

// Formats returns the formats of the log and of the result, also where other
// settings are wrong: an error has to be printed in them. A format that is itself
// wrong is the default.
func Formats(flags map[string]string, env []string, readFile func(name string) ([]byte, error)) (log, output string) {
	l := &loader{
		settings: Settings(), needed: []string{"config", "log", "output"},
		flags: flags, env: environment(env), readFile: readFile, used: make(map[string]value),
	}
	l.chooseValues(l.readSettings())
	return l.choice("log"), l.choice("output")
}

// choice returns the value of a setting with a few valid ones.
func (l *loader) choice(name string) string {
	s := &l.settings[l.index(name)]
	if text := l.used[name].text; slices.Contains(s.Choices, text) {
		return text
	}
	return s.Default
}
