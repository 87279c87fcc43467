package bots_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/telegram"
	"github.com/xinmoi/xinmoi/bots/telegram/telegramtest"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/officetest"
)

const token = "123456789:AAtest-token-that-is-secret_0123456"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newOffice runs a commune's office with its counters open.
func newOffice(t testing.TB) *queue.Engine {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	e, err := queue.NewEngine(ctx, queue.Config{
		Setup: withRoom(queue.CommuneCentre()), Store: &memory.Store{}, Links: queue.NewLinks([]byte("secret"), "http://office.example"),
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	for _, c := range []string{"1", "2", "3", "4"} {
		if _, err := e.SetCounter(ctx, queue.SetCounterRequest{Counter: c, State: queue.Opened}); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// world is an office with its bot, a Bot API, and the means to restart the bot.
type world struct {
	testing.TB
	ctx    context.Context
	office *queue.Engine
	api    *telegramtest.Server
	file   string
	log    *officetest.Log
	bots   *bots.Bots
	stop   func()
}

func newWorld(t testing.TB) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // For machines under load.
	w := &world{TB: t, ctx: ctx, office: newOffice(t), api: telegramtest.New(token), file: filepath.Join(t.TempDir(), "chat.db"), log: &officetest.Log{}}
	t.Cleanup(func() { w.halt(); w.api.Close(); cancel() })
	return w
}

func (w *world) start() {
	w.Helper()
	w.startAt(w.api.URL())
}

func (w *world) startAt(server string) {
	w.Helper()
	a, err := telegram.New(telegram.Config{Token: token, Server: server, PollTimeout: time.Second})
	if err != nil {
		w.Fatal(err)
	}
	b, err := bots.New(bots.Config{
		Office: w.office, Mailbox: w.file, Adapters: []bots.Adapter{hasty{a}},
		Logger: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	w.bots = b
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.Errorf("Run: %v", err)
		}
	}
}

// hasty is Telegram without its pace, so that tests need not wait for it; the
// pace has tests of its own.
type hasty struct{ *telegram.Adapter }

func (hasty) Caps() bots.Caps {
	return bots.Caps{PerSecond: 1000, PerChat: time.Millisecond, EditEvery: 200 * time.Millisecond}
}

func (w *world) halt() {
	if w.stop != nil {
		w.stop()
		w.stop = nil
	}
}

func (w *world) expect(u telegramtest.User, text string) telegramtest.Message {
	w.Helper()
	m, err := w.api.WaitMessage(w.ctx, u.ID, text)
	if err != nil {
		w.Fatalf("%v\nlog:\n%s", err, w.log.String())
	}
	return m
}

func (w *world) press(u telegramtest.User, button string) {
	w.Helper()
	if err := w.api.Press(u, button); err != nil {
		w.Fatal(err)
	}
}

func (w *world) next(counter string) queue.Ticket {
	w.Helper()
	t, err := w.office.Next(w.ctx, queue.CounterRequest{Counter: counter})
	if err != nil {
		w.Fatal(err)
	}
	return t
}

func (w *world) act(action queue.Action, ticket string) {
	w.Helper()
	if _, err := w.office.Act(w.ctx, queue.ActRequest{Ticket: ticket, Action: action}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) takeAtKiosk(service string) queue.Ticket {
	w.Helper()
	t, err := w.office.Take(w.ctx, queue.TakeRequest{Service: service, Channel: queue.Kiosk})
	if err != nil {
		w.Fatal(err)
	}
	return t
}

// waitState waits until a ticket is in a state.
func (w *world) waitState(ticket string, s queue.State) {
	w.Helper()
	var last queue.Ticket
	for ev, err := range w.office.Events(w.ctx, 0) {
		if err != nil {
			w.Fatalf("ticket %s is %s, want %s\nlog:\n%s", ticket, last.State, s, w.log.String())
		}
		if ev.Ticket != nil && (ev.Ticket.ID == ticket || ev.Ticket.Number.String() == ticket) {
			if last = *ev.Ticket; last.State == s {
				return
			}
		}
	}
}

func citizen(id int64) telegramtest.User {
	return telegramtest.User{ID: id, Name: "Nguyễn Thị Sáu", Language: "vi"}
}

func texts(messages []telegramtest.Message) (all []string) {
	for _, m := range messages {
		all = append(all, m.Text)
	}
	return all
}

func count(messages []telegramtest.Message, text string) (n int) {
	for _, m := range messages {
		if strings.Contains(m.Text, text) {
			n++
		}
	}
	return n
}

func TestJourneyFromStartToDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	u := citizen(4242)
	for range 5 {
		w.takeAtKiosk("A")
	}

	w.api.SendText(u, "/start")
	w.expect(u, "Trung tâm Phục vụ hành chính công xã Bình An")
	w.press(u, "A")
	card := w.expect(u, "A006")
	if !strings.Contains(card.Text, "Còn 5 người trước") || !strings.Contains(card.Text, "http://office.example/t/") {
		t.Errorf("card = %q, want place and link", card.Text)
	}
	w.waitState("A006", queue.Waiting)
	ticket, err := w.office.Ticket(w.ctx, "A006")
	if err != nil || ticket.Channel != queue.Telegram || ticket.Language != "vi" {
		t.Fatalf("ticket = %+v, %v", ticket, err)
	}
	if calls := w.api.Calls("answerCallbackQuery"); len(calls) != 1 {
		t.Errorf("button answered %d times, want once", len(calls))
	}

	// Two are served: three are ahead.
	for range 2 {
		w.act(queue.Finish, w.next("1").ID)
	}
	nearly := w.expect(u, "sắp đến lượt")
	if nearly.Silent || !strings.Contains(nearly.Text, "Còn 3 người trước") {
		t.Errorf("nearly = %+v", nearly)
	}
	for range 3 {
		w.act(queue.Finish, w.next("1").ID)
	}
	called := w.next("2")
	if called.ID != ticket.ID {
		t.Fatalf("called %s, want A006", called.Number)
	}
	if m := w.expect(u, "Mời số A006 đến quầy 2, phòng 201."); m.Silent {
		t.Error("the call is silent")
	}
	w.act(queue.Recall, ticket.ID)
	w.expect(u, "Nhắc lại: mời số A006 đến quầy 2, phòng 201.")
	w.act(queue.Start, ticket.ID)
	w.act(queue.Finish, ticket.ID)
	w.expect(u, "Số A006 đã xong")

	// The card, edited in place, ends with the last word and no buttons.
	err = w.api.Wait(w.ctx, func() bool {
		i := slices.IndexFunc(w.api.FromBot(u.ID), func(m telegramtest.Message) bool { return m.ID == card.ID })
		m := w.api.FromBot(u.ID)[i]
		return strings.Contains(m.Text, "Đã xong") && len(m.Buttons) == 0
	})
	if err != nil {
		t.Errorf("the card was not brought up to date: %q\n%s", texts(w.api.FromBot(u.ID)), w.log)
	}
	if n := count(w.api.FromBot(u.ID), "sắp đến lượt"); n != 1 {
		t.Errorf("nearly was said %d times", n)
	}
}

// withRoom tells where counter 2 is.
func withRoom(s queue.Setup) queue.Setup {
	s.Counters[1].Place.Room = "201"
	return s
}
