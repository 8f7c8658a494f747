// Package fix decides what may be fixed, before anything is changed: which
// findings give an action, which wait, which are held back and why, and whether
// the plan as a whole keeps to its limits.
//
// That part is pure: the same findings, inventory, history and settings give the
// same plan, whatever their order. An Applier carries a plan out, from the plan
// alone, and touches the world only through Wix and Journal.
package fix
