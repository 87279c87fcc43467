package whatif

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Log is where days are read from; every queue.Store is one.
type Log = queue.LogReader

// ReadDay gives the events of an office's business day ("2026-11-21"), from
// its DayOpened to the next one.
func ReadDay(ctx context.Context, log Log, office, day string) ([]queue.Event, error) {
	begin, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil, fmt.Errorf("day %q: write it like 2026-11-21", day)
	}
	after, err := queue.LastBefore(ctx, log, office, begin.Add(-24*time.Hour)) // Wherever on Earth the office is.
	if err != nil {
		return nil, err
	}
	var events []queue.Event
	for e, err := range queue.Stored(ctx, log, office, after) {
		if err != nil {
			return nil, err
		}
		if e.Kind == queue.DayOpened && e.Opening != nil {
			switch {
			case len(events) > 0:
				return events, nil
			case e.Opening.Day > day:
				return nil, fmt.Errorf("office %s has no day %s in its log; the next one is %s", office, day, e.Opening.Day)
			case e.Opening.Day < day:
				continue
			}
			events = append(events, e)
		} else if len(events) > 0 {
			events = append(events, e)
		}
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("office %s has no day %s in its log", office, day)
	}
	return events, nil
}

// reader makes a day of its log.
type reader struct {
	day      Day
	name     string // Of the day.
	index    map[string]int
	tickets  map[string]queue.Ticket // As they stand.
	lined    map[string]lineOf       // Where those stand that can be called.
	lines    map[lineOf]int          // How many stand there.
	outcomes []outcome
	work     time.Duration
	desks    map[string]*deskReader
	order    []string // Counters as they turn up.
	stay     map[string]stay
	early    map[string]bool // Tickets that can be called from their booked time on, which has not come.
	at       time.Time       // Of the latest event.
	trial    bool            // The office is being tried out.
	acted    time.Time       // Of the latest event that somebody caused.
}

// lineOf is a line: of a service, or of the one counter that may call.
type lineOf struct{ service, only string }

// stay is a ticket's stay at a counter under way.
type stay struct {
	counter string
	from    time.Time
}

// deskReader is a counter as the log is read.
type deskReader struct {
	Desk
	open   bool
	since  time.Time // Of the span under way.
	hand   string    // Ticket.
	wanted time.Time // Since when it was free and had somebody to call; zero = it is not or has not.
	left   bool      // Somebody was there for it when it last closed.
}

// readDay makes a day to be played of the events of one business day, and
// tells what became of each visit on that day itself.
func readDay(events []queue.Event) (*reader, error) {
	r := &reader{index: map[string]int{}, tickets: map[string]queue.Ticket{}, lined: map[string]lineOf{}, lines: map[lineOf]int{}, desks: map[string]*deskReader{}, stay: map[string]stay{}, early: map[string]bool{}}
	for _, e := range withoutUndone(events) {
		if r.name == "" && e.Kind != queue.DayOpened {
			continue
		}
		if r.name != "" && e.Kind == queue.DayOpened {
			break
		}
		r.pass(e.At)
		if err := r.add(e); err != nil {
			return nil, fmt.Errorf("event %d: %w", e.Seq, err)
		}
		r.watch(e.At)
	}
	if r.name == "" {
		return nil, fmt.Errorf("no business day opens in these %d events", len(events))
	}
	r.finish()
	return r, nil
}

// withoutUndone leaves out what staff took back, and the taking back.
func withoutUndone(events []queue.Event) []queue.Event {
	gone := make([]bool, len(events))
	history := map[string][]int{} // Ticket → its events so far.
	for i, e := range events {
		if e.Ticket == nil {
			continue
		}
		past := history[e.Ticket.ID]
		if e.Kind != queue.TicketUndone {
			history[e.Ticket.ID] = append(past, i)
			continue
		}
		gone[i] = true
		if len(past) > 0 {
			gone[past[len(past)-1]] = true
			history[e.Ticket.ID] = past[:len(past)-1]
		}
	}
	kept := make([]queue.Event, 0, len(events))
	for i, e := range events {
		if !gone[i] {
			kept = append(kept, e)
		}
	}
	return kept
}

// add takes the next event.
func (r *reader) add(e queue.Event) error {
	r.at = e.At
	if e.Actor != "system" {
		r.acted = e.At
	}
	switch e.Kind {
	case queue.DayOpened:
		if e.Setup == nil || e.Opening == nil {
			return fmt.Errorf("%s without setup or opening", e.Kind)
		}
		r.name, r.day.Start, r.acted = e.Opening.Day, e.At, e.At
		r.setup(*e.Setup)
		r.opening(*e.Opening)
	case queue.OfficeConfigured:
		if e.Setup != nil {
			r.setup(*e.Setup)
		}
	case queue.CounterOpened, queue.CounterPaused, queue.CounterClosed:
		r.staff(e.Counter, e.Kind == queue.CounterOpened)
	default:
		if e.Ticket != nil && !e.Ticket.Trial { // Staff trying out are no visitors.
			r.ticket(e)
		}
	}
	return nil
}

