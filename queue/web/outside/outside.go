// Package outside is for deciding at home whether and when to come: what
// everybody may know of an office at this moment, and how long people usually
// wait at each hour of such a day. It holds nothing of any person: numbers in
// hand and counts, as the boards in the hall show them.
package outside

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
)

// State is an office as everybody may see it.
type State struct {
	At       time.Time // When it was looked at.
	Info     queue.Info
	Address  string
	Hotline  string                // Telephone that citizens ask with; empty = none.
	Always   bool                  // It never closes.
	Sessions []appointment.Session // Of today; none = closed all day.
	Holiday  [2]string             // What today is called, Vietnamese and English, if it has hours of its own.
	Services []Service
	Usual    []Hour  // Of such a day, in order; empty = too little is known.
	Rating   *Rating // Nil = there are too few.
}

// Service is one line.
type Service struct {
	queue.ServiceView
	AgencyName, AgencyNameEN string
	Known                    bool          // Low and High are.
	Low, High                time.Duration // About how long who takes a number now will wait.
	Counters                 int           // Open for it.
	Serving                  []Seat        // In hand, by counter.
}

// Seat is a number in hand.
type Seat struct{ Number, Counter string }

// Hour is how long people who came in one hour of the day usually waited.
type Hour struct {
	Hour  int           // 8 = from 08:00 to 09:00 of the office's clock.
	Wait  time.Duration // Mean.
	Waits int           // That it rests on.
}

// Rating is what citizens thought of the office lately.
type Rating struct {
	Mean float64 // 1 to 5.
	N    int
	Days int // Of how many days.
}

// Source is what an office's state is made of. Office and Setup are required.
type Source struct {
	Office queue.Office
	Setup  func(ctx context.Context) (queue.Setup, error)
	// Expect tells how long who takes a number of a service now will wait; nil =
	// nobody knows.
	Expect func(service string, now time.Time) (low, high time.Duration, ok bool)
	// Usual tells how long people waited on days like a date, "2026-11-23"; nil =
	// nobody knows.
	Usual func(ctx context.Context, date string) ([]Hour, error)
	// Ratings gives the mean of the latest ratings; nil = there are none.
	Ratings func(ctx context.Context) (Rating, error)
	Logger  *slog.Logger     // Nil = silent.
	Now     func() time.Time // Nil = time.Now.
}

const (
	keepFor   = time.Second // A state is given to so many readers before it is made anew.
	pastEvery = time.Hour   // Between two looks at what is learned of the past …
	pastRetry = time.Minute // … where one failed.
	leastPast = 20          // Waits that an hour needs to be told.
)

// View makes the state of an office, for many readers at once.
type View struct {
	Source
	mu    sync.Mutex
	state State
	usual []Hour
	rated *Rating
	day   string // That usual is for.
}

// New makes a view. Run keeps what rests on the past true.
func New(s Source) (*View, error) {
	if s.Office == nil || s.Setup == nil {
		return nil, errors.New("outside: Source.Office and Setup are required")
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	return &View{Source: s}, nil
}

// Run looks at the past until ctx ends.
func (v *View) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		pause := pastEvery
		if err := v.learn(ctx); err != nil && ctx.Err() == nil {
			v.Logger.Info("what is usual is not known yet", "err", err)
			pause = pastRetry
		}
		queue.Await(ctx, nil, pause)
	}
	return nil
}

// learn reads what is usual on such a day, and what people thought of the office.
func (v *View) learn(ctx context.Context) error {
	setup, err := v.Setup(ctx)
	if err != nil {
		return err
	}
	day := appointment.NewCalendar(setup).Day(v.Now())
	var usual []Hour
	var rated *Rating
	var errs [2]error
	if v.Usual != nil {
		usual, errs[0] = v.Usual(ctx, day)
	}
	if v.Ratings != nil {
		var r Rating
		r, errs[1] = v.Ratings(ctx)
		if r.N >= setup.Rating.WithDefaults().Least {
			rated = &r
		}
	}
	usual = slices.DeleteFunc(usual, func(h Hour) bool { return h.Waits < leastPast })
	slices.SortFunc(usual, func(a, b Hour) int { return cmp.Compare(a.Hour, b.Hour) })
	v.mu.Lock()
	defer v.mu.Unlock()
	v.usual, v.rated, v.day, v.state = usual, rated, day, State{}
	return errors.Join(errs[:]...)
}

