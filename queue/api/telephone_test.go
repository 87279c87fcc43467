package api

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xinmoi/xinmoi/queue"
)

// TestTelephone: whoever answers the telephone elsewhere knows hours, rules and
// menu, and nothing else of the setup.
func TestTelephone(t *testing.T) {
	setup := queue.CommuneCentre()
	setup.Hours = []queue.Hours{{Day: time.Monday, From: "07:30", To: "11:30"}}
	setup.Days = []queue.Day{{Date: "2027-02-06", Name: "Tết"}}
	setup.Rules = queue.Rules{CheckIn: true, LaterMost: 1}
	setup.Phone.Operator = "101"
	b := newBenchOf(t, setup)
	got, err := b.client("channel").Telephone(t.Context())
	want := queue.Setup{Office: setup.Office, Phone: setup.Phone, Hours: setup.Hours, Days: setup.Days, Rules: setup.Rules}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
	for role, want := range map[string]int{"": http.StatusUnauthorized, "kiosk": http.StatusForbidden, "board": http.StatusForbidden, "channel": http.StatusOK} {
		if a := b.get("/phone", role); a.status != want {
			t.Errorf("%q: %d, want %d", role, a.status, want)
		}
	}
}

// All telephones of an office have the same keys: they know what is asked for.
func TestDemand(t *testing.T) {
	want := map[string]int{"A": 3, "D": 100}
	b := newBench(t, func(c *Config) { c.Demand = func(string) map[string]int { return want } })
	got, err := b.client("channel").Demand(t.Context())
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
	if got, err := newBench(t).client("channel").Demand(t.Context()); err != nil || got != nil {
		t.Errorf("a server that does not know: %v, %v", got, err)
	}
}