// setup notes a setup in force. Services and counters that it leaves out stay
// known: there may be tickets of theirs.
func (r *reader) setup(s queue.Setup) {
	old := r.day.Setup
	r.tried(s.Trial)
	r.day.Setup = s
	r.day.Setup.Trial = false // Whoever plays the day is served.
	r.day.Setup.Services, r.day.Setup.Counters = slices.Clone(s.Services), slices.Clone(s.Counters)
	for _, v := range old.Services {
		if !slices.ContainsFunc(s.Services, func(w queue.Service) bool { return w.ID == v.ID }) {
			r.day.Setup.Services = append(r.day.Setup.Services, v)
		}
	}
	for _, c := range old.Counters {
		if !slices.ContainsFunc(s.Counters, func(d queue.Counter) bool { return d.ID == c.ID }) {
			r.day.Setup.Counters = append(r.day.Setup.Counters, c)
		}
	}
	for _, c := range s.Counters {
		r.desk(c.ID)
	}
}

// tried notes whether the office is being tried out: what counters do meanwhile
// is no work of theirs.
func (r *reader) tried(trial bool) {
	for _, d := range r.desks {
		switch {
		case !d.open || trial == r.trial:
		case trial:
			r.span(d)
		default:
			d.since = r.at
		}
	}
	r.trial = trial
}

// span ends the time that a counter was open, unless it was on trial.
func (r *reader) span(d *deskReader) {
	if !r.trial && r.at.After(d.since) {
		d.Spans = append(d.Spans, Span{d.since, r.at})
	}
}

// opening notes what the day took over. A counter with a ticket of yesterday
// in hand calls nobody until that is done.
func (r *reader) opening(o queue.Opening) {
	for _, t := range o.Tickets {
		if t.Trial {
			continue
		}
		r.desk(t.Counter).hand = t.ID
	}
	for _, c := range o.Counters {
		if c.State == queue.Opened {
			r.staff(c.ID, true)
		}
	}
}

func (r *reader) desk(counter string) *deskReader {
	d := r.desks[counter]
	if d == nil {
		d = &deskReader{Desk: Desk{Counter: counter}}
		r.desks[counter] = d
		r.order = append(r.order, counter)
	}
	return d
}

// staff opens or closes a counter.
func (r *reader) staff(counter string, open bool) {
	d := r.desk(counter)
	switch {
	case open && !d.open:
		d.since = r.at
	case !open && d.open && r.at.After(d.since):
		r.span(d)
		d.left = r.callable(d)
	}
	d.open = open
}

// ticket notes what happened to a ticket.
func (r *reader) ticket(e queue.Event) {
	t := *e.Ticket
	i, known := r.index[t.ID]
	if !known {
		switch {
		case t.Reserved(): // For a machine: nobody has it before it is confirmed.
			return
		case e.Kind != queue.TicketIssued && e.Kind != queue.TicketHeld && e.Kind != queue.TicketConfirmed:
			r.yesterday(t)
			return
		}
		i = len(r.day.Visits)
		r.index[t.ID] = i
		r.day.Visits = append(r.day.Visits, Visit{
			Ticket: t.ID, At: t.IssuedAt, Service: t.Service, Class: t.Class, Channel: t.Channel, Needs: t.Needs,
			Slot: t.Slot, Held: e.Kind == queue.TicketHeld,
		})
		r.outcomes = append(r.outcomes, outcome{})
	}
	old := r.tickets[t.ID]
	r.tickets[t.ID] = t
	r.line(t)
	v, o := &r.day.Visits[i], &r.outcomes[i]
	switch {
	case !known: // It has only come.
	case !old.State.InHand() && t.State.InHand():
		r.called(v, o, e)
	case old.State.InHand() && !t.State.InHand():
		r.ended(v, o, e)
	case !old.State.InHand():
		r.waits(v, old, e)
	}
	r.arrived(v, o, t)
}

// arrived notes since when a citizen waits.
func (r *reader) arrived(v *Visit, o *outcome, t queue.Ticket) {
	if !o.here.IsZero() || !r.inLine(t) {
		return
	}
	o.here = v.At
	if r.day.Setup.Rules.CheckIn && v.remote() {
		o.here = r.at
	}
}

// pass lets time pass up to the next event: booked times come.
func (r *reader) pass(now time.Time) {
	var due []queue.Ticket
	for id := range r.early {
		if t := r.tickets[id]; !t.Slot.After(now) {
			due = append(due, t)
		}
	}
	slices.SortFunc(due, func(a, b queue.Ticket) int { return cmp.Or(a.Slot.Compare(b.Slot), cmp.Compare(a.ID, b.ID)) })
	for _, t := range due {
		r.at = t.Slot
		r.line(t)
		i := r.index[t.ID]
		r.arrived(&r.day.Visits[i], &r.outcomes[i], t)
		r.watch(r.at)
	}
}

