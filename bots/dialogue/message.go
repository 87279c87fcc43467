package dialogue

import (
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/announce/standing"
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
	AskTravel     Kind = "ask_travel"     // How long is your way?
	TravelSet     Kind = "travel_set"     // You will be told when to set out.
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
	Enquiry       Kind = "enquiry"        // How it stands with any number of today.
	NoNumber      Kind = "no_number"      // No such number today.
	OtherOffice   Kind = "other_office"   // Asked for an office of another name.
)

// Answers about a visit, and about what is kept of a person.
const (
	LateDone    Kind = "late_done"    // Others go first now.
	LateRefused Kind = "late_refused" // Not any more.
	AskHere     Kind = "ask_here"     // Which code does the hall show?
	HereDone    Kind = "here_done"    // Checked in.
	HereWrong   Kind = "here_wrong"   // That is not the code, or an old one.
	AskRate     Kind = "ask_rate"     // How was it?
	AskReason   Kind = "ask_reason"   // What was wrong?
	Rated       Kind = "rated"        // Thank you.
	RateNone    Kind = "rate_none"    // Nothing to rate.
	NoCode      Kind = "no_code"      // No ticket of today has this code.
	FollowFull  Kind = "follow_full"  // Enough people follow this ticket.
	AskWatch    Kind = "ask_watch"    // At how many ahead?
	WatchSet    Kind = "watch_set"    // You will be told then.
	AskPhone    Kind = "ask_phone"    // Which number?
	PhoneSet    Kind = "phone_set"    // Noted.
	PhoneGone   Kind = "phone_gone"   // Erased.
	NeedSet     Kind = "need_set"     // Nothing by voice.
	NeedGone    Kind = "need_gone"    // By voice as well.
	MyDataText  Kind = "my_data"      // What is held about you.
	TopicText   Kind = "topic"        // What a Topic answers.
	TryLater    Kind = "try_later"    // Tried too often.
)

// Notices of their own accord; package notice says when. Their names are its own.
const (
	Joined  Kind = "joined"   // You follow it from here.
	Moved   Kind = "moved"    // Back in a line.
	MayMiss Kind = "may_miss" // Perhaps not before closing time.
	Closed  Kind = "closed"   // Not called before the office closed.

	Nearly    Kind = "nearly"    // Few are ahead.
	Leave     Kind = "leave"     // Set out now, with the way you told.
	Called    Kind = "called"    // Come to the counter.
	Recalled  Kind = "recalled"  // Come to the counter, second time.
	Done      Kind = "done"      // Served.
	Missed    Kind = "missed"    // Called, nobody came.
	Withdrawn Kind = "withdrawn" // Cancelled by the office.
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{
		Welcome, Choose, Card, NoTicket, AskCancel, WhichCancel, AskTravel, TravelSet, CancelDone, CancelTooLate, Kept, HelpText, LanguageSet,
		Forgotten, ShortMenu, PrivateOnly, TooOld, OfficeClosed, ServiceClosed, ServiceFull, ChannelFull, Stopped, CardNeeded, NotAllowed, Busy, Lapsed, Enquiry, NoNumber, OtherOffice,
		LateDone, LateRefused, AskHere, HereDone, HereWrong, AskRate, AskReason, Rated, RateNone, NoCode, FollowFull, AskWatch, WatchSet,
		AskPhone, PhoneSet, PhoneGone, NeedSet, NeedGone, MyDataText, TopicText, TryLater,
		Joined, Moved, MayMiss, Closed, Nearly, Leave, Called, Recalled, Done, Missed, Withdrawn,
	}
}

// Message says one thing, before it is worded for a language and a channel.
type Message struct {
	Kind     Kind     `json:"kind"`
	Language string   `json:"language"`
	Office   string   `json:"office,omitempty"`
	Services []Option `json:"services,omitempty"`
	Slips    []Slip   `json:"slips,omitempty"`   // Tickets it is about; most kinds have one.
	Held     bool     `json:"held,omitempty"`    // A card of a number the person held already.
	Served   []Slip   `json:"served,omitempty"`  // Numbers being served beside the one asked for.
	Opens    string   `json:"opens,omitempty"`   // When numbers are given again, in words; empty = not known.
	Reasons  []string `json:"reasons,omitempty"` // What AskReason lets choose, in its language; empty = the usual ones.
	Scale    []Degree `json:"scale,omitempty"`   // The office's own answers to how it was, the worst first; empty = the usual five.
	Level    int      `json:"level,omitempty"`   // How satisfied, 1 to 5, for AskReason and Rated; how many ahead, for WatchSet.
	Text     string   `json:"text,omitempty"`    // What a Topic answers, or what is held about a person, in words.
	More     []Offer  `json:"more,omitempty"`    // What a Topic lets choose next.
	Consent  bool     `json:"consent,omitempty"` // The words about personal data stand below.
}

