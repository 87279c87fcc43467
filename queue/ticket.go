package queue

import (
	"cmp"
	"slices"
	"time"
)

// State is where a ticket stands in its life.
type State string

// The states of a ticket. Everything else that happens to it (recall,
// transfer, undo …) is an event, not a state.
const (
	Held      State = "held"      // Number reserved until the channel has delivered it; not callable, lapses by itself.
	Waiting   State = "waiting"   // Callable; the citizen knows the number.
	Called    State = "called"    // Shown and announced; owned by exactly one counter.
	Serving   State = "serving"   // The citizen stands at the counter.
	Parked    State = "parked"    // Set aside with a reason, to be resumed.
	Completed State = "completed" // Served; final.
	NoShow    State = "no_show"   // Called as often as the office allows, nobody came.
	Cancelled State = "cancelled" // Withdrawn by citizen, staff or system; see Ticket.Reason.
	Expired   State = "expired"   // The business day ended before it was called.
)

// States lists every state in the order of a ticket's life.
func States() []State {
	return []State{Held, Waiting, Called, Serving, Parked, Completed, NoShow, Cancelled, Expired}
}

// Open reports whether the ticket still has something to come today.
func (s State) Open() bool {
	switch s {
	case Held, Waiting, Called, Serving, Parked:
		return true
	default:
		return false
	}
}

// InHand reports whether a counter owns the ticket.
func (s State) InHand() bool { return s == Called || s == Serving }

// Class is the entitlement under which a ticket waits.
type Class string

// The classes. Their rates are in policy.go.
const (
	Normal      Class = "normal"      // Everybody.
	Appointment Class = "appointment" // Came at a booked time.
	Priority    Class = "priority"    // Entitled by law: elderly, disabled, pregnant, people of merit.
)

// Channel is the door a ticket came through.
type Channel string

// The channels.
const (
	Kiosk    Channel = "kiosk"
	Phone    Channel = "phone"
	Zalo     Channel = "zalo"
	Telegram Channel = "telegram"
	SMS      Channel = "sms"
	Web      Channel = "web"
	Staff    Channel = "staff"
	Hub      Channel = "hub"
)

// Channels lists every channel.
func Channels() []Channel {
	return []Channel{Kiosk, Phone, Zalo, Telegram, SMS, Web, Staff, Hub}
}

// Entitlement is what a ticket's class rests on, where that is not Normal.
type Entitlement string

// The entitlements.
const (
	Declared  Entitlement = "declared"  // The citizen says so; staff look at the counter.
	ByCard    Entitlement = "card"      // A valid priority card was shown.
	ByAge     Entitlement = "age"       // A machine has read the age in a citizen card.
	Confirmed Entitlement = "confirmed" // Staff have seen it.
	Refused   Entitlement = "refused"   // Staff have looked, and it is not so.
)

// What a citizen may need. A channel may send other words too; staff see them.
// Who needs anything is not given up by a clock.
const (
	NeedHearing     = "hearing"     // Does not hear well: nothing by voice alone.
	NeedSight       = "sight"       // Does not see well: nothing by screen or paper alone.
	NeedMobility    = "mobility"    // Walks slowly or not at all.
	NeedInterpreter = "interpreter" // Speaks another language, or signs.
)

// Presence tells whether the citizen is in the hall.
type Presence string

// The presences.
const (
	Present Presence = "present" // In the hall: walk-ins, and whoever checked in.
	Remote  Presence = "remote"  // Took the number from afar and has not checked in.
)

// Reasons that the system itself gives for a state.
const (
	ReasonUndelivered = "undelivered" // Held, and nothing delivered it in time.
	ReasonDayEnd      = "day_end"     // Still open when the business day ended.
	ReasonCutoff      = "cutoff"      // A remote ticket whose holder had not come by the office's hour.
	ReasonNoAnswer    = "no_answer"   // Called as often as the office allows, and nobody came.
	ReasonResumed     = "resume_time" // Parked until a time that has come.
	ReasonTrial       = "trial"       // Of the trial that has ended.
)

// SystemReasons lists them. Nobody else may give them: what was lapsed by the
// system may be revived.
func SystemReasons() []string {
	return []string{ReasonUndelivered, ReasonDayEnd, ReasonCutoff, ReasonNoAnswer, ReasonResumed, ReasonTrial}
}

