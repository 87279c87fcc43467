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
	return s.dayTurns(now) || (len(s.holds) > 0 && !s.holds[0].at.After(now))
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
