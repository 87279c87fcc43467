package queue

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// cardOffice is an office that can sign cards.
func cardOffice(t failer, office, secret string) *world {
	t.Helper()
	setup := CommuneCentre()
	setup.Office = office
	w := newWorld(t, setup)
	w.s.secret = []byte(secret)
	return w
}

// card hands one out and gives its text.
func (w *world) card(t failer, kind string, until time.Time) string {
	t.Helper()
	d := w.mustDo(t, Meta{}, CardRequest{Kind: kind, Until: until})
	last := w.log[len(w.log)-1]
	if last.Kind != CardIssued || last.Card.ID != d.card || last.Ticket != nil {
		t.Fatalf("event %+v", last)
	}
	return w.s.cardText(*last.Card)
}

// show takes a number with a card.
func (w *world) show(t failer, text string) (*Ticket, error) {
	t.Helper()
	d, err := w.do(t, Meta{}, TakeRequest{Service: "A", Channel: Kiosk, Card: text})
	return w.s.tickets[d.ticket], err
}

func TestCardsAreShown(t *testing.T) {
	w := newWorld(t, ruled(Rules{CardOnly: true}))
	w.s.secret = []byte("secret")
	for _, kind := range []string{"elderly", "a", "with-dashes-inside-", "-", strings.Repeat("k", cardKind), "2-9"} {
		text := w.card(t, kind, w.now.AddDate(1, 0, 0))
		if !regexp.MustCompile(`^[0-9A-Z-]+$`).MatchString(text) || len(text) > maxCard {
			t.Errorf("%q does not fit a small QR code", text)
		}
		for _, typed := range []string{text, strings.ToLower(text), "  " + text + "\r\n", strings.ToUpper(text[:5]) + strings.ToLower(text[5:])} {
			got, err := w.show(t, typed)
			if err != nil || got.Class != Priority || got.Entitlement != ByCard {
				t.Errorf("%q: %v, %+v", typed, err, got)
			}
		}
	}
	if _, err := w.do(t, Meta{}, TakeRequest{Service: "A", Channel: Kiosk, Class: Priority}); ErrorCode(err) != CodeCardNeeded {
		t.Errorf("without a card: %v", err)
	}
	w.whole(t)
}

func TestCardsThatAreNone(t *testing.T) {
	w := cardOffice(t, "trung-tam", "secret")
	good := w.card(t, "elderly", w.now.AddDate(1, 0, 0))
	other := cardOffice(t, "noi-khac", "secret")
	foreign := cardOffice(t, "trung-tam", "another secret")
	parts := strings.Split(good, "-")
	change := func(i int, to string) string {
		p := append([]string{}, parts...)
		p[i] = to
		return strings.Join(p, "-")
	}
	for name, text := range map[string]string{
		"of another office":  other.card(t, "elderly", w.now.AddDate(1, 0, 0)),
		"of another secret":  foreign.card(t, "elderly", w.now.AddDate(1, 0, 0)),
		"with another id":    change(1, "999"),
		"with another day":   change(2, "20351231"),
		"with another kind":  change(3, "DISABLED"),
		"with another mark":  change(0, "XM2"),
		"without a sign":     strings.Join(parts[:4], "-"),
		"with an empty sign": change(4, ""),
		"with half a sign":   change(4, parts[4][:8]),
		"with more sign":     good + "A",
		"of the body alone":  parts[0],
		"dashes":             "----",
		"a ticket's number":  "A012",
		"too long":           strings.Repeat("A", maxCard) + good,
		"many dashes":        strings.Repeat("-", maxCard+1),
	} {
		if got, err := w.show(t, text); ErrorCode(err) != CodeCardInvalid {
			t.Errorf("%s: %q passes: %v, %+v", name, text, err, got)
		}
	}
	for i := range good {
		c := byte('A')
		if good[i] == c {
			c = 'B'
		}
		if text := good[:i] + string(c) + good[i+1:]; w.s.checkCard(text, w.now) == nil {
			t.Errorf("changed at %d %q passes", i, text)
		}
	}
	if got, err := w.show(t, ""); err != nil || got.Class != Normal { // No card is no forgery.
		t.Errorf("without a card: %v", err)
	}
}

