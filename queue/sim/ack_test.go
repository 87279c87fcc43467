package sim

import (
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// stored founds a real office on the simulated disk and gives its first owner.
func stored(t *testing.T) (*run, *owner) {
	t.Helper()
	r := newRun(t.Context(), Config{Seed: 1, Days: 1, People: 10, Faults: -1})
	r.setup = queue.CommuneCentre()
	r.calm, r.steady = true, false
	r.now = r.firstDay().Add(9 * time.Hour)
	o := r.owner()
	if o == nil || !r.sound() {
		t.Fatalf("no office: %v", r.report.Findings)
	}
	return r, o
}

// ask sends one request and gives its answer, unjudged.
func (r *run) ask(o *owner, q *request) queue.Answer {
	a := o.engine.Together(r.ctx, q.op.cmd)[0]
	r.follow()
	return a
}

func (r *run) taker(person string) *request {
	return r.request("kiosk-1", true, queue.TakeRequest{Service: "A", Channel: queue.Kiosk, Person: person}, nil)
}

// What an answer may not be, and what it may.
func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		want string // Empty: nothing is wrong.
		c    circumstances
		do   func(*run, *owner, *request) queue.Answer
	}{
		"as it should be": {do: (*run).ask},
		"again, with the key": {do: func(r *run, o *owner, q *request) queue.Answer {
			r.judge(q.op, r.ask(o, q), circumstances{})
			return r.ask(o, q)
		}},
		"never done":       {want: "not in the log", do: func(*run, *owner, *request) queue.Answer { return queue.Answer{} }},
		"another's number": {want: "which was given to", do: func(r *run, o *owner, _ *request) queue.Answer { return r.ask(o, r.taker("")) }},
		"another state than stored": {want: "the log says", do: func(r *run, o *owner, q *request) queue.Answer {
			a := r.ask(o, q)
			a.Ticket.State = queue.Called
			return a
		}},
		"a version that is none":     {want: "no event of it", do: func(r *run, o *owner, q *request) queue.Answer { a := r.ask(o, q); a.Ticket.Version = 99; return a }},
		"refused, but done":          {want: "is refused", do: func(r *run, o *owner, q *request) queue.Answer { r.ask(o, q); return refusal(queue.CodeOfficeClosed) }},
		"refused by one that lags":   {c: circumstances{lagged: true}, do: func(r *run, o *owner, q *request) queue.Answer { r.ask(o, q); return refusal(queue.CodeOfficeClosed) }},
		"refused, and not done":      {do: func(*run, *owner, *request) queue.Answer { return refusal(queue.CodeOfficeClosed) }},
		"unavailable for no reason":  {want: "did not fail", do: func(*run, *owner, *request) queue.Answer { return refusal(queue.CodeUnavailable) }},
		"unavailable for a reason":   {c: circumstances{failed: true}, do: func(*run, *owner, *request) queue.Answer { return refusal(queue.CodeUnavailable) }},
		"fenced by nobody":           {want: "nobody else had written", do: func(*run, *owner, *request) queue.Answer { return refusal(queue.CodeFenced) }},
		"fenced by another":          {c: circumstances{lagged: true}, do: func(*run, *owner, *request) queue.Answer { return refusal(queue.CodeFenced) }},
		"a defect":                   {want: "internal", do: func(*run, *owner, *request) queue.Answer { return refusal(queue.CodeInternal) }},
		"another answer to a repeat": {want: "and now with ticket", do: otherAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			r, o := stored(t)
			q := r.taker("")
			r.judge(q.op, c.do(r, o, q), c.c)
			said := ""
			for _, f := range r.report.Findings {
				said += f.Text + "\n"
			}
			if (c.want == "") != (said == "") || !strings.Contains(said, c.want) {
				t.Errorf("found %q, want %q", said, c.want)
			}
		})
	}
}

func refusal(code queue.Code) queue.Answer {
	return queue.Answer{Err: queue.Errorf(code, "made up")}
}

func otherAnswer(r *run, o *owner, q *request) queue.Answer {
	r.judge(q.op, r.ask(o, q), circumstances{})
	return r.ask(o, r.taker(""))
}

