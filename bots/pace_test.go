package bots

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// fakeChannel is a channel without a network, for tests on a fake clock.
type fakeChannel struct {
	mu       sync.Mutex
	caps     Caps
	inbound  []Inbound
	more     chan struct{} // Closed and renewed when somebody says something.
	sent     []sending
	refuse   func(n int, chat string) error // What the n-th call (from 0) fails with.
	arrives  bool                           // A failed message arrives nevertheless.
	attempts []time.Time
}

type sending struct {
	chat, text, edited string
	at                 time.Time
}

func newFakeChannel(c Caps) *fakeChannel {
	return &fakeChannel{caps: c, more: make(chan struct{})}
}

func (f *fakeChannel) Channel() queue.Channel { return queue.Telegram }
func (f *fakeChannel) Caps() Caps             { return f.caps }

// Poll forgets only what the cursor confirms, as real channels do.
func (f *fakeChannel) Poll(ctx context.Context, cursor string) ([]Inbound, string, error) {
	from, _ := strconv.Atoi(cursor)
	idle := time.After(25 * time.Second)
	for {
		f.mu.Lock()
		said, more := f.inbound, f.more
		f.mu.Unlock()
		if from < len(said) {
			return said[from:min(from+3, len(said))], strconv.Itoa(min(from+3, len(said))), nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, cursor, ctx.Err()
		case <-idle:
			return nil, cursor, nil
		}
	}
}

func (f *fakeChannel) say(chat, id, text string) {
	f.come(Inbound{ExtID: id, Kind: Said, Chat: chat, From: chat, Language: "vi", Text: text, At: time.Now()})
}

func (f *fakeChannel) press(chat, id, payload string) {
	f.come(Inbound{ExtID: id, Kind: Press, Chat: chat, From: chat, Language: "vi", Payload: payload, At: time.Now()})
}

func (f *fakeChannel) come(in Inbound) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inbound = append(f.inbound, in)
	close(f.more)
	f.more = make(chan struct{})
}

func (f *fakeChannel) Send(_ context.Context, chat string, t dialogue.Text) (string, error) {
	return f.put(sending{chat: chat, text: t.Body, at: time.Now()})
}

func (f *fakeChannel) Edit(_ context.Context, chat, ref string, t dialogue.Text) error {
	_, err := f.put(sending{chat: chat, text: t.Body, edited: ref, at: time.Now()})
	return err
}

func (f *fakeChannel) put(s sending) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.attempts)
	f.attempts = append(f.attempts, s.at)
	if f.refuse != nil {
		if err := f.refuse(n, s.chat); err != nil {
			if f.arrives {
				f.sent = append(f.sent, s)
			}
			return "", err
		}
	}
	f.sent = append(f.sent, s)
	return strconv.Itoa(n), nil
}

func (f *fakeChannel) all() []sending {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.sent)
}

// hall is an office with a bot in a bubble of fake time.
type hall struct {
	*testing.T
	engine  *queue.Engine
	store   *memory.Store
	channel *fakeChannel
	bots    *Bots
	file    string
	change  func(*Config) // What the bot has besides.
	stopBot func()
	stopAll func()
}

func newHall(t *testing.T, c *fakeChannel) *hall {
	t.Helper()
	return newHallWith(t, c, nil)
}

func newHallWith(t *testing.T, c *fakeChannel, change func(*Config)) *hall {
	t.Helper()
	h := &hall{T: t, store: &memory.Store{}, channel: c, file: filepath.Join(quickDir(t), "chat.db"), change: change}
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: h.store, Links: queue.NewLinks([]byte("secret"), "http://office.example")})
	if err != nil {
		t.Fatal(err)
	}
	h.engine = e
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	for _, counter := range []string{"1", "2"} {
		if _, err := e.SetCounter(ctx, queue.SetCounterRequest{Counter: counter, State: queue.Opened}); err != nil {
			t.Fatal(err)
		}
	}
	h.start()
	h.stopAll = func() { h.stopBot(); cancel(); <-done }
	return h
}

