package queue

import "time"

// Kind names what happened.
type Kind string

// The kinds of event.
const (
	OfficeConfigured  Kind = "office_configured" // Event.Setup is in force from here.
	DayOpened         Kind = "day_opened"        // A business day began and the number series restart; see Opening.
	TicketHeld        Kind = "ticket_held"       // A number was reserved.
	TicketIssued      Kind = "ticket_issued"     // A number was given out and waits.
	TicketConfirmed   Kind = "ticket_confirmed"  // A held or lapsed number was delivered and waits.
	TicketLapsed      Kind = "ticket_lapsed"     // A held number was not delivered in time.
	TicketCalled      Kind = "ticket_called"     // A counter called it.
	TicketRecalled    Kind = "ticket_recalled"   // The counter called it once more.
	TicketStarted     Kind = "ticket_started"    // The citizen came to the counter.
	TicketFinished    Kind = "ticket_finished"   // Served.
	TicketNoShow      Kind = "ticket_no_show"    // Nobody came.
	TicketCancelled   Kind = "ticket_cancelled"  // Withdrawn.
	TicketExpired     Kind = "ticket_expired"    // Its day or its hour ended.
	TicketCheckedIn   Kind = "ticket_checked_in" // Its holder has come.
	TicketPushedBack  Kind = "ticket_pushed_back"
	TicketParked      Kind = "ticket_parked"
	TicketResumed     Kind = "ticket_resumed" // Parked no more: called, or waiting again when its time came.
	TicketTransferred Kind = "ticket_transferred"
	TicketRequeued    Kind = "ticket_requeued"
	TicketRestored    Kind = "ticket_restored"
	TicketUndone      Kind = "ticket_undone" // The ticket is again as it was before its latest event.
	TicketRated       Kind = "ticket_rated"
	CounterOpened     Kind = "counter_opened"
	CounterPaused     Kind = "counter_paused"
	CounterClosed     Kind = "counter_closed"
	CallAnnounced     Kind = "call_announced" // A call was heard in the hall, or given up; see Event.Playback.

	TicketEntitled    Kind = "ticket_entitled"    // Staff have seen what its class rests on.
	TicketDisentitled Kind = "ticket_disentitled" // Staff have looked: an ordinary ticket from here.
	IssuingStopped    Kind = "issuing_stopped"    // No more numbers today, of Event.Service or of all services.
	IssuingResumed    Kind = "issuing_resumed"
	CardIssued        Kind = "card_issued"  // A priority card was handed out; see Event.Card.
	CardRevoked       Kind = "card_revoked" // It is not valid any more.
)

// Event is one line of an office's log. It carries the ticket as it stood
// after the event, so that readers need no state of their own.
type Event struct {
	Office  string    `json:"office"`
	Seq     int64     `json:"seq"` // 1, 2, 3 … per office, without gaps.
	At      time.Time `json:"at"`  // Never earlier than the event before.
	Kind    Kind      `json:"kind"`
	Actor   string    `json:"actor"` // Meta.Caller, or "system".
	Counter string    `json:"counter,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	Service string    `json:"service,omitempty"` // For IssuingStopped and IssuingResumed; empty = all.
	Ticket  *Ticket   `json:"ticket,omitempty"`
	Chosen  bool      `json:"chosen,omitempty"`  // For TicketCalled: staff called it out of order.
	Card    *Card     `json:"card,omitempty"`    // For CardIssued and CardRevoked.
	Setup   *Setup    `json:"setup,omitempty"`   // For OfficeConfigured and DayOpened.
	Opening *Opening  `json:"opening,omitempty"` // For DayOpened.

	Playback *Playback `json:"playback,omitempty"` // For CallAnnounced.

	// Hash is SHA-256 over the previous event's Hash and this event's Body,
	// in hex: an edit of the log, of a waiting time say, breaks the chain.
	Hash string `json:"-"`

	body []byte // Body, once made.
}

// Opening is what a business day takes over from the one before, so that a
// day's log can be read without the past.
type Opening struct {
	Day      string        `json:"day"` // "2026-11-21"
	Counters []CounterSeat `json:"counters"`
	Tickets  []Ticket      `json:"tickets,omitempty"` // In hand while the day turned.
	Cards    []Card        `json:"cards,omitempty"`   // Revoked ones.
}

// CounterSeat is a counter's state in the log.
type CounterSeat struct {
	ID     string       `json:"id"`
	State  CounterState `json:"state"`
	Reason string       `json:"reason,omitempty"`
}

// Public gives the event without what only the ticket's taker may know.
func (e Event) Public() Event {
	if e.Ticket != nil {
		t := e.Ticket.Public()
		e.Ticket = &t
	}
	if e.Opening != nil {
		o := *e.Opening
		o.Tickets, o.Cards = nil, nil
		e.Opening = &o
	}
	e.Card = nil
	e.body = nil
	return e
}

// Calls reports whether the event asks a citizen to come to a counter, so that
// it is to be shown and spoken.
func (e Event) Calls() bool {
	switch e.Kind {
	case TicketCalled, TicketRecalled:
		return true
	case TicketResumed: // By its time a parked ticket only waits again.
		return e.Ticket != nil && e.Ticket.State == Called
	default:
		return false
	}
}
