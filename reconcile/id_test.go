package reconcile

import "testing"

func TestNearID(t *testing.T) {
	for _, near := range [][2]string{
		{"00123", "123"}, {"ABC-1", "abc-1"}, {"A 1", "A1"}, {"A\u00a01", "A1"}, {"Straße", "STRASSE"},
		{"caf\u00e9", "cafe\u0301"}, {"\uff21\uff11", "A1"}, {"0", "00"}, {"ΣΑΣ", "σας"},
	} {
		if NearID(near[0]) != NearID(near[1]) {
			t.Errorf("%q and %q are not near: %q, %q", near[0], near[1], NearID(near[0]), NearID(near[1]))
		}
	}
	for _, far := range [][2]string{{"A-1", "A1"}, {"1230", "123"}, {"A01", "A1"}, {"café", "cafe"}, {"0", "1"}} {
		if NearID(far[0]) == NearID(far[1]) {
			t.Errorf("%q and %q are near", far[0], far[1])
		}
	}
}

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
