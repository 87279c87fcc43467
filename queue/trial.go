package queue

import "time"

// tryOut ends with a trial what it has left in the hall: its open tickets, and
// counters at work, so that nothing is shown or served that does not count. A
// trial begins only where nobody waits. Numbers set aside for machines are
// nobody's yet: they lapse both ways, and others take their place.
func (d *decision) tryOut(s *state, on bool, caller string, now time.Time) error {
	if on == s.setup.Trial {
		return nil
	}
	end := func(t Ticket, kind Kind, reason string) {
		counter := t.Counter
		t.State, t.Reason = Cancelled, reason
		t.stamp(now)
		d.emit(s, Event{Kind: kind, Actor: caller, Counter: counter, Reason: reason, Ticket: &t}, now)
	}
	kept := map[string]bool{} // Counters with a citizen.
	for _, id := range s.ticketIDs() {
		switch t := *s.tickets[id]; {
		case !t.State.Open(), on && t.Trial:
		case t.Reserved():
			end(t, TicketLapsed, ReasonUndelivered)
		case on:
			return Errorf(CodeSetupInUse, "ticket %s is still %s: a trial begins when nobody waits and no counter serves", t.Number, t.State)
		case t.Trial:
			end(t, TicketCancelled, ReasonTrial)
		case t.State.InHand():
			kept[t.Counter] = true
		}
	}
	for _, c := range s.setup.Counters {
		if !on && s.counters[c.ID].state != Closed && !kept[c.ID] {
			d.emit(s, Event{Kind: CounterClosed, Actor: caller, Counter: c.ID, Reason: ReasonTrial}, now)
		}
	}
	return nil
}

// tried reports whether a ticket is over with the trial that it was issued in:
// nothing brings it back into a line that citizens stand in.
func (s *state) tried(t *Ticket) bool { return t.Trial && !s.setup.Trial && !t.State.Open() }
