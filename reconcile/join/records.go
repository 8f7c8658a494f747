package join

import (
	"github.com/wixrecon/wixrecon/reconcile"
)

// Each type has one function that packs it and one that unpacks it.

func (e *encoder) appendLine(b []byte, l *reconcile.Line) []byte {
	b = e.appendText(b, l.AccountID)
	b = e.appendText(b, string(l.Status))
	b = e.appendText(b, l.ProductID)
	b = e.appendText(b, string(l.Cycle))
	b = e.appendText(b, l.Country)
	b = appendString(b, l.SiteID)
	b = appendInt(b, int64(l.Quantity))
	b = appendString(b, l.PackageID)
	b = appendString(b, l.InstanceID)
	b = appendTime(b, l.Start)
	b = appendTime(b, l.End)
	b = appendTime(b, l.Updated)
	if b = appendBool(b, l.UnitPrice.Known); l.UnitPrice.Known {
		b = appendDecimal(b, l.UnitPrice.Amount)
	}
	b = e.appendText(b, l.Currency)
	b = appendString(b, l.Customer)
	return appendOrigin(b, l.Carried, l.Record)
}

func (d *decoder) line(externalID string) reconcile.Line {
	l := reconcile.Line{
		ExternalID: externalID,
		AccountID:  d.text(),
		Status:     reconcile.LineStatus(d.text()),
		ProductID:  d.text(),
		Cycle:      reconcile.Cycle(d.text()),
		Country:    d.text(),
		SiteID:     d.string(),
		Quantity:   int(d.int()),
		PackageID:  d.string(),
		InstanceID: d.string(),
		Start:      d.time(),
		End:        d.time(),
		Updated:    d.time(),
	}
	if l.UnitPrice.Known = d.bool(); l.UnitPrice.Known {
		l.UnitPrice.Amount = d.decimal()
	}
	l.Currency, l.Customer = d.text(), d.string()
	l.Carried, l.Record = d.origin()
	return l
}

// appendOrigin appends where a row comes from.
func appendOrigin(b []byte, c reconcile.Carried, record int) []byte {
	return appendInt(appendInt(appendHash(b, c.Hash), int64(record)), c.Offset)
}

func (d *decoder) origin() (reconcile.Carried, int) {
	c := reconcile.Carried{Hash: d.hash()}
	record := int(d.int())
	c.Offset = d.int()
	return c, record
}

func appendBadRow(b []byte, r *reconcile.BadRow) []byte {
	for _, s := range [...]string{r.AccountID, r.PackageID, r.InstanceID, r.Column, r.Value, r.Problem, r.Customer} {
		b = appendString(b, s)
	}
	return appendOrigin(appendHash(b, r.Cells), r.Carried, r.Record)
}

func (d *decoder) badRow(externalID string) reconcile.BadRow {
	r := reconcile.BadRow{ExternalID: externalID}
	for _, s := range [...]*string{&r.AccountID, &r.PackageID, &r.InstanceID, &r.Column, &r.Value, &r.Problem, &r.Customer} {
		*s = d.string()
	}
	r.Cells = d.hash()
	r.Carried, r.Record = d.origin()
	return r
}

func (e *encoder) appendPackage(b []byte, p *reconcile.Package) []byte {
	b = appendString(b, p.ID)
	b = e.appendText(b, p.AccountID)
	if b = appendBool(b, p.UnreadableID); p.UnreadableID {
		b = appendString(b, p.ExternalID) // which is not in the head
	}
	b = appendTime(appendTime(b, p.Created), p.Updated)
	b = appendInt(b, int64(len(p.Instances)))
	for i := range p.Instances {
		b = e.appendInstance(b, &p.Instances[i])
	}
	return b
}

func (e *encoder) appendInstance(b []byte, i *reconcile.Instance) []byte {
	b = appendString(b, i.ID)
	b = e.appendText(b, i.ProductID)
	b = appendString(b, i.SiteID)
	b = e.appendText(b, string(i.Status))
	b = e.appendText(b, string(i.Cycle))
	b = e.appendText(b, i.Country)
	b = appendString(appendString(appendString(b, i.Failure), i.Discount), i.References)
	return appendTime(appendTime(appendTime(b, i.Expires), i.Created), i.Updated)
}

// pkg reads a package. It appends the instances to the array, which the packages of
// a group share.
func (d *decoder) pkg(externalID string, array *[]reconcile.Instance) reconcile.Package {
	p := reconcile.Package{ID: d.string(), AccountID: d.text(), ExternalID: externalID}
	if p.UnreadableID = d.bool(); p.UnreadableID {
		p.ExternalID = d.string()
	}
	p.Created, p.Updated = d.time(), d.time()
	first := len(*array)
	for range d.count() {
		*array = append(*array, d.instance())
	}
	if all := *array; len(all) > first {
		p.Instances = all[first:len(all):len(all)]
	}
	return p
}

