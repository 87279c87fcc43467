package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/report"
)

// demandDays is how many past days tell what is asked for: four weeks, so that
// each weekday counts as often as the others.
const demandDays = 28

// demand is how many numbers of each service were taken in the past days. It
// changes once a night, so that keys do not move while people know them.
type demand struct {
	now atomic.Pointer[map[string]int]
}

// counts gives the numbers by service; nil while they are not known.
func (d *demand) counts() map[string]int {
	if counts := d.now.Load(); counts != nil {
		return *counts
	}
	return nil
}

// runDemand counts at the start and then every night. What cannot be counted
// leaves the menu as it is.
func (a *app) runDemand(ctx context.Context) error {
	for {
		counts, err := demandBefore(ctx, a.db, a.info.ID, time.Now().In(a.where.location()))
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			a.log.Warn("the telephone menu cannot be put in the order of demand", "err", err)
		default:
			a.demand.now.Store(&counts)
		}
		if !a.where.night(ctx) {
			return nil
		}
	}
}

// askEvery is how often a telephone beside the queue asks for the demand.
const askEvery = 10 * time.Minute

// follow asks a queue elsewhere for the demand as it counts it, so that all
// telephones of an office have the same keys. What cannot be asked stays as it was.
func (d *demand) follow(ctx context.Context, remote *api.Client, log *slog.Logger) {
	for {
		ask, cancel := context.WithTimeout(ctx, time.Minute)
		counts, err := remote.Demand(ask)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Warn("the telephone menu stays in the order it had", "err", err)
		case counts != nil:
			d.now.Store(&counts)
		}
		if !queue.Await(ctx, nil, askEvery) {
			return
		}
	}
}

// demandBefore counts the numbers taken in the days before now, by service.
func demandBefore(ctx context.Context, src report.Source, office string, now time.Time) (map[string]int, error) {
	counts := map[string]int{}
	for back := 1; back <= demandDays; back++ {
		day, err := report.Of(ctx, src, office, now.AddDate(0, 0, -back).Format(time.DateOnly))
		switch {
		case errors.Is(err, report.ErrNoDay):
			continue
		case err != nil:
			return nil, err
		}
		for _, service := range day.Services {
			counts[service.ID] += service.Issued
		}
	}
	return counts, nil
}
