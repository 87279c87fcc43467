package queue

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Mine implements Office.
func (e *Engine) Mine(_ context.Context, name string) ([]Ticket, error) {
	return e.takenBy(name, (*state).goesOn)
}

// Unrated lists the tickets that a person took today, that were served and
// that nobody has rated yet, the oldest first. The person is named as in
// TakeRequest.Person.
func (e *Engine) Unrated(_ context.Context, name string) ([]Ticket, error) {
	return e.takenBy(name, func(s *state, t *Ticket, now time.Time) bool {
		return t.Day == s.day && s.setup.Rating.Rateable(*t, now)
	})
}

// takenBy lists those of a person's tickets of today that are asked for.
func (e *Engine) takenBy(name string, asked func(*state, *Ticket, time.Time) bool) ([]Ticket, error) {
	name, err := person(name)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, Errorf(CodeBadRequest, "person: say whose tickets, like tel:+84912345678")
	}
	if err := e.rlock(); err != nil {
		return nil, err
	}
	defer e.mu.RUnlock()
	now := e.clock()
	list := []Ticket{}
	for _, id := range e.state.persons[e.state.alias(name)] {
		if t := e.state.tickets[id]; t != nil && asked(e.state, t, now) {
			list = append(list, e.complete(*t))
		}
	}
	return list, nil
}

// goesOn tells whether a ticket of today may still bring its taker to a counter.
func (s *state) goesOn(t *Ticket, now time.Time) bool {
	if t.State == NoShow {
		return s.restorable(t, now)
	}
	return t.Day == s.day && slices.Contains([]State{Held, Waiting, Called, Serving, Parked}, t.State)
}

// person gives one name to one person, however a channel writes it: a scheme
// in lower case, and telephone numbers in the international form (E.164).
func person(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	scheme, id, named := strings.Cut(s, ":")
	if scheme, id = strings.ToLower(strings.TrimSpace(scheme)), strings.TrimSpace(id); named && scheme == "tel" {
		id = telephone(id)
	}
	if (named && (scheme == "" || id == "")) || !isText(s, maxPerson) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", Errorf(CodeBadRequest, "person: give a scheme and a name of at most %d bytes, like tel:+84912345678", maxPerson)
	}
	if !named {
		return scheme, nil
	}
	return scheme + ":" + id, nil
}

// Telephone writes a telephone number in the international form, as limits are
// counted by it: "0912 345 678" becomes "+84912345678". A short number, or one
// of the house, stays as it is; what holds no figures is empty.
func Telephone(s string) string { return telephone(strings.TrimSpace(s)) }

// telephone writes a number as the world dials it; one without a country is
// of Viet Nam. What holds no figures is no number, and empty.
func telephone(s string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	const country, prefix = "84", "00"
	switch {
	case digits == "":
		return ""
	case strings.HasPrefix(s, "+"):
		return "+" + digits
	case strings.HasPrefix(digits, prefix):
		return "+" + strings.TrimPrefix(digits, prefix)
	case strings.HasPrefix(digits, "0"):
		return "+" + country + digits[1:]
	case strings.HasPrefix(digits, country) && len(digits) > 9:
		return "+" + digits
	default:
		return digits // A short number, or one of the house.
	}
}

// endingLen is how many last digits of a telephone number a citizen is asked for.
const endingLen = 4

// ending is by what a ticket is known to be of a caller, from the last digits
// of the telephone number alone; empty if it was not taken by telephone number.
func (s *state) ending(ticket, person string) (alias string) {
	number, isNumber := strings.CutPrefix(person, "tel:")
	if !isNumber || len(number) <= endingLen {
		return ""
	}
	return s.alias("ending\x00" + ticket + "\x00" + number[len(number)-endingLen:])
}

// Belongs implements Office.
func (e *Engine) Belongs(_ context.Context, ref, ending string) (Ticket, error) {
	if err := e.rlock(); err != nil {
		return Ticket{}, err
	}
	defer e.mu.RUnlock()
	unknown := Errorf(CodeUnknownTicket, "no ticket has this number and was taken by a telephone number with this ending")
	t, err := e.state.find(ref)
	if err != nil || len(ending) != endingLen || !isDigits(ending) {
		return Ticket{}, unknown
	}
	if alias := e.state.ending(t.ID, "tel:+"+ending); len(e.state.persons[alias]) == 0 {
		return Ticket{}, unknown
	}
	return e.complete(*t), nil
}
