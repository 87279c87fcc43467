package sim

import (
	"encoding/json"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// twin is an office started afresh from a copy of the disk, which was asked
// the same as the running one: a restart must make no difference.
type twin struct {
	disk    *disk
	answers []queue.Answer
}

// newTwin asks a fresh office; nil where the comparison would say nothing.
func (r *run) newTwin(o *owner, commands []queue.Command) *twin {
	const share = 0.01
	if r.luck.Float64() >= share || len(r.owners) != 1 || len(commands) == 0 || r.trouble != (trouble{}) || o.lags(r) {
		return nil
	}
	if !r.settle(o) {
		return nil
	}
	now := r.now.Add(r.skew + o.skew)
	if !r.agrees(o, now) {
		return nil // It goes by its own time, which a fresh one does not know.
	}
	copied := r.disk.copy()
	draws := r.draws
	e, err := r.newEngine(&store{disk: copied, trouble: new(trouble)}, func() time.Time { return now })
	if err != nil {
		if queue.ErrorCode(err) != queue.CodeClockWrong {
			r.wrong("a second start at seq %d fails: %v", r.disk.end(), err)
		}
		return nil
	}
	if copied.end() != r.disk.end() {
		r.wrong("a restart at seq %d finds something to do that the running office does not: %s", r.disk.end(), about(copied.content.events[r.disk.end()]))
		return nil
	}
	t := &twin{disk: copied, answers: e.Together(r.ctx, commands...)}
	r.draws = draws
	r.report.Twins++
	return t
}

// agrees reports whether the office's time is what a fresh office would take
// from the machine's clock.
func (r *run) agrees(o *owner, now time.Time) bool {
	want := now.UTC().Truncate(time.Millisecond)
	if events := r.disk.content.events; len(events) > 0 && want.Before(events[len(events)-1].At) {
		if r.steady {
			return false // Which might not start with such a clock.
		}
		want = events[len(events)-1].At
	}
	b, err := o.engine.Board(r.ctx)
	return err == nil && b.At.Equal(want) && (!r.steady || r.skew == 0)
}

// settle has the running office do what is due, so that a fresh one has
// nothing to do; it reports whether that worked.
func (r *run) settle(o *owner) bool {
	const rounds = 20
	for range rounds {
		before := r.disk.end()
		o.engine.Together(r.ctx)
		r.follow()
		if r.disk.end() == before {
			return r.sound()
		}
	}
	r.wrong("something is due for ever")
	return false
}

// compare wants the same answers and the same log, to the last hash.
func (t *twin) compare(r *run, o *owner, answers []queue.Answer) {
	if t == nil || o.store.failed {
		return
	}
	for i, want := range answers {
		if got := t.answers[i]; form(got) != form(want) {
			r.wrong("after a restart the answer would be %s, not %s", form(got), form(want))
			return
		}
	}
	if t.disk.head() != r.disk.head() {
		r.wrong("after a restart the log would end with another event than %d %s", r.disk.end(), r.disk.head())
	}
}

// form is all that an answer says.
func form(a queue.Answer) string {
	standing := queue.Standing{Ahead: -1}
	if a.Ticket.Standing != nil {
		standing = *a.Ticket.Standing
	}
	body, err := json.Marshal(struct {
		Ticket  queue.Ticket
		Ahead   int
		Counter queue.CounterView
		Code    queue.Code
	}{a.Ticket, standing.Ahead, a.Counter, queue.ErrorCode(a.Err)})
	if err != nil {
		return err.Error()
	}
	return string(body)
}
