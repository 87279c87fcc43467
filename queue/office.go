package queue

import (
	"context"
	"iter"
	"time"
)

// Office is one office, wherever it runs: *Engine in this process, api.Client
// over the network. One conformance suite (officetest) holds both to the same
// behaviour.
//
// Every method returns an *Error (see ErrorCode). CodeUnavailable means the
// outcome is unknown and the command may be repeated with the same request
// key; any other code means nothing happened. A repeated command with a used
// key gets the first answer with the ticket's current fields.
type Office interface {
	// Info tells the office's name and whether it gives numbers now.
	Info(ctx context.Context) (Info, error)
	// Services lists the services in the order of the setup.
	Services(ctx context.Context) ([]ServiceView, error)
	// Procedures lists the procedures in the order of the setup.
	Procedures(ctx context.Context) ([]Procedure, error)
	// Counters lists the counters in the order of the setup, each with the
	// ticket it has in hand.
	Counters(ctx context.Context) ([]CounterView, error)
	// Kiosk tells what the machines in the hall show and print.
	Kiosk(ctx context.Context) (KioskSetup, error)
	// Phone tells what callers hear and may choose.
	Phone(ctx context.Context) (PhoneSetup, error)
	// Board gives what the hall may see: who is called where, who was, how many wait.
	Board(ctx context.Context) (Board, error)

	// Take issues the next number of a service. With Hold the ticket is held
	// until Act(Confirm); otherwise it waits at once. The answer carries
	// lookup code, URL and standing.
	Take(ctx context.Context, r TakeRequest) (Ticket, error)
	// Ticket finds a ticket by id, by today's number or by lookup code, with
	// its standing. CodeUnknownTicket if there is none.
	Ticket(ctx context.Context, ref string) (Ticket, error)
	// Mine lists the tickets that a person took today and that are not over, the
	// oldest first: held, waiting, called, being served, parked, or a no-show that
	// may still be restored. The person is named as in TakeRequest.Person.
	Mine(ctx context.Context, person string) ([]Ticket, error)
	// Belongs gives the ticket that Ticket finds, if it was taken by somebody
	// whose telephone number ends with ending (four digits). CodeUnknownTicket if
	// not, and nothing tells why.
	Belongs(ctx context.Context, ref, ending string) (Ticket, error)
	// Act does one action on one ticket. CodeWrongState if its state does not
	// allow it, CodeStaleVersion if Version is set and no longer true.
	Act(ctx context.Context, r ActRequest) (Ticket, error)

	// Next calls the ticket that is next for a counter and gives it to that
	// counter alone. CodeNobodyWaiting, CodeCounterClosed, or CodeCounterBusy
	// with the ticket in hand.
	Next(ctx context.Context, r CounterRequest) (Ticket, error)
	// Call calls one given ticket; if it is not the next one, Reason is required.
	Call(ctx context.Context, r CallRequest) (Ticket, error)
	// SetCounter opens, pauses or closes a counter; repeating it changes nothing.
	SetCounter(ctx context.Context, r SetCounterRequest) (CounterView, error)

	// Events yields the log after a cursor, in order, without gaps, for ever:
	// first what is stored, then what happens, until ctx ends or the
	// connection fails (the last pair carries the error; go on from the last
	// Seq seen). Tickets in it are public: no code, no URL.
	Events(ctx context.Context, after int64) iter.Seq2[Event, error]
}

// Management is what a supervisor may do with an office besides: *Engine and
// api.Client are both.
type Management interface {
	Office
	Witness
	// Setup tells what is in force.
	Setup(ctx context.Context) (SetupView, error)
	// Configure puts another setup in force at once. CodeSetupInUse if tickets
	// or open counters would be left behind, CodeStaleVersion if somebody else
	// was quicker.
	Configure(ctx context.Context, r ConfigureRequest) (SetupView, error)
	// SetIssuing stops or resumes the giving of numbers today; repeating it
	// changes nothing. Those who wait are still served.
	SetIssuing(ctx context.Context, r IssuingRequest) ([]ServiceView, error)
	// IssueCard hands out a priority card. The log knows its id, not its holder.
	IssueCard(ctx context.Context, r CardRequest) (Card, error)
	// RevokeCard makes a card invalid.
	RevokeCard(ctx context.Context, r RevokeRequest) (Card, error)
	// Explain tells why others were called before a ticket of today: those
	// whose numbers are younger, or, with of, that one number.
	Explain(ctx context.Context, ticket, of string) (Explanation, error)
}

