package queue

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAnnouncedIsWrittenAndChangesNothing(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	w.setCounter(t, "1", Opened)
	w.take(t, TakeRequest{Service: "A", Channel: Kiosk})
	called := w.next(t, "1")
	r := AnnouncedRequest{
		Meta: Meta{Caller: "hall", Key: "7-hall"}, Ticket: called.ID, Counter: "1", Zone: DefaultZone, Readings: 2, HeardAt: w.now.Add(time.Second),
	}
	w.mustDo(t, r.Meta, r)
	last := w.log[len(w.log)-1]
	if p := last.Playback; last.Kind != CallAnnounced || last.Counter != "1" || last.Ticket != nil || p == nil ||
		*p != (Playback{Ticket: called.ID, Number: called.Number, Zone: "hall", Readings: 2, HeardAt: r.HeardAt}) {
		t.Errorf("event %+v", last)
	}
	if now := w.s.tickets[called.ID]; now.Version != called.Version {
		t.Errorf("the ticket went from version %d to %d: staff's next press would be refused", called.Version, now.Version)
	}
	events := len(w.log)
	w.mustDo(t, r.Meta, r)
	if len(w.log) != events {
		t.Error("told twice under one key, written twice")
	}
	w.act(t, ActRequest{Ticket: called.ID, Action: Finish})
	given := AnnouncedRequest{Ticket: called.ID, Counter: "1", Zone: "tang-2", Reason: "no output"}
	w.mustDo(t, Meta{}, given) // The ticket is served, but what its call came to is still told.
	if last := w.log[len(w.log)-1]; last.Reason != "no output" || !last.Playback.HeardAt.IsZero() {
		t.Errorf("event %+v", last)
	}
	w.whole(t)
}

func TestAnnouncedRefusals(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	ticket := w.take(t, TakeRequest{Service: "A", Channel: Kiosk})
	good := AnnouncedRequest{Ticket: ticket.ID, Counter: "1", Zone: "hall"}
	w.mustDo(t, Meta{}, good)
	for name, c := range map[string]struct {
		change func(*AnnouncedRequest)
		code   Code
	}{
		"ticket":          {func(r *AnnouncedRequest) { r.Ticket = "999" }, CodeUnknownTicket},
		"number":          {func(r *AnnouncedRequest) { r.Ticket = "A001" }, CodeUnknownTicket},
		"counter":         {func(r *AnnouncedRequest) { r.Counter = "99" }, CodeUnknownCounter},
		"no zone":         {func(r *AnnouncedRequest) { r.Zone = "" }, CodeBadRequest},
		"long zone":       {func(r *AnnouncedRequest) { r.Zone = strings.Repeat("a", 41) }, CodeBadRequest},
		"heard, no time":  {func(r *AnnouncedRequest) { r.Readings = 1 }, CodeBadRequest},
		"time, not heard": {func(r *AnnouncedRequest) { r.HeardAt = w.now }, CodeBadRequest},
		"too often":       {func(r *AnnouncedRequest) { r.Readings, r.HeardAt = 101, w.now }, CodeBadRequest},
		"less than never": {func(r *AnnouncedRequest) { r.Readings, r.HeardAt = -1, w.now }, CodeBadRequest},
		"long reason":     {func(r *AnnouncedRequest) { r.Reason = strings.Repeat("a", 65) }, CodeBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			r := good
			c.change(&r)
			w.refuse(t, r, c.code)
		})
	}
}

func TestZones(t *testing.T) {
	s := CommuneCentre()
	if got := s.ZonesOf("1"); !slices.Equal(got, []string{DefaultZone}) {
		t.Errorf("without zones: %v", got)
	}
	s.Zones = []Zone{
		{ID: "tang-1", Name: "Tầng 1", Counters: []string{"1", "2"}, Volume: -3, Quiet: []QuietTime{{From: "11:30", To: "13:00", Volume: -6}, {From: "17:00", To: "24:00", Silent: true}}},
		{ID: "san", Name: "Sân", Counters: []string{"2"}, Readings: 1},
		{ID: "con-lai", Name: "Còn lại"},
	}
	s.Counters[0].Place = Place{Room: "201", Floor: "2", Direction: "left"}
	if err := s.validate(); err != nil {
		t.Fatal(err)
	}
	for counter, want := range map[string][]string{"1": {"tang-1"}, "2": {"tang-1", "san"}, "3": {"con-lai"}} {
		if got := s.ZonesOf(counter); !slices.Equal(got, want) {
			t.Errorf("counter %s: %v, want %v", counter, got, want)
		}
	}
	for clock, want := range map[string]struct {
		volume int
		silent bool
	}{"11:29": {-3, false}, "11:30": {-9, false}, "12:59": {-9, false}, "13:00": {-3, false}, "17:00": {-3, true}, "23:59": {-3, true}} {
		if volume, silent := s.Zones[0].At(clock); volume != want.volume || silent != want.silent {
			t.Errorf("at %s: %d dB, silent %t", clock, volume, silent)
		}
	}
	one, other := newState("x"), s.clone()
	one.applySetup(s)
	other.Zones[0].Counters[0], other.Zones[0].Quiet[0].From = "4", "00:00"
	if s.Zones[0].Counters[0] != "1" || s.Zones[0].Quiet[0].From != "11:30" {
		t.Error("a clone shares its zones")
	}
	for name, change := range map[string]func(*Setup){
		"no id":             func(s *Setup) { s.Zones[0].ID = "" },
		"twice":             func(s *Setup) { s.Zones[1].ID = "tang-1" },
		"capitals":          func(s *Setup) { s.Zones[1].ID = "San" },
		"unknown counter":   func(s *Setup) { s.Zones[1].Counters = []string{"77"} },
		"counter twice":     func(s *Setup) { s.Zones[1].Counters = []string{"2", "2"} },
		"two for the rest":  func(s *Setup) { s.Zones[1].Counters = nil },
		"too loud":          func(s *Setup) { s.Zones[0].Volume = 7 },
		"too quiet":         func(s *Setup) { s.Zones[0].Volume = -41 },
		"four readings":     func(s *Setup) { s.Zones[0].Readings = 4 },
		"louder at noon":    func(s *Setup) { s.Zones[0].Quiet[0].Volume = 1 },
		"quiet, overlap":    func(s *Setup) { s.Zones[0].Quiet[1].From = "12:00" },
		"quiet, no time":    func(s *Setup) { s.Zones[0].Quiet[0].To = "13" },
		"long name":         func(s *Setup) { s.Zones[0].Name = strings.Repeat("a", maxName+1) },
		"too many":          func(s *Setup) { s.Zones = make([]Zone, maxZones+1) },
		"unknown direction": func(s *Setup) { s.Counters[0].Place.Direction = "up" },
		"long room":         func(s *Setup) { s.Counters[0].Place.Room = strings.Repeat("9", maxPlace+1) },
	} {
		t.Run(name, func(t *testing.T) {
			bad := s.clone()
			change(&bad)
			if err := bad.validate(); ErrorCode(err) != CodeBadRequest {
				t.Errorf("got %v", err)
			}
		})
	}
}
