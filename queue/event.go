package queue

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

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
	Ticket  *Ticket   `json:"ticket,omitempty"`
	Setup   *Setup    `json:"setup,omitempty"`   // For OfficeConfigured and DayOpened.
	Opening *Opening  `json:"opening,omitempty"` // For DayOpened.

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
		o.Tickets = nil
		e.Opening = &o
	}
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

// Body is the event's stored form, JSON without the hash.
func (e Event) Body() ([]byte, error) {
	if e.body != nil {
		return e.body, nil
	}
	return json.Marshal(e)
}

// DecodeEvent reads what Body wrote.
func DecodeEvent(body []byte, hash string) (Event, error) {
	var e Event
	if err := json.Unmarshal(body, &e); err != nil {
		return Event{}, fmt.Errorf("event body of %d bytes: %w", len(body), err)
	}
	e.Hash, e.body = hash, body
	return e, nil
}

// chain fills in body and hash of an event that follows one with hash prev.
func (e *Event) chain(prev string) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	e.body, e.Hash = body, chainHash(prev, body)
	return nil
}

func chainHash(prev string, body []byte) string {
	h := sha256.New()
	h.Write([]byte(prev))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}
