package reconcile

import "testing"

func TestTrimID(t *testing.T) {
	for id, want := range map[string]string{" a b ": "a b", "\u00a0x\u2003": "x", "\t\n": "", "\u200bx": "\u200bx"} {
		if got := TrimID(id); got != want {
			t.Errorf("TrimID(%q) = %q, want %q", id, got, want)
		}
	}
}

func TestGUID(t *testing.T) {
	const guid = "00BA7923-2655-402a-852d-2b2100568bcf"
	if !IsGUID(guid) || FoldGUID(guid) != "00ba7923-2655-402a-852d-2b2100568bcf" {
		t.Errorf("%s is not a GUID, or folds to %s", guid, FoldGUID(guid))
	}
	for _, id := range []string{"", "00ba79232655402a852d2b2100568bcf", guid + "0", "{" + guid + "}", "g0ba7923-2655-402a-852d-2b2100568bcf"} {
		if IsGUID(id) {
			t.Errorf("%q is a GUID", id)
		}
	}
	if FoldGUID("SKU-Gold") != "SKU-Gold" {
		t.Error("an id that is not a GUID was folded")
	}
}
