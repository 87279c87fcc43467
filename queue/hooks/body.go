package hooks

import (
	"encoding/json"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Body is what is posted: a few events of one office in order, or one alarm.
type Body struct {
	Office string  `json:"office"`
	Events []Event `json:"events,omitempty"`
	Alarm  *Alarm  `json:"alarm,omitempty"`
}

// Event is one line of the log as others may see it. Nothing in it is about a
// person: no code, no link, no words of staff, no language, need or class.
type Event struct {
	Seq     int64        `json:"seq"` // Gap-free in the log; what a hook did not ask for is left out.
	At      time.Time    `json:"at"`
	Kind    queue.Kind   `json:"kind"`
	Counter string       `json:"counter,omitempty"`
	Number  queue.Number `json:"number,omitzero"`
	Service string       `json:"service,omitempty"`
	State   queue.State  `json:"state,omitempty"`
}

// Alarm is something that is wrong, or is not any more.
type Alarm struct {
	ID   int64     `json:"id"`
	Step string    `json:"step"` // "raised", "escalated", "cleared"; empty for a message that is none.
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
	VI   string    `json:"vi"`
	EN   string    `json:"en"`
}

// public is what of an event is told; ok is false for what concerns nobody
// outside.
func public(e queue.Event) (_ Event, ok bool) {
	out := Event{Seq: e.Seq, At: e.At, Kind: e.Kind, Counter: e.Counter, Service: e.Service}
	if t := e.Ticket; t != nil {
		out.Number, out.Service, out.State = t.Number, t.Service, t.State
		if out.Counter == "" && t.State.InHand() {
			out.Counter = t.Counter
		}
	}
	switch e.Kind {
	case queue.OfficeConfigured, queue.CardIssued, queue.CardRevoked, queue.TicketEntitled, queue.TicketDisentitled, queue.TicketRated:
		return Event{}, false
	}
	return out, true
}

// Kinds lists the kinds of event that can be asked for.
func Kinds() []queue.Kind {
	return []queue.Kind{
		queue.DayOpened, queue.TicketHeld, queue.TicketIssued, queue.TicketConfirmed, queue.TicketLapsed, queue.TicketCalled, queue.TicketRecalled,
		queue.TicketStarted, queue.TicketFinished, queue.TicketNoShow, queue.TicketCancelled, queue.TicketExpired, queue.TicketCheckedIn,
		queue.TicketPushedBack, queue.TicketParked, queue.TicketResumed, queue.TicketTransferred, queue.TicketRequeued, queue.TicketRestored,
		queue.TicketUndone, queue.CounterOpened, queue.CounterPaused, queue.CounterClosed, queue.CallAnnounced, queue.IssuingStopped, queue.IssuingResumed,
	}
}

// encode gives the bytes that are signed and sent.
func (b Body) encode() ([]byte, error) { return json.Marshal(b) }
