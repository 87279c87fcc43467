package dialogue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
)

// keyword stands before what is asked of a number that several offices share:
// "XH <office> <number>".
const keyword = "xh"

// addressed takes the keyword and this office's name off a text. elsewhere
// reports that it is meant for an office of another name.
func (f Facts) addressed(text string) (rest string, elsewhere bool) {
	words := strings.Fields(Fold(text))
	if len(words) == 0 || words[0] != keyword {
		return text, false
	}
	words = words[1:]
	own := strings.ReplaceAll(Fold(f.Office.ID), " ", "")
	for n := 1; n <= len(words); n++ {
		if own != "" && strings.Join(words[:n], "") == own {
			words = words[n:]
			break
		}
	}
	rest = strings.Join(words, " ")
	if rest == "" {
		return "?", false
	}
	return rest, !asksNumber(rest) && (asksNumber(last(words, 1)) || asksNumber(last(words, 2)))
}

// last gives the last n words.
func last(words []string, n int) string {
	return strings.Join(words[max(0, len(words)-n):], " ")
}

func asksNumber(text string) bool {
	_, err := queue.ParseNumber(text)
	return err == nil
}

// mostServed bounds the numbers named as being served.
const mostServed = 3

// Standing tells how it stands with a number of today, to anybody: never whose
// it is, and nothing that would let somebody act on it.
func (f Facts) Standing(t queue.Ticket, b queue.Board) Message {
	m := f.about(Enquiry, t)
	s := &m.Slips[0]
	s.Ticket, s.Code, s.URL, s.Travels = "", "", "", false
	seats := slices.DeleteFunc(slices.Clone(b.Serving), func(s queue.Seat) bool {
		return s.Number.Prefix != t.Number.Prefix || s.Number == t.Number
	})
	slices.SortStableFunc(seats, func(a, b queue.Seat) int { return b.CalledAt.Compare(a.CalledAt) })
	for _, seat := range seats[:min(len(seats), mostServed)] {
		m.Served = append(m.Served, Slip{Number: seat.Number.String(), Counter: seat.Counter})
	}
	return m
}

// NoSuchNumber says that a number was not given out today.
func (f Facts) NoSuchNumber(number string) Message {
	m := f.message(NoNumber)
	m.Services, m.Slips = nil, []Slip{{Number: number}}
	return m
}

func (w words) enquiryBody(m Message) string {
	if len(m.Slips) == 0 {
		return ""
	}
	lines := []string{m.Office, fmt.Sprintf(w.number, m.Slips[0].Number) + " " + w.standing(m.Slips[0])}
	if served := w.served(m); served != "" {
		lines = append(lines, served)
	}
	return strings.Join(lines, "\n")
}

// served names the numbers that are being served beside the one asked for.
func (w words) served(m Message) string {
	var all []string
	for _, s := range m.Served {
		all = append(all, fmt.Sprintf(w.servedAt, s.Number, s.Counter))
	}
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf(w.serving, strings.Join(all, ", "))
}
