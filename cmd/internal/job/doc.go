// Package job puts the parts together: it reads a ledger and an inventory, reconciles
// them, writes the reports and says with which code the program ends. The
// commands of the program are thin round it.
package job
