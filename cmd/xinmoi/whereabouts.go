package main

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// whereabouts is where the office is and what it is called, as its log told last:
// all parts ask it for the time zone each time, and none waits for the office. The
// zero value is UTC until follow has heard of the office.
type whereabouts struct {
	zone   atomic.Pointer[time.Location]
	called atomic.Pointer[[2]string]
}

// names is what the office is called, in Vietnamese and in English.
func (w *whereabouts) names(context.Context) (vi, en string) {
	if n := w.called.Load(); n != nil {
		return n[0], n[1]
	}
	return "", ""
}

// location is the office's time zone.
func (w *whereabouts) location() *time.Location {
	if zone := w.zone.Load(); zone != nil {
		return zone
	}
	return time.UTC
}

// keep takes what the office says of itself.
func (w *whereabouts) keep(info queue.Info) {
	w.called.Store(&[2]string{info.Name, info.NameEN})
	if w.location().String() != info.TimeZone {
		w.zone.Store(zoneOf(info.TimeZone))
	}
}

// follow keeps to what the office decides until ctx ends; heard is called each
// time it has said where it is, which may be as before. The office may be
// elsewhere.
func (w *whereabouts) follow(ctx context.Context, office queue.Office, log *slog.Logger, heard func(queue.Info)) error {
	ask := func(ctx context.Context) error {
		info, err := office.Info(ctx)
		if err == nil {
			w.keep(info)
			heard(info)
		}
		return err
	}
	return queue.Following{
		Office: office,
		From: func(ctx context.Context) (int64, error) {
			board, err := office.Board(ctx) // First: what is decided meanwhile is heard of.
			if err != nil {
				return 0, err
			}
			return board.Seq, ask(ctx)
		},
		Event: func(ctx context.Context, e queue.Event) (bool, error) {
			if e.Kind != queue.OfficeConfigured && e.Kind != queue.DayOpened {
				return false, nil
			}
			return false, ask(ctx)
		},
		Broken: func(err error, pause time.Duration) {
			log.Warn("the office does not tell where it is; going by what it said last", "err", err, "retry_in", pause)
		},
	}.Run(ctx)
}

// zoneOf is a time zone by name, UTC for one that is not known.
func zoneOf(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}
