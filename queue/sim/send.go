package sim

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// request is one try of a command by somebody who waits for the answer.
type request struct {
	op    *op
	then  func(queue.Answer) // What its sender does with the answer; may be nil.
	tries int
}

// op is one command that somebody means once, however often it is sent.
type op struct {
	actor  string // Its own caller, so that the log tells whose event is whose.
	key    string // Empty: cannot be repeated.
	cmd    queue.Command
	person string

	acked   bool
	ticket  string // In the first answer.
	number  queue.Number
	counter string
	seq     int64  // Its latest event when it was acknowledged; 0 = it had none.
	hash    string // Of that event.
}

// request makes a command that somebody at a device means. A keyed one is
// repeated until it is answered.
func (r *run) request(device string, keyed bool, cmd queue.Command, then func(queue.Answer)) *request {
	const keys = 5 // Few, so that a key alone tells nothing: it belongs to its caller.
	r.actors++
	p := &op{actor: fmt.Sprintf("%s.%d", device, r.actors)}
	if keyed {
		p.key = fmt.Sprintf("key-%d", r.actors%keys)
	}
	p.cmd = withMeta(cmd, queue.Meta{Caller: p.actor, Key: p.key})
	if t, ok := cmd.(queue.TakeRequest); ok {
		p.person = t.Person
	}
	r.ops[p.actor] = p
	return &request{op: p, then: then}
}

// withMeta puts a sender into a command.
func withMeta(cmd queue.Command, m queue.Meta) queue.Command {
	switch c := cmd.(type) {
	case queue.TakeRequest:
		c.Meta = m
		return c
	case queue.ActRequest:
		c.Meta = m
		return c
	case queue.CounterRequest:
		c.Meta = m
		return c
	case queue.CallRequest:
		c.Meta = m
		return c
	case queue.SetCounterRequest:
		c.Meta = m
		return c
	case queue.ConfigureRequest:
		c.Meta = m
		return c
	case queue.IssuingRequest:
		c.Meta = m
		return c
	case queue.CardRequest:
		c.Meta = m
		return c
	case queue.RevokeRequest:
		c.Meta = m
		return c
	case queue.AnnouncedRequest:
		c.Meta = m
		return c
	default:
		return cmd
	}
}

// delivery is a request as it arrives; a duplicate arrives twice.
type delivery struct {
	*request
	again bool
}

// send delivers what arrives at one moment, as one commit, and has the answers
// heard. Without requests the office only does what is due.
func (r *run) send(requests []*request) {
	if !r.sound() {
		return
	}
	r.report.Commits++
	fault := r.strike()
	o := r.owner()
	switch {
	case o == nil:
		r.unanswered(requests)
		return
	case fault == CrashBefore:
		r.crash()
		r.unanswered(requests)
		return
	case fault == SecondOwner:
		r.second()
	case fault == ReusedKey:
		r.reuseKey(o)
	}
	if len(r.owners) > 0 && r.sound() {
		r.commit(o, requests)
	} else {
		r.unanswered(requests)
	}
	if fault == CrashAnswered && len(r.owners) > 0 {
		r.crash()
	}
}

// commit is one moment in the life of an owner.
func (r *run) commit(o *owner, requests []*request) {
	deliveries := r.deliver(requests)
	commands := make([]queue.Command, len(deliveries))
	for i, d := range deliveries {
		commands[i] = r.favour(d.op.cmd)
		r.note("%s %s", d.op.actor, describe(d.op.cmd))
	}
	twin := r.newTwin(o, commands)
	lagged := o.lags(r)
	o.store.failed = false
	answers := o.engine.Together(r.ctx, commands...)
	r.follow()
	if r.disk.off {
		r.strikes(diedAt(r.trouble.dies))
		r.fall()
		r.unanswered(requests)
		return
	}
	twin.compare(r, o, answers)
	for i, d := range deliveries {
		r.hear(d, answers[i], circumstances{lagged: lagged, failed: o.store.failed})
	}
	r.checkOffice(o, o.store.failed)
	if r.trust {
		r.owners, r.upAt = nil, r.now.Add(time.Minute)
	}
}

// diedAt names the crash at a point.
func diedAt(p point) Fault {
	switch p {
	case beforeAppend:
		return CrashUnwritten
	case beforeSync:
		return CrashUnsynced
	default:
		return CrashUnanswered
	}
}

// deliver has some of the requests that carry a key arrive twice.
func (r *run) deliver(requests []*request) []delivery {
	const duplicates = 0.06
	deliveries := make([]delivery, 0, len(requests))
	for _, q := range requests {
		deliveries = append(deliveries, delivery{request: q})
		if q.op.key != "" && !r.calm && r.luck.Float64() < duplicates {
			r.strikes(Duplicate)
			deliveries = append(deliveries, delivery{request: q, again: true})
		}
	}
	return deliveries
}

// circumstances excuse an answer.
type circumstances struct {
	lagged bool // Another owner had written, and this one had not noticed.
	failed bool // The store failed.
}

// hear brings an answer to its sender, unless it is lost on the way.
func (r *run) hear(d delivery, a queue.Answer, c circumstances) {
	const lost = 0.04
	code := queue.ErrorCode(a.Err)
	r.judge(d.op, a, c)
	switch {
	case d.again: // The first answer counts.
	case code == queue.CodeUnavailable || code == queue.CodeFenced || code == queue.CodeClockWrong:
		r.unanswered([]*request{d.request})
	case !r.calm && r.luck.Float64() < lost:
		r.strikes(LostReply)
		r.unanswered([]*request{d.request})
	case d.then != nil:
		d.then(a)
	}
}

// unanswered is what people do who hear nothing: with a key they try again,
// some of them much later, even tomorrow; without one they do not know.
func (r *run) unanswered(requests []*request) {
	for _, q := range requests {
		q.tries++
		switch {
		case q.op.key == "":
			if q.then != nil {
				q.then(queue.Answer{Err: queue.Errorf(queue.CodeUnavailable, "no answer")})
			}
		case r.calm:
			r.wrong("%s %s is not answered although nothing is in the way", q.op.actor, describe(q.op.cmd))
		default:
			r.agenda.put(appointment{at: r.now.Add(r.patience(q)), pending: q, do: func() []*request { return []*request{q} }})
		}
	}
}

// patience is how long somebody waits before trying again.
func (r *run) patience(q *request) time.Duration {
	if r.luck.IntN(20) == 0 {
		r.strikes(LateRetry)
		return time.Duration(30+r.luck.IntN(24*60)) * time.Minute
	}
	return time.Second << min(q.tries, 8)
}

// reuseKey sends another request under a key that was used: it must be refused.
func (r *run) reuseKey(o *owner) {
	if len(r.acks) == 0 || len(r.owners) != 1 || o.lags(r) {
		return
	}
	p := r.acks[r.luck.IntN(len(r.acks))]
	if p.key == "" {
		return
	}
	other := withMeta(queue.CounterRequest{Counter: "no such counter"}, queue.Meta{Caller: p.actor, Key: p.key})
	o.store.failed = false
	answers := o.engine.Together(r.ctx, other)
	r.follow()
	if code := queue.ErrorCode(answers[0].Err); code != queue.CodeKeyReused && !o.store.failed && !r.disk.off && code != queue.CodeClockWrong {
		r.wrong("another request under the key of %s %s is answered with %q, not refused", p.actor, describe(p.cmd), code)
	}
	if r.disk.off {
		r.fall()
	}
}

// describe gives a command in one line.
func describe(cmd queue.Command) string {
	body, err := json.Marshal(cmd)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%T", cmd)[len("queue."):] + string(body)
}
