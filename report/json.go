package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/wixrecon/wixrecon/reconcile"
)

// JSON writes the summary as summary.json holds it, indented, with a newline
// at the end.
func JSON(w io.Writer, s *reconcile.Summary) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	if err := out.Encode(s); err != nil {
		return fmt.Errorf("write summary as json: %w", err)
	}
	return nil
}
