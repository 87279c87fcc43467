package queue

// step is what an action makes of a ticket in one state.
type step struct {
	to   State
	kind Kind // Empty = the action is already done; nothing happens.
}

// transitions is the life of a ticket: action × state → step. A pair that is
// not here is refused with CodeWrongState. Take, next, call and the passing of
// time have their own entries in decide.go because they need more than a
// ticket.
func transitions() map[Action]map[State]step {
	return map[Action]map[State]step{
		Confirm: {
			Held:      {Waiting, TicketConfirmed},
			Cancelled: {Waiting, TicketConfirmed}, // Only if it lapsed undelivered; see decision.act.
			Waiting:   {Waiting, ""},
			Called:    {Called, ""},
			Serving:   {Serving, ""},
			Parked:    {Parked, ""},
			Completed: {Completed, ""},
			NoShow:    {NoShow, ""},
		},
		Recall: {
			Called: {Called, TicketRecalled},
		},
		Start: {
			Called: {Serving, TicketStarted},
		},
		Finish: {
			Called:  {Completed, TicketFinished},
			Serving: {Completed, TicketFinished},
		},
		Absent: {
			Called: {NoShow, TicketNoShow},
		},
		Cancel: {
			Held:    {Cancelled, TicketCancelled},
			Waiting: {Cancelled, TicketCancelled},
			Parked:  {Cancelled, TicketCancelled},
		},
	}
}

// Actions lists the ticket actions.
func Actions() []Action {
	return []Action{Confirm, Recall, Start, Finish, Absent, Cancel}
}
