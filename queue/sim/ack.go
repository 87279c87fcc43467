package sim

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/xinmoi/xinmoi/queue"
)

// What was acknowledged is promised. It is remembered here and held against
// the log, never against what the office remembers.

// judge looks whether an answer may be what it is.
func (r *run) judge(p *op, a queue.Answer, c circumstances) {
	switch code := queue.ErrorCode(a.Err); code {
	case "":
		r.acknowledged(p, a)
	case queue.CodeUnavailable:
		r.report.Refusals[code]++
		if !c.failed {
			r.wrong("%s %s: %v, but the store did not fail", p.actor, describe(p.cmd), a.Err)
		}
	case queue.CodeFenced:
		r.report.Refusals[code]++
		if !c.lagged {
			r.wrong("%s %s: %v, but nobody else had written", p.actor, describe(p.cmd), a.Err)
		}
	case queue.CodeClockWrong:
		r.report.Refusals[code]++
		if r.skew == 0 { // The log is ahead of a clock that is right: somebody has to say so.
			r.trust = true
			r.note("%v; started again with the clock trusted", a.Err)
		}
	case queue.CodeInternal:
		r.wrong("%s %s: %v", p.actor, describe(p.cmd), a.Err)
	default:
		r.report.Refusals[code]++
		r.refused(p, a.Err, c)
	}
}

// refused: then nothing has happened, not even at an earlier try.
func (r *run) refused(p *op, err error, c circumstances) {
	if c.lagged { // What the office reads is old; what it writes would be fenced.
		return
	}
	if n := r.view.done[p.actor].n; n > 0 || (p.acked && p.key != "") {
		r.wrong("%s %s is refused (%v), but has %d events in the log, acknowledged: %v", p.actor, describe(p.cmd), err, n, p.acked)
	}
}

// acknowledged: then it has happened, once, and the answer says what the log says.
func (r *run) acknowledged(p *op, a queue.Answer) {
	done := r.view.done[p.actor]
	if done.n == 0 && !repeatable(p.cmd) {
		r.wrong("%s %s is acknowledged, but not in the log", p.actor, describe(p.cmd))
	}
	if a.Ticket.ID != "" {
		r.checkAnswer(p, a.Ticket, done)
	}
	if p.acked {
		r.report.Repeats++
		if a.Ticket.ID != p.ticket || a.Ticket.Number != p.number || a.Counter.ID != p.counter {
			r.wrong("%s %s was answered with ticket %q (%s) or counter %q, and now with ticket %q (%s) or counter %q", p.actor, describe(p.cmd),
				p.ticket, p.number, p.counter, a.Ticket.ID, a.Ticket.Number, a.Counter.ID)
		}
		return
	}
	r.report.Actions++
	p.acked, p.ticket, p.number, p.counter = true, a.Ticket.ID, a.Ticket.Number, a.Counter.ID
	p.seq, p.hash = done.seq, done.hash
	r.acks = append(r.acks, p)
}

// checkAnswer compares the ticket of an answer with the log.
func (r *run) checkAnswer(p *op, t queue.Ticket, done deed) {
	if done.ticket != "" && done.ticket != t.ID {
		r.wrong("%s %s did something to ticket %s, but is answered with ticket %s (%s)", p.actor, describe(p.cmd), done.ticket, t.ID, t.Number)
	}
	if _, take := p.cmd.(queue.TakeRequest); take && r.view.issuer[t.ID] != p.actor {
		r.wrong("%s is told number %s, which was given to %q", p.actor, t.Number, r.view.issuer[t.ID])
	}
	events := r.disk.content.events
	i, found := slices.BinarySearchFunc(events, t.Version, func(e queue.Event, seq int64) int { return int(e.Seq - seq) })
	if !found || events[i].Ticket == nil {
		r.wrong("%s is told of ticket %s at version %d, which is no event of it", p.actor, t.Number, t.Version)
		return
	}
	want, err := json.Marshal(events[i].Ticket)
	got, err2 := json.Marshal(t)
	if err != nil || err2 != nil || !bytes.Equal(want, got) {
		r.wrong("%s is told %s, the log says %s", p.actor, got, want)
	}
}

// repeatable reports whether a command may be acknowledged because it is
// already so.
func repeatable(cmd queue.Command) bool {
	switch c := cmd.(type) {
	case queue.ActRequest:
		return c.Action == queue.Confirm || c.Action == queue.CheckIn || c.Action == queue.Entitle
	case queue.SetCounterRequest, queue.ConfigureRequest, queue.IssuingRequest, queue.RevokeRequest:
		return true
	default:
		return false
	}
}

// audit: everything acknowledged is in the log, as it was.
func (r *run) audit() {
	events := r.disk.content.events
	for _, p := range r.acks {
		if p.seq == 0 {
			continue
		}
		if i := p.seq - 1; i >= int64(len(events)) || events[i].Hash != p.hash {
			r.wrong("%s %s was acknowledged with event %d, which the log has lost; it ends at %d", p.actor, describe(p.cmd), p.seq, r.disk.end())
		}
	}
}

// lastCheck closes the books: every acknowledged number leads to its ticket,
// and every command has as many events as it may have.
func (r *run) lastCheck() {
	r.audit()
	for _, p := range r.acks {
		if p.number.IsZero() {
			continue
		}
		row, known := r.disk.content.rows[p.ticket]
		if !known || row.Number != p.number {
			r.wrong("%s was told number %s (ticket %s); stored is %q", p.actor, p.number, p.ticket, row.Number)
		}
	}
}

// count fills in the report.
func (r *run) count() {
	r.report.Events = len(r.disk.content.events)
	r.report.Head = r.disk.head()
	r.report.Ordered, r.report.GivenOut = r.view.ordered, r.view.shelved
	for _, e := range r.disk.content.events {
		r.report.Kinds[e.Kind]++
	}
	r.report.Tickets = r.report.Kinds[queue.TicketIssued] + r.report.Kinds[queue.TicketHeld]
}
