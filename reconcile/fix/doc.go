// Package fix decides what may be mended, before anything is changed: which
// findings give an action, which wait, which are held back and why, and whether
// the plan as a whole is within its limits. It is pure: the same findings,
// inventory, memory and options give the same plan.
package fix
