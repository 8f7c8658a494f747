package reconcile

import "testing"

func TestPackGUID(t *testing.T) {
	const guid = "01234567-89ab-cdef-fedc-ba9876543210"
	packed, ok := PackGUID(guid)
	var text [LenGUID]byte
	UnpackGUID(&text, string(packed[:]))
	if !ok || string(text[:]) != guid {
		t.Errorf("%x, %v, %s", packed, ok, text)
	}
	for _, other := range []string{"", "01234567-89AB-cdef-fedc-ba9876543210", "01234567-89ab-cdef-fedc-ba987654321g", "0123456789abcdeffedcba9876543210", "01234567-89ab-cdef-fedc-ba98765432100"} {
		if _, ok := PackGUID(other); ok {
			t.Errorf("%q was packed", other)
		}
	}
}
