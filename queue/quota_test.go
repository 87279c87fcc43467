package queue

import (
	"testing"
	"time"
)

// take1 takes one number and tells with which code it was refused.
func (w *world) take1(t failer, service string, c Channel) (*Ticket, Code) {
	t.Helper()
	d, err := w.do(t, Meta{}, TakeRequest{Service: service, Channel: c})
	return w.s.tickets[d.ticket], ErrorCode(err)
}

// tomorrow lets the office close and open again.
func (w *world) tomorrow(t failer) {
	t.Helper()
	day := w.s.day
	w.now = w.s.midnightAfter(day).Add(dayGrace).UTC()
	w.settle(t)
	if w.s.day == day {
		t.Fatalf("at %s it is still %s", w.now, day)
	}
}

func TestQuotaOfAService(t *testing.T) {
	setup := CommuneCentre()
	setup.Services[0].Quota = 2
	w := newWorld(t, setup)
	want := func(c Channel, code Code) *Ticket {
		t.Helper()
		got, is := w.take1(t, "A", c)
		if is != code {
			t.Fatalf("through %s: %q, want %q", c, is, code)
		}
		return got
	}
	first := want(Kiosk, "")
	want(Web, "")
	want(Kiosk, CodeServiceFull)
	if _, code := w.take1(t, "B", Kiosk); code != "" {
		t.Errorf("B has no quota: %s", code)
	}
	w.act(t, ActRequest{Ticket: first.ID, Action: Cancel})
	if got := want(Phone, ""); got.Number != (Number{"A", 3}) { // What was withdrawn is had by another, but no number comes twice.
		t.Errorf("the number is %s", got.Number)
	}
	want(Phone, CodeServiceFull)
	// Served ones have had theirs.
	w.setCounter(t, "1", Opened)
	w.next(t, "1")
	w.act(t, ActRequest{Ticket: w.s.inHand("1"), Action: Finish})
	want(Phone, CodeServiceFull)
	// So have those sent on to another line; the number is of this one.
	id := w.next(t, "1").ID
	for w.s.tickets[id].Number.Prefix != "A" {
		w.act(t, ActRequest{Ticket: id, Action: Finish})
		id = w.next(t, "1").ID
	}
	w.act(t, ActRequest{Ticket: id, Action: Transfer, Service: "B"})
	want(Phone, CodeServiceFull)
	w.whole(t)
	w.tomorrow(t)
	want(Phone, "")
	want(Phone, "")
	want(Phone, CodeServiceFull)
}

// A number that lapsed undelivered frees its place, and takes it back if it
// was delivered after all: its holder was promised it first.
func TestQuotaAndNumbersThatLapse(t *testing.T) {
	setup := CommuneCentre()
	setup.Services[0].Quota = 1
	w := newWorld(t, setup)
	held := w.take(t, TakeRequest{Service: "A", Hold: true})
	if _, code := w.take1(t, "A", Web); code != CodeServiceFull {
		t.Errorf("beside a held number: %q", code)
	}
	w.wait(t, holdOther)
	if _, code := w.take1(t, "A", Web); code != "" {
		t.Errorf("after it lapsed: %q", code)
	}
	w.act(t, ActRequest{Ticket: held.ID, Action: Confirm})
	if n := w.s.taken[series{service: "A"}]; n != 2 {
		t.Errorf("%d numbers count", n)
	}
	if _, code := w.take1(t, "A", Web); code != CodeServiceFull {
		t.Errorf("with two out of one: %q", code)
	}
	w.whole(t)
}

func TestQuotasByChannel(t *testing.T) {
	setup := CommuneCentre()
	setup.Services[0].Quotas = map[Channel]int{Web: 1, Phone: 0}
	setup.Services[0].Quota = 3
	w := newWorld(t, setup)
	for i, step := range []struct {
		channel Channel
		code    Code
	}{
		{Phone, CodeChannelFull}, {Web, ""}, {Web, CodeChannelFull}, {Kiosk, ""}, {SMS, ""}, {Kiosk, CodeServiceFull}, {Web, CodeServiceFull},
	} {
		if _, code := w.take1(t, "A", step.channel); code != step.code {
			t.Errorf("step %d through %s: %q, want %q", i, step.channel, code, step.code)
		}
	}
	w.act(t, ActRequest{Ticket: "A001", Action: Cancel})
	if _, code := w.take1(t, "A", Kiosk); code != "" { // What a channel does not use others may.
		t.Errorf("the freed number: %q", code)
	}
	w.whole(t)
}

