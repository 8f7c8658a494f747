package wixsim

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"
)

// SampleOptions set the size of the sample data. The zero value is a small
// inventory without drift, as of 2026-11-01.
type SampleOptions struct {
	Seed     uint64
	Accounts int // sub-accounts in addition to the parent; 5 where 0
	// Packages is the size of the inventory; 100 where 0. It is larger where the
	// planted drift needs more packages, and by one at times.
	Packages int
	// PerKind is the number of cases of each kind of drift; a kind with more
	// variants than that has one case of each. Each kind that can be in flight
	// is planted in flight as well. 0 plants nothing. Invalid rows stay below
	// 1 % of the packages, but there is at least one.
	PerKind int
	AsOf    time.Time
}

// SampleData is an inventory, its ledger, and the findings that a correct
// reconciliation of the two reports. The same options give the same data.
type SampleData struct {
	Parent    string
	AsOf      time.Time
	Accounts  []string // the sub-accounts of the part without drift
	Inventory []Package
	Rows      []Row
	Truth     []Finding // in the order of their fields
}

// A Row is one row of the ledger, with its cells as they are written. The last
// two columns are not in the contract; they are carried into the reports.
type Row struct {
	ExternalID       string `csv:"external_id"`
	AccountID        string `csv:"account_id"`
	Status           string `csv:"status"`
	CatalogProductID string `csv:"catalog_product_id"`
	BillingCycle     string `csv:"billing_cycle"`
	CountryCode      string `csv:"country_code"`
	SiteID           string `csv:"site_id"`
	Quantity         string `csv:"quantity"`
	PackageID        string `csv:"package_id"`
	InstanceID       string `csv:"instance_id"`
	StartDate        string `csv:"start_date"`
	EndDate          string `csv:"end_date"`
	UpdatedDate      string `csv:"updated_date"`
	UnitPrice        string `csv:"unit_price"`
	Currency         string `csv:"currency"`
	Customer         string `csv:"customer"`
	PlanName         string `csv:"plan_name"`
	Region           string `csv:"region"`
}

// A Finding is a row that findings.csv must contain.
type Finding struct {
	Kind       string `csv:"kind"`
	State      string `csv:"state"`
	AccountID  string `csv:"account_id"`  // the package's, else the ledger's
	ExternalID string `csv:"external_id"` // the ledger's, else Wix's
	PackageID  string `csv:"package_id"`
	InstanceID string `csv:"instance_id"`
	Field      string `csv:"field"`
}

// Generate makes sample data: the planted drift first, then packages that agree
// with the ledger up to the requested size.
func Generate(o SampleOptions) *SampleData {
	g, d := newGenerator(o)
	for s := range g.scenarios(o) {
		d.add(s)
	}
	d.sortTruth()
	return d
}

// A Case is one subscription of the sample data, or two that are about each
// other.
type Case struct {
	Packages []Package
	Rows     []Row
	Findings []Finding
}

// Cases yields what Generate returns, case by case, so that data of any size can
// be written.
func Cases(o SampleOptions) iter.Seq[Case] {
	return func(yield func(Case) bool) {
		g, _ := newGenerator(o)
		for s := range g.scenarios(o) {
			if !yield(Case{s.packages, s.rows, s.findings}) {
				return
			}
		}
	}
}

// scenarios yields the planted drift, and then agreements up to the requested
// size.
func (g *generator) scenarios(o SampleOptions) iter.Seq[*scenario] {
	return func(yield func(*scenario) bool) {
		size := cmp.Or(o.Packages, 100)
		packages := 0
		count := func(s *scenario) bool {
			packages += len(s.packages)
			return yield(s)
		}
		for s := range g.planted(o.PerKind, size) {
			if !count(s) {
				return
			}
		}
		others := agreements()
		for i := 0; packages < size; i++ {
			if !count(g.scenario(agreement(others, i), "")) {
				return
			}
		}
	}
}

