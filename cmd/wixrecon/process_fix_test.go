package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wixrecon/wixrecon/internal/servers"
	"github.com/wixrecon/wixrecon/sources/wix/wixsim"
)

// An inventory that needs six changes. The result is checked against what Wix
// received and holds, and against the objects of the journal, without any code of
// the program.

// shortLeaseProgram is the program with a lease of shortLease. Each request needs
// more than 8 s of it left, and it is renewed after a third.
const (
	shortLeaseProgram = "wixrecon-short-lease"
	shortLease        = 16 * time.Second
)

func shortLeaseMain() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{env: environWithoutSettings(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, leaseTTL: shortLease}
	code := p.run(ctx, os.Args)
	stop()
	os.Exit(code)
}

const (
	premium = "3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1101"
	mailbox = "3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1105"

	auditRun = "night"  // an audit, the baseline of the guards
	planRun  = "review" // a reviewed plan
	fixRun   = "fix"    // run --fix
	fixes    = "external-id,assign,cancel"
)

func accountID(n int) string  { return fmt.Sprintf("a0000000-0000-4000-8000-%012d", n) }
func packageID(n int) string  { return fmt.Sprintf("b0000000-0000-4000-8000-%012d", n) }
func instanceID(n int) string { return fmt.Sprintf("c0000000-0000-4000-8000-%012d", n) }
func siteID(n int) string     { return fmt.Sprintf("e0000000-0000-4000-8000-%012d", n) }

// driftedInventory returns the inventory at Wix.
func driftedInventory() []wixsim.Package {
	at := time.Now().AddDate(0, 0, -100).UTC().Truncate(time.Second)
	pack := func(n, owner int, externalID string, products ...string) wixsim.Package {
		p := wixsim.Package{ID: packageID(n), AccountID: accountID(owner), ExternalID: externalID, CreatedDate: at, UpdatedDate: at}
		for i, product := range products {
			p.ProductInstances = append(p.ProductInstances, wixsim.Instance{
				InstanceID: instanceID(10*n + i), CatalogProductID: product, Status: "ENABLED", CreatedDate: at, UpdatedDate: at,
			})
		}
		return p
	}
	return []wixsim.Package{
		pack(1, 1, "", premium),
		pack(2, 1, "S-2", premium),
		pack(3, 2, "S-gone", premium, mailbox),
		pack(4, 2, "S-4", premium, mailbox),
		pack(5, 1, "S-5", premium),
		pack(6, 2, "S-6", premium),
	}
}

// driftedLedger returns the ledger that the inventory differs from.
func driftedLedger() string {
	rows := []string{"external_id,account_id,status,catalog_product_id,site_id,package_id,end_date"}
	row := func(id string, owner int, status, product, site, pack, end string) {
		rows = append(rows, strings.Join([]string{id, accountID(owner), status, product, site, pack, end}, ","))
	}
	row("S-1", 1, "active", premium, siteID(1), packageID(1), "")
	row("S-2", 1, "active", premium, siteID(2), "", "")
	row("S-4", 2, "active", premium, siteID(4), "", "")
	row("S-4", 2, "canceled", mailbox, "", "", time.Now().AddDate(0, 0, -60).Format(time.DateOnly))
	row("S-5", 1, "active", premium, "", "", "")
	row("S-6", 2, "active", premium, "", "", "")
	return strings.Join(rows, "\n") + "\n"
}

// An expectedChange is one change to be made.
type expectedChange struct {
	fix      string
	kind     wixsim.ChangeKind
	pack     string
	instance string // empty: the package
	apply    func(*wixsim.Package)
}

// expectedChanges returns what fixes the inventory. Two packages need two changes
// each.
func expectedChanges() []expectedChange {
	site := func(n int) func(*wixsim.Package) {
		return func(p *wixsim.Package) { p.ProductInstances[0].SiteID = siteID(n) }
	}
	return []expectedChange{
		{"external-id", wixsim.SetExternalID, packageID(1), "", func(p *wixsim.Package) { p.ExternalID = "S-1" }},
		{"assign", wixsim.Assign, packageID(1), instanceID(10), site(1)},
		{"assign", wixsim.Assign, packageID(2), instanceID(20), site(2)},
		{"assign", wixsim.Assign, packageID(4), instanceID(40), site(4)},
		{"cancel", wixsim.CancelPackage, packageID(3), "", func(p *wixsim.Package) {
			p.ProductInstances[0].Status, p.ProductInstances[1].Status = "CANCELED", "CANCELED"
		}},
		{"cancel", wixsim.CancelInstance, packageID(4), instanceID(41), func(p *wixsim.Package) {
			p.ProductInstances[1].Status = "CANCELED"
		}},
	}
}

