package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue/estimate"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// /admin warns when the estimates go astray, and says of which service.
func TestDriftIsShown(t *testing.T) {
	const office = "xa"
	day := func(n, inside int) estimate.Day {
		x := estimate.Trueness{Waits: 100, Wait: 30, Error: 8, LESError: 20, Inside: inside, Late: 100 - inside}
		return estimate.Day{Day: fmt.Sprintf("2026-11-%02d", n), All: x, Services: []estimate.Service{{ID: "A", Trueness: x}}}
	}
	levels := func(inside int) (labels []string) {
		t.Helper()
		dir := t.TempDir()
		state := estimate.State{Version: estimate.StateVersion, Office: office, Features: estimate.FeatureNames(), Memory: estimate.NewMemory(nil), Model: &estimate.Model{}}
		for n := range 9 {
			state.Truth = append(state.Truth, day(n+1, 80))
		}
		for n := range 3 {
			state.Truth = append(state.Truth, day(n+10, inside))
		}
		raw, err := json.Marshal(state)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "estimate-"+office+".json"), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := estimate.NewLive(estimate.LiveConfig{Office: office, Source: &memory.Store{}, Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range (&app{waits: l}).waitsPanel().Rows(t.Context()) {
			if row.Level == page.Warn {
				labels = append(labels, row.Label)
			}
		}
		return labels
	}
	if got := levels(81); len(got) != 0 {
		t.Errorf("good days raise %q", got)
	}
	if got := strings.Join(levels(50), "; "); got != "Lệch, cả cơ quan; Lệch, hàng A" {
		t.Errorf("bad days raise %q", got)
	}
}
