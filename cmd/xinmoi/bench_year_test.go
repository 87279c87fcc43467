package main

import (
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/report"
)

// TestMakeYear: the made-up days are days of the office, with all that makes
// reports.
func TestMakeYear(t *testing.T) {
	store := &memory.Store{}
	first, last, err := makeYear(t.Context(), store, 2, 1200, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), func(int) {})
	if err != nil || first != "2026-11-19" || last != "2026-11-20" {
		t.Fatalf("%s to %s, %v", first, last, err)
	}
	book := report.NewBook(report.BookConfig{Office: yearSetup().Office, Source: store})
	if err := book.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := book.Report(t.Context(), report.Spec{From: first, To: last})
	if err != nil || r.Days != 2 || r.Total.Issued != 2400 || r.Total.Served < 1200 || r.Total.NoShow == 0 || r.Total.Transfers == 0 || r.Total.Ratings.N == 0 || !r.Total.Balanced() {
		t.Errorf("%v: %d days, %+v", err, r.Days, r.Total)
	}
}
