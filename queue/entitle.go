package queue

import "time"

// entitle notes that staff have seen what a priority rests on, and with it the
// holder; an ordinary ticket becomes a priority one. It does not wait for a
// booked time any more.
func entitle(_ *state, _ ActRequest, old, t *Ticket, now time.Time) error {
	t.Reason = old.Reason
	t.Class, t.Entitlement, t.Presence = Priority, Confirmed, Present
	if t.EligibleAt.After(now) {
		t.EligibleAt = now
	}
	return nil
}

// entitled reports whether staff have seen already that its holder is entitled.
func (t *Ticket) entitled() bool {
	return t.Class == Priority && t.Entitlement == Confirmed && t.Presence == Present
}

// disentitle makes an ordinary ticket of one whose holder is not entitled. If
// it was only called, it goes back to its line: the turn was not its own.
func disentitle(_ *state, r ActRequest, old, t *Ticket, _ time.Time) error {
	if old.Class != Priority {
		return refuse(r, old, "it has no priority")
	}
	t.Class, t.Entitlement = Normal, Refused
	if old.State == Called {
		t.Counter, t.CallCount = "", 0
	} else {
		t.Reason = old.Reason // Why it is parked, say.
	}
	return nil
}

// How late the holder of an appointment may be: a little, and the booked time
// counts; more, and the arrival does; still more, and it is an ordinary ticket.
const (
	lateLittle = 10 * time.Minute
	lateMost   = 30 * time.Minute
)

// arrive settles what an appointment is worth when its holder comes at now.
func (t *Ticket) arrive(now time.Time) {
	late := now.Sub(t.Slot)
	if late > lateLittle && now.After(t.EligibleAt) { // Who let others go first may stand further back.
		t.EligibleAt = now
	}
	if late > lateMost {
		t.Class = Normal
	}
}

// booked reports whether a ticket waits as an appointment with a time.
func (t *Ticket) booked() bool { return t.Class == Appointment && !t.Slot.IsZero() }
