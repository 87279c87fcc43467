package whatif

import (
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Day is an office day to be played: who came when and needed how long, and
// which counters were staffed when. What depends on the order of the calls is
// not in it.
type Day struct {
	Setup  queue.Setup
	Start  time.Time // Nothing happens earlier.
	Visits []Visit   // By At.
	Desks  []Desk    // In the order of the setup's counters.
}

// Visit is one ticket's part in a day.
type Visit struct {
	Ticket  string    // Id in the log the day was read from, if it was.
	At      time.Time // The number is taken, in whole milliseconds.
	Service string
	Class   queue.Class
	Channel queue.Channel
	Needs   []string
	Slot    time.Time // Booked time, of an appointment that has one.
	Held    bool      // The number waits only from a Confirm in Steps on.
	Steps   []Step    // What the citizen does meanwhile, by At.
	Stages  []Stage   // What happens at counters, in order; who is called more often is served for Default.
	Default time.Duration

	asideAt time.Time // End of the latest stay, while a log is read.
}

// remote reports whether the number was taken from afar.
func (v *Visit) remote() bool { return v.Channel != queue.Kiosk && v.Channel != queue.Staff }

// booked reports whether the visit is an appointment with a time.
func (v *Visit) booked() bool { return v.Class == queue.Appointment && !v.Slot.IsZero() }

// Step is something that is done by the clock while a ticket waits: confirm,
// check-in, later, cancel, entitle, disentitle. It happens if the ticket's
// state allows it then.
type Step struct {
	At     time.Time
	Action queue.Action
	Places int // For later.
}

// Stage is one stay of a ticket at a counter.
type Stage struct {
	Work   time.Duration // From the call to the end.
	End    queue.Action  // Finish, Absent, Park, Transfer, Requeue, Later or Disentitle.
	Places int           // For Later.

	Service, Counter string        // For Transfer.
	Away             time.Duration // After Park and Absent: until the ticket waits again; 0 = never.
}

// Desk is a counter's staffing.
type Desk struct {
	Counter string
	Spans   []Span // By From, not overlapping.
	Stays   bool   // Goes on after the last span until nobody is there for it.

	// Pauses is how long the staff took before each of their calls while
	// somebody was there to be called; further calls take Pause.
	Pauses []time.Duration
	Pause  time.Duration
}

// Span is a time from From until before To.
type Span struct{ From, To time.Time }

// outcome is what became of a visit.
type outcome struct {
	here   time.Time // Since when the citizen waited in the hall, or at home if the office calls anyway; zero = never.
	called time.Time // First call; zero = never.
	ended  time.Time // When it was served.
	absent bool      // Nobody came when called.
	served bool
}

// wait is the time to the first call; whoever is early for an appointment
// waits from the booked time on.
func (o outcome) wait(v *Visit) time.Duration {
	from := o.here
	if v.Slot.After(from) {
		from = v.Slot
	}
	return max(0, o.called.Sub(from))
}
