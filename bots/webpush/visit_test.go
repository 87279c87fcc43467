package webpush_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/webpush"
	"github.com/xinmoi/xinmoi/bots/webpush/webpushtest"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// patience is how long anything is waited for; nothing rests on it.
const patience = 2 * time.Minute

// office is one whose citizens have nothing but browsers.
type office struct {
	*testing.T
	*queue.Engine
	bots  *bots.Bots
	push  *webpush.Adapter
	api   *webpushtest.Server
	boxes string // The folder of the mailbox.
}

func newOffice(t *testing.T) *office {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	e, err := queue.NewEngine(ctx, queue.Config{Setup: queue.CommuneCentre(), Store: &memory.Store{}, Links: queue.NewLinks([]byte("secret"), "https://office.example")})
	if err != nil {
		t.Fatal(err)
	}
	o := &office{T: t, Engine: e, api: webpushtest.New(), boxes: t.TempDir()}
	if o.push, err = webpush.New(webpush.Config{Secret: bytes.Repeat([]byte("k"), 32), Contact: "mailto:it@office.example", Services: []string{o.api.URL()}}); err != nil {
		t.Fatal(err)
	}
	if o.bots, err = bots.New(bots.Config{Office: e, Mailbox: filepath.Join(o.boxes, "messages.db"), Adapters: []bots.Adapter{o.push}}); err != nil {
		t.Fatal(err)
	}
	var parts sync.WaitGroup
	parts.Go(func() { _ = e.Run(ctx) })
	parts.Go(func() { _ = o.bots.Run(ctx) })
	t.Cleanup(func() { cancel(); parts.Wait(); o.api.Close() })
	return o
}