func (h *hall) start() {
	h.Helper()
	config := Config{Office: h.engine, Mailbox: h.file, Adapters: []Adapter{h.channel}}
	if h.change != nil {
		h.change(&config)
	}
	b, err := New(config)
	if err != nil {
		h.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	h.bots = b
	h.stopBot = func() {
		cancel()
		if err := <-done; err != nil {
			h.Error(err)
		}
	}
}

// settleFor lets time pass.
func (h *hall) settleFor(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (h *hall) next(counter string) queue.Ticket {
	h.Helper()
	t, err := h.engine.Next(h.Context(), queue.CounterRequest{Counter: counter})
	if err != nil {
		h.Fatal(err)
	}
	return t
}

func (h *hall) finish(id string) {
	h.Helper()
	if _, err := h.engine.Act(h.Context(), queue.ActRequest{Ticket: id, Action: queue.Finish}); err != nil {
		h.Fatal(err)
	}
}

func telegramPace() Caps {
	return Caps{PerSecond: 25, PerChat: time.Second, EditEvery: 5 * time.Second}
}

func TestPaceOfABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		defer h.stopAll()
		const people = 50
		for i := range people {
			c.say(fmt.Sprint(i), fmt.Sprint("a", i), "lấy số A")
			c.say(fmt.Sprint(i), fmt.Sprint("b", i), "trợ giúp")
		}
		h.settleFor(time.Minute)
		sent := c.all()
		got := map[string]int{}
		var lastOf = map[string]time.Time{}
		for i, s := range sent {
			got[s.chat]++
			if last, ok := lastOf[s.chat]; ok && s.at.Sub(last) < time.Second-time.Millisecond {
				t.Errorf("chat %s got two messages within %s", s.chat, s.at.Sub(last))
			}
			lastOf[s.chat] = s.at
			if i >= 29 && s.at.Sub(sent[i-29].at) < time.Second-time.Millisecond { // Telegram's limit.
				t.Errorf("30 messages within %s", s.at.Sub(sent[i-29].at))
			}
		}
		for i := range people {
			if got[fmt.Sprint(i)] < 2 {
				t.Errorf("person %d got %d messages", i, got[fmt.Sprint(i)])
			}
		}
		if first := sent[2*people-1].at.Sub(sent[0].at); first > 8*time.Second {
			t.Errorf("%d messages took %s, want about 4 s", 2*people, first)
		}
	})
}

func TestRetryAfterHoldsEveryone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		c.refuse = func(n int, _ string) error {
			if n == 2 {
				return &Failure{Class: Retry, After: 30 * time.Second, Err: errors.New("flood")}
			}
			return nil
		}
		h := newHall(t, c)
		defer h.stopAll()
		for i := range 60 {
			c.say(fmt.Sprint(i), fmt.Sprint(i), "trợ giúp")
		}
		h.settleFor(2 * time.Minute)
		if n := len(c.all()); n != 60 {
			t.Errorf("%d messages arrived, want 60", n)
		}
		flood := c.attempts[2]
		for i, at := range c.attempts {
			// Those that were on their way already may still go.
			if d := at.Sub(flood); d > 500*time.Millisecond && d < 30*time.Second {
				t.Errorf("call %d was made %s after a retry_after of 30 s", i, d)
			}
		}
	})
}

func TestCardEditsAreCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		defer h.stopAll()
		for range 40 {
			if _, err := h.engine.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk}); err != nil {
				t.Fatal(err)
			}
		}
		c.say("7", "1", "lấy số A")
		h.settleFor(10 * time.Second)
		for range 30 {
			h.finish(h.next("1").ID)
			h.settleFor(time.Second)
		}
		h.settleFor(time.Minute)
		var edits []sending
		for _, s := range c.all() {
			if s.edited != "" {
				edits = append(edits, s)
			}
		}
		if len(edits) < 4 || len(edits) > 8 {
			t.Errorf("%d edits in 30 s of calls, want 4–8", len(edits))
		}
		for i := 1; i < len(edits); i++ {
			if d := edits[i].at.Sub(edits[i-1].at); d < 5*time.Second-time.Millisecond {
				t.Errorf("edits %s apart", d)
			}
		}
		if last := edits[len(edits)-1]; !strings.Contains(last.text, "Còn 10 người trước") {
			t.Errorf("the card ends as %q", last.text)
		}
	})
}

func TestCallsDoNotOutliveTheirTruth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		defer h.stopAll()
		c.say("7", "1", "lấy số A")
		h.settleFor(5 * time.Second)
		down := true
		c.mu.Lock()
		c.refuse = func(int, string) error {
			if down {
				return &Failure{Class: Unreachable, Err: errors.New("no route")}
			}
			return nil
		}
		c.mu.Unlock()
		ticket := h.next("1")
		h.settleFor(30 * time.Second)
		h.finish(ticket.ID) // Served, because the loudspeaker called as well.
		h.settleFor(10 * time.Second)
		c.mu.Lock()
		down = false
		c.mu.Unlock()
		h.settleFor(3 * time.Minute)
		for _, s := range c.all() {
			if strings.Contains(s.text, "Mời số") {
				t.Errorf("called after it was served: %q", s.text)
			}
		}
		if last := c.all()[len(c.all())-1]; !strings.Contains(last.text, "xong") && !strings.Contains(last.text, "Đã xong") {
			t.Errorf("the last word is %q", last.text)
		}
	})
}

