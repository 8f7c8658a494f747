package table

import "testing"

func TestNearest(t *testing.T) {
	header := []string{"Subscription ID", "Wix Account (metadata)", "Status", "Amount", "x"}
	for name, want := range map[string]string{
		"subscription_id": "Subscription ID", "Subscripton Id": "Subscription ID", "wix_account_id": "Wix Account (metadata)", "state": "Status",
		"amout": "Amount", "quantity": "", "": "", "end_date": "",
	} {
		if got := Nearest(name, header); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
