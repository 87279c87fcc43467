package web

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// The order of those who wait, as far as the log tells it, and why it is so.

// rateOf is how fast a class gains precedence.
func rateOf(setup queue.Setup, c queue.Class) float64 {
	rates := setup.Rates
	if rates == (queue.Rates{}) {
		rates = queue.DefaultRates()
	}
	switch c {
	case queue.Appointment:
		return cmp.Or(rates.Appointment, rates.Normal)
	case queue.Priority:
		return cmp.Or(rates.Priority, rates.Normal)
	default:
		return rates.Normal
	}
}

// score is what the policy compares.
func score(setup queue.Setup, t queue.Ticket, now time.Time) float64 {
	return rateOf(setup, t.Class) * now.Sub(t.EligibleAt).Seconds()
}

// byTurn sorts tickets as the policy would call them to a counter, those who
// cannot be called there now last.
func byTurn(setup queue.Setup, counter string, now time.Time, list []queue.Ticket) {
	passed := func(t queue.Ticket) int {
		if passedOver(setup, counter, now, t) == (both{}) {
			return 0
		}
		return 1
	}
	slices.SortFunc(list, func(a, b queue.Ticket) int {
		return cmp.Or(cmp.Compare(passed(a), passed(b)), inTurn(setup, now, a, b))
	})
}

// inTurn compares two tickets that can be called.
func inTurn(setup queue.Setup, now time.Time, a, b queue.Ticket) int {
	return scored{score(setup, a, now), &a}.compare(scored{score(setup, b, now), &b})
}

// scored is a ticket with its score at one moment.
type scored struct {
	score  float64
	ticket *queue.Ticket
}

// compare tells which of two comes first.
func (s scored) compare(o scored) int {
	a, b := s.ticket, o.ticket
	return cmp.Or(cmp.Compare(o.score, s.score), a.EligibleAt.Compare(b.EligibleAt), cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
}

// passedOver says why a counter would not call a ticket now; empty if it would.
func passedOver(setup queue.Setup, counter string, now time.Time, t queue.Ticket) both {
	switch {
	case t.Only != "" && t.Only != counter:
		return both{"chỉ gọi tại quầy " + t.Only, "for counter " + t.Only + " alone"}
	case setup.Rules.CheckIn && t.Presence != queue.Present:
		return both{"chưa báo có mặt", "has not checked in"}
	case !t.Slot.IsZero() && t.EligibleAt.After(now):
		return both{"chưa đến giờ hẹn", "the booked time has not come"}
	}
	return both{}
}

// why says what a ticket's place rests on: how long its waiting counts, and how
// fast.
func why(setup queue.Setup, counter string, now time.Time, t queue.Ticket) both {
	if w := passedOver(setup, counter, now, t); w != (both{}) {
		return w
	}
	minutes := int(max(0, now.Sub(t.EligibleAt).Minutes()))
	vi, en := []string{fmt.Sprintf("tính chờ %d phút", minutes)}, []string{fmt.Sprintf("waiting counts %d min", minutes)}
	if rate := rateOf(setup, t.Class) / rateOf(setup, queue.Normal); rate != 1 {
		times := strconv.FormatFloat(rate, 'g', 3, 64)
		vi, en = append(vi, "nhanh gấp "+strings.Replace(times, ".", ",", 1)), append(en, times+" times as fast")
	}
	if t.Returned {
		vi, en = append(vi, "quay lại nên gọi xen kẽ"), append(en, "came back: every second call")
	}
	if t.LaterCount > 0 {
		vi, en = append(vi, "đã nhường lượt"), append(en, "let others go first")
	}
	return both{strings.Join(vi, ", "), strings.Join(en, ", ")}
}