// planted yields the drift: perKind cases of each kind, and those in flight.
func (g *generator) planted(perKind, size int) iter.Seq[*scenario] {
	return func(yield func(*scenario) bool) {
		if perKind <= 0 {
			return
		}
		for _, k := range drifts() {
			for i := range casesOf(k, perKind, size) {
				if !yield(g.scenario(k.variants[i%len(k.variants)], k.kind)) {
					return
				}
			}
		}
		for _, k := range drifts() {
			for _, r := range k.recent {
				if !yield(g.inFlight(k, r)) {
					return
				}
			}
		}
	}
}

// casesOf returns the number of cases of a kind in an inventory of that size.
func casesOf(k drift, perKind, size int) int {
	n := max(perKind, len(k.variants))
	if k.kind == invalidRow {
		n = min(n, max(1, (size-1)/100))
	}
	return n
}

// agreement returns the i-th scenario without drift. Three of four are plain.
func agreement(others []variant, i int) variant {
	if i%4 == 3 {
		return others[i/4%len(others)]
	}
	return variant{base: lines(1)}
}

// GenerateDemo makes sample data that a person can read through: six
// sub-accounts, about 150 subscriptions in euros and dollars, every kind of
// drift once, and three of them in flight.
func GenerateDemo(asOf time.Time) *SampleData {
	const packages = 150
	g, d := newGenerator(SampleOptions{Seed: 20, Accounts: 6, AsOf: asOf})
	for _, k := range drifts() {
		d.add(g.scenario(k.variants[0], k.kind))
	}
	for _, k := range drifts()[:3] {
		d.add(g.inFlight(k, k.recent[0]))
	}
	for i, others := 0, agreements(); len(d.Inventory) < packages; i++ {
		d.add(g.scenario(agreement(others, i), ""))
	}
	d.sortTruth()
	return d
}

func (d *SampleData) add(s *scenario) {
	d.Inventory = append(d.Inventory, s.packages...)
	d.Rows = append(d.Rows, s.rows...)
	d.Truth = append(d.Truth, s.findings...)
}

func (d *SampleData) sortTruth() {
	slices.SortFunc(d.Truth, func(f, g Finding) int { return slices.Compare(Cells(f), Cells(g)) })
}

// LedgerCSV returns the ledger: commas, UTF-8 without BOM, LF. A shuffleSeed
// other than 0 permutes the rows.
func (d *SampleData) LedgerCSV(shuffleSeed uint64) []byte {
	rows := d.Rows
	if shuffleSeed != 0 {
		rows = slices.Clone(rows)
		rng := rand.New(rand.NewPCG(shuffleSeed, 0))
		rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
	var text bytes.Buffer
	_ = writeCSV(&text, rows) // a buffer accepts everything
	return text.Bytes()
}

// WriteTruthCSV writes the expected findings under the column names of
// findings.csv.
func (d *SampleData) WriteTruthCSV(w io.Writer) error {
	if err := writeCSV(w, d.Truth); err != nil {
		return fmt.Errorf("write truth: %w", err)
	}
	return nil
}

// writeCSV writes structs of strings. Their csv tags are the header.
func writeCSV[T any](w io.Writer, rows []T) error {
	out := csv.NewWriter(w)
	_ = out.Write(Header[T]()) // out.Error returns the error
	for _, row := range rows {
		_ = out.Write(Cells(row))
	}
	out.Flush()
	return out.Error()
}

// Header returns the column names of a Row or a Finding.
func Header[T any]() []string {
	var header []string
	for field := range reflect.TypeFor[T]().Fields() {
		header = append(header, field.Tag.Get("csv"))
	}
	return header
}

// Cells returns the fields of a Row or a Finding.
func Cells[T any](row T) []string {
	v := reflect.ValueOf(row)
	all := make([]string, v.NumField())
	for i := range all {
		all[i] = v.Field(i).String()
	}
	return all
}
