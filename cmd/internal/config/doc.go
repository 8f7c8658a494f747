// Package config builds a Config from flags, environment variables and a YAML
// file.
//
// One table, Settings, defines every setting; the flags, the variables, the keys
// of the file and the help are made from it. A flag takes precedence over the
// environment, the environment over the file, and the file over the default; only
// the value that is used is checked. All errors are reported together, one a line,
// in the order of the table, each with the value and its source:
//
//	--rate: "fast": expected a number of requests a minute, or off (from WIXRECON_RATE)
//
// An empty environment variable counts as not set. An unknown variable WIXRECON_…
// is an error within two edits of a known one, and ignored otherwise: Kubernetes
// injects some for every service of that name. In the
// file an unknown key, a duplicate one or one without a value is an error.
//
// Two values are not settings. Whether a run may change anything at Wix is set on
// the command line only, so that an audit can't be turned into cancels remotely.
// And the API key comes from WIX_API_KEY or from a file of its own, and is kept in
// a type that can't be printed.
package config
