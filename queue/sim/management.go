package sim

import (
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// supervise lets a supervisor change things during a shift: the rules, the
// services, whether numbers are given, cards.
func (r *run) supervise(opens time.Time, shift time.Duration) {
	const changes = 6
	for range changes {
		r.agenda.add(opens.Add(r.between(0, shift)), func() []*request {
			return one(r.request("admin", r.often(70), r.drawManagement(), nil))
		})
	}
}

// listen lets the loudspeakers tell, now and then, what they said.
func (r *run) listen(opens time.Time, shift time.Duration) {
	const calls = 12
	for range calls {
		r.agenda.add(opens.Add(r.between(0, shift)), func() []*request {
			counter := pick(r, "1", "2", "3")
			heard := queue.AnnouncedRequest{Ticket: r.view.hands[counter], Counter: counter, Zone: queue.DefaultZone, Reason: "no output"}
			if r.often(80) {
				heard.Readings, heard.HeardAt, heard.Reason = 1+r.people.IntN(2), r.now, ""
			}
			return one(r.request("hall", r.often(70), heard, nil))
		})
	}
}

func (r *run) drawManagement() queue.Command {
	switch n := r.people.IntN(10); {
	case n < 4:
		return queue.ConfigureRequest{Setup: r.drawChange()}
	case n < 7:
		return queue.IssuingRequest{Service: pick(r, "", "B", "D"), Stopped: r.often(30), Reason: "hết giờ nhận"}
	case n < 9:
		return queue.CardRequest{Kind: "elderly", Until: r.now.AddDate(1, 0, 0)}
	default:
		return queue.RevokeRequest{ID: r.anyCard()}
	}
}

// anyCard is a card that was handed out, if there is one.
func (r *run) anyCard() string {
	id := "1"
	for _, p := range r.acks {
		if _, card := p.cmd.(queue.CardRequest); card && r.often(50) {
			id = r.view.done[p.actor].id()
		}
	}
	return id
}

// drawChange is the setup as the log has it, a little changed.
func (r *run) drawChange() queue.Setup {
	s := r.view.setup
	s.Counters, s.Services = slices.Clone(s.Counters), slices.Clone(s.Services)
	switch n := r.people.IntN(6); n {
	case 0:
		s.Rules.CheckIn = !s.Rules.CheckIn
	case 1:
		s.Rates.Priority = float64(1 + r.people.IntN(4))
	case 2:
		s.Services[r.people.IntN(len(s.Services))].Closed = r.often(30)
	case 3:
		s.Counters[1].Services = pick(r, []string{"A", "B"}, []string{"A", "B", "C"}, []string{"B"})
	case 4: // One counter more, or one less.
		if i := slices.IndexFunc(s.Counters, func(c queue.Counter) bool { return c.ID == "9" }); i >= 0 {
			s.Counters = slices.Delete(s.Counters, i, i+1)
		} else {
			s.Counters = append(s.Counters, queue.Counter{ID: "9", Name: "Quầy số 9", Services: []string{"A"}})
		}
	default:
		s.Rules.PersonMost = pick(r, 1, 2)
	}
	return s
}

// kindsOfManagement are the events that a supervisor's command may have.
func kindsOfManagement(cmd queue.Command) []queue.Kind {
	switch cmd.(type) {
	case queue.ConfigureRequest:
		return []queue.Kind{queue.OfficeConfigured}
	case queue.IssuingRequest:
		return []queue.Kind{queue.IssuingStopped, queue.IssuingResumed}
	case queue.CardRequest:
		return []queue.Kind{queue.CardIssued}
	case queue.RevokeRequest:
		return []queue.Kind{queue.CardRevoked}
	case queue.AnnouncedRequest:
		return []queue.Kind{queue.CallAnnounced}
	default:
		return nil
	}
}