// What was acknowledged and is lost with the power is missed at the restart.
func TestAuditMissesWhatIsLost(t *testing.T) {
	for _, synced := range []bool{true, false} {
		r, o := stored(t)
		q := r.taker("")
		a := r.ask(o, q)
		r.judge(q.op, a, circumstances{})
		if !synced {
			r.disk.synced--
		}
		r.crash()
		r.disk.off = false
		r.follow()
		r.audit()
		if r.sound() != synced {
			t.Errorf("synced %v: found %v", synced, r.report.Findings)
		}
		r.report.Findings = nil
		r.lastCheck()
		if r.sound() != synced {
			t.Errorf("synced %v: found at last %v", synced, r.report.Findings)
		}
	}
}

// The office's words are held against the log.
func TestOfficeAgainstLog(t *testing.T) {
	for name, c := range map[string]struct {
		want   string
		change func(*run)
	}{
		"as it is": {"", func(*run) {}},
		"one waits more": {"wait for A", func(r *run) {
			r.view.tickets[r.view.order[0]] = &queue.Ticket{ID: r.view.order[0], State: queue.Cancelled, Service: "A"}
		}},
		"another counter":    {"counter 2 is closed", func(r *run) { r.view.desks["2"] = queue.Opened }},
		"a hand that is not": {"counter 3 is", func(r *run) { r.view.hands["3"] = "7" }},
		"a ticket forgotten": {"by the log it is", func(r *run) { r.forge("999") }},
		"an old state":       {"the office stands at", func(r *run) { r.disk.content.events = append(r.disk.content.events, event(99)) }},
	} {
		t.Run(name, func(t *testing.T) {
			r, o := stored(t)
			r.ask(o, r.taker(""))
			c.change(r)
			r.checkOffice(o, true)
			if c.want == "" {
				if !r.sound() {
					t.Errorf("found %v", r.report.Findings)
				}
			} else if r.sound() || !strings.Contains(r.report.Findings[0].Text, c.want) {
				t.Errorf("found %v, want %q", r.report.Findings, c.want)
			}
		})
	}
}

// forge makes the view believe in a ticket that there is not.
func (r *run) forge(id string) {
	r.view.tickets[id] = &queue.Ticket{ID: id, State: queue.Completed, Number: queue.Number{Prefix: "A", N: 999}, Day: r.view.day}
	r.view.order = append(r.view.order, id)
}

// A fresh office that would answer otherwise is noticed, in words and in the log.
func TestTwinDiffers(t *testing.T) {
	r, o := stored(t)
	q := r.taker("")
	copied := r.disk.copy()
	answers := []queue.Answer{r.ask(o, q)}
	same := &twin{disk: r.disk.copy(), answers: answers}
	same.compare(r, o, answers)
	if !r.sound() {
		t.Fatalf("found %v", r.report.Findings)
	}
	(&twin{disk: copied, answers: answers}).compare(r, o, answers)
	if r.sound() {
		t.Error("a log that ends otherwise is not noticed")
	}
	r.report.Findings = nil
	(&twin{disk: r.disk.copy(), answers: []queue.Answer{refusal(queue.CodeOfficeClosed)}}).compare(r, o, answers)
	if r.sound() {
		t.Error("another answer is not noticed")
	}
}

// Whoever comes back with a key of an acknowledged request is told the same
// after a restart with a clock that could not be right and was then put right.
func TestKeysOutliveAWrongClock(t *testing.T) {
	r, o := stored(t)
	r.steady = true
	q := r.taker("")
	r.judge(q.op, r.ask(o, q), circumstances{})
	r.crash()
	r.now, r.skew, r.disk.off = r.upAt, 100*24*time.Hour, false
	o = r.start(0)
	if o == nil {
		t.Skip("this office does not start with such a clock")
	}
	r.owners = []*owner{o}
	if a := r.ask(o, q); queue.ErrorCode(a.Err) != queue.CodeClockWrong {
		t.Fatalf("a clock 100 days ahead is answered with %v", a.Err)
	}
	r.skew = 0
	r.judge(q.op, r.ask(o, q), circumstances{})
	if !r.sound() {
		t.Errorf("found %v", r.report.Findings)
	}
}
