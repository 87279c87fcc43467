package appointment

import (
	"context"
	"errors"

	"github.com/xinmoi/xinmoi/queue"
)

// Reconcile brings today's bookings and the office's log together, where one of
// the two was restored from an older backup than the other. A booking whose
// ticket the log does not have may be checked in again; one whose ticket the log
// has counts as checked in, and its holder is not told that it was missed. What
// the log has under no booking stays a ticket like any other.
func (b *Book) Reconcile(ctx context.Context) error {
	if b.cfg.Today == nil {
		return nil
	}
	events, err := b.cfg.Today(ctx)
	if err != nil {
		return err
	}
	byCaller, byID := map[string]queue.Ticket{}, map[string]queue.Ticket{}
	for _, e := range events {
		if e.Ticket != nil && e.Kind == queue.TicketIssued {
			byCaller[e.Actor], byID[e.Ticket.ID] = *e.Ticket, *e.Ticket
		}
	}
	return b.update(ctx, func(w *work) error {
		noon, _ := w.Date(w.Day(w.now))
		all, err := w.many("start >= ? AND start < ? AND state IN (?, ?, ?, ?, ?)", w.dayFrom(noon), w.dayTo(noon), Listed, Requested, Confirmed, Missed, CheckedIn)
		if err != nil {
			return err
		}
		for _, v := range all {
			t, there := byCaller[b.ticketCaller(v)]
			if err := w.reconcile(v, t, there, byID); err != nil {
				return err
			}
		}
		return nil
	})
}

// reconcile looks at one booking; t is the ticket that was taken in its name.
func (w *work) reconcile(v Booking, t queue.Ticket, there bool, byID map[string]queue.Ticket) error {
	switch {
	case there && v.State != CheckedIn:
		held := v.State.HasPlace()
		v.entry, v.Ticket = "", t.ID
		v, err := w.move(v, CheckedIn, ActRequest{Action: Found}, "")
		if err != nil {
			return err
		}
		v.Contact, v.person = "", ""
		if held {
			return w.save(v)
		}
		return errors.Join(w.save(v), w.hold(v.ID, v.Service, v.Start)) // Whoever sat there has sat there.
	case !there && v.State == CheckedIn && !byID[v.Ticket].Slot.Equal(v.Start):
		v.Ticket = ""
		_, err := w.move(v, Confirmed, ActRequest{Action: Lost}, "")
		return err
	default:
		return nil
	}
}
