package appointment

import (
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// SlotLength is how long a booked time is: half an hour, the grid of the
// office's plans.
const SlotLength = 30 * time.Minute

const (
	dayLayout   = "2006-01-02"
	clockLayout = "15:04"
)

// Session is a span in which the office works.
type Session struct{ From, To time.Time }

// Calendar tells when an office works, from its hours and its days with hours
// of their own. It is a value; make one from the setup that is in force.
type Calendar struct {
	setup queue.Setup
	zone  *time.Location
}

// NewCalendar makes a calendar. A zone that is not known is UTC+7.
func NewCalendar(s queue.Setup) Calendar {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		zone = time.FixedZone("+07", 7*60*60)
	}
	return Calendar{s, zone}
}

// Zone is the office's.
func (c Calendar) Zone() *time.Location { return c.zone }

// Day names the date of a time in the office's zone: "2027-02-06".
func (c Calendar) Day(t time.Time) string { return t.In(c.zone).Format(dayLayout) }

// Date reads what Day wrote, as the noon of that day: some zones have days
// without a midnight.
func (c Calendar) Date(day string) (noon time.Time, ok bool) {
	t, err := time.Parse(dayLayout, day)
	if err != nil {
		return noon, false
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, c.zone), true
}

// Sessions lists when the office works on the date of t, in order and without
// overlaps; an office without hours works from midnight to midnight.
func (c Calendar) Sessions(t time.Time) []Session {
	local := t.In(c.zone)
	var all []Session
	for _, s := range c.spans(local) {
		from, to := at(local, s.From), at(local, s.To)
		if to.After(from) {
			all = append(all, Session{from, to})
		}
	}
	slices.SortFunc(all, func(a, b Session) int { return a.From.Compare(b.From) })
	var merged []Session
	for _, s := range all {
		if n := len(merged); n > 0 && !s.From.After(merged[n-1].To) {
			merged[n-1].To = later(merged[n-1].To, s.To)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// spans are the sessions as the setup writes them.
func (c Calendar) spans(local time.Time) []queue.Span {
	date := local.Format(dayLayout)
	if i := slices.IndexFunc(c.setup.Days, func(d queue.Day) bool { return d.Date == date }); i >= 0 {
		return c.setup.Days[i].Hours
	}
	if len(c.setup.Hours) == 0 {
		return []queue.Span{{From: "00:00", To: "24:00"}}
	}
	var list []queue.Span
	for _, h := range c.setup.Hours {
		if h.Day == local.Weekday() {
			list = append(list, queue.Span{From: h.From, To: h.To})
		}
	}
	return list
}

// Holiday is the name of a date that has hours of its own, empty for others.
func (c Calendar) Holiday(t time.Time) (name, nameEN string) {
	date := c.Day(t)
	for _, d := range c.setup.Days {
		if d.Date == date {
			return d.Name, d.NameEN
		}
	}
	return "", ""
}

// Slots lists the half-hours of the date of t that lie wholly in a session.
func (c Calendar) Slots(t time.Time) (starts []time.Time) {
	for _, s := range c.Sessions(t) {
		for from := s.From; !from.Add(SlotLength).After(s.To); from = from.Add(SlotLength) {
			starts = append(starts, from.UTC())
		}
	}
	return starts
}

// IsSlot reports whether a half-hour of the office begins at t.
func (c Calendar) IsSlot(t time.Time) bool {
	return slices.ContainsFunc(c.Slots(t), t.Equal)
}

// DayEnd is when the office has done the work of the date of t: the end of its
// last session, or of the date if it has none.
func (c Calendar) DayEnd(t time.Time) time.Time {
	if all := c.Sessions(t); len(all) > 0 {
		return all[len(all)-1].To
	}
	return at(t.In(c.zone), "24:00")
}

// workdaysAhead bounds how far AddWorking looks: an office that does not open
// for so long is not coming back by itself.
const workdaysAhead = 62

// AddWorking gives the moment by which the office has worked for d after from;
// a moment at the end of a session belongs to that session. ok is false if it
// does not work so much in the next two months.
func (c Calendar) AddWorking(from time.Time, d time.Duration) (end time.Time, ok bool) {
	local := from.In(c.zone)
	for i := range workdaysAhead {
		day := time.Date(local.Year(), local.Month(), local.Day()+i, 12, 0, 0, 0, c.zone)
		for _, s := range c.Sessions(day) {
			begin := later(s.From, from)
			left := s.To.Sub(begin)
			if left < 0 || left == 0 && d > 0 {
				continue
			}
			if d <= left {
				return begin.Add(d).UTC(), true
			}
			d -= left
		}
	}
	return time.Time{}, false
}

// Working is how long the office works between two moments, at most two months.
func (c Calendar) Working(from, to time.Time) (sum time.Duration) {
	local := from.In(c.zone)
	for i := range workdaysAhead {
		day := time.Date(local.Year(), local.Month(), local.Day()+i, 12, 0, 0, 0, c.zone)
		for _, s := range c.Sessions(day) {
			if span := earlier(s.To, to).Sub(later(s.From, from)); span > 0 {
				sum += span
			}
		}
		if day.After(to.Add(24 * time.Hour)) {
			break
		}
	}
	return sum
}

// at is a time of day on the date of local; the setup was checked by the heart.
func at(local time.Time, clock string) time.Time {
	if clock == "24:00" {
		return time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, local.Location())
	}
	t, err := time.Parse(clockLayout, clock)
	if err != nil {
		return time.Time{}
	}
	return time.Date(local.Year(), local.Month(), local.Day(), t.Hour(), t.Minute(), 0, 0, local.Location())
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
