package web

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// roll knows what the office's own views do not list: who is set aside, who
// missed the turn, where no numbers are given, and what each counter did last.
// It is made from the log of the day.
type roll struct {
	mu      sync.Mutex
	tickets map[string]queue.Ticket // Waiting, parked and missed, by id.
	stopped map[string]string       // Services that give no more numbers → why; "" = all.
	last    map[string]deed         // Counter → what was done there last.
	news    map[string]time.Time    // When a parked or missed ticket came into its state.
}

// deed is a staff action that may be taken back while nothing followed it.
type deed struct {
	Ticket  string       `json:"ticket"` // Id.
	Number  queue.Number `json:"number"`
	Kind    queue.Kind   `json:"kind"`
	Version int64        `json:"version"` // Of the ticket, since then.
	At      time.Time    `json:"at"`
}

func newRoll() *roll {
	r := &roll{}
	r.turn()
	return r
}

// turn forgets the day before.
func (r *roll) turn() {
	r.tickets, r.stopped = map[string]queue.Ticket{}, map[string]string{}
	r.last, r.news = map[string]deed{}, map[string]time.Time{}
}

// deeds names the staff actions that can be taken back; see consoleDeeds for
// their words.
func deeds() []queue.Kind { return slices.Sorted(maps.Keys(deedWords())) }

// add takes the next event of the log.
func (r *roll) add(e queue.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case e.Kind == queue.DayOpened:
		r.turn()
	case e.Kind == queue.IssuingStopped:
		r.stopped[e.Service] = e.Reason
	case e.Kind == queue.IssuingResumed:
		if e.Service == "" { // All of them.
			clear(r.stopped)
		}
		delete(r.stopped, e.Service)
	case e.Ticket != nil:
		r.note(*e.Ticket, e.At)
		r.did(e)
	}
}

// note keeps a ticket while a list shows it.
func (r *roll) note(t queue.Ticket, at time.Time) {
	old, known := r.tickets[t.ID]
	switch t.State {
	case queue.Waiting, queue.Parked, queue.NoShow:
		if !known || old.State != t.State {
			r.news[t.ID] = at
		}
		r.tickets[t.ID] = t
	default:
		delete(r.tickets, t.ID)
		delete(r.news, t.ID)
	}
}

// did remembers the latest deed of a counter and forgets deeds that something
// followed: to the ticket, or at the counter, whose hands may be full by it.
func (r *roll) did(e queue.Event) {
	there := e.Ticket.State.InHand() || e.Kind == queue.TicketUndone
	for counter, d := range r.last {
		if d.Ticket == e.Ticket.ID || (there && counter == e.Counter) {
			delete(r.last, counter)
		}
	}
	if e.Counter == "" || e.Actor == "system" || !slices.Contains(deeds(), e.Kind) {
		return
	}
	r.last[e.Counter] = deed{e.Ticket.ID, e.Ticket.Number, e.Kind, e.Seq, e.At}
}

// rollView is the roll at one moment, for the consoles.
type rollView struct {
	parked, missed []aside
	stopped        map[string]string
	last           map[string]deed
}

// aside is a ticket of a list: set aside, missed, or waiting.
type aside struct {
	ID       string       `json:"id"`
	Number   queue.Number `json:"number"`
	Service  string       `json:"service"`
	Counter  string       `json:"counter"` // Where it was set aside or called last.
	Reason   string       `json:"reason"`
	Since    time.Time    `json:"since"`
	ResumeAt *time.Time   `json:"resume_at"`
	Version  int64        `json:"version"`
}

// view gives the lists as of now; a missed ticket is listed as long as it may
// be restored, a deed as long as it may be taken back.
func (r *roll) view(now time.Time, rules queue.Rules) rollView {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := rollView{parked: []aside{}, missed: []aside{}, stopped: maps.Clone(r.stopped), last: map[string]deed{}}
	for _, t := range r.tickets {
		switch {
		case t.State == queue.Parked:
			v.parked = append(v.parked, r.aside(t))
		case t.State == queue.NoShow && now.Sub(r.news[t.ID]) <= restoreTime(rules):
			v.missed = append(v.missed, r.aside(t))
		}
	}
	for counter, d := range r.last {
		if now.Sub(d.At) <= undoTime(rules) {
			v.last[counter] = d
		}
	}
	byNews := func(a, b aside) int { return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.ID, b.ID)) }
	slices.SortFunc(v.parked, byNews)
	slices.SortFunc(v.missed, byNews)
	return v
}

func (r *roll) aside(t queue.Ticket) aside {
	a := aside{
		ID: t.ID, Number: t.Number, Service: t.Service, Counter: t.Counter, Reason: t.Reason,
		Since: r.news[t.ID], Version: t.Version,
	}
	if !t.ResumeAt.IsZero() {
		a.ResumeAt = &t.ResumeAt
	}
	return a
}

// waiting lists those who wait for some services, in the order in which their
// waiting counts; who is next also depends on their classes.
func (r *roll) waiting(services []string) []queue.Ticket {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := []queue.Ticket{}
	for _, t := range r.tickets {
		if t.State == queue.Waiting && slices.Contains(services, t.Service) {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b queue.Ticket) int {
		return cmp.Or(a.EligibleAt.Compare(b.EligibleAt), cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// next lists of every line the few whose turn is near, in the order of the
// policy as far as the log tells it. Who has not come where that is asked for,
// and who waits for one counter alone, is left out.
func (r *roll) next(setup queue.Setup, now time.Time) map[string][]string {
	lines := map[string][]scored{}
	r.mu.Lock()
	for _, t := range r.tickets {
		here := !setup.Rules.CheckIn || t.Presence == queue.Present
		if t.State != queue.Waiting || !here || t.Only != "" || t.EligibleAt.After(now) {
			continue
		}
		one, line := scored{score(setup, t, now), &t}, lines[t.Service]
		if i, _ := slices.BinarySearchFunc(line, one, scored.compare); i < boardNext { // Of hundreds, a few are shown.
			line = slices.Insert(line, i, one)
			lines[t.Service] = line[:min(len(line), boardNext)]
		}
	}
	r.mu.Unlock()
	out := map[string][]string{}
	for service, line := range lines {
		for _, one := range line {
			out[service] = append(out[service], one.ticket.Number.String())
		}
	}
	return out
}

// undoTime and restoreTime have the defaults of queue.Rules.
func undoTime(r queue.Rules) time.Duration {
	return time.Duration(cmp.Or(r.UndoSeconds, 60)) * time.Second
}

func restoreTime(r queue.Rules) time.Duration {
	return time.Duration(cmp.Or(r.RestoreMinutes, 30)) * time.Minute
}