func TestWhatEndedWhileTheBotWasAwayIsNotCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		defer func() { h.stopAll() }()
		for chat := range 8 {
			c.say(fmt.Sprint(chat), fmt.Sprint(chat), "lấy số A")
		}
		h.settleFor(10 * time.Second)
		h.stopBot()
		for range 8 {
			h.finish(h.next("1").ID)
		}
		h.start()
		h.settleFor(time.Minute)
		done := 0
		for _, s := range c.all() {
			if strings.Contains(s.text, "Mời số") || strings.Contains(s.text, "sắp đến lượt") {
				t.Errorf("said after it was over: %q", s.text)
			}
			if strings.Contains(s.text, "đã xong. Xin cảm ơn anh/chị.") && s.edited == "" {
				done++
			}
		}
		if done != 8 {
			t.Errorf("%d of 8 heard that it is done", done)
		}
	})
}

// forgetful does what it is asked and loses the answer, the first times.
type forgetful struct {
	queue.Office
	lose atomic.Int32
}

func (f *forgetful) Take(ctx context.Context, r queue.TakeRequest) (queue.Ticket, error) {
	t, err := f.Office.Take(ctx, r)
	if f.lose.Add(-1) >= 0 {
		return queue.Ticket{}, queue.Errorf(queue.CodeUnavailable, "connection lost")
	}
	return t, err
}

func TestALostAnswerLeadsToTheSameNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		defer h.stopAll()
		h.settleFor(time.Second)
		office := &forgetful{Office: h.bots.office}
		office.lose.Store(3)
		h.bots.office = office
		c.say("7", "1", "lấy số A")
		h.settleFor(20 * time.Second)
		if sent := c.all(); len(sent) != 1 || !strings.Contains(sent[0].text, "Số của anh/chị: A001") {
			t.Errorf("said %+v", sent)
		}
		if _, err := h.engine.Ticket(t.Context(), "A002"); queue.ErrorCode(err) != queue.CodeUnknownTicket {
			t.Error("a second number was issued")
		}
	})
}

func TestLateNumberIsRevivedAndTooLateIsExcused(t *testing.T) {
	for _, c := range []struct {
		outage time.Duration
		say    string
		state  queue.State
	}{
		{5 * time.Minute, "Số của anh/chị: A001", queue.Waiting},
		{45 * time.Minute, "Số A001 không kịp báo", queue.Cancelled},
	} {
		synctest.Test(t, func(t *testing.T) {
			ch := newFakeChannel(telegramPace())
			began := time.Now()
			ch.refuse = func(int, string) error {
				if time.Since(began) < c.outage {
					return &Failure{Class: Unreachable, Err: errors.New("no route")}
				}
				return nil
			}
			h := newHall(t, ch)
			defer h.stopAll()
			ch.say("7", "1", "lấy số A")
			h.settleFor(c.outage + 2*time.Minute)
			sent := ch.all()
			if len(sent) == 0 || !strings.Contains(sent[0].text, c.say) {
				t.Fatalf("outage %s: said %+v, want %q", c.outage, sent, c.say)
			}
			if got, err := h.engine.Ticket(t.Context(), "A001"); err != nil || got.State != c.state {
				t.Errorf("outage %s: ticket is %s, %v", c.outage, got.State, err)
			}
		})
	}
}

func TestAnOfficeThatDoesNotAnswerIsExcused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		defer h.stopAll()
		h.store.Fail(errors.New("disk full"))
		c.say("7", "1", "lấy số A")
		h.settleFor(time.Minute)
		if sent := c.all(); len(sent) != 1 || !strings.Contains(sent[0].text, "Hệ thống đang bận") {
			t.Errorf("said %+v", sent)
		}
		h.store.Fail(nil)
		c.say("7", "2", "lấy số A")
		h.settleFor(10 * time.Second)
		if sent := c.all(); len(sent) < 2 || !strings.Contains(sent[1].text, "A001") {
			t.Errorf("said %+v", sent)
		}
	})
}

func TestChatsAreErasedAfterTheirTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		defer h.stopAll()
		c.say("7", "1", "lấy số A")
		h.settleFor(10 * time.Second)
		h.finish(h.next("1").ID)
		h.settleFor(5 * time.Hour)
		bound := func() int {
			v, err := h.bots.box.BindingsOfChat(t.Context(), "telegram", "7")
			if err != nil {
				t.Fatal(err)
			}
			return len(v)
		}
		if bound() != 1 {
			t.Error("the chat was forgotten after five hours")
		}
		h.settleFor(90 * time.Minute)
		if bound() != 0 {
			t.Error("the chat is still bound after six and a half hours")
		}
	})
}

func TestOnlyWhatIsTrueIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, newFakeChannel(telegramPace()))
		defer h.stopAll()
		take := func() queue.Ticket {
			ticket, err := h.engine.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
			if err != nil {
				t.Fatal(err)
			}
			return ticket
		}
		served, atHand, waits := take(), take(), take()
		h.finish(h.next("1").ID)
		atHand = h.next("2")
		elsewhere := atHand
		elsewhere.Counter = "1"
		for _, c := range []struct {
			kind   dialogue.Kind
			ticket queue.Ticket
			want   verdict
		}{
			{dialogue.Called, atHand, send}, {dialogue.Recalled, atHand, send},
			{dialogue.Called, elsewhere, drop}, {dialogue.Called, served, drop}, {dialogue.Recalled, waits, drop},
			{dialogue.Nearly, waits, send}, {dialogue.Nearly, atHand, drop}, {dialogue.Nearly, served, drop},
			{dialogue.Done, served, send}, {dialogue.Done, waits, drop}, {dialogue.Missed, served, drop}, {dialogue.Withdrawn, waits, drop},
			{dialogue.Card, waits, send}, {dialogue.Card, served, drop}, {dialogue.Called, queue.Ticket{ID: "99999"}, drop},
			{dialogue.CancelDone, served, send}, {dialogue.Kept, waits, send},
		} {
			m := dialogue.Facts{Language: "vi"}.About(c.kind, c.ticket)
			if _, got := h.bots.upToDate(t.Context(), mailbox.Parcel{}, m); got != c.want {
				t.Errorf("%s about %s: %d, want %d", c.kind, c.ticket.Number, got, c.want)
			}
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		quiet, err := New(Config{Office: silentOffice{h.engine}, Mailbox: filepath.Join(t.TempDir(), "quiet.db"), Adapters: []Adapter{h.channel}})
		if err != nil {
			t.Fatal(err)
		}
		defer quiet.Close()
		for kind, want := range map[dialogue.Kind]verdict{dialogue.Called: send, dialogue.Nearly: later} {
			if _, got := quiet.upToDate(gone, mailbox.Parcel{}, dialogue.Facts{}.About(kind, waits)); got != want {
				t.Errorf("%s while the office is silent: %d, want %d", kind, got, want)
			}
		}
	})
}

type silentOffice struct{ queue.Office }

func (silentOffice) Ticket(context.Context, string) (queue.Ticket, error) {
	return queue.Ticket{}, queue.Errorf(queue.CodeUnavailable, "silent")
}

func TestFloodIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(Caps{PerSecond: 1000, PerChat: time.Millisecond, EditEvery: time.Second})
		h := newHall(t, c)
		defer h.stopAll()
		const many = 5 * floodBurst
		for i := range many {
			c.say("7", fmt.Sprint(i), "trợ giúp")
		}
		h.settleFor(20 * time.Second)
		if n := len(c.all()); n < floodBurst || n > floodBurst+30 {
			t.Errorf("%d answers to %d messages at once", n, many)
		}
	})
}

func TestALetterThatBreaksTheProgramIsPutAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		defer h.stopAll()
		h.settleFor(time.Second)
		h.bots.office = panicOffice{h.bots.office}
		c.say("7", "1", "lấy số A")
		h.settleFor(time.Minute)
		if s := h.bots.Status(t.Context())[0]; s.Unread != 0 {
			t.Errorf("%d letters wait for ever", s.Unread)
		}
	})
}

type panicOffice struct{ queue.Office }

func (panicOffice) Take(context.Context, queue.TakeRequest) (queue.Ticket, error) { panic("defect") }

func TestParcelsNameNoChatInTheirKey(t *testing.T) {
	m := dialogue.Message{Kind: dialogue.Card, Slips: []dialogue.Slip{{Ticket: "7"}}}
	p, err := parcel(m, "telegram", "555", time.Unix(0, 0))
	if err != nil || strings.Contains(p.Dedupe, "555") || p.Ticket != "7" || !p.Resend {
		t.Errorf("parcel = %+v, %v", p, err)
	}
	var back dialogue.Message
	if err := json.Unmarshal(p.Body, &back); err != nil || back.Kind != dialogue.Card {
		t.Errorf("body = %+v, %v", back, err)
	}
	if k := requestKey(mailbox.Letter{Channel: "telegram", ExtID: "1:2"}, "take"); k != "telegram:1:2:take" {
		t.Errorf("key = %q", k)
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct{ in, want string }{{"abc", "abc"}, {"abcdef", "abcd"}, {"abcđ", "abc"}, {"ốốố", "ố"}} {
		if got := cut(c.in, 4); got != c.want {
			t.Errorf("cut(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// quickDir is a folder in memory where there is one: what is tested with it is
// not the disk.
func quickDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "bots")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
