package queue

import (
	"testing"
	"time"
)

func morningAndAfternoon() Setup {
	s := CommuneCentre()
	for day := time.Monday; day <= time.Friday; day++ {
		s.Hours = append(s.Hours, Hours{day, "07:30", "11:30"}, Hours{day, "13:00", "17:00"})
	}
	s.Hours = append(s.Hours, Hours{time.Saturday, "20:00", "24:00"})
	return s
}

// local is a time of the week of Monday 23 November 2026 in Viet Nam.
func local(t *testing.T, day time.Weekday, clock string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-11-22 "+clock, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at.AddDate(0, 0, int(day)).UTC()
}

func TestOpeningHours(t *testing.T) {
	s := newWorld(t, morningAndAfternoon()).s
	for _, c := range []struct {
		day   time.Weekday
		clock string
		open  bool
	}{
		{time.Monday, "07:29:59", false}, {time.Monday, "07:30:00", true}, {time.Monday, "11:29:59", true},
		{time.Monday, "11:30:00", false}, {time.Monday, "12:59:59", false}, {time.Monday, "13:00:00", true},
		{time.Friday, "16:59:59", true}, {time.Friday, "17:00:00", false}, {time.Monday, "00:00:00", false},
		{time.Saturday, "08:00:00", false}, {time.Saturday, "20:00:00", true}, {time.Saturday, "23:59:59", true},
		{time.Sunday, "00:00:00", false}, {time.Sunday, "09:00:00", false},
	} {
		if got := s.openAt(local(t, c.day, c.clock)); got != c.open {
			t.Errorf("%s %s: open %v, want %v", c.day, c.clock, got, c.open)
		}
	}
	always := newWorld(t, CommuneCentre()).s
	if !always.openAt(local(t, time.Sunday, "03:00:00")) {
		t.Error("an office without hours is closed")
	}
}

func TestClosedDoorsGiveNoNumbers(t *testing.T) {
	setup := morningAndAfternoon()
	setup.Services[1].Closed = true
	w := newWorld(t, setup)
	w.now = local(t, time.Monday, "09:00:00")
	for request, want := range map[string]Code{"A": "", "B": CodeServiceClosed, "Z": CodeUnknownService, "": CodeUnknownService} {
		if _, err := w.do(t, Meta{}, TakeRequest{Service: request, Channel: Kiosk}); ErrorCode(err) != want {
			t.Errorf("service %q: %v, want %s", request, err, want)
		}
	}
	w.now = local(t, time.Monday, "12:00:00")
	if _, err := w.do(t, Meta{}, TakeRequest{Service: "A", Channel: Kiosk}); ErrorCode(err) != CodeOfficeClosed {
		t.Errorf("at noon: %v", err)
	}
	// Those who wait are served all the same.
	w.setCounter(t, "1", Opened)
	w.mustDo(t, Meta{}, CounterRequest{Counter: "1"})
}

func TestWhatTakersMaySend(t *testing.T) {
	long := string(make([]byte, 129))
	for name, c := range map[string]struct {
		r    TakeRequest
		want Code
	}{
		"procedure alone":         {TakeRequest{Procedure: "dat-dai", Channel: Web}, ""},
		"procedure and service":   {TakeRequest{Procedure: "dat-dai", Service: "B", Channel: Web}, ""},
		"procedure of another":    {TakeRequest{Procedure: "dat-dai", Service: "A", Channel: Web}, CodeBadRequest},
		"unknown procedure":       {TakeRequest{Procedure: "bay-len-troi", Channel: Web}, CodeUnknownService},
		"unknown channel":         {TakeRequest{Service: "A", Channel: "fax"}, CodeBadRequest},
		"no channel":              {TakeRequest{Service: "A"}, CodeBadRequest},
		"unknown class":           {TakeRequest{Service: "A", Channel: Web, Class: "vip"}, CodeBadRequest},
		"too many needs":          {TakeRequest{Service: "A", Channel: Web, Needs: make([]string, 9)}, CodeBadRequest},
		"a need too long":         {TakeRequest{Service: "A", Channel: Web, Needs: []string{long[:33]}}, CodeBadRequest},
		"a need that is no text":  {TakeRequest{Service: "A", Channel: Web, Needs: []string{"\xff"}}, CodeBadRequest},
		"language that is none":   {TakeRequest{Service: "A", Channel: Web, Language: "\xff"}, CodeBadRequest},
		"language too long":       {TakeRequest{Service: "A", Channel: Web, Language: long[:17]}, CodeBadRequest},
		"person too long":         {TakeRequest{Service: "A", Channel: Web, Person: long}, CodeBadRequest},
		"person that is no text":  {TakeRequest{Service: "A", Channel: Web, Person: "tel:\xff"}, CodeBadRequest},
		"all that is allowed":     {TakeRequest{Service: "a", Channel: SMS, Class: Priority, Language: "en", Needs: []string{"wheelchair"}, Person: "tel:+84912345678", Hold: true}, ""},
		"lower case service name": {TakeRequest{Service: "c", Channel: Staff}, ""},
	} {
		w := newWorld(t, CommuneCentre())
		events := len(w.log)
		_, err := w.do(t, Meta{}, c.r)
		if ErrorCode(err) != c.want || (len(w.log) != events) != (c.want == "") {
			t.Errorf("%s: %v and %d events, want %q", name, err, len(w.log)-events, c.want)
		}
	}
}

func TestTakerKeepsNoHandOnTheState(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	needs := []string{"wheelchair"}
	ticket := w.take(t, TakeRequest{Service: "A", Needs: needs})
	needs[0] = "nothing"
	if ticket.Needs[0] != "wheelchair" {
		t.Errorf("the caller's slice is the office's: %v", ticket.Needs)
	}
}

func TestPresenceAndHoldByChannel(t *testing.T) {
	for _, c := range Channels() {
		w := newWorld(t, CommuneCentre())
		ticket := w.take(t, TakeRequest{Service: "A", Channel: c, Hold: true})
		presence, hold := Remote, 60*time.Second
		if c == Kiosk || c == Staff {
			presence = Present
		}
		if c == Phone {
			hold = 120 * time.Second
		}
		if ticket.Presence != presence || ticket.HoldUntil.Sub(w.now) != hold || ticket.State != Held {
			t.Errorf("%s: %s, held for %s, %s", c, ticket.Presence, ticket.HoldUntil.Sub(w.now), ticket.State)
		}
	}
}

func TestClosing(t *testing.T) {
	setup := morningAndAfternoon()
	setup.Days = []Day{{Date: "2026-11-24", Hours: []Span{{From: "13:00", To: "15:00"}, {From: "08:00", To: "10:00"}}}, {Date: "2026-11-25"}}
	zone := time.FixedZone("", 7*60*60)
	for _, c := range []struct {
		day  time.Weekday
		want string
	}{{time.Monday, "2026-11-23 17:00"}, {time.Tuesday, "2026-11-24 15:00"}, {time.Wednesday, ""}, {time.Saturday, "2026-11-29 00:00"}, {time.Sunday, ""}} {
		at, ok := setup.Closing(local(t, c.day, "08:00:00").In(zone))
		if ok != (c.want != "") || ok && at.In(zone).Format("2006-01-02 15:04") != c.want {
			t.Errorf("%s closes at %v, %v; want %s", c.day, at, ok, c.want)
		}
	}
	always := CommuneCentre()
	always.Hours = nil
	if at, ok := always.Closing(local(t, time.Monday, "08:00:00")); ok {
		t.Errorf("an office that never closes closes at %v", at)
	}
}
