// Package config turns flags, environment and a YAML file into a Config.
//
// One table, Settings, holds every setting: the command line, the environment,
// the file and the help are all made from it. A flag beats the environment,
// the environment beats the file, the file beats the default; only the value
// that wins is judged. All faults are told at once, one a line, in the order of
// the table, each with the value and where it came from:
//
//	--rate: "fast": want a number of requests a minute, or off (from WIXRECON_RATE)
//
// An empty environment variable counts as not set. Variables called WIXRECON_…
// that are no setting are left alone: Kubernetes injects some for every service
// of that name. A file is stricter, because what stands in it was meant: a key
// that is not known, stands twice or has no value is a fault.
//
// Two things are kept out on purpose. Whether a run may change anything at Wix
// is said on the command line only, so that nobody turns an audit into cancels
// from afar. And the API key is never a setting: it comes in WIX_API_KEY or in
// a file of its own, and is held in a type that can't be printed.
package config