func TestNumberRanges(t *testing.T) {
	setup := CommuneCentre()
	setup.Services[0].First, setup.Services[0].Last = 500, 502
	setup.Services[1].First = 100
	setup.Services[2].Last = 1
	w := newWorld(t, setup)
	for range 2 {
		for _, want := range []string{"A500", "A501", "A502"} {
			if got, code := w.take1(t, "A", Kiosk); code != "" || got.Number.String() != want {
				t.Fatalf("%q, %v, want %s", code, got, want)
			}
		}
		w.act(t, ActRequest{Ticket: "A500", Action: Cancel})
		if _, code := w.take1(t, "A", Kiosk); code != CodeServiceFull { // A number is given once.
			t.Errorf("after the last number: %q", code)
		}
		if got := w.take(t, TakeRequest{Service: "B"}).Number; got != (Number{"B", 100}) {
			t.Errorf("B begins with %s", got)
		}
		if got := w.take(t, TakeRequest{Service: "B"}).Number; got != (Number{"B", 101}) {
			t.Errorf("B goes on with %s", got)
		}
		if got := w.take(t, TakeRequest{Service: "C"}).Number; got != (Number{"C", 1}) {
			t.Errorf("C begins with %s", got)
		}
		if _, code := w.take1(t, "C", Kiosk); code != CodeServiceFull {
			t.Errorf("after C001: %q", code)
		}
		w.whole(t)
		w.tomorrow(t)
	}
}