// request returns the request of the change.
func (r *expectedChange) request() string {
	if r.instance != "" {
		return string(r.kind) + " " + r.instance
	}
	return string(r.kind) + " " + r.pack
}

// A fixProcess is an inventory and a store, with processes that fix the inventory.
type fixProcess struct {
	ctx       context.Context
	wix       *wixsim.Server
	key       string
	home      string
	ledger    string
	inventory []wixsim.Package // before any change
	store     runStore
	env       []string

	program string
}

// newFixProcess serves the inventory, and writes its ledger.
func newFixProcess(t *testing.T, y runStore, o *wixsim.Options) *fixProcess {
	t.Helper()
	home := t.TempDir()
	program := shortLeaseProgram // the test binary
	if !longTests() {
		var err error
		program, err = builtShortLeaseProgram()
		must(t, err)
		t.Log("sampled: processes without the race detector; WIXRECON_LONG=1 runs them with it")
	}
	m := &fixProcess{
		ctx: t.Context(), key: wixsim.DefaultKey, home: home, ledger: filepath.Join(home, "subs.csv"), inventory: driftedInventory(), store: y,
		env: s3Env(servers.AccessKey, servers.SecretKey), program: program,
	}
	if err := os.WriteFile(m.ledger, []byte(driftedLedger()), 0o600); err != nil {
		t.Fatal(err)
	}
	m.wix = wixsim.New(cloneAll(m.inventory), o)
	t.Cleanup(func() { m.checkNoKey(t) })
	return m
}

// checkNoKey searches what the processes stored for the key.
func (m *fixProcess) checkNoKey(t *testing.T) {
	objects, err := m.store.objects()
	if err != nil {
		t.Error(err)
	}
	for name, content := range objects {
		if err := errors.Join(searchText("a name", []byte(name)), searchFile(name, content)); err != nil {
			t.Error(err)
		}
	}
}

// cloneAll copies an inventory for a server, which keeps it.
func cloneAll(packages []wixsim.Package) []wixsim.Package {
	var all []wixsim.Package
	for _, p := range packages {
		p.ProductInstances = slices.Clone(p.ProductInstances)
		all = append(all, p)
	}
	return all
}

// fresh returns a copy with a new Wix and a new bucket with the same content.
func (m *fixProcess) fresh(o *wixsim.Options) (*fixProcess, error) {
	objects, err := m.store.objects()
	if err != nil {
		return nil, err
	}
	other := *m
	other.wix = wixsim.New(cloneAll(m.inventory), o)
	other.store, err = newBucketStore(objects)
	return &other, err
}

// arguments returns a command line. Flags of the test override the others.
func (m *fixProcess) arguments(args []string, wix, endpoint string) []string {
	all := []string{
		args[0], "--account-id", wixsim.DefaultParent, "--base-url", wix, "--rate", "off", "--ledger", m.ledger,
		"--out", m.store.outURL(endpoint), "--settle", "1ms", "--reports", "findings",
		"--min-sightings", "1", "--max-cancel-percent", "off", "--max-shrink", "off", // one package is a large share of this inventory
	}
	return append(all, args[1:]...)
}

// processSlots limits the running processes: with too many, they would wait for the
// processor for longer than their leases.
var processSlots = make(chan struct{}, 4)

// run runs the program to its end.
func (m *fixProcess) run(args ...string) (*child, error) {
	return m.runBehind(new(interceptor), args...)
}

func (m *fixProcess) runBehind(p *interceptor, args ...string) (*child, error) {
	processSlots <- struct{}{}
	defer func() { <-processSlots }()
	c, err := m.start(p, args...)
	if err != nil {
		return nil, err
	}
	return c.wait(), nil
}

// runExpecting runs the program and expects one of the exit codes.
func (m *fixProcess) runExpecting(codes []int, args ...string) (*child, error) {
	c, err := m.run(args...)
	if err == nil {
		err = c.requireCode(codes...)
	}
	return c, err
}

// planFile copies the plan of a run to a file for apply. It returns an empty name
// if there is none.
func (m *fixProcess) planFile(run string) (string, error) {
	objects, err := m.store.objects()
	if err != nil {
		return "", err
	}
	content, there := objects[run+"/plan.json"]
	if !there {
		return "", nil
	}
	f, err := os.CreateTemp(m.home, "plan-*.json")
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	return f.Name(), errors.Join(err, f.Close())
}

