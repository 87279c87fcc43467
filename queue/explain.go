package queue

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Why is the rule by which somebody was called before somebody else.
type Why string

// The rules, in the order in which they are looked at.
const (
	WhyChosen    Why = "chosen"     // Staff called the number out of order, with a reason.
	WhyResumed   Why = "resumed"    // Staff went on with a ticket that they had set aside.
	WhyAside     Why = "aside"      // The own ticket was not waiting then: not confirmed, or set aside.
	WhyAbsent    Why = "absent"     // The own holder had not checked in then.
	WhyReserved  Why = "reserved"   // The own ticket waits for another counter alone.
	WhyOtherLine Why = "other_line" // That counter does not serve the own service.
	WhyHelp      Why = "help"       // That counter serves it only when its own line is short.
	WhySlot      Why = "slot"       // The own booked time had not come.
	WhyReturned  Why = "returned"   // The own ticket came back after a missed turn: every second call.
	WhyBooked    Why = "booked"     // The other had an appointment.
	WhyClass     Why = "class"      // The other's class gains precedence faster.
	WhyLater     Why = "later"      // The own holder had let others go first.
	WhyEarlier   Why = "earlier"    // The other's waiting counts from an earlier time.
)

// Precedence is one call of somebody else while a ticket was open, and why.
type Precedence struct {
	Ticket  Ticket // The other's, as it was when it was called; public.
	Counter string
	At      time.Time
	Why     Why
	Reason  string // What staff wrote, for WhyChosen; not for everybody's eyes.

	Own, Other time.Duration // How long each waiting counted then.
	Rate       float64       // How many times as fast the other's class gains.
}

// Explanation tells why others were called before a ticket.
type Explanation struct {
	Ticket Ticket       // Public.
	Calls  []Precedence // The latest first.
	More   int          // Earlier ones that are left out.
}

// explainMost is how many calls an explanation goes back.
const explainMost = 50

// explainer replays a day and looks at every call as it was decided.
type explainer struct {
	state *state
	own   string // Id of the ticket.
	of    string // Id of the one other ticket asked for, or empty: the younger ones.
	calls []Precedence
}

// add takes the day's next event.
func (x *explainer) add(e Event) {
	if e.Calls() && e.Ticket.ID != x.own {
		x.look(e)
	}
	x.state.apply(e)
}

// look judges a call by what was true just before it.
func (x *explainer) look(e Event) {
	own, other := x.state.tickets[x.own], x.state.tickets[e.Ticket.ID]
	c, _, err := x.state.counter(e.Counter)
	switch {
	case own == nil || other == nil || err != nil || e.Kind == TicketRecalled:
		return
	case own.State != Waiting && own.State != Held && own.State != Parked:
		return // It has been called, or has ended.
	case x.of == "" && other.seq() < own.seq():
		return // Nobody asks why the older came first.
	case x.of != "" && x.of != other.ID:
		return
	}
	rates := x.state.rates()
	x.calls = append(x.calls, Precedence{
		Ticket: e.Ticket.Public(), Counter: c.ID, At: e.At, Reason: e.Reason, Why: x.state.why(e, c, own, other),
		Own: e.At.Sub(own.EligibleAt), Other: e.At.Sub(other.EligibleAt), Rate: rates.of(other.Class) / rates.of(own.Class),
	})
}

// why finds the first rule by which a call went past a ticket.
func (s *state) why(e Event, c Counter, own, other *Ticket) Why {
	k := s.lineOf(*own)
	rested := func(service string) bool { return !s.second[service] }
	switch {
	case e.Chosen:
		return WhyChosen
	case e.Kind == TicketResumed:
		return WhyResumed
	case own.State != Waiting:
		return WhyAside
	case k.lane == absent:
		return WhyAbsent
	case k.only != "" && k.only != c.ID:
		return WhyReserved
	case !k.servedBy(c):
		return WhyOtherLine
	case !k.ownOf(c) && s.lineOf(*other).ownOf(c):
		return WhyHelp
	case own.booked() && own.EligibleAt.After(e.At):
		return WhySlot
	case !s.waiting.callable(k, own.place(), c, e.At, rested):
		return WhyReturned
	}
	if other.booked() {
		return WhyBooked
	}
	faster := s.rates().of(other.Class) > s.rates().of(own.Class)
	switch order := other.EligibleAt.Compare(own.EligibleAt); {
	case order > 0 || (order == 0 && faster):
		return WhyClass
	case own.LaterCount > 0:
		return WhyLater
	default:
		return WhyEarlier
	}
}

// Explain implements Management. It replays the day, so that it tells what was
// decided, not what would be.
func (e *Engine) Explain(ctx context.Context, ticket, of string) (Explanation, error) {
	if err := e.rlock(); err != nil {
		return Explanation{}, err
	}
	s := e.state
	own, err := s.find(ticket)
	var other *Ticket
	if err == nil && of != "" {
		other, err = s.find(of)
	}
	if err != nil {
		e.mu.RUnlock()
		return Explanation{}, err
	}
	x := explainer{state: newState(e.office), own: own.ID}
	if other != nil {
		x.of = other.ID
	}
	out, after, until := Explanation{Ticket: own.Public()}, s.opened-1, s.seq
	e.mu.RUnlock()

	const page = 512
	for after < until {
		events, err := e.store.Read(ctx, e.office, after, page)
		if err != nil || len(events) == 0 {
			return Explanation{}, Errorf(CodeUnavailable, "read the log after %d: %w", after, err)
		}
		for _, ev := range events {
			x.add(ev)
		}
		after = events[len(events)-1].Seq
	}
	slices.Reverse(x.calls)
	out.Calls = x.calls[:min(len(x.calls), explainMost)]
	out.More = len(x.calls) - len(out.Calls)
	return out, nil
}

