package queue_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// played is an office whose day is played by hand, from 08:00 in Viet Nam.
type played struct {
	testing.TB
	e     *queue.Engine
	store *memory.Store
	now   time.Time
}

func newPlayed(t testing.TB, change func(*queue.Setup)) *played {
	t.Helper()
	h := &played{TB: t, store: new(memory.Store), now: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)}
	setup := queue.CommuneCentre()
	if change != nil {
		change(&setup)
	}
	h.e = newEngine(t, queue.Config{Setup: setup, Store: h.store, Now: func() time.Time { return h.now }})
	for _, c := range []string{"1", "4"} {
		h.do(queue.SetCounterRequest{Counter: c, State: queue.Opened})
	}
	return h
}

// do does one command that must succeed, and lets a minute pass.
func (h *played) do(c queue.Command) queue.Ticket {
	h.Helper()
	a := h.e.Together(h.Context(), c)[0]
	if a.Err != nil {
		h.Fatalf("%T %+v: %v", c, c, a.Err)
	}
	h.now = h.now.Add(time.Minute)
	return a.Ticket
}

func (h *played) take(service string, change func(*queue.TakeRequest)) string {
	h.Helper()
	r := queue.TakeRequest{Service: service, Channel: queue.Kiosk}
	if change != nil {
		change(&r)
	}
	return h.do(r).ID
}

func (h *played) next(counter string) string {
	h.Helper()
	return h.do(queue.CounterRequest{Counter: counter}).ID
}

func (h *played) act(id string, a queue.Action) queue.Ticket {
	h.Helper()
	return h.do(queue.ActRequest{Ticket: id, Action: a})
}

func (h *played) explain(ticket, of string) queue.Explanation {
	h.Helper()
	x, err := h.e.Explain(h.Context(), ticket, of)
	if err != nil {
		h.Fatal(err)
	}
	return x
}

// precedences is how somebody comes to be called before somebody else: each
// gives the ticket that asks, and what it is to be told, the latest first.
func precedences() map[queue.Why]struct {
	rules func(*queue.Setup)
	day   func(*played) (own, of string)
	more  []queue.Why // What else happened, before it.
} {
	type precedence = struct {
		rules func(*queue.Setup)
		day   func(*played) (own, of string)
		more  []queue.Why
	}
	chosen := func(h *played) (string, string) {
		own, other := h.take("A", nil), h.take("A", nil)
		h.do(queue.CallRequest{Counter: "1", Ticket: other, Reason: "cấp cứu"})
		return own, other
	}
	return map[queue.Why]precedence{
		queue.WhyChosen: {day: func(h *played) (string, string) { own, _ := chosen(h); return own, "" }},
		queue.WhyResumed: {day: func(h *played) (string, string) {
			own, other := chosen(h)
			h.act(other, queue.Park)
			h.do(queue.ActRequest{Ticket: other, Action: queue.Resume, Counter: "1"})
			return own, ""
		}, more: []queue.Why{queue.WhyChosen}},
		queue.WhyAside: {day: func(h *played) (string, string) {
			own := h.take("A", nil)
			h.take("A", nil)
			h.act(h.next("1"), queue.Park)
			h.next("1")
			return own, ""
		}},
		queue.WhyAbsent: {rules: func(s *queue.Setup) { s.Rules.CheckIn = true }, day: func(h *played) (string, string) {
			own := h.take("A", func(r *queue.TakeRequest) { r.Channel = queue.Phone })
			h.take("A", nil)
			h.next("1")
			return own, ""
		}},
		queue.WhyReserved: {day: func(h *played) (string, string) {
			own := h.take("A", nil)
			h.take("A", nil)
			h.next("1")
			h.do(queue.ActRequest{Ticket: own, Action: queue.Transfer, Counter: "4"})
			h.next("1")
			return own, ""
		}},
		queue.WhyOtherLine: {day: func(h *played) (string, string) {
			own := h.take("A", nil)
			h.take("D", nil)
			h.next("4")
			return own, ""
		}},
		queue.WhyHelp: {rules: func(s *queue.Setup) {
			s.Counters[0].Services, s.Counters[0].Helps = []string{"A"}, []string{"B"}
			s.Rules.HelpFactor = 2
		}, day: func(h *played) (string, string) {
			own := h.take("B", nil)
			h.take("A", nil)
			h.now = h.now.Add(time.Minute)
			h.next("1")
			return own, ""
		}},
		queue.WhySlot: {day: func(h *played) (string, string) {
			own := h.take("A", func(r *queue.TakeRequest) { r.Slot = h.now.Add(time.Hour) })
			h.take("A", nil)
			h.next("1")
			return own, ""
		}},
		queue.WhyReturned: {day: func(h *played) (string, string) {
			own := h.take("A", nil)
			h.take("A", nil)
			for range 2 {
				h.next("1")
				h.act(own, queue.Requeue)
			}
			h.next("1")
			return own, ""
		}},
		queue.WhyClass: {rules: func(s *queue.Setup) { s.Rates = queue.Rates{Normal: 1, Appointment: 1, Priority: 2.5} }, day: func(h *played) (string, string) {
			own := h.take("A", nil)
			h.take("A", func(r *queue.TakeRequest) { r.Class = queue.Priority })
			h.now = h.now.Add(10 * time.Minute)
			h.next("1")
			return own, ""
		}},
		queue.WhyLater: {day: func(h *played) (string, string) {
			own := h.take("A", nil)
			h.take("A", nil)
			h.act(own, queue.Later)
			h.next("1")
			return own, ""
		}},
		queue.WhyEarlier: {day: func(h *played) (string, string) {
			other, own := h.take("A", nil), h.take("A", nil)
			h.next("1")
			return own, other
		}},
	}
}

