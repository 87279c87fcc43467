package sim

import (
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// citizen is somebody who comes for something, through one of the doors.
type citizen struct {
	r       *run
	channel queue.Channel
	device  string
	person  string
	ticket  queue.Ticket // As last heard of.
	tries   int
}

// arrive lets a citizen come at a time.
func (r *run) arrive(at time.Time, n int) {
	channels := []queue.Channel{
		queue.Kiosk, queue.Kiosk, queue.Kiosk, queue.Kiosk, queue.Phone, queue.Phone, queue.Zalo, queue.Telegram, queue.SMS, queue.Web, queue.Staff, queue.Hub,
	}
	c := &citizen{r: r, channel: pick(r, channels...)}
	c.device = fmt.Sprintf("%s-%d", c.channel, 1+n%2)
	if c.channel != queue.Kiosk && c.channel != queue.Staff {
		c.person = fmt.Sprintf("tel:+8490%07d", r.people.IntN(r.cfg.People/2+1)) // Some come twice, through another door even.
		if r.often(5) {
			c.person = fmt.Sprintf("org:%d", r.people.IntN(3))
		}
	}
	r.agenda.add(at, c.take)
}

// pick draws one of a few.
func pick[T any](r *run, from ...T) T { return from[r.people.IntN(len(from))] }

// often is true so many times in a hundred.
func (r *run) often(percent int) bool { return r.people.IntN(100) < percent }

// between draws a time between two.
func (r *run) between(from, to time.Duration) time.Duration {
	return from + time.Duration(r.people.Int64N(int64(to-from)+1))
}

func one(q *request) []*request { return []*request{q} }

// take asks for a number.
func (c *citizen) take() []*request {
	r := c.r
	c.tries++
	t := queue.TakeRequest{
		Service: pick(r, "A", "A", "A", "B", "B", "C", "D"), Channel: c.channel, Person: c.person,
		Class: pick(r, queue.Normal, queue.Normal, queue.Normal, queue.Normal, "", queue.Priority, queue.Appointment),
		Needs: pick(r, nil, nil, nil, []string{queue.NeedHearing}),
		Hold:  c.holds(),
	}
	if r.often(20) {
		t.Service, t.Procedure = "", pick(r, "khai-sinh", "dat-dai", "tro-cap", "tra-ket-qua")
	}
	if t.Class == queue.Appointment && r.often(70) {
		t.Slot = r.now.Add(r.between(-20*time.Minute, 2*time.Hour)).Truncate(time.Minute)
	}
	keyed := r.often(90)
	return one(r.request(c.device, keyed, t, c.taken))
}

// holds reports whether the channel reserves a number first.
func (c *citizen) holds() bool {
	switch c.channel {
	case queue.Kiosk, queue.Phone, queue.Zalo, queue.Telegram, queue.SMS:
		return true
	default:
		return false
	}
}

// taken is what becomes of the citizen with a number in hand, or without.
func (c *citizen) taken(a queue.Answer) {
	r := c.r
	if a.Err != nil {
		if c.tries < 4 && r.often(40) {
			r.after(r.between(time.Minute, 40*time.Minute), c.take)
		}
		return
	}
	c.ticket = a.Ticket
	if c.person != "" && r.often(25) { // One more, for a neighbour.
		r.after(r.between(time.Second, 20*time.Minute), (&citizen{r: r, channel: c.channel, device: c.device, person: c.person, tries: 4}).take)
	}
	if a.Ticket.State == queue.Held {
		c.deliver()
		return
	}
	c.wait()
}

// deliver lets the channel confirm the number: mostly soon, seldom after it
// has lapsed, sometimes never.
func (c *citizen) deliver() {
	r := c.r
	switch n := r.people.IntN(100); {
	case n < 82:
		c.does(r.between(2*time.Second, 50*time.Second), queue.ActRequest{Action: queue.Confirm}, 90, c.wait)
	case n < 92:
		c.does(r.between(time.Minute, 10*time.Minute), queue.ActRequest{Action: queue.Confirm}, 90, c.wait)
	}
}

// wait is the time until the call, and what citizens do with it.
func (c *citizen) wait() {
	r := c.r
	if c.ticket.Presence == queue.Remote && r.often(75) {
		c.does(r.between(time.Minute, 90*time.Minute), queue.ActRequest{Action: queue.CheckIn}, 80, nil)
	}
	for range 3 {
		if r.often(6) {
			c.does(r.between(time.Minute, time.Hour), queue.ActRequest{Action: queue.Later, Places: r.people.IntN(5)}, 80, nil)
		}
	}
	if r.often(8) {
		c.does(r.between(time.Minute, 2*time.Hour), queue.ActRequest{Action: queue.Cancel}, 80, nil)
	}
	if r.often(40) {
		c.does(r.between(20*time.Minute, 4*time.Hour), queue.ActRequest{Action: queue.Rate, Level: 1 + r.people.IntN(5)}, 70, nil)
	}
}

// does lets the citizen act on the ticket after a while, by whichever name the
// ticket goes.
func (c *citizen) does(after time.Duration, a queue.ActRequest, keyed int, then func()) {
	r := c.r
	a.Ticket = pick(r, c.ticket.ID, c.ticket.Code, c.ticket.Number.String())
	r.after(after, func() []*request {
		if a.Ticket == c.ticket.Number.String() && r.view.day != c.ticket.Day {
			a.Ticket = c.ticket.ID // Today that number is somebody else's.
		}
		return one(r.request(c.device, r.often(keyed), a, func(answer queue.Answer) {
			if answer.Err == nil {
				c.ticket = answer.Ticket
				if then != nil {
					then()
				}
			}
		}))
	})
}
