package ledger_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"github.com/wixrecon/wixrecon/reconcile"
	"github.com/wixrecon/wixrecon/sources/ledger"
)

const priceHeader = "catalog_product_id,billing_cycle,unit_cost,currency,product_name\n"

func prices(t testing.TB, text string) (*reconcile.Prices, error) {
	t.Helper()
	return ledger.ReadPrices(t.Context(), strings.NewReader(text), "prices sample/p.csv")
}

func cost(product string, cycle reconcile.Cycle, amount, currency, name string, record int) reconcile.UnitCost {
	return reconcile.UnitCost{ProductID: product, Cycle: cycle, Currency: currency, ProductName: name, Record: record,
		Cost: reconcile.Price{Amount: decimal.MustParse(amount), Known: true}}
}

func TestPrices(t *testing.T) {
	want := []reconcile.UnitCost{
		cost(guidA, "1 YEAR", "1234.50", "EUR", "Größe A", 2),
		cost(guidA, reconcile.OneTime, "0", "EUR", "", 4),
		cost("premium", "3 MONTH", "9.99", "USD", "", 3),
	}
	plain := priceHeader + strings.ToUpper(guidA) + ",1 YEAR,1234.50,eur,Größe A\npremium,P3M,9.99,USD,\n" + guidA + ",one time,0,EUR,\n"
	for name, text := range map[string]string{
		"commas":     plain,
		"semicolons": strings.NewReplacer(",", ";", "1234.50", "1.234,50", "9.99", "9,99").Replace(plain),
		"tabs":       strings.ReplaceAll(plain, ",", "\t"),
		"a sheet":    sheetOf(t, strings.ReplaceAll(plain, ",", ";")),
		"other columns": "Unit Cost,note,Currency,BillingCycle,CATALOG_PRODUCT_ID,Product name\n" +
			"1234.50,x,EUR,yearly," + guidA + ",Größe A\n9.99,y,USD,3 months,premium,\n0,z,EUR,ONE_TIME," + guidA + ",\n",
	} {
		got, err := prices(t, text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if d := cmp.Diff(want, got.List(), cmp.Comparer(sameAmount)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestEqualPricesAreOne(t *testing.T) {
	p, err := prices(t, priceHeader+"x,1 YEAR,120,EUR,\nx,12 MONTH,120.00,EUR,Premium\nx,YEAR,120.0,EUR,Premium\n")
	must(t, err)
	if all := p.List(); len(all) != 1 {
		t.Errorf("got %+v", all)
	}
}

func TestNoPrices(t *testing.T) {
	p, err := prices(t, priceHeader)
	must(t, err)
	if m, known := p.Monthly("x", "1 YEAR"); known || m.Known {
		t.Errorf("x costs %v", m)
	}
}

func TestBadPrices(t *testing.T) {
	for name, c := range map[string]struct {
		rows string
		want []string
	}{
		"no cost":      {"x,1 YEAR,,EUR,", []string{`line 2: column "unit_cost": missing`}},
		"below zero":   {"x,1 YEAR,-1,EUR,", []string{`line 2: column "unit_cost": "-1": negative price`}},
		"no number":    {"x,1 YEAR,free,EUR,", []string{`line 2: column "unit_cost": "free": not a number`}},
		"ambiguous":    {`x,1 YEAR,"1,234",EUR,`, []string{`line 2: column "unit_cost": "1,234": ambiguous: numbers have a decimal point here. Write them like 1234.56, without separators of thousands`}},
		"other format": {`x,1 YEAR,"9,99",EUR,`, []string{`line 2: column "unit_cost": "9,99": ambiguous: numbers have a decimal point here. Write them like 1234.56, without separators of thousands`}},
		"no currency":  {"x,1 YEAR,1,,", []string{`line 2: column "currency": missing`}},
		"a bad code":   {"x,1 YEAR,1,€,", []string{`line 2: column "currency": "€": not an ISO 4217 currency code, such as EUR`}},
		"no cycle":     {"x,fortnight,1,EUR,", []string{`line 2: column "billing_cycle": "fortnight": not a billing cycle (ONE_TIME, a count of DAY, WEEK, MONTH or YEAR, or a word such as monthly)`}},
		"nothing":      {" ,,,,name", []string{`line 2: column "catalog_product_id": missing`, `line 2: column "billing_cycle": missing`, `line 2: column "unit_cost": missing`, `line 2: column "currency": missing`}},
		"conflict": {"x,1 YEAR,1,EUR,\n\nX,12 MONTH,2,EUR,\nx,12 MONTH,1,USD,Small", []string{
			`line 5: "x" for 12 MONTH is 1 USD (Small), and 1 EUR on line 2`}},
		"GUIDs": {guidA + ",7 DAY,2,EUR,\n" + strings.ToUpper(guidA) + ",1 WEEK,1,EUR,", []string{
			`line 3: "` + guidA + `" for 1 WEEK is 1 EUR, and 2 EUR on line 2`}},
		"two names": {"x,1 YEAR,1,EUR,Large\nx,1 YEAR,1,EUR,Small", []string{`line 3: "x" for 1 YEAR is 1 EUR (Small), and 1 EUR (Large) on line 2`}},
		"two bad":   {"x,1 YEAR,1,EUR,\n,1 YEAR,1,EUR,\nx,1 YEAR,1,EUR,,6\n", []string{`line 3: column "catalog_product_id": missing`, `line 4: 6 cells, the header has 5`}},
	} {
		got, err := prices(t, priceHeader+c.rows)
		for i := range c.want {
			c.want[i] = "read prices sample/p.csv: " + c.want[i]
		}
		if listErr := (*ledger.ListError)(nil); !errors.As(err, &listErr) || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		} else if d := cmp.Diff(c.want, strings.Split(err.Error(), "\n")); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestBadPriceHeader(t *testing.T) {
	_, err := prices(t, "product,cycle,unit_cost,currency\nx,1 YEAR,1,EUR\n")
	want := `read prices sample/p.csv: the header lacks the required catalog_product_id, billing_cycle; it has "product", "cycle", "unit_cost", "currency"`
	if listErr := (*ledger.ListError)(nil); !errors.As(err, &listErr) || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// FuzzPrices: every price is known and not negative.
func FuzzPrices(f *testing.F) {
	f.Add(priceHeader + "x,1 YEAR,120,EUR,Premium\n")
	f.Add(strings.ReplaceAll(priceHeader, ",", ";") + guidA + ";P3M;1.234,5;usd;\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := prices(t, text)
		if err != nil && p != nil {
			t.Error("prices and an error")
		}
		for _, c := range p.List() {
			if !c.Cost.Known || c.Cost.Amount.IsNeg() || len(c.Currency) != 3 || c.ProductID == "" || c.Cycle == "" {
				t.Errorf("accepted %+v", c)
			}
			if found, ok := p.Lookup(strings.ToUpper(c.ProductID), c.Cycle); reconcile.IsGUID(c.ProductID) && (!ok || found.Record != c.Record) {
				t.Errorf("%+v: found %+v", c, found)
			}
		}
	})
}
