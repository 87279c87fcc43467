package appointment

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// served is somebody who took a number at a time of a day and stayed at a counter
// so long.
func served(setup queue.Setup, day, clock, service string, stay time.Duration, class queue.Class) queue.Event {
	came, err := time.ParseInLocation("2006-01-02 15:04", day+" "+clock, NewCalendar(setup).Zone())
	if err != nil {
		panic(err)
	}
	t := queue.Ticket{Day: day, Service: service, Class: class, IssuedAt: came, CalledAt: came.Add(time.Minute)}
	return queue.Event{Kind: queue.TicketFinished, At: came.Add(time.Minute + stay), Ticket: &t}
}

func demandOf(t interface{ Fatal(...any) }, setup queue.Setup, before string, all []queue.Event) *Demand {
	d, err := LearnDemand(func(yield func(queue.Event, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}, NewCalendar(setup).Zone(), before)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// hall is two counters for A and B, and one for C alone.
func hall() queue.Setup {
	s := weekdays()
	s.Services = []queue.Service{{ID: "A", Name: "A"}, {ID: "B", Name: "B"}, {ID: "C", Name: "C"}}
	s.Counters = []queue.Counter{{ID: "1", Services: []string{"A", "B"}}, {ID: "2", Services: []string{"A", "B"}}, {ID: "3", Services: []string{"C"}}}
	return s
}

// Whoever books is asked for the hours in which the counters have time.
func TestPlacesFollowTheDemand(t *testing.T) {
	setup := hall()
	var all []queue.Event
	for _, day := range []string{"2026-11-09", "2026-11-16"} { // Mondays.
		for range 20 { // 100 minutes at 7:30, for two counters: 60 a half-hour.
			all = append(all, served(setup, day, "07:35", "A", 5*time.Minute, queue.Normal))
		}
		all = append(all, served(setup, day, "10:05", "B", 30*time.Minute, queue.Normal), served(setup, day, "14:00", "A", time.Hour, queue.Appointment))
	}
	for range 90 { // What else is in a log.
		all = append(all, served(setup, "2026-11-23", "15:00", "A", time.Hour, queue.Normal), queue.Event{Kind: queue.TicketCalled, Ticket: all[0].Ticket})
	}
	d := demandOf(t, setup, "2026-11-23", all)
	settings := Settings{Minutes: 5} // Usually three places of A and of B a half-hour.
	for clock, want := range map[string]map[string]int{
		"07:30": {"A": 0, "B": 0, "C": 3},
		"08:00": {"A": 1, "B": 1, "C": 3}, // 40 of its 60 minutes are those of half past seven.
		"08:30": {"A": 3, "B": 3, "C": 3},
		"10:00": {"A": 2, "B": 2, "C": 3}, // The others' work fills what is not offered.
		"14:00": {"A": 3, "B": 3, "C": 3}, // Who booked then does not count.
		"15:00": {"A": 3, "B": 3, "C": 3}, // Nor the day that is under way.
	} {
		start, _ := time.ParseInLocation("2006-01-02 15:04", "2026-11-23 "+clock, NewCalendar(setup).Zone())
		for service, n := range want {
			if got := PlacesOf(setup, settings, d, service, start); got != n {
				t.Errorf("%s of %s: %d places, want %d", clock, service, got, n)
			}
		}
		own := Settings{Minutes: 5, Services: map[string]Service{"A": {Places: 7}}}
		if got := PlacesOf(setup, own, d, "A", start); got != 7 {
			t.Errorf("%s: %d places of the seven that the office has set", clock, got)
		}
		if got := PlacesOf(setup, Settings{Minutes: 5, AnyHour: true}, d, "A", start); got != 3 {
			t.Errorf("%s: %d places where any hour is as good", clock, got)
		}
		if got := PlacesOf(setup, settings, nil, "A", start); got != 3 {
			t.Errorf("%s: %d places while nothing is known", clock, got)
		}
	}
}

// However busy the days were: never more than usual, more work never makes more
// places, and about half of the usual places of a day are offered in any case.
func TestPlacesOfBusyDays(t *testing.T) {
	setup := hall()
	setup.Services, setup.Counters = setup.Services[:1], nil
	for i := range 6 {
		setup.Counters = append(setup.Counters, queue.Counter{ID: fmt.Sprint(i + 1), Services: []string{"A"}})
	}
	calendar := NewCalendar(setup)
	noon, _ := calendar.Date("2026-11-23")
	slots := calendar.Slots(noon)
	rapid.Check(t, func(r *rapid.T) {
		settings := Settings{Minutes: 6, Share: rapid.IntRange(10, 50).Draw(r, "share")}
		var all []queue.Event
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, len(slots)-1), 0, 120).Draw(r, "came in half-hour") {
			for _, day := range []string{"2026-11-09", "2026-11-16"} {
				all = append(all, served(setup, day, slots[n].In(calendar.Zone()).Format("15:04"), "A", 20*time.Minute, queue.Normal))
			}
		}
		d, more := demandOf(r, setup, "2026-11-23", all), demandOf(r, setup, "2026-11-23", append(all, all...))
		usual, sum := PlacesOf(setup, settings, nil, "A", slots[0]), 0
		for _, s := range slots {
			n := PlacesOf(setup, settings, d, "A", s)
			if n < 0 || n > usual {
				r.Fatalf("%d places at %v, usually %d", n, s, usual)
			}
			sum += n
		}
		if least := len(slots)*usual/2 - len(slots)/2; sum < least { // Each is rounded.
			r.Fatalf("%d places in all, want about %d", sum, least)
		}
		total := 0
		for _, s := range slots {
			total += PlacesOf(setup, settings, more, "A", s)
		}
		if total > sum+len(slots)/2 {
			r.Fatalf("%d places where people come, %d where twice as many do", sum, total)
		}
	})
}