// State is the office as it is now, or was less than a second ago. Its lists are
// shared: nobody changes them.
func (v *View) State(ctx context.Context) (State, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.Now()
	if age := now.Sub(v.state.At); !v.state.At.IsZero() && age >= 0 && age < keepFor {
		return v.state, nil
	}
	s, err := v.look(ctx, now)
	if err != nil {
		return State{}, err
	}
	v.state = s
	return s, nil
}

// look reads the office. The caller holds v.mu.
func (v *View) look(ctx context.Context, now time.Time) (s State, err error) {
	info, errInfo := v.Office.Info(ctx)
	services, errServices := v.Office.Services(ctx)
	counters, errCounters := v.Office.Counters(ctx)
	setup, errSetup := v.Setup(ctx)
	if err := errors.Join(errInfo, errServices, errCounters, errSetup); err != nil {
		return s, err
	}
	calendar := appointment.NewCalendar(setup)
	s = State{At: now, Info: info, Address: setup.Address, Hotline: setup.Kiosk.Hotline, Sessions: calendar.Sessions(now)}
	s.Always = len(setup.Hours) == 0 && len(setup.Days) == 0
	s.Holiday[0], s.Holiday[1] = calendar.Holiday(now)
	for _, one := range services {
		line := v.line(one, counters, now)
		for _, a := range setup.Agencies {
			if a.ID == one.Agency {
				line.AgencyName, line.AgencyNameEN = a.Name, a.NameEN
			}
		}
		s.Services = append(s.Services, line)
	}
	if calendar.Day(now) == v.day {
		s.Usual = v.usual
	}
	s.Rating = v.rated
	return s, nil
}

// line is one service with what the counters do for it.
func (v *View) line(one queue.ServiceView, counters []queue.CounterView, now time.Time) Service {
	line := Service{ServiceView: one}
	for _, c := range counters {
		if c.State == queue.Opened && (slices.Contains(c.Services, one.ID) || slices.Contains(c.Helps, one.ID)) {
			line.Counters++
		}
		if c.Ticket != nil && c.Ticket.Service == one.ID {
			line.Serving = append(line.Serving, Seat{c.Ticket.Number.String(), c.ID})
		}
	}
	if v.Expect != nil && one.Open {
		line.Low, line.High, line.Known = v.Expect(one.ID, now)
	}
	return line
}

// Best gives the hour still to come today at which people usually wait least,
// and the one at which they wait longest; ok is false while too little is known
// or it makes no difference.
func (s State) Best() (best, worst Hour, ok bool) {
	const worthWhile = 5 * time.Minute
	zone := time.UTC
	if z, err := time.LoadLocation(s.Info.TimeZone); err == nil {
		zone = z
	}
	now := s.At.In(zone)
	var left []Hour
	for _, h := range s.Usual {
		if h.Hour >= now.Hour() && s.openDuring(h.Hour, now) {
			left = append(left, h)
		}
	}
	if len(left) < 2 {
		return best, worst, false
	}
	wait := func(a, b Hour) int { return cmp.Compare(a.Wait, b.Wait) }
	best, worst = slices.MinFunc(left, wait), slices.MaxFunc(left, wait)
	return best, worst, worst.Wait-best.Wait >= worthWhile
}

// openDuring reports whether the office is open for a part of an hour of today.
func (s State) openDuring(hour int, now time.Time) bool {
	from := time.Date(now.Year(), now.Month(), now.Day(), hour, 0, 0, 0, now.Location())
	return slices.ContainsFunc(s.Sessions, func(x appointment.Session) bool {
		return x.From.Before(from.Add(time.Hour)) && x.To.After(from) && x.To.After(now)
	})
}
