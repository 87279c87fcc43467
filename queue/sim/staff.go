package sim

import (
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// clerk is somebody who works at a counter, by what the screen says.
type clerk struct {
	r       *run
	counter string
	until   time.Time // When the shift ends.
	met     []string  // Tickets dealt with.
}

// look is one look at the screen, and what comes of it.
func (c *clerk) look() []*request {
	r := c.r
	if r.now.Before(c.until) {
		r.after(r.between(8*time.Second, 50*time.Second), c.look)
	}
	screen, ok := c.screen()
	if !ok {
		return nil
	}
	var cmd queue.Command
	switch t := screen.Ticket; {
	case !r.now.Before(c.until):
		cmd = queue.SetCounterRequest{Counter: c.counter, State: queue.Closed, InHand: pick(r, "", queue.Finish, queue.Requeue, queue.Park, queue.Absent)}
	case t != nil && t.State == queue.Called:
		c.met = append(c.met, t.ID)
		cmd = c.whileCalled(*t)
	case t != nil:
		cmd = c.whileServing(*t)
	case screen.State != queue.Opened:
		cmd = c.whileAway()
	default:
		cmd = c.whileFree()
	}
	return c.press(cmd)
}

// screen is what the counter sees; ok is false while there is nothing to see.
func (c *clerk) screen() (queue.CounterView, bool) {
	o := c.r.reader()
	if o == nil {
		return queue.CounterView{}, false
	}
	counters, err := o.engine.Counters(c.r.ctx)
	if err != nil {
		return queue.CounterView{}, false
	}
	for _, v := range counters {
		if v.ID == c.counter {
			return v, true
		}
	}
	return queue.CounterView{}, false
}

// reader is a process that shows something; nil while the machine is down.
func (r *run) reader() *owner {
	if len(r.owners) == 0 {
		return nil
	}
	return r.owners[r.people.IntN(len(r.owners))]
}

// press sends a command; now and then the key is pressed twice.
func (c *clerk) press(cmd queue.Command) []*request {
	if cmd == nil {
		return nil
	}
	r := c.r
	const doubles = 6
	requests := one(r.request("counter-"+c.counter, r.often(60), cmd, nil))
	if r.often(doubles) {
		requests = append(requests, r.request("counter-"+c.counter, r.often(60), cmd, nil))
	}
	return requests
}

// whileCalled: the citizen comes, or does not.
func (c *clerk) whileCalled(t queue.Ticket) queue.Command {
	r := c.r
	a := queue.ActRequest{Ticket: pick(r, t.ID, t.Number.String())}
	switch n := r.people.IntN(100); {
	case n < 50:
		a.Action = queue.Start
	case n < 58:
		a.Action = queue.Recall
	case n < 66:
		a.Action = queue.Absent
	case n < 70:
		a.Action, a.Version = queue.Finish, t.Version-int64(r.people.IntN(2))
	case n < 73:
		a.Action, a.Places = queue.Later, 1+r.people.IntN(3)
	case n < 75:
		a.Action = queue.Undo
	case n < 78:
		a.Action = pick(r, queue.Entitle, queue.Disentitle)
	case n < 85:
		return c.sendOn(a)
	default:
		return nil // Waits for the citizen.
	}
	return a
}

// whileServing: the citizen is served for some minutes.
func (c *clerk) whileServing(t queue.Ticket) queue.Command {
	r := c.r
	a := queue.ActRequest{Ticket: pick(r, t.ID, t.Number.String())}
	switch n := r.people.IntN(1000); {
	case n < 55: // About once in nine minutes.
		a.Action = queue.Finish
	case n < 58:
		a.Action = queue.Undo
	case n < 60:
		a.Action = pick(r, queue.Entitle, queue.Disentitle)
	case n < 72:
		return c.sendOn(a)
	case n < 75:
		return queue.CounterRequest{Counter: c.counter} // Forgot to finish.
	default:
		return nil
	}
	return a
}

// sendOn: somebody else, or another time.
func (c *clerk) sendOn(a queue.ActRequest) queue.Command {
	r := c.r
	a.Action = pick(r, queue.Park, queue.Park, queue.Requeue, queue.Transfer, queue.Transfer)
	switch {
	case a.Action == queue.Park && r.often(50):
		a.ResumeAt = r.now.Add(r.between(time.Minute, 30*time.Minute))
	case a.Action == queue.Transfer && r.often(50):
		a.Service = pick(r, "A", "B", "C", "D")
	case a.Action == queue.Transfer:
		a.Counter = pick(r, "1", "2", "3", "4")
	}
	if r.often(50) {
		a.Reason = "thiếu giấy tờ"
	}
	return a
}

// whileAway: the counter is closed or paused.
func (c *clerk) whileAway() queue.Command {
	if c.r.often(30) {
		return queue.SetCounterRequest{Counter: c.counter, State: queue.Opened}
	}
	return nil
}

// whileFree: mostly the next one is called.
func (c *clerk) whileFree() queue.Command {
	r := c.r
	if r.often(97) && !c.somebody() {
		return nil
	}
	switch n := r.people.IntN(100); {
	case n < 2:
		return queue.SetCounterRequest{Counter: c.counter, State: pick(r, queue.Paused, queue.Closed), Reason: "xử lý hồ sơ"}
	case n < 16:
		return c.comeBack()
	case n < 20:
		if id, ok := c.waitingOne(); ok {
			return queue.CallRequest{Counter: c.counter, Ticket: id, Reason: pick(r, "", "", "bệnh nặng")}
		}
		fallthrough
	default:
		return queue.CounterRequest{Counter: c.counter}
	}
}

// comeBack: one of those met before is here again.
func (c *clerk) comeBack() queue.Command {
	r := c.r
	if len(c.met) == 0 {
		return nil
	}
	a := queue.ActRequest{Ticket: c.met[max(0, len(c.met)-1-r.people.IntN(4))]}
	a.Action = pick(r, queue.Undo, queue.Restore, queue.Resume, queue.Resume, queue.Requeue)
	if a.Action == queue.Resume {
		a.Counter = pick(r, "", c.counter)
	}
	return a
}

// somebody reports whether the counter could call anybody, as the hall knows it.
func (c *clerk) somebody() bool {
	v := c.r.view
	i := slices.IndexFunc(v.setup.Counters, func(o queue.Counter) bool { return o.ID == c.counter })
	return i >= 0 && v.first(v.setup.Counters[i], c.r.now) != nil
}

// waitingOne is somebody who waits for this counter, as the hall knows it.
func (c *clerk) waitingOne() (string, bool) {
	v := c.r.view
	i := slices.IndexFunc(v.setup.Counters, func(o queue.Counter) bool { return o.ID == c.counter })
	if i < 0 {
		return "", false
	}
	var ids []string
	for _, id := range v.order {
		if t := v.tickets[id]; t.State == queue.Waiting && served(v.setup.Counters[i], t) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return "", false
	}
	return pick(c.r, ids...), true
}
