package queue

import (
	"cmp"
	"slices"
	"time"
)

// dayGrace is how long a new business day waits for those of the old one. An
// office that is open when the date changes goes on under the old day until
// nobody waits any more, at most this long.
const dayGrace = 3 * time.Hour

const (
	dateLayout  = "2006-01-02"
	clockLayout = "15:04"
)

// sessions lists when the office is open on the date of local; always reports
// an office that never closes.
func (s *Setup) sessions(local time.Time) (list []Span, always bool) {
	date := local.Format(dateLayout)
	if i := slices.IndexFunc(s.Days, func(d Day) bool { return d.Date == date }); i >= 0 {
		return s.Days[i].Hours, false
	}
	for _, h := range s.Hours {
		if h.Day == local.Weekday() {
			list = append(list, Span{h.From, h.To})
		}
	}
	return list, len(s.Hours) == 0
}

// openAt reports whether the office is open at now.
func (s *state) openAt(now time.Time) bool {
	if s.setup.Trial || len(s.setup.Hours) == 0 && len(s.setup.Days) == 0 {
		return true // Who tries out does so when no citizen comes.
	}
	local := now.In(s.location)
	clock := local.Format(clockLayout)
	list, always := s.setup.sessions(local)
	return always || slices.ContainsFunc(list, func(h Span) bool { return h.From <= clock && clock < h.To })
}

// lastNumber is until when numbers are given on the date of now.
func (s *state) lastNumber(now time.Time) time.Time {
	minutes := s.setup.Rules.LastMinutes
	if minutes == 0 || s.setup.Trial {
		return never()
	}
	closing, ok := s.setup.Closing(now.In(s.location))
	if !ok {
		return never()
	}
	return closing.Add(-time.Duration(minutes) * time.Minute)
}

// Closing is when the last session on the date of local ends, which is a time
// in the office's zone; ok is false if the office does not open on it, or never
// closes.
func (s *Setup) Closing(local time.Time) (at time.Time, ok bool) {
	list, always := s.sessions(local)
	if always || len(list) == 0 {
		return at, false
	}
	last := slices.MaxFunc(list, func(a, b Span) int { return cmp.Compare(a.To, b.To) })
	return onDate(local, last.To), true
}

// onDate is a time of day on the date of local.
func onDate(local time.Time, clock string) time.Time {
	if clock == "24:00" {
		return time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, local.Location())
	}
	t, err := time.Parse(clockLayout, clock)
	if err != nil {
		return never() // The setup was checked.
	}
	return time.Date(local.Year(), local.Month(), local.Day(), t.Hour(), t.Minute(), 0, 0, local.Location())
}

// opensWithin is how far ahead the next opening is looked for, in days.
const opensWithin = 31

// opensAfter is when the office next opens after now; zero if not soon.
func (s *state) opensAfter(now time.Time) time.Time {
	year, month, day := now.In(s.location).Date()
	for i := range opensWithin {
		local := time.Date(year, month, day+i, 12, 0, 0, 0, s.location) // Some zones have days without a midnight.
		list, always := s.setup.sessions(local)
		if always {
			list = []Span{{From: "00:00"}}
		}
		var first time.Time
		for _, h := range list {
			if at := onDate(local, h.From); at.After(now) && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
		if !first.IsZero() {
			return first.UTC()
		}
	}
	return time.Time{}
}

// opensTomorrow is when the office opens on the next of its days.
func (s *state) opensTomorrow(now time.Time) time.Time {
	return s.opensAfter(onDate(now.In(s.location), "24:00").Add(-time.Millisecond))
}

// dayTurns reports whether a new business day begins at now. A clock that
// jumps back never opens a day that is already past.
func (s *state) dayTurns(now time.Time) bool {
	if now.Before(s.midnight) {
		return false // As nearly always, and quickly told.
	}
	today := now.In(s.location).Format(dateLayout)
	if today <= s.day {
		return false
	}
	return s.day == "" || !s.openAt(now) || !s.anyoneWaits() || !now.Before(s.midnight.Add(dayGrace))
}

// due reports whether time alone has changed something by now.
func (s *state) due(now time.Time) bool {
	return s.dayTurns(now) || !s.nextDeadline(now).After(now)
}

// never is later than any deadline.
func never() time.Time { return time.Unix(1<<40, 0) }

// nextDeadline is when the next thing happens by itself, the turn of the day
// aside; it may lie in the past.
func (s *state) nextDeadline(now time.Time) time.Time {
	next := never()
	for _, l := range []line{s.holds, s.resumes, s.unheard} {
		if len(l) > 0 && l[0].at.Before(next) {
			next = l[0].at
		}
	}
	if s.cutoff.Before(next) && s.waiting.anyIn(absent) {
		next = s.cutoff
	}
	if at := s.nextAutoCall(now); at.Before(next) {
		next = at
	}
	return next
}

// givenUp is when a called ticket becomes a no-show by itself. Who needs help
// to hear, see or walk is not given up by a clock.
func (s *state) givenUp(t Ticket) (at time.Time, ever bool) {
	rules := s.rules()
	if t.State != Called || rules.NoShowSeconds == 0 || t.CallCount < rules.CallsMost || len(t.Needs) > 0 {
		return at, false
	}
	return t.CalledAt.Add(time.Duration(rules.NoShowSeconds) * time.Second), true
}

// cutoffOfDay is when remote tickets not checked in expire on the business day.
func (s *state) cutoffOfDay() time.Time {
	until := s.setup.Rules.RemoteUntil
	if until == "" {
		return never()
	}
	at, err := time.ParseInLocation(dateLayout+" "+clockLayout, s.day+" "+until, s.location)
	if err != nil {
		return never()
	}
	return at
}

// tooLate lists the tickets whose holders have not come by the cutoff.
func (s *state) tooLate(now time.Time) []Ticket {
	if s.cutoff.After(now) {
		return nil
	}
	var list []Ticket
	for _, id := range s.ticketIDs() {
		if t := s.tickets[id]; t.State == Waiting && s.lineOf(*t).lane == absent {
			list = append(list, *t)
		}
	}
	return list
}

// nextTurn is the earliest time after now at which dayTurns may become true.
func (s *state) nextTurn(now time.Time) time.Time {
	if s.midnight.After(now) {
		return s.midnight
	}
	return now.Add(time.Minute) // Waiting for the hall to empty.
}

func (s *state) midnightAfter(day string) time.Time {
	t, err := time.ParseInLocation(dateLayout, day, s.location)
	if err != nil {
		return time.Time{}
	}
	return t.AddDate(0, 0, 1)
}

func (s *state) anyoneWaits() bool {
	if len(s.holds) > 0 {
		return true
	}
	for range s.waiting.all {
		return true // There are no empty lines.
	}
	return false
}
