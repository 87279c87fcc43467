package sim

import (
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// machine is a kiosk on a bad line: it has numbers set aside, gives them out
// alone while it is cut off, and tells the office when the line is back.
type machine struct {
	r     *run
	until time.Time // When it is switched off, and gives back what is left.
	shelf []queue.Ticket
}

// shelfDevice is the caller that the machine is known by.
const shelfDevice = "machine"

// standBy puts a day of the machine on the agenda.
func (r *run) standBy(opens time.Time, shift time.Duration) {
	m := &machine{r: r, until: opens.Add(shift - r.between(0, time.Hour))}
	for range 2 + r.people.IntN(4) {
		r.agenda.add(opens.Add(r.between(0, time.Hour)), m.setAside)
	}
	for range 1 + r.people.IntN(2) {
		cut := opens.Add(r.between(time.Hour, shift-2*time.Hour))
		back := cut.Add(r.between(time.Minute, 90*time.Minute))
		for range r.people.IntN(4) {
			r.agenda.add(cut.Add(r.between(0, back.Sub(cut))), func() []*request { m.give(back); return nil })
		}
	}
	r.agenda.add(m.until, m.giveBack)
}

// setAside asks for one more number for the shelf.
func (m *machine) setAside() []*request {
	take := queue.TakeRequest{Service: pick(m.r, "A", "B", "D"), Channel: queue.Kiosk, Reserve: true}
	return one(m.r.request(shelfDevice, true, take, func(a queue.Answer) {
		if a.Err == nil && m.r.now.Before(m.until) {
			m.shelf = append(m.shelf, a.Ticket)
		}
	}))
}

// give hands out a number while nobody can be asked. The office hears of it
// when the line is back; what the machine's own clock said may be wrong.
func (m *machine) give(back time.Time) {
	r := m.r
	if len(m.shelf) == 0 {
		return
	}
	t := m.shelf[0]
	m.shelf = m.shelf[1:]
	told := &queue.Told{At: r.now, Class: pick(r, "", queue.Normal, queue.Priority), Language: pick(r, "", "en")}
	switch r.people.IntN(10) {
	case 0, 1:
		told.At = told.At.Add(-r.between(time.Minute, 10*time.Hour))
	case 2:
		told.At = told.At.Add(r.between(time.Minute, 10*time.Hour))
	case 3:
		told = nil // A number from the shelf, given out while connected.
	}
	r.agenda.add(back.Add(r.between(0, 20*time.Second)), func() []*request {
		return one(r.request(shelfDevice, true, queue.ActRequest{Ticket: t.Code, Action: queue.Confirm, Told: told}, func(a queue.Answer) {
			if a.Err != nil && r.view.day == t.Day && len(r.owners) == 1 {
				r.wrong("number %s was given out by a machine and is refused: %v", t.Number, a.Err)
			}
			if a.Err == nil {
				(&citizen{r: r, channel: queue.Kiosk, device: "kiosk-1", ticket: a.Ticket}).wait()
			}
		}))
	})
}

// giveBack returns what nobody got.
func (m *machine) giveBack() []*request {
	var all []*request
	for _, t := range m.shelf {
		if m.r.often(80) { // A machine that is switched off at once gives nothing back.
			all = append(all, m.r.request(shelfDevice, true, queue.ActRequest{Ticket: t.ID, Action: queue.Cancel}, nil))
		}
	}
	m.shelf = nil
	return all
}

// aside reports whether a number is set aside for a machine: held for as long
// as the day lasts.
func aside(t *queue.Ticket) bool { return t.State == queue.Held && t.HoldUntil.IsZero() }

// givenOut looks at a number set aside that a citizen got: it counts from when
// the machine says, but neither from before it was set aside nor from the
// future.
func (v *view) givenOut(e queue.Event, old *queue.Ticket) {
	want := e.At
	if c, ok := v.r.ops[e.Actor].cmd.(queue.ActRequest); ok && c.Told != nil && c.Told.At.Before(want) {
		want = c.Told.At.Truncate(time.Millisecond)
		if want.Before(old.IssuedAt) {
			want = old.IssuedAt
		}
	}
	if t := e.Ticket; !t.IssuedAt.Equal(want) || !t.EligibleAt.Equal(want) {
		v.r.wrong("number %s, set aside at %s, counts from %s and is eligible from %s; want %s", t.Number, old.IssuedAt, t.IssuedAt, t.EligibleAt, want)
	}
	v.shelved++
}

// lapsed looks at a number that nobody got: its time was over, and of one set
// aside the day.
func (v *view) lapsed(e queue.Event, old *queue.Ticket) {
	const vietNam = 7 * time.Hour
	today := e.At.UTC().Add(vietNam).Format(time.DateOnly)
	if aside(old) && today <= v.day || !aside(old) && e.At.Before(old.HoldUntil) {
		v.r.wrong("ticket %s lapses at %s, it is held until %s (zero: as long as day %s lasts)", old.Number, e.At, old.HoldUntil, v.day)
	}
}
