package main

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/ivr/trunk"
)

// People are told once that a trunk has stopped working, and again only after a
// while; each time is counted.
func TestTrunkAlarm(t *testing.T) {
	var c trunkChanges
	now := time.Unix(1000, 0)
	for i, step := range []struct {
		after  time.Duration
		state  trunk.State
		tell   bool
		fallen int
	}{
		{0, trunk.Trying, false, 0}, // It never worked yet.
		{0, trunk.Registered, false, 0},
		{time.Minute, trunk.Trying, true, 1},
		{time.Second, trunk.Trying, false, 1}, // New addresses, the same state.
		{time.Minute, trunk.Ready, false, 1},
		{time.Minute, trunk.Trying, false, 2}, // So soon nobody wants to hear it again.
		{time.Minute, trunk.Registered, false, 2},
		{alarmPause, trunk.Refused, true, 3},
		{alarmPause, trunk.Refused, true, 3}, // Somebody has to act.
		{0, trunk.Registered, false, 3},
		{alarmPause, trunk.Stopped, false, 3}, // We stop.
	} {
		now = now.Add(step.after)
		if tell := c.note(trunk.Status{Name: "viettel", State: step.state}, now); tell != step.tell || c.fallen("viettel") != step.fallen {
			t.Errorf("step %d (%s): told %v, fallen %d", i, step.state, tell, c.fallen("viettel"))
		}
	}
	if c.fallen("vnpt") != 0 {
		t.Error("another trunk has fallen too")
	}
}

func TestTrunkAlarmReachesPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := make(chan string, 2)
		p := &telephone{log: slog.New(slog.DiscardHandler), alarm: func(text string) { told <- text }}
		p.trunkChanged(trunk.Status{Name: "viettel", State: trunk.Registered})
		p.trunkChanged(trunk.Status{Name: "viettel", State: trunk.Trying, Problem: "no route"})
		if text := <-told; !strings.Contains(text, "trung kế viettel") || !strings.Contains(text, "no route") {
			t.Errorf("told %q", text)
		}
		synctest.Wait()
		if len(told) > 0 {
			t.Error("told twice")
		}
	})
}
