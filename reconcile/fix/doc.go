// Package fix decides what may be mended, before anything is changed: which
// findings give an action, which wait, which are held back and why, and whether
// the plan as a whole keeps to its limits.
//
// It is pure: the same findings, inventory, history and settings give the same
// plan, whatever their order. What it says is carried out elsewhere, from the
// plan alone.
package fix