func (d *decoder) instance() reconcile.Instance {
	i := reconcile.Instance{
		ID: d.string(), ProductID: d.text(), SiteID: d.string(),
		Status: reconcile.Status(d.text()), Cycle: reconcile.Cycle(d.text()), Country: d.text(),
	}
	i.Failure, i.Discount, i.References = d.string(), d.string(), d.string()
	i.Expires, i.Created, i.Updated = d.time(), d.time(), d.time()
	return i
}

// appendFinding packs a finding so that records sort in report order.
func appendFinding(b []byte, f *reconcile.Finding) []byte {
	b = append(b, byte(f.Severity()), byte(f.Kind))
	for _, s := range [...]string{f.AccountID, f.ExternalID, f.PackageID, f.InstanceID, f.Field, f.LedgerValue, f.WixValue, f.Reason, f.Customer} {
		b = appendKey(b, s)
	}
	b = appendHash(appendHash(b, f.Cells), f.Carried.Hash)
	b = append(b, byte(f.State), byte(f.Direction))
	b = appendString(appendString(appendString(b, f.Fix), f.Outcome), f.Group)
	b = appendTime(b, f.FirstSeen)
	b = appendBool(appendBool(b, f.Monthly.Known), f.Monthly.OneTime)
	b = appendDecimal(b, f.Monthly.Amount)
	b = appendString(b, f.Monthly.Currency)
	b = appendInt(appendInt(appendInt(b, int64(f.Exception)), int64(f.Record)), f.Carried.Offset)
	if b = appendBool(b, f.Basis != nil); f.Basis != nil {
		b = appendBasis(b, f.Basis)
	}
	return b
}

func appendBasis(b []byte, basis *reconcile.Basis) []byte {
	b = appendInt(b, int64(len(basis.Records)))
	for _, record := range basis.Records {
		b = appendInt(b, int64(record))
	}
	b = appendString(b, basis.RowsHash)
	b = appendInt(b, int64(len(basis.Targets)))
	for _, target := range basis.Targets {
		b = appendString(b, target)
	}
	b = appendString(appendBool(appendBool(b, basis.WholePackage), basis.LinkedByPlace), basis.PossibleMatch)
	b = appendInt(b, int64(basis.ShieldedBy))
	b = appendInt(b, int64(len(basis.Order)))
	for _, o := range basis.Order {
		b = appendString(appendString(appendString(appendString(b, o.ProductID), o.SiteID), string(o.Cycle)), o.Country)
		b = appendTime(appendInt(b, int64(o.Quantity)), o.Start)
	}
	return b
}

func (d *decoder) finding() reconcile.Finding {
	d.byte() // the severity, which the kind has
	f := reconcile.Finding{Kind: reconcile.Kind(d.byte())}
	for _, s := range [...]*string{&f.AccountID, &f.ExternalID, &f.PackageID, &f.InstanceID, &f.Field, &f.LedgerValue, &f.WixValue, &f.Reason, &f.Customer} {
		*s = d.key()
	}
	f.Cells, f.Carried.Hash = d.hash(), d.hash()
	f.State, f.Direction = reconcile.State(d.byte()), reconcile.Direction(d.byte())
	f.Fix, f.Outcome, f.Group = d.string(), d.string(), d.string()
	f.FirstSeen = d.time()
	f.Monthly.Known, f.Monthly.OneTime = d.bool(), d.bool()
	f.Monthly.Amount = d.decimal()
	f.Monthly.Currency = d.string()
	f.Exception, f.Record = int(d.int()), int(d.int())
	f.Carried.Offset = d.int()
	if d.bool() {
		f.Basis = d.basis()
	}
	return f
}

func (d *decoder) basis() *reconcile.Basis {
	var basis reconcile.Basis
	for range d.count() {
		basis.Records = append(basis.Records, int(d.int()))
	}
	basis.RowsHash = d.string()
	for range d.count() {
		basis.Targets = append(basis.Targets, d.string())
	}
	basis.WholePackage, basis.LinkedByPlace, basis.PossibleMatch = d.bool(), d.bool(), d.string()
	basis.ShieldedBy = int(d.int())
	for range d.count() {
		basis.Order = append(basis.Order, reconcile.OrderLine{
			ProductID: d.string(), SiteID: d.string(), Cycle: reconcile.Cycle(d.string()), Country: d.string(),
			Quantity: int(d.int()), Start: d.time(),
		})
	}
	return &basis
}
