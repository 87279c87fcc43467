package callout

import (
	"cmp"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Rules bound how citizens are called. A zero field means the default beside
// it; those that an office decides come from its setup (Rules.under).
type Rules struct {
	Off      bool          // Nobody is called. From the setup.
	Ahead    int           // Call when so many are ahead. From the setup; default 3.
	Attempts int           // Calls until somebody answers. From the setup; default 2.
	From, To string        // Time of day between which calls may begin. From the setup; default 07:00 to 17:00.
	Minutes  int           // Or when the shortest expected wait is so long. Default 15.
	PerDay   int           // Calls to one telephone number on one day. Default 6.
	Ring     time.Duration // How long it rings. Default 28 s.
	Pause    time.Duration // Between two attempts. Default 90 s.
	AtOnce   int           // Calls at the same time. Default 4.
	PerMin   int           // Calls begun per minute. Default 20.
}

// failures is how often a call may fail to leave the house before the wish is
// given up.
const failures = 8

func (r Rules) withDefaults() Rules {
	r.Minutes, r.PerDay = cmp.Or(r.Minutes, 15), cmp.Or(r.PerDay, 6)
	r.Ring, r.Pause = cmp.Or(r.Ring, 28*time.Second), cmp.Or(r.Pause, 90*time.Second)
	r.AtOnce, r.PerMin = cmp.Or(r.AtOnce, 4), cmp.Or(r.PerMin, 20)
	return r
}

// under gives the rules with what the office has decided.
func (r Rules) under(c queue.PhoneCallback) Rules {
	c = c.WithDefaults()
	r.Off, r.Ahead, r.Attempts, r.From, r.To = c.Off, c.Ahead, c.Attempts, c.From, c.To
	return r.withDefaults()
}

// clock is how a time of day is written; it sorts as the time does.
const clock = "15:04"

// awake reports whether citizens may be called at a time of the office's zone.
func (r Rules) awake(local time.Time) bool {
	at := local.Format(clock)
	return r.From <= at && at < r.To
}

// wakes is when calls may begin next.
func (r Rules) wakes(local time.Time) time.Time {
	from, err := time.Parse(clock, r.From)
	if err != nil {
		return local.Add(time.Hour) // The setup was checked; look again.
	}
	at := time.Date(local.Year(), local.Month(), local.Day(), from.Hour(), from.Minute(), 0, 0, local.Location())
	if !at.After(local) {
		at = at.AddDate(0, 0, 1)
	}
	return at
}