// yesterday notes that a ticket taken over is done.
func (r *reader) yesterday(t queue.Ticket) {
	for _, d := range r.desks {
		if d.hand == t.ID && !t.State.InHand() {
			d.hand = ""
			d.since = r.at // As if it had opened only now.
		}
	}
}

// called begins a stay at a counter.
func (r *reader) called(v *Visit, o *outcome, e queue.Event) {
	d := r.desk(e.Ticket.Counter)
	r.stay[v.Ticket] = stay{d.Counter, e.At}
	d.hand = v.Ticket
	var pause time.Duration
	if !d.wanted.IsZero() {
		pause = e.At.Sub(d.wanted)
	}
	d.Pauses = append(d.Pauses, pause)
	if o.called.IsZero() {
		o.called = e.At
	}
	if e.Kind == queue.TicketResumed {
		v.away(e.At)
	}
}

// away notes how long a ticket was set aside before it waited again.
func (v *Visit) away(until time.Time) {
	if last := len(v.Stages) - 1; last >= 0 {
		v.Stages[last].Away = max(time.Millisecond, until.Sub(v.asideAt))
	}
}

// ended ends a stay at a counter.
func (r *reader) ended(v *Visit, o *outcome, e queue.Event) {
	s := r.stay[v.Ticket]
	delete(r.stay, v.Ticket)
	r.desk(s.counter).hand = ""
	stage := Stage{Work: e.At.Sub(s.from), End: queue.Finish}
	switch e.Kind {
	case queue.TicketNoShow:
		stage.End = queue.Absent
		o.absent = len(v.Stages) == 0 || o.absent
	case queue.TicketParked:
		stage.End = queue.Park
	case queue.TicketTransferred:
		stage.End, stage.Counter = queue.Transfer, e.Ticket.Only
		if stage.Counter == "" {
			stage.Service = e.Ticket.Service
		}
	case queue.TicketRequeued:
		stage.End = queue.Requeue
	case queue.TicketPushedBack:
		stage.End, stage.Places = queue.Later, r.places(*e.Ticket, time.Time{})
	case queue.TicketDisentitled:
		stage.End = queue.Disentitle
	default:
		o.served, o.absent, o.ended = true, false, e.At
	}
	v.Stages = append(v.Stages, stage)
	v.asideAt = e.At
	r.work += stage.Work
}

// waits notes what was done while nobody had the ticket in hand.
func (r *reader) waits(v *Visit, old queue.Ticket, e queue.Event) {
	step := Step{At: e.At}
	switch e.Kind {
	case queue.TicketConfirmed:
		step.Action = queue.Confirm
	case queue.TicketCheckedIn:
		step.Action = queue.CheckIn
	case queue.TicketPushedBack:
		step.Action, step.Places = queue.Later, r.places(*e.Ticket, old.EligibleAt)
	case queue.TicketEntitled:
		step.Action = queue.Entitle
	case queue.TicketDisentitled:
		step.Action = queue.Disentitle
	case queue.TicketCancelled:
		step.Action = queue.Cancel
	case queue.TicketExpired:
		if e.Ticket.Reason != queue.ReasonCutoff {
			return // The day ended; another day may have had time for it.
		}
		step.Action = queue.Cancel
	case queue.TicketResumed, queue.TicketRestored:
		v.away(e.At)
		return
	case queue.TicketTransferred, queue.TicketRequeued: // From parked.
		r.redirect(v, e)
		return
	default:
		return
	}
	v.Steps = append(v.Steps, step)
}

// redirect notes that a parked ticket waits again elsewhere: as if it had been
// sent there at once.
func (r *reader) redirect(v *Visit, e queue.Event) {
	last := len(v.Stages) - 1
	if last < 0 {
		return
	}
	stage := &v.Stages[last]
	stage.End = queue.Requeue
	if e.Kind == queue.TicketTransferred {
		stage.End, stage.Counter = queue.Transfer, e.Ticket.Only
		if stage.Counter == "" {
			stage.Service = e.Ticket.Service
		}
	}
}

// places is how many others a ticket pushed back has let pass: those of its
// line who now stand between its old place and the new one.
func (r *reader) places(t queue.Ticket, from time.Time) int {
	n := 0
	for id, other := range r.tickets {
		if id != t.ID && r.inLine(other) && other.Service == t.Service && other.Class == t.Class &&
			other.EligibleAt.After(from) && other.EligibleAt.Before(t.EligibleAt) {
			n++
		}
	}
	return max(1, n)
}

