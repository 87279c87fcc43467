package queue

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// gives refuses what a service cannot give through a channel at now; empty
// channel = any. A refusal that time heals says when.
func (s *state) gives(v Service, c Channel, now time.Time) error {
	if s.openAt(now) {
		return s.givesToday(v, c, now)
	}
	closed := &Error{Code: CodeOfficeClosed, Message: "the office is closed", Opens: s.opensAfter(now)}
	if s.givesToday(v, c, now) != nil { // Nobody should come back after the lunch break for that.
		closed.Opens = s.opensTomorrow(now)
	}
	return closed
}

// givesToday refuses what the rest of the day will not bring.
func (s *state) givesToday(v Service, c Channel, now time.Time) error {
	switch {
	case v.Closed:
		return Errorf(CodeServiceClosed, "service %s gives no numbers now", v.ID)
	case s.stoppedFor(v.ID):
		return &Error{Code: CodeIssuingStopped, Message: "staff have stopped giving numbers for today", Opens: s.opensTomorrow(now)}
	case !s.lastNumber(now).After(now):
		return &Error{Code: CodeIssuingStopped, Message: "it is too late in the day for a number", Opens: s.opensTomorrow(now)}
	}
	return s.checkQuota(v, c, now)
}

// stoppedFor tells whether staff have stopped the giving of numbers.
func (s *state) stoppedFor(service string) bool {
	_, all := s.stopped[""]
	_, one := s.stopped[service]
	return all || one
}

// series counts what was taken: by service, and by service and channel.
type series struct {
	service string
	channel Channel // Empty = all.
	trial   bool    // What a trial gave takes nothing from the citizens of its day.
}

// count keeps the quotas' books: a number withdrawn or never delivered may be
// had by somebody else. It counts for the service that gave the number.
func (s *state) count(t Ticket, by int) {
	if t.State == Cancelled || t.Day != s.day {
		return
	}
	s.taken[series{t.Number.Prefix, "", t.Trial}] += by
	s.taken[series{t.Number.Prefix, t.Channel, t.Trial}] += by
}

// checkQuota refuses when the day's numbers of a service, or a channel's share
// of them, are given out.
func (s *state) checkQuota(v Service, c Channel, now time.Time) error {
	full := func(code Code, format string, args ...any) error {
		e := Errorf(code, format, args...)
		e.Opens = s.opensTomorrow(now)
		return e
	}
	if last := cmp.Or(v.Last, maxNumber); s.nextNumber(v).N > last { // ParseNumber reads no larger one, so the log could not either.
		return full(CodeServiceFull, "service %s has given its last number, %s", v.ID, Number{v.ID, last})
	}
	if taken := s.taken[series{v.ID, "", s.setup.Trial}]; v.Quota > 0 && taken >= v.Quota {
		return full(CodeServiceFull, "service %s has given %s today, which is all", v.ID, counted(taken, "number"))
	}
	if most, limited := v.Quotas[c]; limited && s.taken[series{v.ID, c, s.setup.Trial}] >= most {
		return full(CodeChannelFull, "service %s has given %s today through %s, which is all", v.ID, counted(most, "number"), c)
	}
	return nil
}

// firstNumber is where a service's series begins.
func (v Service) firstNumber() int { return max(v.First, 1) }

// nextNumber is the next number of a service's series.
func (s *state) nextNumber(v Service) Number {
	return Number{Prefix: v.ID, N: max(s.issued[v.ID]+1, v.firstNumber())}
}

// organisation is how a person's name begins that is a firm, a school, an
// office: its representatives take numbers in its name.
const organisation = "org:"

// checkPersons refuses a taker who has as many numbers today as the office
// allows, through whatever door they were taken, and gives the aliases that the
// new number stands under: the person's, so that it is found again through
// every door, and that of the card, where cards are counted.
func (s *state) checkPersons(r TakeRequest) (aliases []string, err error) {
	var names []string
	if r.Person != "" {
		names = append(names, r.Person)
	}
	if r.Card != "" && s.personMost("card:") > 0 { // The card was checked before.
		names = append(names, "card:"+cardID(r.Card))
	}
	for _, name := range names {
		alias := s.alias(name)
		if most, held := s.personMost(name), s.heldBy(alias); most > 0 && held >= most {
			return nil, Errorf(CodePersonLimit, "this person has %d of %d numbers today, which is all this office gives", held, most)
		}
		aliases = append(aliases, alias)
	}
	return aliases, nil
}

// heldBy counts the numbers of today that an alias has. What was withdrawn,
// never delivered or of a trial that is over does not count.
func (s *state) heldBy(alias string) int {
	held := 0
	for _, id := range s.persons[alias] {
		if t := s.tickets[id]; t != nil && t.State != Cancelled && t.Day == s.day && !s.tried(t) {
			held++
		}
	}
	return held
}

// notePersons remembers whom a ticket counts for.
func (s *state) notePersons(p PersonRecord) {
	for _, alias := range strings.Fields(p.Person) {
		s.persons[alias] = append(s.persons[alias], p.Ticket)
	}
}

// personMost is how many numbers a day a person may have; 0 = not counted.
func (s *state) personMost(person string) int {
	if strings.HasPrefix(person, organisation) {
		return s.rules().OrganisationMost
	}
	return s.rules().PersonMost
}

// alias is what a person goes by in this office on this day alone: without the
// office's secret nobody can tell who it is, and tomorrow it is another one.
func (s *state) alias(person string) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte("person\x00" + s.office + "\x00" + s.day + "\x00" + person))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// aged gives priority to whom a machine has read to be old enough.
func (r *TakeRequest) aged() (Entitlement, error) {
	if r.Channel != Kiosk {
		return "", Errorf(CodeBadRequest, "an age is read by a machine in the hall, channel %s, not %s", Kiosk, r.Channel)
	}
	r.Class = Priority
	return ByAge, nil
}

// checkClass says what a ticket's class rests on, or refuses it.
func (s *state) checkClass(r *TakeRequest, now time.Time) (Entitlement, error) {
	if r.Card != "" && !r.Slot.IsZero() {
		return "", Errorf(CodeBadRequest, "a booked time goes with class %s, not with a card", Appointment)
	}
	if r.Card != "" {
		if err := s.checkCard(r.Card, now); err != nil {
			return "", err
		}
		r.Class = Priority
		return ByCard, nil
	}
	if r.Aged && r.Slot.IsZero() {
		return r.aged()
	}
	if !r.Slot.IsZero() && r.Class == "" {
		r.Class = Appointment
	}
	if r.Class == "" {
		r.Class = Normal
	}
	switch {
	case !slices.Contains(classes(), r.Class):
		return "", Errorf(CodeBadRequest, "unknown class %q", clip(string(r.Class)))
	case !r.Slot.IsZero() && r.Class != Appointment:
		return "", Errorf(CodeBadRequest, "a booked time goes with class %s", Appointment)
	case !r.Slot.IsZero() && r.Slot.In(s.location).Format(dateLayout) != s.day:
		return "", Errorf(CodeBadRequest, "the booked time %s is not on this business day, %s", r.Slot.Format(time.RFC3339), s.day)
	case r.Class != Priority:
		return "", nil
	case r.Channel == Staff:
		return Confirmed, nil
	case s.setup.Rules.CardOnly:
		return "", Errorf(CodeCardNeeded, "priority needs a card here, or a member of staff")
	default:
		return Declared, nil
	}
}
