package main

import (
	"context"
	"strconv"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/report"
)

// timedStore tells how long commits take: what everybody who takes a number
// waits for.
type timedStore struct {
	queue.Store
	commits prometheus.Histogram
}

func newTimedStore(s queue.Store) *timedStore {
	return &timedStore{s, prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "xinmoi_store_commit_seconds", Help: "How long it took to make commands durable, by commit.",
		Buckets: prometheus.ExponentialBuckets(0.00025, 2, 14), // A quarter of a millisecond to two seconds.
	})}
}

// Append implements queue.Store.
func (s *timedStore) Append(ctx context.Context, b queue.Batch) error {
	begun := time.Now()
	err := s.Store.Append(ctx, b)
	s.commits.Observe(time.Since(begun).Seconds())
	return err
}

// estimateFigures is what citizens are told they will wait, and how true that
// was on the latest day that has ended.
func (a *app) estimateFigures(give func(prometheus.Metric)) {
	now := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	if services, err := a.engine.Services(ctx); err == nil {
		for _, s := range services {
			e, ok := a.waits.Service(s.ID, now)
			if !ok {
				continue
			}
			for bound, v := range map[string]float64{"low": e.Low, "expected": e.Minutes, "high": e.High} {
				give(gauge("xinmoi_estimate_wait_seconds", "How long who takes a number now is told to wait, by service.", 60*v, "service", s.ID, "bound", bound))
			}
		}
	}
	d, ok := lastTruth(a.waits.Truth(), now.In(a.where.location()).Format(time.DateOnly))
	if !ok {
		return
	}
	for _, s := range d.Services {
		give(gauge("xinmoi_estimate_error_seconds", "Mean absolute error of the waits told, of the latest day that has ended.", 60*s.Error, "service", s.ID))
		give(gauge("xinmoi_estimate_coverage_ratio", "Share of waits within what was told, of the latest day that has ended; 0.8 is promised.", s.Coverage(), "service", s.ID))
		give(gauge("xinmoi_estimate_waits", "Waits that the two were measured on.", float64(s.Waits), "service", s.ID))
	}
}

// dayFigures is how the business day has gone so far.
func (a *app) dayFigures(give func(prometheus.Metric)) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	r, err := a.reports.Report(ctx, report.Spec{Parts: []report.Part{report.ByService}})
	if err != nil || r.Behind != "" { // Another day's figures, or a part of them, would be taken for the day's.
		return
	}
	for _, g := range r.Parts[report.ByService] {
		give(gauge("xinmoi_day_tickets", "Tickets of the business day, by what became of them.", float64(g.Issued), "service", g.ID, "state", "issued"))
		give(gauge("xinmoi_day_tickets", "Tickets of the business day, by what became of them.", float64(g.Served), "service", g.ID, "state", "served"))
		give(gauge("xinmoi_day_tickets", "Tickets of the business day, by what became of them.", float64(g.NoShow), "service", g.ID, "state", "no_show"))
		give(gauge("xinmoi_day_tickets", "Tickets of the business day, by what became of them.", float64(g.Left), "service", g.ID, "state", "left"))
		if g.Wait.N == 0 {
			continue
		}
		for q, v := range map[float64]report.Seconds{0.5: g.Wait.Median, 0.9: g.Wait.P90, 1: g.Wait.Max} {
			give(gauge("xinmoi_day_wait_seconds", "Waits of the business day to the first call, by service and the share of people who waited no longer.",
				float64(v), "service", g.ID, "share", strconv.FormatFloat(q, 'g', -1, 64)))
		}
		give(gauge("xinmoi_day_within_target_ratio", "Share of the day's waits of at most half an hour.", float64(g.WithinShare), "service", g.ID))
	}
}

// deviceFigures is how printer, loudspeakers and store are.
func (a *app) deviceFigures(give func(prometheus.Metric)) {
	up := func(ok bool) float64 {
		if ok {
			return 1
		}
		return 0
	}
	give(gauge("xinmoi_store_up", "1 while the office can write its log.", up(a.engine.Health() == nil)))
	var disk syscall.Statfs_t
	if err := syscall.Statfs(a.data.path, &disk); err == nil {
		give(gauge("xinmoi_disk_free_bytes", "Free space where the data is.", float64(int64(disk.Bavail)*disk.Bsize)))
	}
	s := a.kiosk.Status()
	give(gauge("xinmoi_printer_up", "1 while the ticket printer works; the label tells its state.", up(s.Printer.State.Works()), "state", s.Printer.State.Words()[1]))
	give(counter("xinmoi_kiosk_taken_total", "Numbers given by the kiosk since the program began.", float64(s.Taken)))
	give(counter("xinmoi_kiosk_shown_total", "Those of them that could not be printed and were shown instead.", float64(s.Shown)))
	for _, zone := range a.hall.Statuses() {
		for _, o := range zone.Outputs {
			works := o.Err == "" && (o.Health == nil || o.Health.OK)
			give(gauge("xinmoi_speaker_up", "1 while an output of a zone's loudspeakers works.", up(works), "zone", zone.Zone, "output", o.Name))
			give(counter("xinmoi_speaker_played_total", "Calls played since the program began.", float64(o.Played), "zone", zone.Zone, "output", o.Name))
		}
		give(gauge("xinmoi_speaker_alarms", "Alarms of a zone that stand now.", float64(len(zone.Alarms)), "zone", zone.Zone))
	}
}
