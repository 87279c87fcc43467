package report

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Source is what figures are read from; every queue.Store is one.
type Source = queue.LogReader

const chunk = 512 // Events read at once.

// Of sums up a business day of an office, "2026-11-21", or with an empty day
// the latest one. It reads little else than that day, however long the log is.
// ErrNoDay if there is no such day; queue.CodeBadRequest if day is no date.
func Of(ctx context.Context, src Source, office, day string) (Figures, error) {
	if day == "" {
		after, err := beforeLatest(ctx, src, office)
		if err != nil {
			return Figures{}, fmt.Errorf("look for the latest day in the log of %s: %w", office, err)
		}
		return Day(office, queue.Stored(ctx, src, office, after))
	}
	date, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return Figures{}, queue.Errorf(queue.CodeBadRequest, "day %.20q is not a date like 2026-11-21", day)
	}
	// It begins earlier than that in no time zone.
	after, err := queue.LastBefore(ctx, src, office, date.Add(-14*time.Hour))
	if err != nil {
		return Figures{}, fmt.Errorf("look for %s in the log of %s: %w", day, office, err)
	}
	return Day(office, from(queue.Stored(ctx, src, office, after), day))
}

// beforeLatest gives the seq of the event before the latest day_opened. Days
// are seldom longer than one; where they are, it looks further back.
func beforeLatest(ctx context.Context, src Source, office string) (int64, error) {
	end, err := queue.LastBefore(ctx, src, office, never())
	if err != nil || end == 0 {
		return 0, err
	}
	last, err := src.Read(ctx, office, end-1, 1)
	if err != nil || len(last) == 0 {
		return 0, err
	}
	for back := 48 * time.Hour; ; back *= 4 {
		after, err := queue.LastBefore(ctx, src, office, last[0].At.Add(-back))
		if err != nil {
			return 0, err
		}
		opened := int64(0)
		for e, err := range queue.Stored(ctx, src, office, after) {
			if err != nil {
				return 0, err
			}
			if e.Kind == queue.DayOpened {
				opened = e.Seq
			}
		}
		if opened > 0 || after == 0 {
			return max(opened, 1) - 1, nil
		}
	}
}

// never is later than any event.
func never() time.Time { return time.Unix(1<<40, 0) }

// each yields events that are in memory.
func each(events []queue.Event) iter.Seq2[queue.Event, error] {
	return func(yield func(queue.Event, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// from passes over what is before a day, and ends where the day does not come.
func from(events iter.Seq2[queue.Event, error], day string) iter.Seq2[queue.Event, error] {
	return func(yield func(queue.Event, error) bool) {
		begun := false
		for e, err := range events {
			if err == nil && !begun {
				if e.Kind != queue.DayOpened || e.Opening == nil || e.Opening.Day < day {
					continue
				}
				if e.Opening.Day > day {
					return
				}
				begun = true
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}
