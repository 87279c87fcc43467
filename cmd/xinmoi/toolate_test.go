package main

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// lateOffice is an office that stops numbers when it is too late, as setup
// changes it.
func lateOffice(t *testing.T, edit func(*queue.Setup)) *queue.Engine {
	t.Helper()
	setup := queue.CommuneCentre()
	setup.Hours = nil
	setup.Rules.StopTooLate = true
	if edit != nil {
		edit(&setup)
	}
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: setup, Store: &memory.Store{}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- e.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	return e
}

func givesNumbers(t *testing.T, e *queue.Engine) map[string]bool {
	t.Helper()
	services, err := e.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	open := map[string]bool{}
	for _, s := range services {
		open[s.ID] = s.Open
	}
	return open
}

func TestStopTooLate(t *testing.T) {
	e := lateOffice(t, nil)
	full := map[string]bool{}
	l := &lateStop{office: e, full: func(s string, _ time.Time) bool { return full[s] }, location: func() *time.Location { return time.UTC }, log: slog.New(slog.DiscardHandler), done: map[string]bool{}}
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	look := func(at time.Time) map[string]bool {
		t.Helper()
		if err := l.look(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		return givesNumbers(t, e)
	}
	if open := look(now); !open["A"] || !open["B"] {
		t.Fatalf("in good time: %v", open)
	}
	full["A"] = true
	if open := look(now); open["A"] || !open["B"] {
		t.Fatalf("too late for A: %v", open)
	}
	if _, err := e.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk}); queue.ErrorCode(err) != queue.CodeIssuingStopped {
		t.Errorf("A is stopped, and gives %v", err)
	}
	if _, err := e.SetIssuing(t.Context(), queue.IssuingRequest{Service: "A"}); err != nil {
		t.Fatal(err)
	}
	if open := look(now.Add(time.Minute)); !open["A"] {
		t.Error("what staff resumed was stopped again")
	}
	if open := look(now.Add(24 * time.Hour)); open["A"] {
		t.Error("the next day it is not stopped")
	}
	stopped := 0
	for ev, err := range e.Events(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Kind == queue.IssuingStopped {
			stopped++
			if ev.Actor != "estimate" || ev.Reason != reasonTooLate || ev.Service != "A" {
				t.Errorf("%+v", ev)
			}
		}
		if stopped == 2 {
			break
		}
	}
}

func TestStopTooLateOnlyWhereWanted(t *testing.T) {
	e := lateOffice(t, func(s *queue.Setup) { s.Rules.StopTooLate = false })
	asked := false
	l := &lateStop{office: e, full: func(string, time.Time) bool { asked = true; return true }, location: func() *time.Location { return time.UTC }, log: slog.New(slog.DiscardHandler), done: map[string]bool{}}
	if err := l.look(t.Context(), time.Now()); err != nil || asked || !givesNumbers(t, e)["A"] {
		t.Errorf("%v, asked: %v", err, asked)
	}
}
