package sms

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/sms/smstest"
	"github.com/xinmoi/xinmoi/bots/webhook"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/officetest"
)

// world is an office that citizens write messages to.
type world struct {
	testing.TB
	office *queue.Engine
	hook   string // Address of the webhook; empty for a modem.
	bots   *bots.Bots
	log    *officetest.Log
}

// quickly is an adapter without its pace, so that tests need not wait for it.
type quickly struct{ bots.Adapter }

func (q quickly) Caps() bots.Caps {
	c := q.Adapter.Caps()
	c.PerSecond, c.PerChat = 1000, time.Millisecond
	return c
}

type quicklyOnce struct {
	quickly
	bots.Keyed
}

type quicklyMarked struct {
	quickly
	bots.Marker
}

type quicklyPolled struct {
	quickly
	bots.Poller
	bots.Marker
}

// converse runs an office and its conversation until the test ends.
func converse(t testing.TB, s *Sender, r Receiving) *world {
	t.Helper()
	w := &world{TB: t, log: &officetest.Log{}}
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	w.office, err = queue.NewEngine(ctx, queue.Config{
		Setup: queue.CommuneCentre(), Store: &memory.Store{}, Links: queue.NewLinks([]byte("secret"), "http://office.example"),
	})
	if err != nil {
		t.Fatal(err)
	}
	a, source, err := s.Converse(r)
	if err != nil {
		t.Fatal(err)
	}
	adapter := bots.Adapter(quickly{a})
	if k, ok := a.(bots.Keyed); ok {
		adapter = quicklyOnce{quickly{a}, k}
	}
	if m, ok := a.(bots.Marker); ok {
		adapter = quicklyMarked{quickly{a}, m}
		if p, ok := a.(bots.Poller); ok {
			adapter = quicklyPolled{quickly{a}, p, m}
		}
	}
	b, err := bots.New(bots.Config{
		Office: w.office, Mailbox: filepath.Join(t.TempDir(), "messages.db"), Adapters: []bots.Adapter{adapter},
		Logger: slog.New(slog.NewTextHandler(w.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.bots = b
	if source != nil {
		server := httptest.NewServer(webhook.Handler(source, b.Receive, slog.New(slog.NewTextHandler(w.log, nil))))
		t.Cleanup(server.Close)
		w.hook = server.URL
		a.(interface{ ReportTo(string) }).ReportTo(w.hook + "/bots/sms")
	}
	var parts sync.WaitGroup
	parts.Go(func() { _ = w.office.Run(ctx) })
	parts.Go(func() { _ = b.Run(ctx) })
	t.Cleanup(func() { cancel(); parts.Wait() })
	if _, err := w.office.SetCounter(ctx, queue.SetCounterRequest{Counter: "1", State: queue.Opened}); err != nil {
		t.Fatal(err)
	}
	return w
}

// aggregated is an office that citizens write to through an aggregator; office is the
// word that its messages begin with, empty for none.
func aggregated(t testing.TB, office string) (*smstest.Provider, *world) {
	t.Helper()
	p := smstest.New("office", "s3cret", "sign-key-of-ours")
	t.Cleanup(p.Close)
	s, err := New(Config{Driver: ESMS, URL: p.URL(), User: "office", Secret: "s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	return p, converse(t, s, Receiving{Secret: "sign-key-of-ours", Office: office})
}

// waitState waits until a number is in a state.
func (w *world) waitState(number string, s queue.State) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
	defer cancel()
	for ev, err := range w.office.Events(ctx, 0) {
		if err != nil {
			w.Fatalf("%s is not %s\n%s", number, s, w.log)
		}
		if ev.Ticket != nil && ev.Ticket.Number.String() == number && ev.Ticket.State == s {
			return
		}
	}
}

// waitLetter waits until a message about a number is among those that could not be
// delivered, for a reason.
func (w *world) waitLetter(number, reason string) {
	w.Helper()
	deadline := time.After(time.Minute)
	for look := time.NewTicker(20 * time.Millisecond); ; {
		letters, err := w.bots.Letters(w.Context(), 9)
		if err == nil && len(letters) == 1 && letters[0].Number == number && strings.Contains(letters[0].Reason, reason) {
			return
		}
		select {
		case <-look.C:
		case <-deadline:
			w.Fatalf("%+v, %v\n%s", letters, err, w.log)
		}
	}
}

// A whole visit through an aggregator that fails in every way it can.
func TestConversationThroughAnAggregator(t *testing.T) {
	p, w := aggregated(t, "TANPHU")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const lan, an, ba = "+84912345678", "+84987654321", "+84387654321"
	say := func(from, text string, times int) {
		t.Helper()
		if got, err := p.Tell(ctx, w.hook, from, text, times); err != nil || slices.Max(got) != 200 || slices.Min(got) != 200 {
			t.Fatalf("%v, %v", got, err)
		}
	}
	expect := func(to, text string) smstest.Sent {
		t.Helper()
		sent, err := p.Wait(ctx, to, text)
		if err != nil {
			t.Fatalf("nothing with %q to %s: %v\n%+v\n%s", text, to, err, p.Sent(), w.log)
		}
		if parts, wide := Parts(sent.Text); parts > 2 || wide {
			t.Errorf("%d parts, wide %t: %s", parts, wide, sent.Text)
		}
		return sent
	}

	// The answers are lost twice after the message was taken: nothing is sent twice.
	p.Fail(smstest.Fault{DropAfter: true}, smstest.Fault{Drop: true}, smstest.Fault{Code: "177"})
	say(lan, "XH TanPhu LAY A", 100)
	expect(lan, "So cua anh/chi: A001. Anh/chi la nguoi ke tiep.")
	w.waitState("A001", queue.Waiting)
	say(an, "Lấy số a", 1)
	expect(an, "A002")
	w.waitState("A002", queue.Waiting)

	// Anybody may ask about any number, and learns nothing to act with.
	say(ba, "XH A002", 1)
	told := expect(ba, "So A002: Con 1 nguoi truoc.")
	if strings.Contains(told.Text, "http") || strings.Contains(told.Text, "Ma tra cuu") {
		t.Errorf("a stranger is told %q", told.Text)
	}
	if _, err := w.office.Next(ctx, queue.CounterRequest{Counter: "1"}); err != nil {
		t.Fatal(err)
	}
	expect(lan, "Moi so A001 den quay 1")
	say(ba, "xh tanphu a002", 1)
	expect(ba, "Dang phuc vu: A001 (quay 1)")
	say(ba, "XH LONGHOA A002", 1)
	expect(ba, "Khong phai noi anh/chi hoi")
	say(ba, "XH A999", 1)
	expect(ba, "Hom nay chua co so A999")

	say(an, "HUY", 1)
	expect(an, "Bo so A002?")
	say(an, "CO", 1)
	expect(an, "Da bo so A002")
	w.waitState("A002", queue.Cancelled)
	say(lan, "STOP", 1)
	expect(lan, "Da xoa")

	// One number, by one telephone: the call and the message are one person's.
	mine, err := w.office.Mine(ctx, "tel:0912345678")
	if err != nil || len(mine) != 1 || mine[0].Number.String() != "A001" {
		t.Errorf("%+v, %v", mine, err)
	}
	if _, err := w.office.Ticket(ctx, "A003"); queue.ErrorCode(err) != queue.CodeUnknownTicket {
		t.Errorf("a repeated message took another number: %v", err)
	}
	seen := map[smstest.Sent]bool{}
	for _, m := range p.Sent() {
		m.RequestID = ""
		if seen[m] {
			t.Errorf("sent twice: %+v", m)
		}
		seen[m] = true
	}
	t.Logf("%d messages sent, %d calls", len(p.Sent()), p.Asked())
	for _, secret := range []string{"912345678", "987654321", "sign-key", "s3cret"} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log tells %q:\n%s", secret, w.log)
		}
	}
}

// One telephone is answered a few times and not for ever: answers cost money.
func TestOneSenderIsBounded(t *testing.T) {
	p, w := aggregated(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range 40 {
		if _, err := p.Tell(ctx, w.hook, "+84912345678", "XH A001", 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, machine := range []string{"VIETTEL", "8088", "1414"} { // Never answered: two machines would talk for ever.
		if _, err := p.Tell(ctx, w.hook, machine, "LAY A", 1); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Tell(ctx, w.hook, "+84987654321", "XH A001", 1); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Wait(ctx, "+84987654321", "A001"); err != nil {
		t.Fatal("somebody else gets no answer")
	}
	n := 0
	for _, m := range p.Sent() {
		if m.To == "+84912345678" {
			n++
		}
	}
	if burst := (&Adapter{sender: &Sender{}}).Caps().AskBurst; n == 0 || n > burst+2 {
		t.Errorf("%d answers to 40 questions, at most %d at once", n, burst)
	}
	if _, err := w.office.Ticket(ctx, "A001"); queue.ErrorCode(err) != queue.CodeUnknownTicket {
		t.Errorf("a machine took a number: %v", err)
	}
}

func TestConverseIsChecked(t *testing.T) {
	s, err := New(Config{Driver: Kannel, User: "u", Secret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]Receiving{"no secret": {}, "short": {Secret: "1234567"}, "two words": {Secret: "12345678", Office: "TAN PHU"}} {
		if _, _, err := s.Converse(r); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	modem, err := New(Config{Driver: Gammu, File: filepath.Join(t.TempDir(), "none")})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := modem.Converse(Receiving{}); err == nil || errors.Is(err, webhook.ErrAuth) {
		t.Errorf("an inbox that nobody knows: %v", err)
	}
}
