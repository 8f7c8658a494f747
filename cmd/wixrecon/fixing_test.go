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

// An inventory with six things to be fixed, and what may have become of it: judged
// by what Wix received and holds and by the objects of the journal, with
// nothing of the program's own code in between.

// briefProgram is the program with a lease of briefLife. Each request needs
// more than 8 s of it left, and it is renewed when a third has gone.
const (
	briefProgram = "wixrecon-brief"
	briefLife    = 16 * time.Second
)

func brief() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{env: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, leaseTTL: briefLife}
	code := p.run(ctx, os.Args)
	stop()
	os.Exit(code)
}

const (
	premium = "3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1101"
	mailbox = "3b1c0f5e-8a52-4c1b-9f3a-6d5f0a7c1105"

	nightRun = "night"  // an audit, which the guards measure against
	planRun  = "review" // a plan to be applied
	fixRun   = "fix"    // run --fix
	fixes    = "external-id,assign,cancel"
)

func ownerOf(n int) string    { return fmt.Sprintf("a0000000-0000-4000-8000-%012d", n) }
func packageID(n int) string  { return fmt.Sprintf("b0000000-0000-4000-8000-%012d", n) }
func instanceID(n int) string { return fmt.Sprintf("c0000000-0000-4000-8000-%012d", n) }
func siteID(n int) string     { return fmt.Sprintf("e0000000-0000-4000-8000-%012d", n) }