func TestEveryReasonIsExplained(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	for why, c := range precedences() {
		t.Run(string(why), func(t *testing.T) {
			h := newPlayed(t, c.rules)
			own, of := c.day(h)
			x := h.explain(own, of)
			if len(x.Calls) != 1+len(c.more) || x.Calls[0].Why != why {
				t.Fatalf("got %+v", x.Calls)
			}
			for i, want := range c.more {
				if got := x.Calls[i+1].Why; got != want {
					t.Errorf("before it %s, want %s", got, want)
				}
			}
			call := x.Calls[0]
			if x.Ticket.ID != own || x.Ticket.Code != "" || call.Ticket.Code != "" || call.Ticket.ID == own || call.Counter == "" {
				t.Errorf("ticket %+v, call %+v", x.Ticket, call)
			}
			if !call.At.Equal(h.now.Add(-time.Minute)) || (why == queue.WhyChosen && call.Reason != "cấp cứu") {
				t.Errorf("at %s because of %q", call.At, call.Reason)
			}
			vi, en := call.Sentence(x.Ticket.Number, zone)
			checkSentence(t, vi, regexp.MustCompile(`^Lúc 08:\d\d, quầy [14] gọi số [A-D]00\d trước số [A-D]00\d: .+[^.]\.$`))
			checkSentence(t, en, regexp.MustCompile(`^At 08:\d\d, counter [14] called [A-D]00\d before [A-D]00\d: .+[^.]\.$`))
			if why == queue.WhyClass && (!strings.Contains(vi, "2,5 × 11 phút, so với 12 phút") || !strings.Contains(en, "2.5 × 11 min, against your 12 min")) {
				t.Error("the sum is not told")
			}
			vi, en = x.Summary()
			checkSentence(t, vi, regexp.MustCompile(fmt.Sprintf(`\b%d lượt gọi .*[A-D]00\d.*\.$`, len(x.Calls))))
			checkSentence(t, en, regexp.MustCompile(fmt.Sprintf(`\b%d call.*[A-D]00\d.*\.$`, len(x.Calls))))
		})
	}
}

// checkSentence wants a whole one.
func checkSentence(t *testing.T, s string, like *regexp.Regexp) {
	t.Helper()
	t.Log(s)
	if strings.Contains(s, "%!") || strings.Contains(s, "  ") || !like.MatchString(s) {
		t.Errorf("%q is not like %s", s, like)
	}
}

func TestNothingToExplain(t *testing.T) {
	h := newPlayed(t, nil)
	first, second := h.take("A", nil), h.take("A", nil)
	h.act(h.next("1"), queue.Finish)
	h.next("1") // Everybody in turn.
	h.take("A", nil)
	for _, own := range []string{first, second} {
		x := h.explain(own, "")
		vi, en := x.Summary()
		checkSentence(t, vi, regexp.MustCompile(`^Không có số nào .*A00[12]\.$`))
		checkSentence(t, en, regexp.MustCompile(`^No .*A00[12]\.$`))
		if len(x.Calls) != 0 {
			t.Errorf("%+v", x.Calls)
		}
	}
	for _, refs := range [][2]string{{"A099", ""}, {first, "A099"}, {"", ""}} {
		_, err := h.e.Explain(t.Context(), refs[0], refs[1])
		wantCode(t, err, queue.CodeUnknownTicket)
	}
}

