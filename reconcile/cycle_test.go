package reconcile

import "testing"

func TestParseCycle(t *testing.T) {
	for text, want := range map[string]Cycle{
		"ONE_TIME": OneTime, "one time": OneTime, "MONTH": "1 MONTH", "1 MONTH": "1 MONTH", "3 months": "3 MONTH",
		"monthly": "1 MONTH", "P1M": "1 MONTH", "p1y": "1 YEAR", "P12M": "12 MONTH", " 7 day ": "7 DAY", "P7D": "7 DAY",
		"2WEEK": "2 WEEK", "annual": "1 YEAR", "One Time": OneTime, "one-time": OneTime,
		"Daily": "1 DAY", "WEEKLY": "1 WEEK", "Quarterly": "3 MONTH", "Semi-Annually": "6 MONTH", "semi annual": "6 MONTH",
		"semiannually": "6 MONTH", "half-yearly": "6 MONTH", "Annually": "1 YEAR", "yearly": "1 YEAR",
		"Biennially": "2 YEAR", "biennial": "2 YEAR", "Triennially": "3 YEAR",
	} {
		if got, err := ParseCycle(text); err != nil || got != want {
			t.Errorf("ParseCycle(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "P", "PM", "0 MONTH", "-1 MONTH", "1.5 MONTH", "1 FORTNIGHT", "1", "P1M2D", "9999 DAY", "MONTH 1",
		"biannually", "bi-monthly", "biweekly", "2 monthly", "3 yearly", "P1YEARLY", "Free Account", "MONTHSS"} {
		if got, err := ParseCycle(text); err == nil {
			t.Errorf("ParseCycle(%q) = %q, want an error", text, got)
		}
	}
}

func TestCycleEqual(t *testing.T) {
	equal := [][2]Cycle{{"12 MONTH", "1 YEAR"}, {"7 DAY", "1 WEEK"}, {"3 MONTH", "3 MONTH"}, {OneTime, OneTime}}
	for _, c := range equal {
		if !c[0].Equal(c[1]) || !c[1].Equal(c[0]) {
			t.Errorf("%q and %q are not equal", c[0], c[1])
		}
	}
	for _, c := range [][2]Cycle{{"24 MONTH", "2 YEAR"}, {"30 DAY", "1 MONTH"}, {"4 WEEK", "1 MONTH"}, {"52 WEEK", "1 YEAR"}, {OneTime, "1 YEAR"}, {"", OneTime}} {
		if c[0].Equal(c[1]) {
			t.Errorf("%q and %q are equal", c[0], c[1])
		}
	}
}

func FuzzParseCycle(f *testing.F) {
	for _, seed := range []string{"P1M", "12 MONTH", "ONE_TIME", "yearly"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCycle(text)
		if err != nil {
			return
		}
		if again, err := ParseCycle(string(c)); err != nil || again != c {
			t.Errorf("%q parses as %q, which parses as %q, %v", text, c, again, err)
		}
	})
}
