package report

import (
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Figures is how a business day of an office went. All times are from the log,
// durations in seconds.
type Figures struct {
	Office   string `json:"office"`
	Name     string `json:"name"`
	NameEN   string `json:"name_en,omitempty"`
	TimeZone string `json:"time_zone"`
	Day      string `json:"day"` // "2026-11-21"

	From  time.Time `json:"from"`  // When the day began.
	Until time.Time `json:"until"` // When the next one did; while the day goes on, its latest event.
	Over  bool      `json:"over"`  // The next day has begun: nothing will change.
	First int64     `json:"first_seq"`
	Last  int64     `json:"last_seq"` // The events of the log that these figures are made of.

	Total    Group     `json:"total"`
	Agencies []Group   `json:"agencies"` // Empty where the office is one.
	Services []Group   `json:"services"`
	Channels []Group   `json:"channels"`
	Classes  []Group   `json:"classes"`
	Counters []Counter `json:"counters"`

	OutOfOrder []Call   `json:"out_of_order"` // Calls out of order, in their order.
	Endings    []Ending `json:"endings"`      // Tickets that ended without being served: by whom, and why.
	Issuing    []Stop   `json:"issuing"`      // When the giving of numbers was stopped and resumed.

	Limits []Limit `json:"limits"` // When a service had given all the numbers of the day that it may give.

	CardsIssued  int `json:"cards_issued"`
	CardsRevoked int `json:"cards_revoked"`

	Notes []Note `json:"notes"` // What these figures cannot tell.
}

// Note is a remark for people.
type Note struct {
	VI string `json:"vi"`
	EN string `json:"en"`
}

// notes says what no log can tell.
func notes() []Note {
	return []Note{{
		VI: "Các lượt bị từ chối cấp số (hết hạn mức, quá số phiếu mỗi người, ngoài giờ) không ghi trong nhật ký nên không đếm được ở đây; lúc nào hết hạn mức của hàng đợi và kênh thì có.",
		EN: "Refused requests for a number (quota, limit per person, closed) are not in the log, and so not counted here; when the quotas of services and channels were used up is.",
	}}
}

// Group is the tickets that have something in common: the service, say.
type Group struct {
	ID     string  `json:"id"` // Empty in the total, and for tickets without: of no agency, say.
	Name   string  `json:"name,omitempty"`
	NameEN string  `json:"name_en,omitempty"`
	Agency string  `json:"agency,omitempty"` // Of a service: whose it is.
	Target Seconds `json:"target,omitempty"` // Of a service: the longest wait within the target, on the last day.

	Counts
	Work
	Lead     Spread   `json:"lead"` // From issue to finish, of tickets served.
	Priority Priority `json:"priority"`

	Left        int   `json:"left"`          // Went without being served: no-show, expired, or cancelled, but not by staff.
	LeftShare   Share `json:"left_share"`    // Left of Served, NoShow, Cancelled and Expired.
	NoShowShare Share `json:"no_show_share"` // NoShow of the same.
}

// Counts is what became of tickets. Nothing gets lost:
//
//	Issued + TakenOver + In = Served + NoShow + Cancelled + Undelivered + Expired + Open + Out
type Counts struct {
	Issued    int `json:"issued"`     // Numbers used, delivered or not.
	TakenOver int `json:"taken_over"` // In hand at a counter while the day turned; issued earlier.
	In        int `json:"in"`         // Became the group's after their issue: transferred to its service, say.
	Out       int `json:"out"`        // Became another group's.

	Served      int `json:"served"`
	NoShow      int `json:"no_show"`     // Called, nobody came, and not restored.
	Cancelled   int `json:"cancelled"`   // Withdrawn by citizen or staff; see Figures.Endings.
	Undelivered int `json:"undelivered"` // Held, and never delivered.
	Expired     int `json:"expired"`
	Open        int `json:"open"`    // Still held, waiting, called, served or parked at the end.
	InHand      int `json:"in_hand"` // Those of Open that a counter has in hand.

	Dossiers int `json:"dossiers"` // That the issued tickets were for.
}

// Balanced reports whether every ticket that came in is accounted for once.
func (c Counts) Balanced() bool {
	return c.Issued+c.TakenOver+c.In == c.Served+c.NoShow+c.Cancelled+c.Undelivered+c.Expired+c.Open+c.Out
}

// Work is what counters did.
type Work struct {
	Calls            int   `json:"calls"`               // First calls of a turn, those undone as well; recalls are not among them.
	CallsUndone      int   `json:"calls_undone"`        // Those of them that were undone.
	OutOfOrder       int   `json:"out_of_order"`        // Those of Calls in which staff chose another ticket than the one whose turn it was.
	OutOfOrderUndone int   `json:"out_of_order_undone"` // Those of OutOfOrder that were undone.
	OutOfOrderShare  Share `json:"out_of_order_share"`  // OutOfOrder of Calls.

	Recalls   int `json:"recalls"`
	Transfers int `json:"transfers"` // To a service or to a counter.
	Requeues  int `json:"requeues"`  // Given back to the line.
	PushBacks int `json:"push_backs"`
	Parks     int `json:"parks"`
	Restores  int `json:"restores"`
	Undos     int `json:"undos"` // Staff actions that were taken back.

	Wait       Spread `json:"wait"`        // From when the waiting counts (Ticket.EligibleAt) to the first call, whether or not anybody came.
	SinceIssue Spread `json:"since_issue"` // From issue to the first call.
	WaitAgain  Spread `json:"wait_again"`  // From each return to a line (transfer, requeue, restore …) to the next call.
	Way        Spread `json:"way"`         // From call to start, of every stay at a counter that was started.
	Service    Spread `json:"service"`     // From start to the end of the stay; from call to finish where nobody pressed start.

	Within      int   `json:"within"`       // Those of Wait that were no longer than the target: what the office wanted of the service on the day, unless a report is asked with another.
	WithinShare Share `json:"within_share"` // Within of Wait.

	Ratings Ratings `json:"ratings"`
}

// Ratings is what citizens thought of it.
type Ratings struct {
	N      int     `json:"n"`
	Mean   float64 `json:"mean"`   // 1 to 5, to the hundredth; 0 if there are none.
	Levels [5]int  `json:"levels"` // How many gave 1, 2 … 5.
}

// Priority is what priority rested on, of the tickets issued this day.
type Priority struct {
	Declared  int   `json:"declared"`  // On the citizen's word.
	Confirmed int   `json:"confirmed"` // Of them: staff saw that it is so.
	Refused   int   `json:"refused"`   // Of them: staff saw that it is not so.
	Unchecked int   `json:"unchecked"` // Of them: nobody has looked.
	Abuse     Share `json:"abuse"`     // Refused of Declared.

	Card      int `json:"card"`      // By a priority card.
	ByStaff   int `json:"by_staff"`  // Issued as such by staff.
	Granted   int `json:"granted"`   // Ordinary tickets, or by appointment, that staff made priority ones.
	Withdrawn int `json:"withdrawn"` // By card or by staff, and refused later all the same.
}

// Counter is what one counter did. Every stay of a ticket there has an end:
//
//	Stays = Finished + NoShow + Parked + Transferred + Returned + InHand
type Counter struct {
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Agency string `json:"agency,omitempty"`

	Stays       int `json:"stays"` // Tickets that it had in hand, each time anew.
	Finished    int `json:"finished"`
	NoShow      int `json:"no_show"`
	Parked      int `json:"parked"`
	Transferred int `json:"transferred"`
	Returned    int `json:"returned"` // Back to the line: requeued, pushed back, not entitled.
	InHand      int `json:"in_hand"`  // Not ended yet.

	Work
	Time Time `json:"time"`
}

// Time is how a counter spent the day; Busy, Idle, Paused and Closed make up
// all of it.
type Time struct {
	Open       Seconds `json:"open"`        // Busy and Idle.
	Busy       Seconds `json:"busy"`        // With a ticket in hand, paused already or not.
	Idle       Seconds `json:"idle"`        // Open, without one.
	Paused     Seconds `json:"paused"`      // For whatever reason.
	BackOffice Seconds `json:"back_office"` // That part of Paused.
	Closed     Seconds `json:"closed"`
	Pauses     []Pause `json:"pauses"` // Paused by reason.
}

// Pause is the time a counter paused for one reason.
type Pause struct {
	Reason string  `json:"reason"` // As staff gave it; "…" = all further ones.
	Time   Seconds `json:"time"`
}

// Call is one call out of order. Its reason is for staff alone.
type Call struct {
	At      time.Time    `json:"at"`
	Counter string       `json:"counter"`
	Number  queue.Number `json:"number"`
	Service string       `json:"service"`
	Agency  string       `json:"agency,omitempty"` // The ticket's at that moment.
	Class   queue.Class  `json:"class"`
	By      string       `json:"by"` // Event.Actor
	Reason  string       `json:"reason"`
	Undone  bool         `json:"undone"`
}

// Ending is a way in which tickets ended that were not served.
type Ending struct {
	State  queue.State `json:"state"`
	By     Who         `json:"by"`
	Reason string      `json:"reason"` // As it was given; "…" = all further ones.
	N      int         `json:"n"`
}

// Who is a kind of actor.
type Who string

// The kinds of actor.
const (
	Citizen Who = "citizen" // By a link, or through kiosk, phone or chat.
	Staff   Who = "staff"
	System  Who = "system" // By the clock.
)

// Stop is staff stopping or resuming the giving of numbers.
type Stop struct {
	At      time.Time `json:"at"`
	Service string    `json:"service"` // Empty = all.
	Stopped bool      `json:"stopped"`
	Reason  string    `json:"reason"`
}

// Public gives the figures without staff's own words and names: what may be
// hung up in the hall.
func (f Figures) Public() Figures {
	calls := make([]Call, len(f.OutOfOrder))
	for i, c := range f.OutOfOrder {
		c.By, c.Reason = "", ""
		calls[i] = c
	}
	counters := make([]Counter, len(f.Counters))
	for i, c := range f.Counters {
		c.Time.Pauses = []Pause{}
		counters[i] = c
	}
	stops := make([]Stop, len(f.Issuing))
	for i, s := range f.Issuing {
		s.Reason = ""
		stops[i] = s
	}
	f.OutOfOrder, f.Counters, f.Issuing, f.Endings = calls, counters, stops, withoutWords(f.Endings)
	return f
}