// An attemptRecord is an attempt in the journal.
type attemptRecord struct {
	Key     string    `json:"key"`
	SendBy  time.Time `json:"send_by"`
	PlanID  string    `json:"plan_id"`
	Outcome string    `json:"outcome"` // of the end of an attempt
	NotDone bool      `json:"not_done"`
	Action  struct {
		Fix        string `json:"fix"`
		PackageID  string `json:"package_id"`
		InstanceID string `json:"instance_id"`
	} `json:"action"`
	end *attemptRecord
}

var claimKey = regexp.MustCompile(`^journal/[0-9a-f]{32}/[0-9]{4}$`)

// journal reads the attempts, with their ends.
func (m *fixProcess) journal() (map[string]*attemptRecord, error) {
	objects, err := m.store.objects()
	if err != nil {
		return nil, err
	}
	claims := make(map[string]*attemptRecord)
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		if !claimKey.MatchString(key) {
			continue
		}
		n := new(attemptRecord)
		if err := json.Unmarshal(objects[key], n); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if end, there := objects[key+"-end"]; there {
			n.end = new(attemptRecord)
			if err := json.Unmarshal(end, n.end); err != nil {
				return nil, fmt.Errorf("%s-end: %w", key, err)
			}
		}
		claims[key] = n
	}
	return claims, nil
}

// check compares the journal, what Wix received and what it holds. It returns how
// many of the expected changes were applied, and all differences.
func (m *fixProcess) check() (applied int, err error) {
	claims, err := m.journal()
	if err != nil {
		return 0, err
	}
	var faults []error
	of := make(map[string]int) // applied attempts by expected change
	for key, n := range claims {
		what := strings.Join([]string{n.Action.Fix, n.Action.PackageID, n.Action.InstanceID}, " ")
		switch {
		case n.end == nil:
			faults = append(faults, fmt.Errorf("%s (%s) has no end", key, what))
		case n.end.Outcome == "applied":
			of[what]++
		case !n.end.NotDone:
			faults = append(faults, fmt.Errorf("%s (%s) ended as %s", key, what, n.end.Outcome))
		}
	}
	want := cloneAll(m.inventory)
	sends := m.sendCounts()
	for _, r := range expectedChanges() {
		what := strings.Join([]string{r.fix, r.pack, r.instance}, " ")
		sent := sends[r.request()]
		delete(sends, r.request())
		if sent > 1 || of[what] > 1 || of[what] != sent {
			faults = append(faults, fmt.Errorf("%s was sent %d times, and is %d times applied", what, sent, of[what]))
		}
		if of[what] > 0 {
			applied++
			r.apply(&want[slices.IndexFunc(want, func(p wixsim.Package) bool { return p.ID == r.pack })])
		}
		delete(of, what)
	}
	if len(of)+len(sends) > 0 {
		faults = append(faults, fmt.Errorf("unexpected applied: %v, unexpected sent: %v", of, sends))
	}
	return applied, errors.Join(append(faults, m.checkInventory(want))...)
}

// sendCounts counts the requests that Wix received, except those that it throttled
// or never handled.
func (m *fixProcess) sendCounts() map[string]int {
	sends := make(map[string]int)
	for _, c := range m.wix.Changes() {
		if c.Status == http.StatusTooManyRequests || c.Fault == wixsim.Hang {
			continue
		}
		about := c.InstanceID
		if about == "" {
			about = c.PackageID
		}
		sends[string(c.Kind)+" "+about]++
	}
	return sends
}

// checkInventory returns an error if the inventory is not the expected one, except
// for dates.
func (m *fixProcess) checkInventory(want []wixsim.Package) error {
	var faults []error
	for i := range want {
		p, there := m.wix.Package(want[i].ID)
		p.UpdatedDate = want[i].UpdatedDate
		for j := range p.ProductInstances {
			p.ProductInstances[j].UpdatedDate = want[i].ProductInstances[j].UpdatedDate
		}
		if !there || !reflect.DeepEqual(p, want[i]) {
			faults = append(faults, fmt.Errorf("Wix has %+v, want %+v", p, want[i]))
		}
	}
	return errors.Join(faults...)
}

// checkAllFixed returns an error unless every expected change was applied once, and
// nothing else.
func (m *fixProcess) checkAllFixed() error {
	applied, err := m.check()
	if want := len(expectedChanges()); applied != want {
		err = errors.Join(err, fmt.Errorf("%d of %d are applied", applied, want))
	}
	return err
}
