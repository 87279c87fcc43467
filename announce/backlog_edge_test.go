package announce

import (
	"testing"
	"time"
)

// However often staff press "recall", nobody else waits for it for ever.
func TestRecalledAgainAndAgain(t *testing.T) {
	var b backlog
	for range 20 {
		b.add(call(1, "1"))
	}
	turn, _ := b.next(start())
	if len(turn) != 1 || turn[0].left != maxReadings {
		t.Errorf("%d readings to come, want %d", turn[0].left, maxReadings)
	}
}

// A full zone drops calls and messages, never an emergency.
func TestFullZoneTakesAnEmergency(t *testing.T) {
	var b backlog
	for n := range maxBacklog {
		b.add(call(n+1, string(rune('a'+n/26))+string(rune('a'+n%26))))
	}
	if out := b.add(Announcement{Times: 1, At: start()}); len(out) != 1 || out[0].Reason != ReasonFull {
		t.Errorf("a message: %+v", out)
	}
	if out := b.add(Announcement{Urgency: Emergency, At: start()}); len(out) != 0 {
		t.Errorf("an emergency: %+v", out)
	}
	if turn, _ := b.next(start()); len(turn) != 1 || turn[0].Urgency != Emergency || turn[0].left != alarmReadings {
		t.Errorf("said first: %+v", turn)
	}
}

// Once an output has spoken again, what waited for one has all its time anew.
func TestOutputsAreBack(t *testing.T) {
	var b backlog
	b.add(call(1, "1"))
	b.add(call(2, "2"))
	first, _ := b.next(start())
	b.waiting[0].failed = start()
	b.heard(first, start().Add(unheardPatient))
	if out := b.expire(start().Add(unheardPatient+time.Second), false); len(out) != 0 {
		t.Errorf("given up: %+v", out)
	}
}

// An emergency is never given up.
func TestUnheardEmergency(t *testing.T) {
	var b backlog
	b.add(Announcement{Urgency: Emergency, At: start()})
	turn, _ := b.next(start())
	for minute := range 10 {
		now := start().Add(time.Duration(minute) * time.Minute)
		if out := append(b.unheard(turn, now), b.expire(now, false)...); len(out) != 0 {
			t.Fatalf("given up after %d minutes: %+v", minute, out)
		}
		turn, _ = b.next(now)
	}
}

// A ticket that is recalled while it is being said waits once, not twice.
func TestRecalledWhileSaid(t *testing.T) {
	var b backlog
	b.add(call(1, "1"))
	turn, _ := b.next(start())
	b.add(call(1, "1"))
	if out := b.heard(turn, start()); len(out) != 1 || !out[0].Spoken() || len(b.waiting) != 1 || b.waiting[0].n != 1 {
		t.Errorf("%+v, waiting %+v", out, b.waiting)
	}
}

// A periodic message that finds no pause is no fault.
func TestPeriodicFindsNoPause(t *testing.T) {
	var b backlog
	b.add(Announcement{Urgency: Periodic, At: start()})
	b.add(Announcement{At: start()})
	out := b.expire(start().Add(callTTL+1), false)
	if len(out) != 2 || out[0].Reason != ReasonBusy || out[0].End() != EndSuperseded || out[1].Reason != ReasonExpired || out[1].End() != EndAlarmed {
		t.Errorf("%+v", out)
	}
}
