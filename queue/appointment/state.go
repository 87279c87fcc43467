package appointment

import "github.com/xinmoi/xinmoi/queue"

// State is where a booking stands.
type State string

// The states.
const (
	Listed    State = "listed"     // On the waiting list: no place yet.
	Requested State = "requested"  // Has a place; staff have not answered.
	Confirmed State = "confirmed"  // Has a place for certain.
	Declined  State = "declined"   // Staff said no.
	Lapsed    State = "lapsed"     // Nobody answered in time, or no place came free.
	CheckedIn State = "checked_in" // Its holder came and has a ticket.
	Missed    State = "missed"     // Its day ended and nobody came.
	Cancelled State = "cancelled"  // Given back by its holder or by the office.
)

// States lists the states.
func States() []State {
	return []State{Listed, Requested, Confirmed, Declined, Lapsed, CheckedIn, Missed, Cancelled}
}

// HasPlace reports whether a booking in this state holds its place.
func (s State) HasPlace() bool { return s == Requested || s == Confirmed || s == CheckedIn }

// Open reports whether something may still become of it.
func (s State) Open() bool { return s == Listed || s == Requested || s == Confirmed }

// Action is something done to a booking, by people or by time.
type Action string

// The actions.
const (
	Confirm    Action = "confirm"    // Staff say yes.
	Decline    Action = "decline"    // Staff say no, with a reason.
	Cancel     Action = "cancel"     // Its holder or the office gives it back.
	Reschedule Action = "reschedule" // Another time; the old place is kept until the new one is certain.
	CheckIn    Action = "check-in"   // Its holder has come.
	Promote    Action = "promote"    // A place came free for who waited; by itself.
	Lapse      Action = "lapse"      // The time to answer has passed; by itself.
	Miss       Action = "miss"       // Its day has ended; by itself.
	Found      Action = "found"      // The log has its ticket, and it did not know; by itself, see Reconcile.
	Lost       Action = "lost"       // The log does not have its ticket; by itself, see Reconcile.
)

// Actions lists the actions.
func Actions() []Action {
	return []Action{Confirm, Decline, Cancel, Reschedule, CheckIn, Promote, Lapse, Miss, Found, Lost}
}

// transitions is the life of a booking: action × state → state. A pair that is
// not here is refused. A pair that stays in its state is repeatable, but for
// Reschedule, which changes the time.
func transitions() map[Action]map[State]State {
	return map[Action]map[State]State{
		Confirm:    {Requested: Confirmed, Confirmed: Confirmed},
		Decline:    {Requested: Declined, Listed: Declined, Declined: Declined},
		Cancel:     {Listed: Cancelled, Requested: Cancelled, Confirmed: Cancelled, Cancelled: Cancelled},
		Reschedule: {Requested: Requested, Confirmed: Confirmed}, // Confirmed becomes Requested where staff have to answer anew.
		CheckIn:    {Confirmed: CheckedIn, CheckedIn: CheckedIn},
		Promote:    {Listed: Requested}, // Confirmed where the office answers by itself.
		Lapse:      {Requested: Lapsed, Listed: Lapsed},
		Miss:       {Confirmed: Missed},
		Found:      {Listed: CheckedIn, Requested: CheckedIn, Confirmed: CheckedIn, Missed: CheckedIn},
		Lost:       {CheckedIn: Confirmed},
	}
}

// next gives the state after an action, or says what the state does not allow.
func next(s State, a Action) (State, error) {
	row, known := transitions()[a]
	if !known {
		return "", queue.Errorf(queue.CodeUnknownAction, "there is no action %q", a)
	}
	to, ok := row[s]
	if !ok {
		return "", queue.Errorf(queue.CodeWrongState, "cannot %s a booking that is %s", a, s)
	}
	return to, nil
}
