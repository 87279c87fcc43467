package main

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/estimate"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/report"
)

func TestLastTruth(t *testing.T) {
	day := func(name string, waits int) estimate.Day {
		return estimate.Day{Day: name, All: estimate.Trueness{Waits: waits}}
	}
	days := []estimate.Day{day("2026-11-18", 9), day("2026-11-19", 0), day("2026-11-20", 50), day("2026-11-23", 4)}
	for today, want := range map[string]string{"2026-11-23": "2026-11-20", "2026-11-20": "2026-11-18", "2026-11-24": "2026-11-23", "2026-11-18": ""} {
		if got, ok := lastTruth(days, today); got.Day != want || ok != (want != "") {
			t.Errorf("before %s: %q, %v; want %q", today, got.Day, ok, want)
		}
	}
}

func TestDayBefore(t *testing.T) {
	now := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	for _, c := range [][3]string{
		{"2026-11-20", "vi", "Hôm qua"}, {"2026-11-20", "en", "Yesterday"}, {"2026-11-18", "vi", "Ngày 18/11/2026"}, {"2026-11-18", "en", "2026-11-18"},
	} {
		if got := dayBefore(c[0], now, c[1]); got != c[2] {
			t.Errorf("%s in %s: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

// TestReportsOverHTTP: what the interface asks for is what the book gives.
func TestReportsOverHTTP(t *testing.T) {
	store := &memory.Store{}
	first, last, err := makeYear(t.Context(), store, 2, 60, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	book := report.NewBook(report.BookConfig{Office: yearSetup().Office, Source: store})
	if err := book.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	ask := reportsOf(book)
	made, err := ask(t.Context(), "", api.ReportQuery{From: first, To: last, Target: 10, Parts: []string{"service"}, Compare: true})
	r, ok := made.(*report.Report)
	if err != nil || !ok || r.Total.Issued != 120 || r.Target != 600 || len(r.Parts) != 1 {
		t.Fatalf("%v, %+v", err, made)
	}
	made, err = ask(t.Context(), "", api.ReportQuery{From: first, To: last, List: &api.FigureQuery{Figure: "issued", Limit: 7}})
	if list, ok := made.(*report.List); err != nil || !ok || list.Times != 120 || len(list.Lines) != 7 {
		t.Errorf("%v, %+v", err, made)
	}
	for want, q := range map[queue.Code]api.ReportQuery{
		api.CodeNotFound:     {From: "2001-01-01"},
		queue.CodeBadRequest: {From: first, Parts: []string{"moon"}},
	} {
		if _, err := ask(t.Context(), "", q); queue.ErrorCode(err) != want {
			t.Errorf("%+v: %v, want %s", q, err, want)
		}
	}
	if _, err := ask(t.Context(), "", api.ReportQuery{From: first, List: &api.FigureQuery{Figure: "moon"}}); queue.ErrorCode(err) != queue.CodeBadRequest {
		t.Errorf("no such figure: %v", err)
	}
}

// TestCommitsAreTimed by the rules of the format of metrics.
func TestCommitsAreTimed(t *testing.T) {
	s := newTimedStore(&memory.Store{})
	if _, _, err := makeYear(t.Context(), s, 1, 20, time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), func(int) {}); err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(s.commits); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil || len(families) != 1 || families[0].Metric[0].GetHistogram().GetSampleCount() == 0 {
		t.Fatalf("%v, %v", families, err)
	}
	if problems, err := promlint.NewWithMetricFamilies(families).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}
