package dialogue

import (
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Kind names what a message says.
type Kind string

// Answers to the person.
const (
	Welcome       Kind = "welcome"        // Who we are, the services to choose from.
	Choose        Kind = "choose"         // Which service?
	Card          Kind = "card"           // A ticket as it stands; shown anew in place where the channel can.
	NoTicket      Kind = "no_ticket"      // You hold no number.
	AskCancel     Kind = "ask_cancel"     // Really give it back?
	WhichCancel   Kind = "which_cancel"   // Which of your numbers?
	CancelDone    Kind = "cancel_done"    // Given back.
	CancelTooLate Kind = "cancel_late"    // Called or over already.
	Kept          Kind = "kept"           // You keep it.
	HelpText      Kind = "help"           // What can be written.
	LanguageSet   Kind = "language_set"   // Language changed.
	Forgotten     Kind = "forgotten"      // The assistant has erased the chat.
	ShortMenu     Kind = "short_menu"     // Not understood.
	PrivateOnly   Kind = "private_only"   // Write to me alone, not in a group.
	TooOld        Kind = "too_old"        // Your message waited too long.
	OfficeClosed  Kind = "office_closed"  // No numbers outside opening hours.
	ServiceClosed Kind = "service_closed" // No numbers for this service.
	ServiceFull   Kind = "service_full"   // All its numbers of the day are given out.
	ChannelFull   Kind = "channel_full"   // All that chat may give are; other doors may have some.
	Stopped       Kind = "stopped"        // No more numbers today.
	CardNeeded    Kind = "card_needed"    // Priority is given at the office only.
	NotAllowed    Kind = "not_allowed"    // Limit reached.
	Busy          Kind = "busy"           // The office does not answer.
	Lapsed        Kind = "lapsed"         // The number came too late to be kept.
)

// Notices of their own accord.
const (
	Nearly    Kind = "nearly"    // Few are ahead.
	Called    Kind = "called"    // Come to the counter.
	Recalled  Kind = "recalled"  // Come to the counter, second time.
	Done      Kind = "done"      // Served.
	Missed    Kind = "missed"    // Called, nobody came.
	Withdrawn Kind = "withdrawn" // Cancelled by the office.
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{
		Welcome, Choose, Card, NoTicket, AskCancel, WhichCancel, CancelDone, CancelTooLate, Kept, HelpText, LanguageSet,
		Forgotten, ShortMenu, PrivateOnly, TooOld, OfficeClosed, ServiceClosed, ServiceFull, ChannelFull, Stopped, CardNeeded, NotAllowed, Busy, Lapsed,
		Nearly, Called, Recalled, Done, Missed, Withdrawn,
	}
}

// Message says one thing, before it is worded for a language and a channel.
type Message struct {
	Kind     Kind     `json:"kind"`
	Language string   `json:"language"`
	Office   string   `json:"office,omitempty"`
	Services []Option `json:"services,omitempty"`
	Slips    []Slip   `json:"slips,omitempty"` // Tickets it is about; most kinds have one.
	Held     bool     `json:"held,omitempty"`  // A card of a number the person held already.
	Opens    string   `json:"opens,omitempty"` // When numbers are given again, in words; empty = not known.
}

// Option is one service to choose.
type Option struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Waiting int    `json:"waiting"`
}

// Slip is what a message tells of a ticket.
type Slip struct {
	Ticket  string      `json:"ticket"` // Id.
	Number  string      `json:"number"` // Printed form.
	Service string      `json:"service,omitempty"`
	State   queue.State `json:"state,omitempty"`
	Counter string      `json:"counter,omitempty"`
	Where   string      `json:"where,omitempty"` // Where the counter is, in the language of the message.
	Ahead   *int        `json:"ahead,omitempty"`
	LowMin  *int        `json:"low_min,omitempty"`
	HighMin *int        `json:"high_min,omitempty"`
	Code    string      `json:"code,omitempty"`
	URL     string      `json:"url,omitempty"`
}

// NearlyAhead is how many may be ahead when "nearly your turn" is said.
const NearlyAhead = 3

// IsNear reports whether a ticket's turn is near enough to be told.
func IsNear(t queue.Ticket) bool {
	return t.State == queue.Waiting && t.Standing != nil && t.Standing.Ahead <= NearlyAhead
}

// SlipOf tells what there is to tell of a ticket; service is its service's
// name in the language of the message.
func SlipOf(t queue.Ticket, service string) Slip {
	s := Slip{
		Ticket: t.ID, Number: t.Number.String(), Service: service, State: t.State,
		Counter: t.Counter, Code: t.Code, URL: t.URL,
	}
	if t.Standing != nil {
		ahead := t.Standing.Ahead
		s.Ahead, s.LowMin, s.HighMin = &ahead, t.Standing.LowMin, t.Standing.HighMin
	}
	return s
}

// Text is a worded message.
type Text struct {
	Body    string
	Buttons [][]Button // Rows.
	Silent  bool       // Need not make a sound.
}

// Button is something to press.
type Button struct {
	Label  string
	Intent Intent
}

// Lifetime tells for how long after it was decided a message of this kind is
// worth sending.
func (k Kind) Lifetime() time.Duration {
	switch k {
	case Called, Recalled:
		return 2 * time.Minute // Later, the seat is somebody else's.
	case Nearly:
		return 10 * time.Minute
	case Card:
		return 30 * time.Minute
	case Done, Missed, Withdrawn:
		return 2 * time.Hour
	case Lapsed, Forgotten:
		return 12 * time.Hour
	default:
		return 15 * time.Minute
	}
}

// Priority orders messages to different people: lower goes first.
func (k Kind) Priority() int {
	switch k {
	case Called, Recalled:
		return 0
	case Nearly:
		return 1
	default:
		return 2
	}
}

// Resend reports whether, when nobody knows if it arrived, it is better said
// twice than never.
func (k Kind) Resend() bool {
	switch k {
	case Called, Recalled, Nearly, Card, Missed, Withdrawn, Lapsed, CancelDone:
		return true
	default:
		return false
	}
}