// illBook gives the inventory at Wix.
func illBook() []wixsim.Package {
	at := time.Now().AddDate(0, 0, -100).UTC().Truncate(time.Second)
	pack := func(n, owner int, externalID string, products ...string) wixsim.Package {
		p := wixsim.Package{ID: packageID(n), AccountID: ownerOf(owner), ExternalID: externalID, CreatedDate: at, UpdatedDate: at}
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

// illLedger gives the ledger that the inventory has drifted from.
func illLedger() string {
	rows := []string{"external_id,account_id,status,catalog_product_id,site_id,package_id,end_date"}
	row := func(id string, owner int, status, product, site, pack, end string) {
		rows = append(rows, strings.Join([]string{id, ownerOf(owner), status, product, site, pack, end}, ","))
	}
	row("S-1", 1, "active", premium, siteID(1), packageID(1), "")
	row("S-2", 1, "active", premium, siteID(2), "", "")
	row("S-4", 2, "active", premium, siteID(4), "", "")
	row("S-4", 2, "canceled", mailbox, "", "", time.Now().AddDate(0, 0, -60).Format(time.DateOnly))
	row("S-5", 1, "active", premium, "", "", "")
	row("S-6", 2, "active", premium, "", "", "")
	return strings.Join(rows, "\n") + "\n"
}

// A remedy is one change that is wanted.
type remedy struct {
	fix      string
	kind     wixsim.ChangeKind
	pack     string
	instance string // empty: the package
	do       func(*wixsim.Package)
}

// remedies gives what fixes the inventory. The first two are of one package, and two
// of the later ones too.
func remedies() []remedy {
	site := func(n int) func(*wixsim.Package) {
		return func(p *wixsim.Package) { p.ProductInstances[0].SiteID = siteID(n) }
	}
	return []remedy{
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

// sent names the request of a remedy.
func (r *remedy) sent() string {
	if r.instance != "" {
		return string(r.kind) + " " + r.instance
	}
	return string(r.kind) + " " + r.pack
}

// A fixing is an inventory that is being fixed.
type fixing struct {
	ctx    context.Context
	wix    *wixsim.Server
	key    string
	home   string
	ledger string
	book   []wixsim.Package // as it was
	yard   yard
	env    []string

	program string
}

// newFixing serves the inventory, and writes its ledger.
func newFixing(t *testing.T, y yard, o *wixsim.Options) *fixing {
	t.Helper()
	home := t.TempDir()
	m := &fixing{
		ctx: t.Context(), key: wixsim.DefaultKey, home: home, ledger: filepath.Join(home, "subs.csv"), book: illBook(), yard: y,
		env: s3Env(servers.AccessKey, servers.SecretKey), program: briefProgram,
	}
	if err := os.WriteFile(m.ledger, []byte(illLedger()), 0o600); err != nil {
		t.Fatal(err)
	}
	m.wix = wixsim.New(illBookOf(m.book), o)
	return m
}

// illBookOf copies an inventory for a server, which keeps it.
func illBookOf(book []wixsim.Package) []wixsim.Package {
	var all []wixsim.Package
	for _, p := range book {
		p.ProductInstances = slices.Clone(p.ProductInstances)
		all = append(all, p)
	}
	return all
}

// again gives the same with a Wix and a bucket of its own, which hold the same.
func (m *fixing) again(o *wixsim.Options) (*fixing, error) {
	objects, err := m.yard.objects()
	if err != nil {
		return nil, err
	}
	other := *m
	other.wix = wixsim.New(illBookOf(m.book), o)
	other.yard, err = newHeap(objects)
	return &other, err
}

// arguments gives a command line; what a test names beats what stands before.
func (m *fixing) arguments(args []string, wix, endpoint string) []string {
	all := []string{
		args[0], "--account-id", wixsim.DefaultParent, "--base-url", wix, "--rate", "off", "--ledger", m.ledger,
		"--out", m.yard.name(endpoint), "--settle", "1ms", "--reports", "findings",
		"--min-sightings", "1", "--max-cancel-percent", "off", "--max-shrink", "off", // a package is much of so small an inventory
	}
	return append(all, args[1:]...)
}

// running bounds how many processes are at work: those that wait for nothing but
// the processor would wait for longer than their leases live.
var running = make(chan struct{}, 4)

// run runs the program to its end.
func (m *fixing) run(args ...string) (*child, error) { return m.runBehind(new(tap), args...) }

func (m *fixing) runBehind(p *tap, args ...string) (*child, error) {
	running <- struct{}{}
	defer func() { <-running }()
	c, err := m.start(p, args...)
	if err != nil {
		return nil, err
	}
	return c.ended(), nil
}

// wants runs the program and wants one of the exit codes.
func (m *fixing) wants(codes []int, args ...string) (*child, error) {
	c, err := m.run(args...)
	if err == nil {
		err = c.wants(codes...)
	}
	return c, err
}

// planFile names the plan of a run, which is fetched for whoever applies it.
func (m *fixing) planFile(run string) (string, error) {
	objects, err := m.yard.objects()
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

// A noted is an attempt as the journal has it.
type noted struct {
	Key     string    `json:"key"`
	SendBy  time.Time `json:"send_by"`
	PlanID  string    `json:"plan_id"`
	Outcome string    `json:"outcome"` // of an end
	NotDone bool      `json:"not_done"`
	Action  struct {
		Fix        string `json:"fix"`
		PackageID  string `json:"package_id"`
		InstanceID string `json:"instance_id"`
	} `json:"action"`
	end *noted
}

var claimKey = regexp.MustCompile(`^journal/[0-9a-f]{32}/[0-9]{4}$`)

// journal reads the claims, with their ends.
func (m *fixing) journal() (map[string]*noted, error) {
	objects, err := m.yard.objects()
	if err != nil {
		return nil, err
	}
	claims := make(map[string]*noted)
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		if !claimKey.MatchString(key) {
			continue
		}
		n := new(noted)
		if err := json.Unmarshal(objects[key], n); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if end, there := objects[key+"-end"]; there {
			n.end = new(noted)
			if err := json.Unmarshal(end, n.end); err != nil {
				return nil, fmt.Errorf("%s-end: %w", key, err)
			}
		}
		claims[key] = n
	}
	return claims, nil
}

// judge holds the journal, what Wix received and what it holds against one
// another. It gives what is amiss, and how many remedies the journal has as
// applied.
func (m *fixing) judge() (applied int, err error) {
	claims, err := m.journal()
	if err != nil {
		return 0, err
	}
	var faults []error
	of := make(map[string]int) // applied ends, by remedy
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
	want := illBookOf(m.book)
	sends := m.sends()
	for _, r := range remedies() {
		what := strings.Join([]string{r.fix, r.pack, r.instance}, " ")
		sent := sends[r.sent()]
		delete(sends, r.sent())
		if sent > 1 || of[what] > 1 || of[what] != sent {
			faults = append(faults, fmt.Errorf("%s was sent %d times, and is %d times applied", what, sent, of[what]))
		}
		if of[what] > 0 {
			applied++
			r.do(&want[slices.IndexFunc(want, func(p wixsim.Package) bool { return p.ID == r.pack })])
		}
		delete(of, what)
	}
	if len(of)+len(sends) > 0 {
		faults = append(faults, fmt.Errorf("applied without need: %v, sent without need: %v", of, sends))
	}
	return applied, errors.Join(append(faults, m.holds(want))...)
}

// sends counts the requests that Wix received, without those that it
// throttled or never looked at.
func (m *fixing) sends() map[string]int {
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

// holds gives an error where the inventory is not the wanted one, dates apart.
func (m *fixing) holds(want []wixsim.Package) error {
	var faults []error
	for i := range want {
		p, there := m.wix.Package(want[i].ID)
		p.UpdatedDate = want[i].UpdatedDate
		for j := range p.ProductInstances {
			p.ProductInstances[j].UpdatedDate = want[i].ProductInstances[j].UpdatedDate
		}
		if !there || !reflect.DeepEqual(p, want[i]) {
			faults = append(faults, fmt.Errorf("Wix holds %+v, want %+v", p, want[i]))
		}
	}
	return errors.Join(faults...)
}

// fixed gives an error unless every remedy was applied, once, and nothing else.
func (m *fixing) fixed() error {
	applied, err := m.judge()
	if want := len(remedies()); applied != want {
		err = errors.Join(err, fmt.Errorf("%d of %d are applied", applied, want))
	}
	return err
}