// Ticket is one citizen's place in one office's queue, as of Version.
// Times are UTC. The zero value of an optional field means unknown.
type Ticket struct {
	ID        string    `json:"id"`     // Decimal seq of the event that issued it; unique in the office for ever.
	Office    string    `json:"office"` // Office.ID.
	Number    Number    `json:"number"` // What the citizen sees and hears; restarts each business day.
	Code      string    `json:"code"`   // Lookup code: 9 digits, the last a check digit. Not public.
	Service   string    `json:"service"`
	Procedure string    `json:"procedure,omitempty"`
	State     State     `json:"state"`
	Reason    string    `json:"reason,omitempty"` // Why the state is what it is, if a reason was given.
	Class     Class     `json:"class"`
	Channel   Channel   `json:"channel"`
	Presence  Presence  `json:"presence"`
	Language  string    `json:"language"` // BCP 47, "vi" unless the citizen chose another.
	Needs     []string  `json:"needs,omitempty"`
	IssuedAt  time.Time `json:"issued_at"`
	Counter   string    `json:"counter,omitempty"`    // Counter that owns it, or that served it last.
	CalledAt  time.Time `json:"called_at,omitzero"`   // Latest call or recall.
	CallCount int       `json:"call_count,omitempty"` // Calls and recalls so far.
	Version   int64     `json:"version"`              // Seq of its latest event; an action may name the version it saw.

	Day        string    `json:"day"`                   // Business day, "2026-11-21".
	EligibleAt time.Time `json:"eligible_at"`           // From when its waiting counts (data policy).
	HoldUntil  time.Time `json:"hold_until,omitzero"`   // When a held number lapses.
	StartedAt  time.Time `json:"started_at,omitzero"`   // When service began.
	FinishedAt time.Time `json:"finished_at,omitzero"`  // When it reached a final state.
	ResumeAt   time.Time `json:"resume_at,omitzero"`    // When a parked ticket waits again by itself.
	Only       string    `json:"only,omitempty"`        // Counter that alone may call it, after a transfer to a counter.
	Returned   bool      `json:"returned,omitempty"`    // Came back after missing its turn; see policy.go.
	LaterCount int       `json:"later_count,omitempty"` // How often it was pushed back.
	Rating     *Rating   `json:"rating,omitempty"`      // What the citizen thought of it.

	Agency      string      `json:"agency,omitempty"`      // Of its service.
	Entitlement Entitlement `json:"entitlement,omitempty"` // What its class rests on.
	Slot        time.Time   `json:"slot,omitzero"`         // The booked time of an appointment.
	Dossiers    int         `json:"dossiers,omitempty"`    // How many it is for; 0 = one.
	Trial       bool        `json:"trial,omitempty"`       // Issued while the office was tried out: no figure counts it.

	Standing *Standing `json:"-"` // Filled in answers, never stored.
	URL      string    `json:"-"` // The ticket's page, for its taker only; derived, never stored.
}

// Rating is what a citizen thought of the service.
type Rating struct {
	Level   int       `json:"level"`             // 1 = very dissatisfied … 5 = very satisfied.
	Reasons []string  `json:"reasons,omitempty"` // Short words the citizen chose.
	At      time.Time `json:"at"`
}

// Standing is where a waiting ticket stands right now.
type Standing struct {
	Ahead   int  // Tickets that would be called before it.
	LowMin  *int // Optimistic wait in minutes; nil while there is no estimate.
	HighMin *int // Pessimistic wait in minutes; nil while there is no estimate.

	// The rest says nothing while there is no estimate.
	Counters int       // Open for its service.
	EachMin  int       // Minutes that one person keeps one of them, about; 0 = less than one.
	ComeBy   time.Time // When its holder should be in the hall at the latest.
	MayMiss  bool      // It may well not be called before the office closes.
}

// Needing reports whether its holder needs something.
func (t Ticket) Needing(need string) bool { return slices.Contains(t.Needs, need) }

// Ref is what a machine remembers a ticket by: its lookup code. Where an older
// backup was restored, ids and numbers begin anew and belong to others.
func (t Ticket) Ref() string { return cmp.Or(t.Code, t.ID) }

// Public gives the ticket without what only its taker may know.
func (t Ticket) Public() Ticket {
	t.Code, t.URL = "", ""
	return t
}
