package whatif

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xinmoi/xinmoi/queue"
)

// morning is the model with a short day.
func morning(load float64) Model {
	m := Hall(load)
	m.Hours = []float64{0.45, 0.3, 0.25}
	return m
}

// madeUp plays a day of the model and gives its log, with the day and the hall.
func madeUp(t testing.TB, load float64, seed uint64, edit func(*Day)) ([]queue.Event, *Day, *hall) {
	t.Helper()
	d, err := morning(load).Day(seed, oneTo(3))
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(d)
	}
	o, err := newOffice(t.Context(), d, seed)
	if err != nil {
		t.Fatal(err)
	}
	h, err := play(t.Context(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	events, err := o.store.Read(t.Context(), o.name, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	return events, d, h
}

func mustReplay(t testing.TB, events []queue.Event, c Change) Result {
	t.Helper()
	r, err := Replay(t.Context(), events, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A day that the hall itself has played is the same day again when replayed.
func TestUnchangedReplayIsTheSameDay(t *testing.T) {
	lunch := func(d *Day) { // Two sessions, and counters that take their time.
		noon := d.Start.Add(2 * time.Hour)
		for i := range d.Desks {
			span := d.Desks[i].Spans[0]
			d.Desks[i].Spans = []Span{{span.From, noon}, {noon.Add(90 * time.Minute), span.To.Add(90 * time.Minute)}}
			d.Desks[i].Pause = time.Duration(10+i) * time.Second
		}
	}
	sentHome := func(d *Day) {
		for i := range d.Desks {
			d.Desks[i].Stays = false
		}
	}
	booked := func(d *Day) { // Some are early for their time, some take the number at home.
		lunch(d)
		for i := range d.Visits {
			if v := &d.Visits[i]; v.Class == queue.Appointment {
				v.Slot = v.At.Add(time.Duration(i%5*6) * time.Minute)
				if i%2 == 0 {
					v.Channel = queue.Phone
				}
				if i%4 == 0 {
					v.Steps = []Step{{At: v.At.Add(15 * time.Minute), Action: queue.CheckIn}}
				}
			}
		}
	}
	for name, edit := range map[string]func(*Day){"booked": booked, "plain": nil, "lunch and pauses": lunch, "sent home": sentHome, "eventful": eventful} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, d, h := madeUp(t, 0.95, 11, edit)
			want := h.figures()
			if uncalled := len(d.Visits) - want.All.N - want.Absent; name == "eventful" && (uncalled < 3 || want.Absent < 3 || want.Unserved > 0) {
				t.Errorf("not much of an eventful day: %d never called, %+v", uncalled, want)
			}
			got := mustReplay(t, events, Change{})
			for what, f := range map[string]Figures{"as it was": got.Was, "replayed": got.Own, "unchanged": got.Other} {
				if diff := cmp.Diff(want, f); diff != "" {
					t.Errorf("%s (- played, + %s):\n%s", name, what, diff)
				}
			}
			r, err := readDay(events)
			if err != nil {
				t.Fatal(err)
			}
			again := playOffice(t, &r.day)
			for i := range d.Visits {
				if a, b := h.guests[i].outcome, again.guests[i].outcome; a != b {
					t.Fatalf("visit %d: played %+v, replayed %+v", i, a, b)
				}
			}
		})
	}
}

// eventful makes much happen to some of a day's visits.
func eventful(d *Day) {
	d.Setup.Rules.CheckIn = true
	for i := range d.Visits {
		v := &d.Visits[i]
		minute := func(n int) time.Time { return v.At.Add(time.Duration(n) * time.Minute) }
		switch i % 13 {
		case 0:
			v.Held, v.Steps = true, []Step{{At: v.At.Add(20 * time.Second), Action: queue.Confirm}}
		case 1: // Delivered so late that it had lapsed.
			v.Held, v.Steps = true, []Step{{At: minute(3), Action: queue.Confirm}}
		case 2:
			v.Steps = []Step{{At: minute(6), Action: queue.Cancel}}
		case 3:
			v.Stages = []Stage{{Work: time.Minute, End: queue.Absent}}
		case 4:
			v.Stages = []Stage{{Work: time.Minute, End: queue.Absent, Away: 9 * time.Minute}, v.Stages[0]}
		case 5:
			v.Stages = []Stage{{Work: 2 * time.Minute, End: queue.Park, Away: 20 * time.Minute}, v.Stages[0]}
		case 6:
			v.Stages = []Stage{{Work: 2 * time.Minute, End: queue.Transfer, Service: "C"}, v.Stages[0]}
		case 7:
			v.Stages = []Stage{{Work: 2 * time.Minute, End: queue.Transfer, Counter: "4"}, v.Stages[0]}
		case 8:
			v.Stages = []Stage{{Work: time.Minute, End: queue.Requeue}, v.Stages[0]}
		case 9:
			v.Steps = []Step{{At: minute(2), Action: queue.Later, Places: 2}}
		case 10:
			v.Channel, v.Steps = queue.Phone, []Step{{At: minute(7), Action: queue.CheckIn}}
		case 11: // Never comes, or withdraws.
			v.Channel = queue.Zalo
			if i%2 == 0 {
				v.Steps = []Step{{At: minute(30), Action: queue.Cancel}}
			}
		}
	}
}

// otherwise replays a day with a change, and nothing but that.
func otherwise(t testing.TB, r *reader, c Change) Figures {
	t.Helper()
	d, err := r.day.changed(r.name, c)
	if err != nil {
		t.Fatal(err)
	}
	f, err := replay(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// One more counter makes nobody's day worse on the whole, one less nobody's
// better, and what is done at the counters stays the same work.
func TestMoreAndFewerCounters(t *testing.T) {
	t.Parallel()
	var own, more, fewer, faster time.Duration
	const seeds = 2
	for seed := range uint64(seeds) {
		events, _, h := madeUp(t, 0.95, seed, nil)
		r, err := readDay(events)
		if err != nil {
			t.Fatal(err)
		}
		was := h.figures()
		plus := otherwise(t, r, Change{Add: []Shift{{Services: []string{"A", "C"}}}})
		minus := otherwise(t, r, Change{Remove: []string{"3"}})
		quick := otherwise(t, r, Change{Minutes: map[string]time.Duration{"C": 7 * time.Minute}})
		for _, f := range []Figures{plus, minus, quick} {
			if f.Served != was.Served || f.Unserved != 0 || f.All.N != was.All.N || (f.Work != was.Work) != (f.Work == quick.Work) {
				t.Errorf("seed %d: %d served of %d, %v of work, was %v", seed, f.Served, was.Served, f.Work, was.Work)
			}
		}
		if quick.Work >= was.Work {
			t.Errorf("seed %d: shorter stays, and as much work", seed)
		}
		own, more, fewer, faster = own+was.All.Mean, more+plus.All.Mean, fewer+minus.All.Mean, faster+quick.All.Mean
	}
	t.Logf("mean waits: %v as it was, %v with one more, %v with one less, %v with shorter stays", own/seeds, more/seeds, fewer/seeds, faster/seeds)
	if more >= own || fewer <= own || faster >= own {
		t.Error("that is the wrong way round")
	}
}

func TestOtherRates(t *testing.T) {
	t.Parallel()
	events, _, h := madeUp(t, 1.3, 3, nil)
	r, err := readDay(events)
	if err != nil {
		t.Fatal(err)
	}
	wait := func(n float64) time.Duration {
		return otherwise(t, r, Change{Rates: oneTo(n)}).ByClass[queue.Priority].Mean
	}
	own := h.figures().ByClass[queue.Priority].Mean
	if one, three, four := wait(1), wait(3), wait(4); !(one > own && three == own && own > four) {
		t.Errorf("priority waits %v at 1:1, %v at 1:3 (was %v), %v at 1:4", one, three, own, four)
	}
}

// A setup that is being tried gives the day its rates and what counters serve;
// services and counters that the day did not have change nothing.
func TestOtherSetup(t *testing.T) {
	t.Parallel()
	events, _, _ := madeUp(t, 0.95, 3, nil)
	r, err := readDay(events)
	if err != nil {
		t.Fatal(err)
	}
	same := r.day.Setup
	same.Counters = append(slices.Clone(same.Counters), queue.Counter{ID: "77", Services: []string{"A"}})
	if a, b := otherwise(t, r, Change{Setup: &same}), otherwise(t, r, Change{}); a.All != b.All {
		t.Errorf("the same rules: %+v, want %+v", a.All, b.All)
	}
	rates, all := r.day.Setup, r.day.Setup
	rates.Rates = oneTo(1)
	if a, b := otherwise(t, r, Change{Setup: &rates}), otherwise(t, r, Change{Rates: oneTo(1)}); a.ByClass[queue.Priority] != b.ByClass[queue.Priority] {
		t.Errorf("other rates: %+v, want %+v", a, b)
	}
	all.Counters = slices.Clone(all.Counters)
	for i := range all.Counters {
		all.Counters[i].Services = []string{"Z"}
		for _, s := range all.Services {
			all.Counters[i].Services = append(all.Counters[i].Services, s.ID)
		}
	}
	was := otherwise(t, r, Change{}).All.Mean
	if mean := otherwise(t, r, Change{Setup: &all}).All.Mean; mean >= was {
		t.Errorf("mean wait %v where every counter serves everybody, %v before", mean, was)
	}
}

// A counter that works for a part of the day helps for a part of it.
func TestShiftOfPartOfTheDay(t *testing.T) {
	t.Parallel()
	events, _, _ := madeUp(t, 0.95, 5, nil)
	all := mustReplay(t, events, Change{Add: []Shift{{Services: []string{"A", "B"}}}})
	part := mustReplay(t, events, Change{Add: []Shift{{Services: []string{"A", "B"}, From: "07:30", To: "08:30"}}})
	if a, p, w := all.Other.All.Mean, part.Other.All.Mean, all.Own.All.Mean; !(a < p && p < w) {
		t.Errorf("mean wait %v with a counter all day, %v with one for an hour, %v without", a, p, w)
	}
}

func TestChangeIsRefused(t *testing.T) {
	t.Parallel()
	events, _, _ := madeUp(t, 0.3, 1, nil)
	for want, c := range map[string]Change{
		`counter "9" was not open`:     {Remove: []string{"9"}},
		`no service "Z"`:               {Add: []Shift{{Services: []string{"Z"}}}},
		"which services":               {Add: []Shift{{}}},
		"like 07:30":                   {Add: []Shift{{Services: []string{"A"}, From: "morning", To: "11:30"}}},
		"like 11:30":                   {Add: []Shift{{Services: []string{"A"}, From: "07:30", To: ""}}},
		"the earlier first":            {Add: []Shift{{Services: []string{"A"}, From: "11:30", To: "07:30"}}},
		"is outside 1:1 to 1:4":        {Rates: oneTo(9)},
		`service "Q": nobody was serv`: {Minutes: map[string]time.Duration{"Q": time.Minute}},
		"is not a time":                {Minutes: map[string]time.Duration{"A": -time.Minute}},
	} {
		if _, err := Replay(t.Context(), events, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
	if _, err := Replay(t.Context(), events[:1], Change{}); err == nil {
		t.Error("a log without a day was replayed")
	}
}

// What a day was reads the same in a log with days around it.
func TestReadDay(t *testing.T) {
	log := severalDays(t, 7)
	for n := range 7 {
		day := fmt.Sprintf("2026-11-%02d", 20+n)
		events, err := ReadDay(t.Context(), log, "trung-tam", day)
		if err != nil {
			t.Fatal(err)
		}
		if e := events[0]; e.Kind != queue.DayOpened || e.Opening.Day != day {
			t.Errorf("%s begins with %s of %+v", day, e.Kind, e.Opening)
		}
		taken := 0
		for i, e := range events {
			if i > 0 && (e.Kind == queue.DayOpened || e.Seq != events[i-1].Seq+1) {
				t.Errorf("%s: event %d is %s after %d", day, e.Seq, e.Kind, events[i-1].Seq)
			}
			if e.Kind == queue.TicketIssued {
				taken++
			}
		}
		if taken != n+1 {
			t.Errorf("%s: %d numbers, want %d", day, taken, n+1)
		}
	}
	for day, want := range map[string]string{
		"2026-11-19": "the next one is 2026-11-20", "2026-11-28": "no day 2026-11-28", "today": "write it like",
	} {
		if _, err := ReadDay(t.Context(), log, "trung-tam", day); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", day, err, want)
		}
	}
	if _, err := ReadDay(t.Context(), log, "elsewhere", "2026-11-20"); err == nil {
		t.Error("a day of an office that is not there")
	}
}

func TestTextSaysWhatIsOtherwise(t *testing.T) {
	t.Parallel()
	events, _, _ := madeUp(t, 0.6, 2, nil)
	r := mustReplay(t, events, Change{
		Rates: oneTo(2), Add: []Shift{{Services: []string{"A", "B"}, From: "07:30", To: "11:30"}}, Remove: []string{"3"},
		Minutes: map[string]time.Duration{"C": 12 * time.Minute, "A": 4 * time.Minute},
	})
	var out bytes.Buffer
	if err := r.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Ngày 2026-11-23", "1:2:2 (đã dùng 1:3:3)", "thêm một quầy cho A, B 07:30–11:30", "bớt quầy 3", "dịch vụ A: 4.0 phút mỗi lượt; dịch vụ C",
		"one more counter for A, B", "ưu tiên · priority", "Dịch vụ C", "số phục vụ xong · served", r.Clock(r.Other.LastEnd), r.Other.All.String(),
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, &out)
		}
	}
}

func TestFigures(t *testing.T) {
	at := func(m int) time.Time { return time.Date(2026, 11, 23, 8, m, 0, 0, time.UTC) }
	visits := []Visit{
		{Class: queue.Normal, Service: "A"}, {Class: queue.Normal, Service: "A"}, {Class: queue.Priority, Service: "B"},
		{Class: queue.Normal, Service: "A", Steps: []Step{{Action: queue.Cancel}}}, {Class: queue.Normal, Service: "A"},
		{Class: queue.Appointment, Service: "A", Slot: at(20)}, {Class: queue.Normal, Service: "B"}, {Class: queue.Normal, Service: "B"},
	}
	f := figures(visits, []outcome{
		{here: at(0), called: at(4), ended: at(9), served: true},
		{here: at(0), called: at(10), ended: at(19), served: true},
		{here: at(1), called: at(2), absent: true},
		{here: at(1)},                 // Withdrew.
		{here: at(1)},                 // Never called.
		{here: at(5), called: at(23)}, // Waits from its time on; in hand when the day ends.
		{},                            // Never came.
		{here: at(3), called: at(3), ended: at(5), served: true},
	}, time.Hour)
	want := Figures{
		All: Waits{4, 4*time.Minute + 15*time.Second, 3 * time.Minute, 10 * time.Minute, 10 * time.Minute},
		ByClass: map[queue.Class]Waits{
			queue.Normal:      {3, 14 * time.Minute / 3, 4 * time.Minute, 10 * time.Minute, 10 * time.Minute},
			queue.Appointment: {1, 3 * time.Minute, 3 * time.Minute, 3 * time.Minute, 3 * time.Minute},
		},
		ByService: map[string]Waits{
			"A": {3, 17 * time.Minute / 3, 4 * time.Minute, 10 * time.Minute, 10 * time.Minute}, "B": {1, 0, 0, 0, 0},
		},
		Served: 3, Unserved: 1, Absent: 1, Work: time.Hour, LastEnd: at(19),
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
	if got := slices.Sorted(maps.Keys(f.ByClass)); len(got) != 2 {
		t.Error(got)
	}
}

// Who is served on trial is no visitor, and the counters' time meanwhile is no
// work, whether the trial comes before the day's visitors or after them.
func TestTrialIsNoVisit(t *testing.T) {
	for name, first := range map[string]bool{"before": true, "after": false} {
		t.Run(name, func(t *testing.T) {
			setup := queue.CommuneCentre()
			w := newWorld(t, setup, time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
			do := func(c queue.Command) queue.Ticket {
				t.Helper()
				w.now = w.now.Add(time.Minute)
				a := w.do(t, c)
				if a.Err != nil {
					t.Fatalf("%T: %v", c, a.Err)
				}
				return a.Ticket
			}
			try := func(on bool) {
				t.Helper()
				setup.Trial = on
				do(queue.ConfigureRequest{Meta: staff, Setup: setup})
			}
			serve := func(n int) (from, to time.Time) {
				t.Helper()
				do(queue.SetCounterRequest{Meta: staff, Counter: "1", State: queue.Opened})
				from = w.now
				for range n {
					do(queue.TakeRequest{Meta: staff, Service: "A", Channel: queue.Kiosk})
					id := do(queue.CounterRequest{Meta: staff, Counter: "1"}).ID
					do(queue.ActRequest{Meta: staff, Ticket: id, Action: queue.Finish})
				}
				return from, w.now
			}
			var from, to time.Time
			if !first {
				from, to = serve(2)
			}
			try(true)
			began := w.now
			serve(3)
			do(queue.TakeRequest{Meta: staff, Service: "A", Channel: queue.Kiosk})
			try(false)
			if first {
				from, to = serve(2)
			}
			events, err := w.store.Read(t.Context(), setup.Office, 0, -1)
			if err != nil {
				t.Fatal(err)
			}
			r, err := readDay(events)
			if err != nil {
				t.Fatal(err)
			}
			if !first {
				to = began
			}
			if diff := cmp.Diff([]Span{{from, to}}, r.day.Desks[0].Spans); diff != "" || len(r.day.Visits) != 2 || r.day.Setup.Trial {
				t.Errorf("%d visits, want 2; counter 1 (-want +got):\n%s", len(r.day.Visits), diff)
			}
			if got := mustReplay(t, events, Change{}); got.Was.All.N != 2 || got.Own.All.N != 2 {
				t.Errorf("%d called then, %d replayed, want 2", got.Was.All.N, got.Own.All.N)
			}
		})
	}
}

// A number set aside for a kiosk is a visit from when somebody got it, in the
// order of those moments, and no visit if nobody did.
func TestSetAsideIsNoVisit(t *testing.T) {
	setup := queue.CommuneCentre()
	w := newWorld(t, setup, time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
	do := func(c queue.Command) queue.Ticket {
		t.Helper()
		w.now = w.now.Add(10 * time.Minute)
		a := w.do(t, c)
		if a.Err != nil {
			t.Fatalf("%T: %v", c, a.Err)
		}
		return a.Ticket
	}
	aside := queue.TakeRequest{Meta: staff, Service: "A", Channel: queue.Kiosk, Reserve: true}
	do(queue.SetCounterRequest{Meta: staff, Counter: "1", State: queue.Opened})
	given := do(aside)
	do(aside)
	late := do(queue.TakeRequest{Meta: staff, Service: "A", Channel: queue.Kiosk})
	told := w.now.Add(-5 * time.Minute)
	do(queue.ActRequest{Meta: staff, Ticket: given.ID, Action: queue.Confirm, Told: &queue.Told{At: told}})
	do(queue.ActRequest{Meta: staff, Ticket: do(queue.CounterRequest{Meta: staff, Counter: "1"}).ID, Action: queue.Finish})
	called := w.now.Add(-10 * time.Minute)
	events, err := w.store.Read(t.Context(), setup.Office, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	day, err := readDay(events)
	if err != nil {
		t.Fatal(err)
	}
	visits := day.day.Visits
	if len(visits) != 2 || visits[0].Ticket != given.ID || visits[1].Ticket != late.ID {
		t.Fatalf("%+v", visits)
	}
	if !visits[0].At.Equal(told) || visits[0].Held || len(visits[0].Steps) > 0 {
		t.Errorf("%+v, want it from %v on", visits[0], told)
	}
	if r := mustReplay(t, events, Change{}); r.Was.All.N != 1 || r.Was.All.Max != called.Sub(told) {
		t.Errorf("as it was: %+v, want a wait of %v", r.Was.All, called.Sub(told))
	}
}
