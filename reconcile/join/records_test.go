package join

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
)

// TestRecordsKeepEveryField fills every field of what is packed. A new field that
// the codec does not keep fails here. ExternalID is kept too: in the head of the
// record.
func TestRecordsKeepEveryField(t *testing.T) {
	var (
		line    reconcile.Line
		bad     reconcile.BadRow
		pkg     reconcile.Package
		finding reconcile.Finding
	)
	numbered := texts{numbers: make(map[string]uint32)}
	e := newEncoder(&numbered)
	for _, r := range []struct {
		value  any
		append func() []byte
		decode func(*decoder) any
	}{
		{&line, func() []byte { return e.appendLine(nil, &line) }, func(d *decoder) any { l := d.line(line.ExternalID); return &l }},
		{&bad, func() []byte { return appendBadRow(nil, &bad) }, func(d *decoder) any { b := d.badRow(bad.ExternalID); return &b }},
		{&pkg, func() []byte { return e.appendPackage(nil, &pkg) }, func(d *decoder) any {
			p := d.pkg(pkg.ExternalID, new([]reconcile.Instance))
			return &p
		}},
		{&finding, func() []byte { return appendFinding(nil, &finding) }, func(d *decoder) any { f := d.finding(); return &f }},
	} {
		n := 0
		fill(t, reflect.ValueOf(r.value).Elem(), &n)
		d := decoder{b: string(r.append())}
		d.texts = numbered.all
		got := r.decode(&d)
		if diff := cmp.Diff(r.value, got); diff != "" {
			t.Errorf("%T (-want +got):\n%s", r.value, diff)
		}
		if d.err != nil || len(d.b) > 0 {
			t.Errorf("%T: %d bytes left, error %v", r.value, len(d.b), d.err)
		}
	}
}

// fill sets v, which is zero, to values that all differ, with two elements in
// each slice. Only booleans are all the same: true.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 1, 1, 0, 0, *n, *n, time.UTC)))
		return
	case decimal.Decimal:
		v.Set(reflect.ValueOf(decimal.MustParse(fmt.Sprintf("%d.50", *n))))
		return
	case reconcile.Kind: // its severity is packed too, so it must exist
		v.Set(reflect.ValueOf(reconcile.InvalidLedgerRow))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(t, v.Index(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(uint64(*n))
	default:
		t.Fatalf("fill %s: a kind of field that the test does not know", v.Type())
	}
}
