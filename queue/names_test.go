package queue

import (
	"fmt"
	"strings"
	"testing"
)

// However a channel writes a telephone number, it is one person.
func TestOnePersonHasOneName(t *testing.T) {
	for want, spellings := range map[string][]string{
		"tel:+84912345678": {
			"tel:+84912345678", "tel:0912345678", "tel:0912 345 678", "TEL:+84912345678", "tel:84912345678",
			"tel:+84 91-234-5678", " tel:+84912345678 ", "tel:(091) 2345678", "tel:0084912345678", "Tel: 091.234.5678",
		},
		"tel:+85512345678":   {"tel:+855 12 345 678", "tel:00855 12345678"},
		"tel:101":            {"tel:101"},
		"telegram:77":        {"telegram:77", "Telegram: 77"},
		"org:0101234567-001": {"org:0101234567-001", "ORG:0101234567-001"},
		"":                   {"", "  "},
	} {
		for _, s := range spellings {
			if got, err := person(s); err != nil || got != want {
				t.Errorf("%q is %q, %v; want %q", s, got, err, want)
			}
		}
	}
	for _, s := range []string{"tel:", "tel:+", "tel: abc", ":", "org:", ":77", "tel:+84\x00912", "telegram:" + strings.Repeat("7", 200), "a\xffb"} {
		if got, err := person(s); ErrorCode(err) != CodeBadRequest {
			t.Errorf("%q is taken for %q, %v", s, got, err)
		}
	}
}

// Limits hold for the person, whatever door and spelling, and for the card.
func TestLimitsCountPersonsAndCards(t *testing.T) {
	setup := CommuneCentre()
	setup.Rules.PersonMost = 2
	w := newWorld(t, setup)
	w.s.secret = []byte("secret")
	take := func(person, card string) Code {
		t.Helper()
		_, err := w.do(t, Meta{}, TakeRequest{Service: "A", Channel: Kiosk, Person: person, Card: card})
		return ErrorCode(err)
	}
	for i, spelling := range []string{"tel:+84912345678", "tel:0912 345 678", "TEL:84912345678", "tel:0912345678"} {
		want := map[bool]Code{true: CodePersonLimit}[i >= 2]
		if got := take(spelling, ""); got != want {
			t.Errorf("%d: %q, want %q", i, got, want)
		}
	}
	card := func() string {
		d := w.mustDo(t, Meta{}, CardRequest{Kind: "elderly", Until: w.now.AddDate(1, 0, 0)})
		return w.s.cardText(*w.log[len(w.log)-1].Card) + strings.Repeat(" ", len(d.card)%2)
	}
	one, other := card(), card()
	if take("", one) != "" || take("tel:0900000001", one) != "" {
		t.Error("the card's two numbers were refused")
	}
	for _, who := range []string{"", "tel:0900000002"} {
		if got := take(who, one); got != CodePersonLimit {
			t.Errorf("a third number with the card: %q", got)
		}
	}
	// Who has used a card once has one number of two.
	if take("tel:0900000001", "") != "" || take("tel:0900000001", "") != CodePersonLimit {
		t.Error("the numbers with the card do not count for the person")
	}
	if got := take("tel:0912345678", other); got != CodePersonLimit {
		t.Errorf("another card helps who has all numbers: %q", got)
	}
	if stored := fmt.Sprint(w.s.persons); strings.Contains(stored, "tel:") || strings.Contains(stored, "card:") {
		t.Errorf("persons are kept by name: %s", stored)
	}
}

// A series ends where numbers could not be read back any more.
func TestSeriesEndsWhereNumbersDo(t *testing.T) {
	setup := CommuneCentre()
	setup.Services[0].First = maxNumber
	w := newWorld(t, setup)
	if got := w.take(t, TakeRequest{Service: "A"}).Number.N; got != maxNumber {
		t.Fatalf("the first number is %d", got)
	}
	w.refuse(t, TakeRequest{Service: "A", Channel: Kiosk}, CodeServiceFull)
	w.whole(t)
}

// A press that repeats another writes nothing, and leaves the way back.
func TestEntitlingTwiceIsOnce(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	id := w.take(t, TakeRequest{Service: "A"}).ID
	w.act(t, ActRequest{Ticket: id, Action: Entitle})
	events := len(w.log)
	w.act(t, ActRequest{Ticket: id, Action: Entitle})
	if len(w.log) != events {
		t.Errorf("the second press left %d events", len(w.log)-events)
	}
	if got := w.act(t, undo(id)); got.Class != Normal || got.Entitlement != "" {
		t.Errorf("after the undo %s on %q", got.Class, got.Entitlement)
	}
}

// What is undone stays undone, also when the time to come has run out.
func TestUndoneNoShowGetsItsTimeAnew(t *testing.T) {
	w := newWorld(t, ruled(Rules{CallsMost: 1, NoShowSeconds: 30}))
	w.setCounter(t, "1", Opened)
	id := w.take(t, TakeRequest{Service: "A"}).ID
	w.next(t, "1")
	w.wait(t, 20*1e9)
	w.act(t, ActRequest{Ticket: id, Action: Absent})
	w.wait(t, 20*1e9)
	w.act(t, undo(id))
	w.settle(t)
	if got := w.s.tickets[id].State; got != Called {
		t.Errorf("right after the undo it is %s", got)
	}
	w.wait(t, 31*1e9)
	if got := w.s.tickets[id]; got.State != NoShow || got.Reason != ReasonNoAnswer {
		t.Errorf("half a minute later it is %s, %q", got.State, got.Reason)
	}
	w.whole(t)
}

// An appointment that goes first is told as one: its waiting may count from
// before the number was taken.
func TestExplainOfAnAppointment(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	w.setCounter(t, "1", Opened)
	own := w.take(t, TakeRequest{Service: "A"}).ID
	w.now = w.now.Add(3 * 60 * 1e9)
	w.take(t, TakeRequest{Service: "B", Slot: w.now.Add(-5 * 60 * 1e9)})
	w.now = w.now.Add(1e9)
	w.next(t, "1")
	x := explainer{state: newState(w.s.office), own: own}
	for _, e := range w.log {
		x.add(e)
	}
	if len(x.calls) != 1 || x.calls[0].Why != WhyBooked {
		t.Fatalf("%+v", x.calls)
	}
	if vi, en := x.calls[0].Sentence(Number{"A", 1}, w.s.location); !strings.Contains(vi, "lịch hẹn lúc 07:58") || !strings.Contains(en, "appointment at 07:58") {
		t.Errorf("%s / %s", vi, en)
	}
}