// inLine reports whether a ticket waits where it can be called.
func (r *reader) inLine(t queue.Ticket) bool {
	return t.State == queue.Waiting && (t.Presence == queue.Present || !r.day.Setup.Rules.CheckIn && !r.isEarly(t))
}

// isEarly reports whether a ticket from afar waits for its booked time.
func (r *reader) isEarly(t queue.Ticket) bool {
	return t.State == queue.Waiting && t.Presence == queue.Remote && !r.day.Setup.Rules.CheckIn && t.Class == queue.Appointment && t.Slot.After(r.at)
}

// callable reports whether anybody is there for a counter.
func (r *reader) callable(d *deskReader) bool {
	if r.lines[lineOf{only: d.Counter}] > 0 {
		return true
	}
	for _, c := range r.day.Setup.Counters {
		if c.ID == d.Counter {
			return slices.ContainsFunc(slices.Concat(c.Services, c.Helps), func(service string) bool { return r.lines[lineOf{service: service}] > 0 })
		}
	}
	return false
}

// line counts who stands where.
func (r *reader) line(t queue.Ticket) {
	delete(r.early, t.ID)
	if r.isEarly(t) {
		r.early[t.ID] = true
	}
	if old, ok := r.lined[t.ID]; ok {
		r.lines[old]--
		delete(r.lined, t.ID)
	}
	if !r.inLine(t) {
		return
	}
	in := lineOf{service: t.Service}
	if t.Only != "" {
		in = lineOf{only: t.Only}
	}
	r.lined[t.ID] = in
	r.lines[in]++
}

// watch notes since when the counters that are free have somebody to call.
func (r *reader) watch(now time.Time) {
	for _, d := range r.desks {
		switch ready := d.open && d.hand == "" && r.callable(d); {
		case !ready:
			d.wanted = time.Time{}
		case d.wanted.IsZero():
			d.wanted = now
		}
	}
}

// mostLate is how long before the office's last counter another may close and
// still count as one that stayed to the end.
const mostLate = time.Hour

// finish completes the day when its log has been read.
func (r *reader) finish() {
	r.usual()
	for id, s := range r.stay { // In hand when the log ends.
		v := &r.day.Visits[r.index[id]]
		v.Stages = append(v.Stages, Stage{Work: max(v.Default, r.at.Sub(s.from)), End: queue.Finish})
	}
	r.at = r.acted
	var closed time.Time
	for _, d := range r.desks {
		if d.open {
			r.staff(d.Counter, false)
		}
		if n := len(d.Spans); n > 0 && d.Spans[n-1].To.After(closed) {
			closed = d.Spans[n-1].To
		}
	}
	all := r.pauses("")
	for _, id := range r.order {
		d := r.desks[id]
		if len(d.Spans) == 0 {
			continue
		}
		d.Stays = !d.left && closed.Sub(d.Spans[len(d.Spans)-1].To) <= mostLate
		d.Pause = all
		if len(d.Pauses) > 0 {
			d.Pause = r.pauses(id)
		}
		r.day.Desks = append(r.day.Desks, d.Desk)
	}
	r.dropUndelivered()
}

// pauses is the median of a counter's pauses, or of all.
func (r *reader) pauses(counter string) time.Duration {
	var list []time.Duration
	for id, d := range r.desks {
		if counter == "" || id == counter {
			list = append(list, d.Pauses...)
		}
	}
	return summary(list).Median
}

// guess is how long a service takes that nobody was served in all day.
const guess = 10 * time.Minute

// usual fills in how long a visit takes of which the day does not tell.
func (r *reader) usual() {
	of := map[string][]time.Duration{}
	for i := range r.day.Visits {
		if v := &r.day.Visits[i]; r.outcomes[i].served {
			d := v.Stages[len(v.Stages)-1].Work
			of[v.Service] = append(of[v.Service], d)
			of[""] = append(of[""], d)
		}
	}
	for i := range r.day.Visits {
		v := &r.day.Visits[i]
		v.Default = cmp.Or(summary(of[v.Service]).Median, summary(of[""]).Median, guess)
	}
}

// dropUndelivered leaves out the numbers that never reached anybody, and puts
// those in their place that a machine had given before it could tell.
func (r *reader) dropUndelivered() {
	var order []int
	for i, v := range r.day.Visits {
		if v.Held && !slices.ContainsFunc(v.Steps, func(s Step) bool { return s.Action == queue.Confirm }) {
			continue
		}
		order = append(order, i)
	}
	all, ends := r.day.Visits, r.outcomes
	slices.SortStableFunc(order, func(a, b int) int { return all[a].At.Compare(all[b].At) })
	r.day.Visits, r.outcomes = nil, nil
	for _, i := range order {
		r.day.Visits, r.outcomes = append(r.day.Visits, all[i]), append(r.outcomes, ends[i])
	}
}
