package appointment

import (
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Codes of failures that only bookings know; the others are package queue's.
const (
	CodeSlotFull       queue.Code = "slot_full"           // No place in this half-hour.
	CodeSlotInvalid    queue.Code = "slot_invalid"        // Not a half-hour that may be booked: past, too far, or closed.
	CodeUnknownBooking queue.Code = "unknown_appointment" // No such booking.
	CodeNotToday       queue.Code = "not_today"           // Its holder came on another day.
	CodeNotBookable    queue.Code = "not_bookable"        // The office takes no bookings, or not of this service.
	CodeBookingLimit   queue.Code = "booking_limit"       // The person has as many open bookings as the office gives.
)

// Booking is one appointment as it stands. Contact is for the office's own
// people and for who carries notices: it goes to no citizen's page.
type Booking struct {
	ID        string // Decimal; what the ticket's request key is made of.
	Code      string // 9 digits; see ParseCode.
	Service   string
	Procedure string
	Start     time.Time // Of the half-hour; of who is listed, the one that was wished for.
	State     State
	Channel   queue.Channel
	Language  string // "vi" or "en".
	Needs     []string
	Contact   string    // "tel:+84912345678", "telegram:12345"; empty = none given, or erased.
	MadeAt    time.Time // When it was asked for.
	AnswerBy  time.Time // Until when staff answer; zero if there is nothing to answer.
	ChangedAt time.Time
	Reason    string // Why it was declined or cancelled, in the staff's words.
	Version   int    // Counts changes.
	Sequence  int    // Counts those changes that a calendar must hear of (RFC 5545 section 3.8.7.4).
	Ticket    string // Id of the ticket, once its holder has come.

	person   string    // Whom it counts for.
	entry    string    // The channel by which its holder is just checking in.
	reminded time.Time // Reminders up to here were said, or were not worth it.
	ringAt   time.Time // When staff are reminded; zero = not any more.
	due      time.Time // When time changes something; zero = never.
}

// End is when the half-hour ends.
func (b Booking) End() time.Time { return b.Start.Add(SlotLength) }

// Request asks for a booking.
type Request struct {
	queue.Meta
	Service   string
	Procedure string
	Start     time.Time
	Channel   queue.Channel
	Language  string
	Needs     []string
	Contact   string
	List      bool // Where there is no place, stand on the waiting list of that day.
	Told      bool // Its holder learns where it is asked for what becomes of it: no notice says it once more.
}

// ActRequest does Action on a booking.
type ActRequest struct {
	queue.Meta
	Ref     string // Id or code.
	Action  Action
	Actor   string    // Who stands in the history: "staff:lan", "web".
	Staff   bool      // The office does it: its holder is told.
	Reason  string    // For Decline and Cancel.
	Start   time.Time // For Reschedule.
	Told    bool      // As Request.Told.
	Version int       // If not 0, what the caller saw; queue.CodeStaleVersion when it has moved on.
}

// Slot is one half-hour that may be booked.
type Slot struct {
	Start time.Time
	Free  int // Places left; 0 = full.
}

// Day is a date with its half-hours.
type Day struct {
	Date            string // "2027-02-06"
	Holiday, NameEN string // Of a date with hours of its own.
	Slots           []Slot
}

// Event is one line of a booking's history.
type Event struct {
	At       time.Time
	Action   string
	Actor    string
	From, To State
	Reason   string
}

// bounds of what a request may carry, in bytes.
const (
	maxContact = 128
	maxReason  = 400
	maxNeeds   = 8
	maxKey     = 128
)

// check refuses what cannot be stored and puts right what is only written
// differently.
func (r *Request) check(contactNeeded bool) error {
	bad := func(format string, args ...any) error { return queue.Errorf(queue.CodeBadRequest, format, args...) }
	if len(r.Key) > maxKey || len(r.Contact) > maxContact || len(r.Needs) > maxNeeds || len(r.Procedure) > maxContact {
		return bad("the request is too long")
	}
	for _, n := range r.Needs {
		if len(n) > 32 {
			return bad("a need of %d bytes: give at most 32", len(n))
		}
	}
	if r.Language != "en" {
		r.Language = "vi"
	}
	if r.Channel == "" {
		r.Channel = queue.Web
	}
	if number, ok := cutTel(r.Contact); ok {
		full := queue.Telephone(number)
		if len(full) < 9 || len(full) > 16 {
			return bad("the telephone number has %d figures: give all of them", len(full))
		}
		r.Contact = "tel:" + full
	}
	if r.Contact == "" && contactNeeded && r.Channel != queue.Staff {
		return bad("a telephone number is needed")
	}
	r.Start = r.Start.UTC().Truncate(time.Millisecond)
	return nil
}

func cutTel(contact string) (string, bool) {
	if len(contact) > 4 && contact[:4] == "tel:" {
		return contact[4:], true
	}
	return "", false
}
