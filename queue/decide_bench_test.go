package queue

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// bigHall is a large office at its worst: 60 services, 40 counters that serve
// six of them each, 5,000 tickets of every class, a third of them remote, some
// back after a missed turn.
func bigHall(b *testing.B) *world {
	b.Helper()
	setup := ruled(Rules{CheckIn: true, RemoteUntil: "23:59", NoShowSeconds: 3600})
	setup.Services, setup.Counters, setup.Procedures = nil, nil, nil
	for i := range 60 {
		setup.Services = append(setup.Services, Service{ID: string(rune('A'+i/26)) + string(rune('A'+i%26))})
	}
	for i := range 40 {
		c := Counter{ID: fmt.Sprint(i + 1)}
		for j := range 6 {
			c.Services = append(c.Services, setup.Services[(i*7+j*11)%60].ID)
		}
		setup.Counters = append(setup.Counters, c)
	}
	w := newWorld(b, setup)
	for _, c := range setup.Counters {
		w.setCounter(b, c.ID, Opened)
	}
	for i := range 5000 {
		w.now = w.now.Add(time.Second)
		t := w.take(b, TakeRequest{
			Service: setup.Services[i%60].ID, Class: classes()[i%3], Channel: []Channel{Kiosk, Kiosk, Web}[i/60%3],
		})
		if i%9 == 0 {
			back := *t
			back.Returned, back.Version = true, w.s.seq+1
			w.append(b, Event{Office: w.s.office, Seq: w.s.seq + 1, At: w.now, Kind: TicketConfirmed, Ticket: &back})
		}
	}
	for i := range 2000 {
		if d, err := w.do(b, Meta{}, CounterRequest{Counter: fmt.Sprint(i%40 + 1)}); err == nil {
			w.act(b, ActRequest{Ticket: d.ticket, Action: Finish})
		}
	}
	for _, v := range setup.Services {
		w.s.second[v.ID] = true
	}
	return w
}

// BenchmarkDecide is what one decision takes in a big hall; nothing is applied.
func BenchmarkDecide(b *testing.B) {
	w := bigHall(b)
	ids := w.s.ticketIDs()
	ids = slices.DeleteFunc(ids, func(id string) bool { return w.s.tickets[id].State != Waiting })
	remote := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return w.s.tickets[id].Presence != Remote })
	var n int
	for name, command := range map[string]func() any{
		"next":     func() any { return CounterRequest{Counter: fmt.Sprint(n%40 + 1)} },
		"take":     func() any { return TakeRequest{Service: w.s.setup.Services[n%60].ID, Channel: Kiosk} },
		"check-in": func() any { return ActRequest{Ticket: remote[n%len(remote)], Action: CheckIn} },
		"later":    func() any { return ActRequest{Ticket: ids[n%len(ids)], Action: Later, Places: 3} },
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				n++
				c := bare(command())
				begun := time.Now()
				if _, err := decide(w.s, c, w.now); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(begun))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
		})
	}
	b.Run("due", func(b *testing.B) {
		for b.Loop() {
			w.s.due(w.now)
		}
	})
	b.Run("standing", func(b *testing.B) {
		for b.Loop() {
			n++
			w.s.standing(*w.s.tickets[ids[n%len(ids)]], w.now)
		}
	})
}

func bare(what any) command { return command{do: what, seed: 1} }