// Meta accompanies every command.
type Meta struct {
	Key    string // Request key, unique per Caller; empty = not repeatable.
	Caller string // Whose keys these are and who is written in the log: a device token's id, "phone", "kiosk" …
}

// The requests below are told apart under one key by their JSON form, which
// leaves out what is not set: a field added later does not make an old request
// another one.

// TakeRequest asks for a number.
type TakeRequest struct {
	Meta      `json:"-"`
	Service   string   `json:",omitempty"` // Required unless Procedure names one.
	Procedure string   `json:",omitempty"`
	Channel   Channel  `json:",omitempty"`
	Class     Class    `json:",omitempty"` // Empty = Normal.
	Language  string   `json:",omitempty"` // Empty = "vi".
	Needs     []string `json:",omitempty"`
	Person    string   `json:"-"` // "tel:+84912345678", "telegram:12345"; kept apart from the log; empty = anonymous.
	Hold      bool     `json:",omitempty"`
	Reserve   bool     `json:",omitempty"` // Set aside for a kiosk that may be cut off: held until the day ends, or confirmed with Told.

	Slot     time.Time `json:",omitzero"`  // Booked time of an Appointment, on this business day.
	Card     string    `json:",omitempty"` // A priority card, as scanned; with it the class is Priority.
	Dossiers int       `json:",omitempty"` // How many dossiers it is for; 0 = one.
	Aged     bool      `json:",omitempty"` // The machine in the hall has read in a citizen card that its holder is old enough for priority, see KioskSetup.Age; channel Kiosk only.
}

// Action is something done to one ticket.
type Action string

// The ticket actions.
const (
	Confirm  Action = "confirm"  // The channel delivered the number; repeatable; revives one that lapsed undelivered.
	CheckIn  Action = "check-in" // The citizen has come to the hall; repeatable.
	Later    Action = "later"    // Let Places others go first.
	Recall   Action = "recall"   // Call the same citizen once more.
	Start    Action = "start"    // The citizen has come to the counter.
	Finish   Action = "finish"   // Served; from called or serving.
	Absent   Action = "no-show"  // Nobody came.
	Park     Action = "park"     // Set aside with a Reason, until ResumeAt if that is given.
	Resume   Action = "resume"   // Call a parked ticket to Counter.
	Transfer Action = "transfer" // Send on to Service or to Counter; keeps number and place.
	Requeue  Action = "requeue"  // Give back to its line; keeps its place.
	Restore  Action = "restore"  // A no-show has come after all.
	Undo     Action = "undo"     // Take back the staff's latest action on it.
	Cancel   Action = "cancel"   // The citizen or the staff withdraws it.
	Rate     Action = "rate"     // The citizen says how it was, once.

	Entitle    Action = "entitle"    // Staff have seen that the holder is entitled: Priority from here.
	Disentitle Action = "disentitle" // Staff have seen that the holder is not: Normal, and back to its line if only called.
)

// ActRequest does Action on a ticket. Which further fields an action reads is
// said beside the action.
type ActRequest struct {
	Meta     `json:"-"`
	Ticket   string    `json:",omitempty"` // Id, today's number or lookup code.
	Action   Action    `json:",omitempty"`
	Reason   string    `json:",omitempty"`
	Version  int64     `json:",omitempty"` // If not 0, the version the caller saw; CodeStaleVersion when it has moved on.
	While    State     `json:",omitempty"` // If set, the action is refused in any other state; CodeWrongState.
	Places   int       `json:",omitempty"`
	ResumeAt time.Time `json:",omitzero"`
	Service  string    `json:",omitempty"`
	Counter  string    `json:",omitempty"`
	Level    int       `json:",omitempty"` // 1 … 5, for Rate.
	Reasons  []string  `json:",omitempty"` // For Rate.
	Told     *Told     `json:",omitempty"` // For Confirm of a number that was set aside: to whom it was given.
}

