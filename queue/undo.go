package queue

import (
	"fmt"
	"slices"
	"time"
)

// undoable is a ticket as it stood before the staff's latest action on it.
type undoable struct {
	before Ticket
	at     time.Time
}

// staffKinds are the events that staff may take back.
func staffKinds() []Kind {
	return []Kind{
		TicketCalled, TicketRecalled, TicketStarted, TicketFinished, TicketNoShow, TicketPushedBack,
		TicketParked, TicketResumed, TicketTransferred, TicketRequeued, TicketRestored, TicketCancelled, TicketEntitled, TicketDisentitled,
	}
}

// noteUndo remembers how a ticket stood before a staff action; any other event
// of the ticket closes the way back.
func (s *state) noteUndo(e Event) {
	delete(s.undo, e.Ticket.ID)
	old := s.tickets[e.Ticket.ID]
	if old != nil && e.Actor != system && slices.Contains(staffKinds(), e.Kind) {
		s.undo[e.Ticket.ID] = undoable{before: *old, at: e.At}
	}
}

// takeBack undoes the staff's latest action on a ticket.
func (d *decision) takeBack(s *state, r ActRequest, old *Ticket, now time.Time) error {
	u, ok := s.undo[old.ID]
	if !ok {
		return refuse(r, old, "there is nothing to undo")
	}
	if limit := time.Duration(s.rules().UndoSeconds) * time.Second; now.Sub(u.at) > limit {
		return refuse(r, old, fmt.Sprintf("the action is older than %s", limit))
	}
	t := u.before
	if err := s.checkLine(r, old, &t); err != nil {
		return err
	}
	if t.State.InHand() {
		if err := s.mayTakeBack(t); err != nil {
			return err
		}
	}
	if t.State == Parked && !t.ResumeAt.IsZero() && !t.ResumeAt.After(now) {
		t.ResumeAt = time.Time{} // Its time came meanwhile; staff resume it.
	}
	if at, ever := s.givenUp(t); ever && !at.After(now) {
		t.CalledAt = now // Its time ran out meanwhile; it runs anew.
	}
	d.ticket = t.ID
	d.emit(s, Event{Kind: TicketUndone, Actor: r.Caller, Counter: old.atCounter(&t), Reason: r.Reason, Ticket: &t}, now)
	return nil
}

// mayTakeBack refuses to put a ticket back into the hands of a counter that is
// closed or has another one by now.
func (s *state) mayTakeBack(t Ticket) error {
	c, desk, err := s.counter(t.Counter)
	switch {
	case err != nil:
		return err
	case desk.state == Closed:
		return Errorf(CodeCounterClosed, "counter %s is closed", c.ID)
	case desk.ticket != "" && desk.ticket != t.ID:
		return s.freeCounter(c)
	}
	return nil
}