// Whoever reads the source must not be able to sign for an office that has no
// secret.
func TestWithoutASecretThereAreNoCards(t *testing.T) {
	w := newWorld(t, CommuneCentre())
	w.refuse(t, CardRequest{Kind: "elderly", Until: w.now.AddDate(1, 0, 0)}, CodeBadRequest)
	forged := w.s.cardText(Card{ID: "1", Kind: "elderly", Until: w.now.AddDate(1, 0, 0)})
	if got, err := w.show(t, forged); ErrorCode(err) != CodeCardInvalid {
		t.Errorf("a card signed with nothing passes: %v, %+v", err, got)
	}
}

func TestCardsEnd(t *testing.T) {
	w := cardOffice(t, "trung-tam", "secret")
	noon := local(t, time.Wednesday, "12:34:56").Add(789 * time.Millisecond)
	text := w.card(t, "elderly", noon)
	for at, want := range map[time.Time]Code{
		noon:                                 "",
		noon.Add(time.Hour):                  "", // Its last day is a whole one.
		local(t, time.Wednesday, "23:59:59"): "",
		local(t, time.Thursday, "00:00:00"):  CodeCardInvalid,
		local(t, time.Thursday, "12:00:00"):  CodeCardInvalid,
		local(t, time.Thursday, "00:00:00").Add(-time.Millisecond): "",
	} {
		if err := w.s.checkCard(text, at); ErrorCode(err) != want {
			t.Errorf("at %s: %v, want %q", at.In(w.s.location), err, want)
		}
	}
}