// A book learns from the log of past days by itself, anew every day, and offers
// what it has learned.
func TestBookLearns(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		setup, store := weekdays(), &memory.Store{}
		engine, err := queue.NewEngine(ctx, queue.Config{Setup: setup, Store: store})
		if err != nil {
			t.Fatal(err)
		}
		book, err := Open(ctx, path, Config{Setup: func(context.Context) (queue.Setup, error) { return setup, nil }, Office: engine, Secret: []byte("s"), Log: store})
		if err != nil {
			t.Fatal(err)
		}
		if err := book.SetSettings(ctx, Settings{Minutes: 2}); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{}, 2)
		go func() { _ = engine.Run(ctx); done <- struct{}{} }()
		go func() { _ = book.Run(ctx); done <- struct{}{} }()
		first := func() (free, usual int) {
			days, err := book.Slots(ctx, "A", NewCalendar(setup).Day(time.Now().Add(24*time.Hour)), 1, true)
			if err != nil || len(days) == 0 || len(days[0].Slots) == 0 {
				t.Fatalf("%v (%v)", days, err)
			}
			places, _, err := book.Places(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return days[0].Slots[0].Free, places["A"]
		}
		time.Sleep(time.Until(local(t, "2000-01-03 06:00")))
		if free, usual := first(); free != usual || usual == 0 {
			t.Errorf("%d of %d places of a half-hour of which nothing is known", free, usual)
		}
		for day := range 3 { // Monday to Wednesday: the morning is full.
			time.Sleep(time.Until(local(t, fmt.Sprintf("2000-01-%02d 07:30", 3+day))))
			rush(t, engine, setup)
		}
		time.Sleep(time.Until(local(t, "2000-01-06 06:00")))
		synctest.Wait()
		if free, usual := first(); free >= usual {
			t.Errorf("%d of %d places in a rush of three days", free, usual)
		}
		cancel()
		<-done
		<-done
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	})
}

// rush has more people come at once than the counters get done in half an hour.
func rush(t *testing.T, office queue.Office, setup queue.Setup) {
	const people = 12
	for range people {
		if _, err := office.Take(t.Context(), queue.TakeRequest{Meta: queue.Meta{Caller: "t"}, Service: "A", Channel: queue.Kiosk}); err != nil {
			t.Fatal(err)
		}
	}
	var counter string
	for _, c := range setup.Counters {
		if len(c.Services) > 0 && c.Services[0] == "A" {
			counter = c.ID
		}
	}
	if _, err := office.SetCounter(t.Context(), queue.SetCounterRequest{Meta: queue.Meta{Caller: "t"}, Counter: counter, State: queue.Opened}); err != nil {
		t.Fatal(err)
	}
	for range people {
		ticket, err := office.Next(t.Context(), queue.CounterRequest{Meta: queue.Meta{Caller: "t"}, Counter: counter})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(15 * time.Minute)
		if _, err := office.Act(t.Context(), queue.ActRequest{Meta: queue.Meta{Caller: "t"}, Ticket: ticket.ID, Action: queue.Finish}); err != nil {
			t.Fatal(err)
		}
	}
}
