package report

import (
	"fmt"
	"io"

	"github.com/wixrecon/wixrecon/reconcile/fix"
)

// Where Wix is not as the journal says, or could not be asked, each attempt is
// told with both; of the rest just their number.

// VerdictsText writes what a journal is worth, for people.
func VerificationsText(w io.Writer, verdicts []fix.Verification) error {
	p := &printer{}
	differs, unread := 0, 0
	for i := range verdicts {
		v := &verdicts[i]
		switch {
		case v.Err != nil:
			unread++
		case v.Agrees:
			continue
		default:
			differs++
		}
		p.line("", oneLine(fmt.Sprintf("%s %s, attempt %d, of run %s at %s, account %s, package %s",
			v.Action.Fix, v.Key, v.Number, v.RunID, moment(v.Begun), v.Action.AccountID, v.Action.PackageID)))
		p.line("  ", oneLine(v.Text))
	}
	p.line("", fmt.Sprintf("%d changes looked at: %d are as the journal says, %d are not, %d could not be read",
		len(verdicts), len(verdicts)-differs-unread, differs, unread))
	return told(w, "verdicts of the journal", p.out.String())
}
