package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// lateLook is how often it is looked at whether a number taken now would still
// be called in time.
const lateLook = 10 * time.Second

// reasonTooLate stands in the log when the estimate stops the numbers.
const reasonTooLate = "theo thời gian chờ dự kiến, người lấy số bây giờ có thể không kịp trước giờ đóng cửa"

// lateStop stops the numbers of services that have become too late, where the
// office wants that. Once a day and service: what staff resume stays resumed.
type lateStop struct {
	office   queue.Management
	full     func(service string, now time.Time) bool // Whether who takes a number now would be called too late.
	location func() *time.Location
	log      *slog.Logger
	done     map[string]bool // Day and service.
}

// watchClosing looks after the numbers until ctx ends.
func (a *app) watchClosing(ctx context.Context) error {
	l := &lateStop{office: a.engine, full: a.waits.Full, location: a.where.location, log: a.log, done: map[string]bool{}}
	tick := time.NewTicker(lateLook)
	defer tick.Stop()
	for {
		if err := l.look(ctx, time.Now()); err != nil && ctx.Err() == nil {
			a.log.Warn("numbers could not be stopped although it is too late for them", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look stops what somebody who takes a number now may well wait for in vain.
func (l *lateStop) look(ctx context.Context, now time.Time) error {
	view, err := l.office.Setup(ctx)
	if err != nil || !view.Setup.Rules.StopTooLate {
		return err
	}
	services, err := l.office.Services(ctx)
	if err != nil {
		return err
	}
	for _, s := range services {
		key := now.In(l.location()).Format(time.DateOnly) + " " + s.ID
		if !s.Open || l.done[key] || !l.full(s.ID, now) {
			continue
		}
		r := queue.IssuingRequest{Meta: queue.Meta{Key: "too-late " + key, Caller: "estimate"}, Service: s.ID, Stopped: true, Reason: reasonTooLate}
		if _, err := l.office.SetIssuing(ctx, r); err != nil {
			return err
		}
		l.done[key] = true
		l.log.Info("numbers stopped: too late in the day", "service", s.ID)
	}
	return nil
}