func (o *office) take() queue.Ticket {
	o.Helper()
	t, err := o.Take(o.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
	if err != nil {
		o.Fatal(err)
	}
	return t
}

// follow has a browser follow a ticket, as soon as the office can.
func (o *office) follow(b *webpushtest.Browser, ticket string) error {
	o.Helper()
	chat, err := o.push.Chat(b.Subscription())
	if err != nil {
		o.Fatal(err)
	}
	for look := time.NewTicker(20 * time.Millisecond); ; <-look.C {
		if err = o.bots.Subscribe(o.Context(), queue.Web, chat, ticket, "vi"); queue.ErrorCode(err) != queue.CodeUnavailable {
			look.Stop()
			return err
		}
	}
}

func (o *office) shows(b *webpushtest.Browser, text string) webpushtest.Message {
	o.Helper()
	ctx, cancel := context.WithTimeout(o.Context(), patience)
	defer cancel()
	m, err := b.WaitShown(ctx, text)
	if err != nil {
		o.Fatal(err)
	}
	return m
}

// holds reports whether the mailbox's files know a browser.
func (o *office) holds(b *webpushtest.Browser) bool {
	o.Helper()
	for _, name := range []string{"messages.db", "messages.db-wal"} {
		raw, err := os.ReadFile(filepath.Join(o.boxes, name))
		if err != nil && !os.IsNotExist(err) {
			o.Fatal(err)
		}
		if bytes.Contains(raw, []byte(b.Path())) {
			return true
		}
	}
	return false
}

func (o *office) await(what string, done func() bool) {
	o.Helper()
	ctx, cancel := context.WithTimeout(o.Context(), patience)
	defer cancel()
	for look := time.NewTicker(50 * time.Millisecond); !done(); {
		select {
		case <-ctx.Done():
			o.Fatal("never: " + what)
		case <-look.C:
		}
	}
}

// A visit of somebody who has nothing but a browser: told from the first word to
// the last, once each, and forgotten when the browser goes.
func TestVisit(t *testing.T) {
	o := newOffice(t)
	mine := o.take()
	b := o.api.Subscribe()
	for range 2 { // The button is pressed twice.
		if err := o.follow(b, mine.ID); err != nil {
			t.Fatal(err)
		}
	}
	joined := o.shows(b, "Từ giờ máy này báo lượt số A001")
	if _, err := o.SetCounter(t.Context(), queue.SetCounterRequest{Counter: "1", State: queue.Opened}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Next(t.Context(), queue.CounterRequest{Counter: "1"}); err != nil {
		t.Fatal(err)
	}
	called := o.shows(b, "Mời số A001 đến quầy 1")
	if called.Urgency != "high" || called.Topic != joined.Topic || called.TTL > 120 {
		t.Errorf("%+v", called)
	}
	if n := len(b.Shown()); n > 3 { // "Nearly" may come between.
		t.Errorf("%d notices: %+v", n, b.Shown())
	}
	b.Leave()
	if _, err := o.Act(t.Context(), queue.ActRequest{Ticket: mine.ID, Action: queue.Finish}); err != nil {
		t.Fatal(err)
	}
	o.await("the browser that went is forgotten", func() bool {
		s := o.bots.Status(t.Context())
		return s[0].Waiting == 0 && !followed(o, mine.ID)
	})
	if err := o.follow(o.api.Subscribe(), mine.ID); queue.ErrorCode(err) != queue.CodeWrongState {
		t.Errorf("a ticket that is over: %v", err)
	}
}

// followed reports whether any chat follows a ticket.
func followed(o *office, ticket string) bool {
	n, err := o.bots.Followers(o.Context(), ticket)
	if err != nil {
		o.Fatal(err)
	}
	return n > 0
}

// Who turns it off is erased from the disk at once, and no more browsers follow a
// ticket than may.
func TestOff(t *testing.T) {
	o := newOffice(t)
	mine := o.take()
	var all []*webpushtest.Browser
	for range 3 {
		b := o.api.Subscribe()
		all = append(all, b)
		if err := o.follow(b, mine.ID); err != nil {
			t.Fatal(err)
		}
		o.shows(b, "A001")
	}
	if err := o.follow(o.api.Subscribe(), mine.ID); queue.ErrorCode(err) != queue.CodePersonLimit {
		t.Errorf("a fourth: %v", err)
	}
	o.await("nothing waits", func() bool { return o.bots.Status(t.Context())[0].Waiting == 0 })
	if !o.holds(all[0]) {
		t.Fatal("the mailbox never held it: the test sees nothing")
	}
	chat, err := o.push.Chat(all[0].Subscription())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // Once more changes nothing.
		if err := o.bots.Unsubscribe(t.Context(), queue.Web, chat); err != nil {
			t.Fatal(err)
		}
	}
	if o.holds(all[0]) || !o.holds(all[1]) {
		t.Errorf("after it was turned off the mailbox holds it: %v; the other: %v", o.holds(all[0]), o.holds(all[1]))
	}
	if err := o.follow(o.api.Subscribe(), mine.ID); err != nil {
		t.Errorf("a place was left: %v", err)
	}
}

// A browser whose subscription becomes another goes on being told, of all it followed,
// in the same place; nobody else's subscription gives way to it.
func TestChange(t *testing.T) {
	o := newOffice(t)
	mine, second := o.take(), o.take()
	chat := func(b *webpushtest.Browser) string {
		t.Helper()
		name, err := o.push.Chat(b.Subscription())
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	old, fresh, others := o.api.Subscribe(), o.api.Subscribe(), []*webpushtest.Browser{o.api.Subscribe(), o.api.Subscribe()}
	for _, b := range append(others, old) { // As many as may follow.
		if err := o.follow(b, mine.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.follow(old, second.ID); err != nil {
		t.Fatal(err)
	}
	half, _, _ := strings.Cut(chat(others[0]), " ") // The address of another, without its keys.
	if err := o.bots.Resubscribe(t.Context(), queue.Web, half, chat(fresh), mine.ID, "vi"); queue.ErrorCode(err) != queue.CodePersonLimit || !o.holds(others[0]) {
		t.Errorf("who does not prove to be the old one: %v; it is forgotten: %v", err, !o.holds(others[0]))
	}
	// What is on its way keeps its address until it has arrived.
	o.await("nothing waits", func() bool { return o.bots.Status(t.Context())[0].Waiting == 0 })
	for range 2 { // The answer was lost.
		if err := o.bots.Resubscribe(t.Context(), queue.Web, chat(old), chat(fresh), mine.ID, "vi"); err != nil {
			t.Fatal(err)
		}
	}
	o.shows(fresh, "A001")
	if o.holds(old) || !o.holds(fresh) || !o.holds(others[0]) || !o.holds(others[1]) {
		t.Errorf("held: the old one %v, the new one %v", o.holds(old), o.holds(fresh))
	}
	for id, want := range map[string]int{mine.ID: 3, second.ID: 1} {
		if n, err := o.bots.Followers(t.Context(), id); err != nil || n != want {
			t.Errorf("ticket %s: %d followers, %v", id, n, err)
		}
	}
	if _, err := o.SetCounter(t.Context(), queue.SetCounterRequest{Counter: "1", State: queue.Opened}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Next(t.Context(), queue.CounterRequest{Counter: "1"}); err != nil {
		t.Fatal(err)
	}
	o.shows(fresh, "Mời số A001 đến quầy 1")
}

// Who has missed the turn may be let back into the line: a browser that is another
// since then is told of the next call.
func TestChangeAfterMissing(t *testing.T) {
	o := newOffice(t)
	mine, old, fresh := o.take(), o.api.Subscribe(), o.api.Subscribe()
	if err := o.follow(old, mine.ID); err != nil {
		t.Fatal(err)
	}
	act := func(a queue.Action) {
		t.Helper()
		if _, err := o.Act(t.Context(), queue.ActRequest{Ticket: mine.ID, Action: a}); err != nil {
			t.Fatal(err)
		}
	}
	next := func() {
		t.Helper()
		if _, err := o.Next(t.Context(), queue.CounterRequest{Counter: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.SetCounter(t.Context(), queue.SetCounterRequest{Counter: "1", State: queue.Opened}); err != nil {
		t.Fatal(err)
	}
	next()
	act(queue.Absent)
	o.shows(old, "qua lượt")
	o.await("nothing waits", func() bool { return o.bots.Status(t.Context())[0].Waiting == 0 })
	was, err := o.push.Chat(old.Subscription())
	if err != nil {
		t.Fatal(err)
	}
	is, err := o.push.Chat(fresh.Subscription())
	if err != nil {
		t.Fatal(err)
	}
	if err := o.bots.Resubscribe(t.Context(), queue.Web, was, is, mine.ID, "vi"); queue.ErrorCode(err) != queue.CodeWrongState || o.holds(old) {
		t.Errorf("%v; the old one is held: %v", err, o.holds(old))
	}
	act(queue.Restore)
	next()
	o.shows(fresh, "Mời số A001 đến quầy 1")
}
