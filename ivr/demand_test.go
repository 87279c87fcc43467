package ivr

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
)

// The most used come first; a few numbers more or less move nothing.
func TestByDemand(t *testing.T) {
	for name, tt := range map[string]struct {
		demand map[string]int
		want   string
	}{
		"not known":       {nil, "ABCDEF"},
		"too few to tell": {map[string]int{"F": 90}, "ABCDEF"},
		"clearly":         {map[string]int{"A": 100, "F": 900, "E": 500, "B": 300, "C": 20, "D": 50}, "FEBADC"},
		"about as often":  {map[string]int{"A": 200, "B": 210, "C": 205, "D": 40}, "ABCDEF"},
		"gone since":      {map[string]int{"Z": 1000}, "ABCDEF"},
	} {
		got := ""
		for _, v := range ByDemand(testServices(), tt.demand) {
			got += v.ID
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// Whatever the demand, a service that is asked for clearly more often never
// stands behind, and none is lost.
func TestDemandOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		demand := map[string]int{}
		for _, v := range testServices() {
			demand[v.ID] = rapid.IntRange(0, 2000).Draw(t, v.ID)
		}
		sorted := ByDemand(testServices(), demand)
		if len(sorted) != len(testServices()) {
			t.Fatal("a service is lost")
		}
		total := 0
		for _, n := range demand {
			total += n
		}
		for i, v := range sorted {
			for _, later := range sorted[i+1:] {
				if total >= Enough && float64(demand[later.ID]+1) > clearly*float64(demand[v.ID]+1)*1.0001 {
					t.Fatalf("%s (%d) stands behind %s (%d)", later.ID, demand[later.ID], v.ID, demand[v.ID])
				}
			}
		}
	})
}

// The first four keys are the four most used services, unless the office has
// arranged its menu.
func TestDemandMakesTheMenu(t *testing.T) {
	started := testStarted()
	started.Demand = map[string]int{"F": 500, "E": 300, "D": 200, "B": 100, "A": 10}
	for i, id := range []string{"F", "E", "D", "B"} {
		_, actions := talk(t, started, Key{rune('1' + i)})
		if len(actions) < 2 || brief(actions[1]) != "take "+id {
			t.Errorf("key %d does %q, want %s", i+1, briefs(actions), id)
		}
	}
	started.Setup.Phone.Menu = []queue.PhoneOption{{Key: "1", Kind: queue.PhoneService, Service: "A"}}
	if _, actions := talk(t, started, Key{'1'}); len(actions) < 2 || brief(actions[1]) != "take A" {
		t.Errorf("the office's own menu: %q", briefs(actions))
	}
}
