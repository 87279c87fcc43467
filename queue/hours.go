package queue

import "time"

// dayGrace is how long a new business day waits for those of the old one. An
// office that is open when the date changes goes on under the old day until
// nobody waits any more, at most this long.
const dayGrace = 3 * time.Hour

const (
	dateLayout  = "2006-01-02"
	clockLayout = "15:04"
)

// openAt reports whether the office gives numbers at now.
func (s *state) openAt(now time.Time) bool {
	if len(s.setup.Hours) == 0 {
		return true
	}
	local := now.In(s.location)
	clock := local.Format(clockLayout)
	for _, h := range s.setup.Hours {
		if h.Day == local.Weekday() && h.From <= clock && clock < h.To {
			return true
		}
	}
	return false
}

// dayTurns reports whether a new business day begins at now. A clock that
// jumps back never opens a day that is already past.
func (s *state) dayTurns(now time.Time) bool {
	today := now.In(s.location).Format(dateLayout)
	if today <= s.day {
		return false
	}
	return s.day == "" || !s.openAt(now) || !s.anyoneWaits() || !now.Before(s.midnightAfter(s.day).Add(dayGrace))
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
	for _, l := range []line{s.holds, s.resumes} {
		if len(l) > 0 && l[0].at.Before(next) {
			next = l[0].at
		}
	}
	for _, d := range s.counters {
		if at := s.givenUp(s.tickets[d.ticket]); at.Before(next) {
			next = at
		}
	}
	if at := s.cutoff(now); at.Before(next) && s.waiting.any(absent) {
		next = at
	}
	return next
}

// givenUp is when a called ticket becomes a no-show by itself. Who needs help
// to hear, see or walk is not given up by a clock.
func (s *state) givenUp(t *Ticket) time.Time {
	rules := s.rules()
	if t == nil || t.State != Called || rules.NoShowSeconds == 0 || t.CallCount < rules.CallsMost || len(t.Needs) > 0 {
		return never()
	}
	return t.CalledAt.Add(time.Duration(rules.NoShowSeconds) * time.Second)
}

// unanswered lists the called tickets to be given up.
func (s *state) unanswered(now time.Time) []Ticket {
	var list []Ticket
	for _, c := range s.setup.Counters {
		if t := s.tickets[s.inHand(c.ID)]; !s.givenUp(t).After(now) {
			list = append(list, *t)
		}
	}
	return list
}

// cutoff is when remote tickets not checked in expire on the business day.
func (s *state) cutoff(now time.Time) time.Time {
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
	if s.cutoff(now).After(now) {
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
	if midnight := s.midnightAfter(s.day); midnight.After(now) {
		return midnight
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
	for _, l := range s.waiting {
		if len(*l) > 0 {
			return true
		}
	}
	return false
}