// Summary says in one sentence how many went first, in Vietnamese and English.
func (x Explanation) Summary() (vi, en string) {
	if len(x.Calls) == 0 {
		return fmt.Sprintf("Không có số nào lấy sau mà được gọi trước số %s.", x.Ticket.Number),
			fmt.Sprintf("No younger number was called before %s.", x.Ticket.Number)
	}
	n, shown, listed := len(x.Calls)+x.More, "lý do từng lượt ở dưới", "the reason of each is below"
	if x.More > 0 {
		shown = fmt.Sprintf("lý do của %d lượt gần nhất ở dưới", len(x.Calls))
		listed = fmt.Sprintf("the reasons of the latest %d are below", len(x.Calls))
	}
	return fmt.Sprintf("%d lượt gọi đã diễn ra trước số %s; %s.", n, x.Ticket.Number, shown),
		fmt.Sprintf("%s went before %s; %s.", counted(n, "call"), x.Ticket.Number, listed)
}

// counted is a number of things in English.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Sentence says why this call went before the ticket with the given number, in
// Vietnamese and English; times are of zone.
func (p Precedence) Sentence(own Number, zone *time.Location) (vi, en string) {
	why, because := p.because(zone)
	at := p.At.In(zone).Format(clockLayout)
	return fmt.Sprintf("Lúc %s, quầy %s gọi số %s trước số %s: %s.", at, p.Counter, p.Ticket.Number, own, why),
		fmt.Sprintf("At %s, counter %s called %s before %s: %s.", at, p.Counter, p.Ticket.Number, own, because)
}

// because is the reason alone.
func (p Precedence) because(zone *time.Location) (vi, en string) {
	x, counter := p.Ticket.Number, p.Counter
	switch p.Why {
	case WhyChosen:
		return "cán bộ gọi riêng số này ngoài thứ tự; lý do được ghi lại và công khai trong báo cáo",
			"staff called it out of order; the reason is on record and counted in the reports"
	case WhyResumed:
		return fmt.Sprintf("số %s đã được gọi từ trước, tạm giữ để bổ sung giấy tờ và nay làm tiếp", x),
			fmt.Sprintf("%s had been called before, was set aside and is now continued", x)
	case WhyAside:
		return "lúc đó số của quý khách chưa được xác nhận hoặc đang tạm giữ",
			"your number was not confirmed, or set aside, at that time"
	case WhyAbsent:
		return "lúc đó quý khách chưa báo có mặt; số được giữ nguyên thứ tự",
			"you had not checked in at that time; your number kept its place"
	case WhyReserved:
		return "số của quý khách được chuyển riêng cho quầy khác",
			"your number was transferred to another counter alone"
	case WhyOtherLine:
		return fmt.Sprintf("quầy %s không phục vụ lĩnh vực của quý khách", counter),
			fmt.Sprintf("counter %s does not serve your service", counter)
	case WhyHelp:
		return fmt.Sprintf("quầy %s phục vụ hàng đợi chính của quầy trước, hàng của quý khách chỉ được quầy này hỗ trợ thêm", counter),
			fmt.Sprintf("counter %s serves its own line first and only helps with yours", counter)
	case WhySlot:
		return "chưa đến giờ hẹn của quý khách", "your booked time had not come"
	case WhyReturned:
		return "số của quý khách quay lại sau khi lỡ lượt nên được gọi xen kẽ, cách một lượt",
			"your number came back after a missed turn, and such numbers are called every second time"
	case WhyBooked:
		slot := p.Ticket.Slot.In(zone).Format(clockLayout)
		return fmt.Sprintf("số %s có lịch hẹn lúc %s", x, slot), fmt.Sprintf("%s has an appointment at %s", x, slot)
	case WhyLater:
		return "quý khách đã nhường lượt", "you had let others go first"
	case WhyClass:
		return fmt.Sprintf("số %s thuộc diện được tính thời gian chờ nhanh gấp %s (%s × %s phút, so với %s phút của quý khách)", x, times(p.Rate, ","), times(p.Rate, ","), minutes(p.Other), minutes(p.Own)),
			fmt.Sprintf("%s is of a class whose waiting counts %s times as fast (%s × %s min, against your %s min)", x, times(p.Rate, "."), times(p.Rate, "."), minutes(p.Other), minutes(p.Own))
	default:
		since := p.At.Add(-p.Other).In(zone).Format(clockLayout)
		return fmt.Sprintf("số %s được tính chờ từ %s, sớm hơn số của quý khách", x, since),
			fmt.Sprintf("%s has been waiting since %s, longer than you", x, since)
	}
}

// times prints a ratio of rates, "3" or "2,5".
func times(rate float64, point string) string {
	s := strconv.FormatFloat(math.Round(rate*10)/10, 'f', -1, 64)
	return strings.Replace(s, ".", point, 1)
}

func minutes(d time.Duration) string { return strconv.Itoa(int(d.Minutes())) }