// trial reports whether a message gives a number that means nothing.
func (m Message) trial() bool {
	return slices.ContainsFunc(m.Slips, func(s Slip) bool { return s.Trial })
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
	Calls   int         `json:"calls,omitempty"` // How often it was called when this was decided.
	Trial   bool        `json:"trial,omitempty"` // Issued while the office was tried out: it means nothing.
	Late    bool        `json:"late,omitempty"`  // Its holder may let others go first.
	Away    bool        `json:"away,omitempty"`  // It waits, and its holder is not in the hall.
	Where   string      `json:"where,omitempty"` // Where the counter is, in the language of the message.
	Ahead   *int        `json:"ahead,omitempty"`
	Wait    string      `json:"wait,omitempty"`    // How long it will wait, in words …
	ComeBy  string      `json:"come_by,omitempty"` // … when to come …
	SetOut  string      `json:"set_out,omitempty"` // … when to set out, for who told the way …
	Basis   string      `json:"basis,omitempty"`   // … what that rests on …
	Warning string      `json:"warning,omitempty"` // … and that it may be too late in the day.
	Travels bool        `json:"travels,omitempty"` // There is time to be reminded when to set out.
	Code    string      `json:"code,omitempty"`
	URL     string      `json:"url,omitempty"`
}

// SlipOf tells what there is to tell of a ticket in a language; service is its
// service's name in that language, now is told in the office's zone.
func SlipOf(t queue.Ticket, service, language string, now time.Time) Slip {
	s := Slip{
		Ticket: t.ID, Number: t.Number.String(), Service: service, State: t.State,
		Counter: t.Counter, Code: t.Code, URL: t.URL, Calls: t.CallCount, Trial: t.Trial,
		Late: toCall(t) && t.LaterCount == 0, Away: toCall(t) && t.Presence != queue.Present,
	}
	if t.Standing != nil {
		ahead := t.Standing.Ahead
		s.Ahead, s.Wait, s.ComeBy = &ahead, standing.Wait(t.Standing, language), standing.ComeBy(t, now, language)
		s.Basis, s.Warning = standing.Basis(t.Standing, language), standing.MayMiss(t.Standing, language)
		s.Travels = toCome(t) && worthTelling(t.Standing, now)
	}
	return s
}

// toCome reports whether a ticket's holder is still to come; one that is held
// waits as soon as its card has been delivered.
func toCome(t queue.Ticket) bool {
	return toCall(t) && t.Presence != queue.Present
}

// toCall reports whether a ticket waits for its call, or will once its card has
// been delivered.
func toCall(t queue.Ticket) bool { return t.State == queue.Waiting || t.State == queue.Held }

// shortestWay is the least time that is left to who may be reminded.
const shortestWay = 10 * time.Minute

func worthTelling(s *queue.Standing, now time.Time) bool {
	return standing.Known(s) && s.ComeBy.Sub(now) >= shortestWay
}

// SetOut adds to a slip when to set out with a way of some minutes.
func SetOut(s Slip, t queue.Ticket, travel int, language string, now time.Time) Slip {
	s.SetOut = standing.LeaveBy(t.Standing, travel, now, language)
	return s
}

// Text is a worded message.
type Text struct {
	Body    string
	Buttons [][]Button // Rows.
	Choices []Intent   // What an answer of 1, 2 … means, where the choices are numbered in Body.
	Silent  bool       // Need not make a sound.
}

// Button is something to press.
type Button struct {
	Label  string
	Intent Intent
}

// Lifetime tells for how long an answer of this kind is worth sending. What is
// said of its own accord has its rule in package notice.
func (k Kind) Lifetime() time.Duration {
	switch k {
	case Card:
		return 30 * time.Minute
	case Lapsed, Forgotten, MyDataText:
		return 12 * time.Hour
	default:
		return 15 * time.Minute
	}
}

// Resend reports whether, when nobody knows if it arrived, it is better said
// twice than never.
func (k Kind) Resend() bool {
	switch k {
	case Card, Lapsed, CancelDone, HereDone, LateDone:
		return true
	default:
		return false
	}
}