func TestCardsThatCannotBeIssued(t *testing.T) {
	w := cardOffice(t, "trung-tam", "secret")
	year := w.now.AddDate(1, 0, 0)
	for name, r := range map[string]CardRequest{
		"no kind":            {Until: year},
		"kind in capitals":   {Kind: "Elderly", Until: year},
		"kind in Vietnamese": {Kind: "người cao tuổi", Until: year},
		"a long kind":        {Kind: strings.Repeat("k", cardKind+1), Until: year},
		"no end":             {Kind: "elderly"},
		"ended yesterday":    {Kind: "elderly", Until: w.now.AddDate(0, 0, -1)},
		"of eleven years":    {Kind: "elderly", Until: w.now.AddDate(11, 0, 0)},
	} {
		if _, err := w.do(t, Meta{}, r); ErrorCode(err) != CodeBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.card(t, "elderly", w.now.AddDate(10, 0, 0))
	w.card(t, "elderly", w.now)
}

// A last day is a day: today's is today, at whatever hour it is given.
func TestACardForTodayAlone(t *testing.T) {
	w := cardOffice(t, "trung-tam", "secret")
	midnight := local(t, time.Monday, "00:00:00")
	d, err := w.do(t, Meta{}, CardRequest{Kind: "elderly", Until: midnight})
	if err != nil {
		t.Fatalf("today's date at %s: %v", w.now.In(w.s.location), err)
	}
	if err := w.s.checkCard(w.s.cardText(Card{ID: d.card, Kind: "elderly", Until: midnight}), w.now); err != nil {
		t.Error(err)
	}
}

func TestRevokedCards(t *testing.T) {
	w := cardOffice(t, "trung-tam", "secret")
	one, other := w.card(t, "elderly", w.now.AddDate(1, 0, 0)), w.card(t, "elderly", w.now.AddDate(1, 0, 0))
	id := strings.Split(one, "-")[1]
	for _, bad := range []string{"", "0", "-1", "99999", "x", "0" + id, " " + id, "+" + id, "١"} {
		w.refuse(t, RevokeRequest{ID: bad}, CodeCardInvalid)
	}
	d := w.mustDo(t, Meta{Caller: "admin", Key: "k"}, RevokeRequest{Meta: Meta{Caller: "admin", Key: "k"}, ID: id})
	if last := w.log[len(w.log)-1]; d.card != id || last.Kind != CardRevoked || last.Card.ID != id {
		t.Errorf("%+v, event %+v", d, last)
	}
	events := len(w.log)
	if d := w.mustDo(t, Meta{}, RevokeRequest{ID: id}); d.card != id || len(w.log) != events {
		t.Errorf("revoked twice: %+v, %d events", d, len(w.log)-events)
	}
	for range 3 { // Over two nights.
		if _, err := w.show(t, one); ErrorCode(err) != CodeCardInvalid {
			t.Errorf("on %s the revoked card passes: %v", w.s.day, err)
		}
		if _, err := w.show(t, other); err != nil {
			t.Errorf("on %s the other card: %v", w.s.day, err)
		}
		w.whole(t)
		w.tomorrow(t)
		// What is read back begins with the day.
		opened := len(w.log) - 1
		for w.log[opened].Kind != DayOpened {
			opened--
		}
		if again := replay(t, w.s.office, w.log[opened:]); again.revoked[id].ID != id {
			t.Errorf("on %s a restart forgets it", w.s.day)
		}
	}
}

// A card says who is entitled, not when somebody is expected.
func TestACardIsNoWayAroundBookings(t *testing.T) {
	w := cardOffice(t, "trung-tam", "secret")
	text := w.card(t, "elderly", w.now.AddDate(1, 0, 0))
	for _, slot := range []time.Time{w.now.AddDate(-10, 0, 0), w.now.Add(-time.Hour), w.now.AddDate(0, 0, 1)} {
		for _, c := range []Channel{Kiosk, Web} {
			d, err := w.do(t, Meta{}, TakeRequest{Service: "A", Channel: c, Card: text, Slot: slot})
			if got := w.s.tickets[d.ticket]; err == nil && (got.EligibleAt.Before(w.now) || got.Class != Priority || !got.Slot.IsZero()) {
				t.Errorf("%s with a slot at %s: %s from %s", c, slot, got.Class, got.EligibleAt)
			}
		}
	}
}

func TestTheLogDoesNotHoldWhatSignsACard(t *testing.T) {
	w := cardOffice(t, "trung-tam", "secret")
	text := w.card(t, "elderly", w.now.AddDate(1, 0, 0))
	if _, err := w.show(t, text); err != nil {
		t.Fatal(err)
	}
	sign := text[strings.LastIndex(text, "-")+1:]
	for _, e := range w.log {
		body, err := e.Body()
		if err != nil || strings.Contains(string(body), sign) || strings.Contains(string(body), "secret") {
			t.Errorf("event %d tells it: %s, %v", e.Seq, body, err)
		}
		if p := e.Public(); p.Card != nil {
			t.Errorf("everybody sees card %s", p.Card.ID)
		}
	}
}

// FuzzCard: whatever a scanner sends, nothing panics, and nothing passes but
// the one card that was handed out.
func FuzzCard(f *testing.F) {
	w := cardOffice(f, "trung-tam", "secret")
	good := w.card(f, "elderly", w.now.AddDate(1, 0, 0))
	for _, seed := range []string{
		good, strings.ToLower(good), good[:20], "XM1-1-20270101-K-", "----", "XM1-3-99999999-ELDERLY-AAAAAAAAAAAAAAAA", "\xff", "ı", strings.Repeat("-", 200),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		err := w.s.checkCard(text, w.now)
		same := strings.ToUpper(strings.TrimSpace(text)) == good
		if (err == nil) != same {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil && ErrorCode(err) != CodeCardInvalid {
			t.Errorf("%q: %v", text, err)
		}
		if w.s.checkCard(text, w.now.AddDate(2, 0, 0)) == nil {
			t.Errorf("%q passes after its end", text)
		}
	})
}