// Whom nobody asks about is left out: recalls, the own calls, and whatever came
// after the own turn.
func TestExplainEndsWithTheOwnTurn(t *testing.T) {
	h := newPlayed(t, nil)
	own := h.take("A", nil)
	for range 3 {
		h.take("A", nil)
	}
	h.do(queue.CallRequest{Counter: "1", Ticket: "A002", Reason: "x"})
	h.act("A002", queue.Recall)
	h.act("A002", queue.Finish)
	h.next("1") // The own turn.
	h.act(own, queue.Recall)
	h.do(queue.SetCounterRequest{Counter: "2", State: queue.Opened})
	h.next("2")
	h.act(own, queue.Finish)
	h.next("1")
	x := h.explain("A001", "")
	if len(x.Calls) != 1 || x.Calls[0].Ticket.Number.String() != "A002" {
		t.Errorf("%+v", x.Calls)
	}
	if got := h.explain("a1", "a4"); len(got.Calls) != 0 { // A004 came after it.
		t.Errorf("%+v", got.Calls)
	}
	if got := h.explain("A004", "A001"); len(got.Calls) != 1 || got.Calls[0].Why != queue.WhyEarlier {
		t.Errorf("%+v", got.Calls)
	}
}

// The latest calls are told, and the sentence does not hide that there were
// more.
func TestExplainOfALongWait(t *testing.T) {
	h := newPlayed(t, nil)
	own := h.take("A", nil)
	const calls = 60
	for range calls {
		h.take("D", nil)
		h.act(h.next("4"), queue.Finish)
	}
	x := h.explain(own, "")
	if len(x.Calls) != 50 || x.Calls[0].Ticket.Number.N != calls || x.Calls[49].Ticket.Number.N != calls-49 {
		t.Fatalf("%d calls, from %s", len(x.Calls), x.Calls[0].Ticket.Number)
	}
	if vi, en := x.Summary(); x.More != calls-50 || !strings.Contains(vi, "60 lượt") || !strings.Contains(en, "60 calls") {
		t.Errorf("there were %d, but it says %q, %q", calls, vi, en)
	}
}

// A day is explained by itself, with what it took over from the one before.
func TestExplainAfterTheDayTurned(t *testing.T) {
	h := newPlayed(t, nil)
	old := h.take("A", nil)
	h.take("A", nil)
	h.take("A", nil)
	h.do(queue.CallRequest{Counter: "1", Ticket: "A003", Reason: "x"})
	h.act("A003", queue.Finish)
	night := h.do(queue.CallRequest{Counter: "1", Ticket: "A002", Reason: "x"}).ID // Stays in hand over night.
	h.now = h.now.AddDate(0, 0, 1)
	h.e.Together(t.Context()) // Turns the day.
	_, err := h.e.Explain(t.Context(), old, "")
	wantCode(t, err, queue.CodeUnknownTicket) // It was yesterday's.
	if x := h.explain(night, ""); len(x.Calls) != 0 {
		t.Errorf("of yesterday: %+v", x.Calls)
	}
	own := h.take("A", nil)
	priority := h.take("A", func(r *queue.TakeRequest) { r.Class = queue.Priority })
	h.now = h.now.Add(time.Hour)
	board, err := h.e.Board(t.Context())
	if err != nil || len(board.Serving) != 1 {
		t.Fatalf("in hand %+v, %v", board.Serving, err)
	}
	h.do(queue.SetCounterRequest{Counter: "1", State: queue.Closed, InHand: queue.Finish})
	h.do(queue.SetCounterRequest{Counter: "1", State: queue.Opened})
	if got := h.next("1"); got != priority {
		t.Fatalf("called %s", got)
	}
	for _, restarted := range []bool{false, true} {
		if restarted {
			h.e = newEngine(t, queue.Config{Store: h.store, Now: func() time.Time { return h.now }})
		}
		x := h.explain(own, "")
		if len(x.Calls) != 1 || x.Calls[0].Why != queue.WhyClass || x.Calls[0].Ticket.ID != priority {
			t.Errorf("restarted %v: %+v", restarted, x.Calls)
		}
	}
}

// What was decided is told by the rules of its time.
func TestExplainByTheRulesOfThatTime(t *testing.T) {
	h := newPlayed(t, nil)
	own := h.take("A", func(r *queue.TakeRequest) { r.Channel = queue.Web })
	h.take("A", func(r *queue.TakeRequest) { r.Class = queue.Priority })
	h.take("D", nil)
	h.now = h.now.Add(time.Hour)
	h.next("1")
	setup := queue.CommuneCentre()
	setup.Rules.CheckIn = true
	setup.Rates = queue.Rates{Normal: 1, Appointment: 1, Priority: 1}
	setup.Counters[3].Services = []string{"A", "D"}
	if a := h.e.Together(t.Context(), queue.ConfigureRequest{Setup: setup})[0]; a.Err != nil {
		t.Fatal(a.Err)
	}
	h.next("4")
	var whys []queue.Why
	for _, c := range h.explain(own, "").Calls {
		whys = append(whys, c.Why)
	}
	if !slices.Equal(whys, []queue.Why{queue.WhyAbsent, queue.WhyClass}) {
		t.Errorf("got %v", whys)
	}
}