func TestRangesAndQuotasThatCannotBe(t *testing.T) {
	for name, v := range map[string]Service{
		"first below":      {First: -1},
		"last below":       {Last: -1},
		"backwards":        {First: 10, Last: 9},
		"first too large":  {First: maxNumber + 1},
		"last too large":   {Last: maxNumber + 1},
		"quota below":      {Quota: -1},
		"quota too large":  {Quota: maxNumber + 1},
		"target below":     {Target: -1},
		"target too large": {Target: maxTarget + 1},
		"unknown channel":  {Quotas: map[Channel]int{"fax": 1}},
		"channel below":    {Quotas: map[Channel]int{Web: -1}},
		"channel too much": {Quotas: map[Channel]int{Web: maxNumber + 1}},
		"strange agency":   {Agency: "nobody"},
	} {
		s := CommuneCentre()
		v.ID = "A"
		s.Services[0] = v
		if err := s.validate(); ErrorCode(err) != CodeBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := CommuneCentre()
	s.Services[0].First, s.Services[0].Last, s.Services[0].Quotas = 7, 7, map[Channel]int{Web: 0}
	if err := s.validate(); err != nil {
		t.Error(err)
	}
}

func TestStoppedIssuing(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	w.setCounter(t, "1", Opened)
	w.crowdOf(t, 2, TakeRequest{Service: "A"})
	stop := func(service string, stopped bool) int {
		events := len(w.log)
		w.mustDo(t, Meta{}, IssuingRequest{Service: service, Stopped: stopped, Reason: "quá tải"})
		return len(w.log) - events
	}
	want := func(service string, code Code) {
		t.Helper()
		if _, is := w.take1(t, service, Kiosk); is != code {
			t.Errorf("%s: %q, want %q", service, is, code)
		}
	}
	for i, step := range []struct {
		service string
		stopped bool
		events  int
		a, b    Code
	}{
		{"A", false, 0, "", ""}, // Nothing to resume.
		{"A", true, 1, CodeIssuingStopped, ""},
		{"A", true, 0, CodeIssuingStopped, ""},
		{"", true, 1, CodeIssuingStopped, CodeIssuingStopped},
		{"", true, 0, CodeIssuingStopped, CodeIssuingStopped},
		{"", false, 1, "", ""}, // All, A among them.
		{"A", false, 0, "", ""},
		{"", true, 1, CodeIssuingStopped, CodeIssuingStopped},
	} {
		if n := stop(step.service, step.stopped); n != step.events {
			t.Errorf("step %d left %d events, want %d", i, n, step.events)
		}
		want("A", step.a)
		want("B", step.b)
	}
	w.refuse(t, IssuingRequest{Service: "Z", Stopped: true}, CodeUnknownService)
	w.refuse(t, IssuingRequest{Stopped: true, Reason: ReasonDayEnd}, CodeBadRequest)
	if err := w.s.gives(w.s.setup.Services[0], Kiosk, w.now); !opensOf(t, err).Equal(w.s.opensTomorrow(w.now)) {
		t.Errorf("opens %s", opensOf(t, err))
	}
	w.next(t, "1") // Those who wait are served.
	w.whole(t)
	w.tomorrow(t)
	want("A", "") // For the rest of the day only.
	want("B", "")
	w.whole(t)
}

func TestPersonsAndOrganisations(t *testing.T) {
	for name, c := range map[string]struct {
		rules     Rules
		person    string
		most      int // Numbers until refused; -1 = never.
		different string
	}{
		"persons are not counted":          {Rules{}, "tel:1", -1, "tel:2"},
		"persons are":                      {Rules{PersonMost: 2}, "tel:1", 2, "tel:2"},
		"organisations as persons":         {Rules{PersonMost: 2}, "org:0101", 2, "org:0102"},
		"organisations have more":          {Rules{PersonMost: 1, OrganisationMost: 3}, "org:0101", 3, "org:0102"},
		"persons beside organisations":     {Rules{PersonMost: 1, OrganisationMost: 3}, "tel:1", 1, "tel:2"},
		"only organisations":               {Rules{OrganisationMost: 1}, "org:0101", 1, "org:0102"},
		"only organisations, not a person": {Rules{OrganisationMost: 1}, "tel:1", -1, "tel:2"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, ruled(c.rules))
			w.s.secret = []byte("secret")
			ask := func(person string, ch Channel, dossiers int) Code {
				_, err := w.do(t, Meta{}, TakeRequest{Service: "A", Channel: ch, Person: person, Dossiers: dossiers})
				return ErrorCode(err)
			}
			for i := range 5 {
				want := CodePersonLimit
				if c.most < 0 || i < c.most {
					want = ""
				}
				// One ticket may be for several dossiers.
				if got := ask(c.person, Channels()[i%len(Channels())], i); got != want {
					t.Errorf("number %d: %q, want %q", i+1, got, want)
				}
			}
			if got := ask(c.different, Kiosk, 0); got != "" {
				t.Errorf("somebody else: %q", got)
			}
			w.tomorrow(t)
			if got := ask(c.person, Kiosk, 0); got != "" {
				t.Errorf("the next day: %q", got)
			}
		})
	}
}

// Without the secret nobody can tell who took a number, and one who knows an
// alias of one office and day knows none of another.
func TestAliases(t *testing.T) {
	make1 := func(office, secret, day string) *state {
		s := newState(office)
		s.secret, s.day = []byte(secret), day
		return s
	}
	seen := map[string]string{}
	for name, s := range map[string]*state{
		"one":            make1("a", "secret", "2026-11-23"),
		"another day":    make1("a", "secret", "2026-11-24"),
		"another office": make1("b", "secret", "2026-11-23"),
		"another secret": make1("a", "other", "2026-11-23"),
	} {
		for _, person := range []string{"tel:+84912345678", "tel:+84912345679", "org:0101"} {
			alias := s.alias(person)
			if other, twice := seen[alias]; twice || len(alias) != 32 {
				t.Errorf("%s of %s is %s, as %s", person, name, alias, other)
			}
			seen[alias] = name + person
			if s.alias(person) != alias {
				t.Error("an alias changes")
			}
		}
	}
}

func TestQuotasByTheHour(t *testing.T) {
	setup := CommuneCentre()
	setup.Services[0].Quota = 1
	w := newWorld(t, setup)
	w.take(t, TakeRequest{Service: "A"})
	w.wait(t, 10*time.Hour) // It counts for the whole day.
	if _, code := w.take1(t, "A", Kiosk); code != CodeServiceFull {
		t.Errorf("in the evening: %q", code)
	}
}