// CounterRequest names a counter.
type CounterRequest struct {
	Meta    `json:"-"`
	Counter string `json:",omitempty"`
}

// CallRequest calls Ticket to Counter out of order.
type CallRequest struct {
	Meta    `json:"-"`
	Counter string `json:",omitempty"`
	Ticket  string `json:",omitempty"`
	Reason  string `json:",omitempty"`
}

// CounterState is what a counter is doing.
type CounterState string

// The counter states.
const (
	Opened CounterState = "open"   // Calls tickets.
	Paused CounterState = "paused" // Staffed, but calls nobody; see the reason.
	Closed CounterState = "closed" // Nobody works here.
)

// SetCounterRequest puts a counter into State.
type SetCounterRequest struct {
	Meta    `json:"-"`
	Counter string       `json:",omitempty"`
	State   CounterState `json:",omitempty"`
	Reason  string       `json:",omitempty"` // Why it pauses.
	InHand  Action       `json:",omitempty"` // What becomes of a ticket in hand when the counter closes: Finish, Requeue, Park or Absent.
}

// SetupView is what an office has decided about itself, and which version of it.
type SetupView struct {
	Setup   Setup
	Version string // Changes with any change of the setup.
}

// ConfigureRequest replaces an office's setup.
type ConfigureRequest struct {
	Meta    `json:"-"`
	Setup   Setup
	Version string `json:",omitempty"` // If set, the version the caller changed; CodeStaleVersion when it has moved on.
}

// IssuingRequest stops or resumes the giving of numbers for the rest of the day.
type IssuingRequest struct {
	Meta    `json:"-"`
	Service string `json:",omitempty"` // Empty = all services.
	Stopped bool   `json:",omitempty"`
	Reason  string `json:",omitempty"` // Why; staff see it.
}

// CardRequest hands out a priority card.
type CardRequest struct {
	Meta  `json:"-"`
	Kind  string    `json:",omitempty"` // Diện: "elderly", "disabled" …; letters, digits, dashes, at most 32.
	Until time.Time `json:",omitzero"`  // Its last day; at most ten years on.
}

// RevokeRequest makes a priority card invalid.
type RevokeRequest struct {
	Meta `json:"-"`
	ID   string `json:",omitempty"` // Card.ID
}

// Info is what anyone may know of an office.
type Info struct {
	ID       string
	Name     string
	NameEN   string
	TimeZone string
	Open     bool
	Opens    time.Time // When it opens next, while it is closed; zero if not soon.
	ByValue  bool
	Region   string
	Trial    bool // It is being tried out; see Setup.Trial.
	Rating   RatingSetup
}

// ServiceView is a service and how many wait in it.
type ServiceView struct {
	Service
	Open    bool // Gives numbers now.
	Waiting int
	Why     Code      // Why it gives none: CodeOfficeClosed, CodeServiceClosed, CodeServiceFull or CodeIssuingStopped.
	Until   time.Time // When it gives some again; zero if not soon, or not known.
}

// CounterView is a counter, its state and the ticket in hand.
type CounterView struct {
	Counter
	State  CounterState
	Reason string
	Ticket *Ticket
}

// Board is what the hall may see.
type Board struct {
	Seq     int64
	At      time.Time
	Serving []Seat         // Tickets in hand, by counter in the order of the setup.
	Recent  []Seat         // Latest calls, newest first, including those in Serving.
	Waiting map[string]int // Service id → tickets waiting.
}

// Seat is one number at one counter.
type Seat struct {
	Counter  string
	Number   Number
	State    State
	CalledAt time.Time
}
