package reconcile

// FindingColumns gives the columns of findings.csv before the carried ones, in
// their order. Whoever carries further columns must not take their names.
func FindingColumns() []string {
	return []string{
		"kind", "severity", "state", "account_id", "external_id", "package_id", "instance_id", "field",
		"ledger_value", "wix_value", "fix", "outcome", "reason", "first_seen", "age_days", "direction",
		"monthly_amount", "currency", "customer", "ledger_line", "finding_id",
	}
}
