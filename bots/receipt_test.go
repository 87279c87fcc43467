package bots

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
)

// telling is a channel for short messages that tells what became of them.
type telling struct {
	written
	mu    *sync.Mutex
	marks map[string]string // By the beginning of what was sent.
}

func newTelling(f *fakeChannel) telling {
	f.caps.Receipts = 10 * time.Minute
	return telling{written{f, queue.SMS}, &sync.Mutex{}, map[string]string{}}
}

func (c telling) SendMarked(ctx context.Context, chat, mark string, t dialogue.Text) (string, error) {
	c.mu.Lock()
	head, _, _ := strings.Cut(t.Body, " đến")
	c.marks[head] = mark
	c.mu.Unlock()
	return c.Send(ctx, chat, t)
}

func (c telling) mark(head string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.marks[head]
}

// told brings receipts of the call of A001.
func (h *hall) told(c telling, kinds ...InboundKind) {
	h.Helper()
	mark := c.mark("Mời số A001")
	if mark == "" {
		h.Fatalf("no call was sent: %v", c.f.texts())
	}
	for _, k := range kinds {
		if err := h.bots.Receive(h.Context(), queue.SMS, []Inbound{{Kind: k, Mark: mark, Text: "absent subscriber"}}); err != nil {
			h.Fatal(err)
		}
		h.settleFor(time.Second)
	}
}

// Somebody who was called by SMS is called by telephone when the network tells that
// the message did not arrive, once, and only then; whatever the order in which the
// network tells, however often, and across a stop in between.
func TestReceipts(t *testing.T) {
	const number = "+84912345678"
	for name, c := range map[string]struct {
		told     []InboundKind
		late     bool // Told after nobody waits any more.
		over     bool // The ticket was served meanwhile.
		stop     bool // The program was stopped and started before.
		stranger bool // Told of another message.
		voice    int
		counts   mailbox.Receipts
	}{
		"arrived":              {told: []InboundKind{Arrived, Arrived}, counts: mailbox.Receipts{Arrived: 1}},
		"did not":              {told: []InboundKind{NotArrived, NotArrived}, voice: 1, counts: mailbox.Receipts{Failed: 1}},
		"did not, after all":   {told: []InboundKind{NotArrived, Arrived, NotArrived}, voice: 1, counts: mailbox.Receipts{Arrived: 1}},
		"arrived, they say no": {told: []InboundKind{Arrived, NotArrived}, counts: mailbox.Receipts{Arrived: 1}},
		"after a stop":         {told: []InboundKind{NotArrived}, stop: true, voice: 1, counts: mailbox.Receipts{Failed: 1}},
		"nothing":              {counts: mailbox.Receipts{Unheard: 1}},
		"too late":             {told: []InboundKind{NotArrived}, late: true, counts: mailbox.Receipts{Failed: 1}},
		"late, but arrived":    {told: []InboundKind{Arrived}, late: true, counts: mailbox.Receipts{Arrived: 1}},
		"served meanwhile":     {told: []InboundKind{NotArrived}, over: true, counts: mailbox.Receipts{Failed: 1}},
		"another's":            {told: []InboundKind{NotArrived}, stranger: true, counts: mailbox.Receipts{Unheard: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sms := newTelling(newFakeChannel(telegramPace()))
				var called []string
				h := newHallWith(t, sms.f, func(cfg *Config) {
					cfg.Adapters, cfg.Voice = []Adapter{sms}, &trunk{calls: &called}
				})
				defer func() { h.stopAll() }()
				h.say(number, "1", "lấy số A")
				mine := h.next("1")
				h.settleFor(5 * time.Second)
				if s := h.bots.Status(t.Context())[0]; s.Receipts != (mailbox.Receipts{Awaited: 1}) || s.Waiting != 0 || !s.Tells {
					t.Errorf("after the call: %+v", s)
				}
				if c.stop {
					h.stopBot()
					h.start()
				}
				if c.over {
					h.finish(mine.ID)
					h.settleFor(time.Second)
				}
				if c.late {
					h.settleFor(11 * time.Minute)
				}
				if c.stranger {
					sms.marks["Mời số A001"] = "SOMEBODYELSESMARK"
				}
				h.told(sms, c.told...)
				h.settleFor(5 * time.Second)
				if len(called) != c.voice {
					t.Errorf("called %v, want %d", called, c.voice)
				}
				h.settleFor(15 * time.Minute)
				if len(called) != c.voice {
					t.Errorf("called %v in the end, want %d", called, c.voice)
				}
				if n := sms.f.heardOf(number, "Mời số A001"); n != 1 {
					t.Errorf("%d messages of the call", n)
				}
				if got := h.bots.Status(t.Context())[0].Receipts; got != c.counts {
					t.Errorf("counted %+v, want %+v", got, c.counts)
				}
			})
		})
	}
}

// A receipt overtakes the gateway's own answer: what has arrived is not sent again
// when the answer fails, and what did not arrive goes its other way at once.
func TestReceiptBeforeTheAnswer(t *testing.T) {
	for kind, want := range map[InboundKind]int{Arrived: 0, NotArrived: 1} {
		synctest.Test(t, func(t *testing.T) {
			sms := newTelling(newFakeChannel(telegramPace()))
			var called []string
			h := newHallWith(t, sms.f, func(cfg *Config) { cfg.Adapters, cfg.Voice = []Adapter{sms}, &trunk{calls: &called} })
			defer func() { h.stopAll() }()
			h.say("+84912345678", "1", "lấy số A")
			sms.f.mu.Lock()
			sms.f.arrives = true
			sms.f.refuse = func(int, string) error {
				err := h.bots.Receive(context.Background(), queue.SMS, []Inbound{{Kind: kind, Mark: sms.mark("Mời số A001"), Text: "absent"}})
				if err != nil || kind == NotArrived {
					return err
				}
				return &Failure{Class: Ambiguous, Err: errors.New("no answer")}
			}
			sms.f.mu.Unlock()
			h.next("1")
			h.settleFor(time.Minute)
			if n := sms.f.heardOf("+84912345678", "Mời số A001"); n != 1 || len(called) != want {
				t.Errorf("%s: %d messages, called %v", kind, n, called)
			}
		})
	}
}

// Who does not hear is not called in place of a message that did not arrive: staff
// see it.
func TestNoVoiceForALostMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sms := newTelling(newFakeChannel(telegramPace()))
		var called []string
		h := newHallWith(t, sms.f, func(cfg *Config) { cfg.Adapters, cfg.Voice = []Adapter{sms}, &trunk{calls: &called} })
		defer func() { h.stopAll() }()
		h.say("+84912345678", "0", "tôi không nghe được")
		h.say("+84912345678", "1", "lấy số A")
		h.next("1")
		h.settleFor(5 * time.Second)
		h.told(sms, NotArrived)
		h.settleFor(time.Minute)
		letters, err := h.bots.Letters(t.Context(), 10)
		if err != nil || len(called) != 0 || len(letters) != 1 || letters[0].Number != "A001" || !strings.Contains(letters[0].Reason, "absent subscriber") {
			t.Errorf("called %v, letters %+v, %v", called, letters, err)
		}
	})
}

// In whatever order receipts come: what arrived stays so, somebody is told by at
// most one other way, and never because nothing was heard.
func TestReceiptsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		box, err := mailbox.Open(context.Background(), fmt.Sprintf("%s/%d.db", quickDir(t), rapid.Uint64().Draw(r, "file")))
		if err != nil {
			r.Fatal(err)
		}
		defer box.Close()
		now, ctx := time.Unix(1_000_000, 0), context.Background()
		do := func(f func(tx *mailbox.Tx) error) {
			if err := box.Update(ctx, f); err != nil {
				r.Fatal(err)
			}
		}
		do(func(tx *mailbox.Tx) error {
			return tx.Post(mailbox.Parcel{Channel: "sms", Chat: "1", Kind: "called", Dedupe: "d", NotBefore: now, Expires: now.Add(time.Hour), Resend: true}, now)
		})
		due, err := box.Due(ctx, "sms", now, 1)
		if err != nil || len(due) != 1 {
			r.Fatal(due, err)
		}
		p := due[0]
		if _, err := box.MarkSending(ctx, []int64{p.ID}); err != nil {
			r.Fatal(err)
		}
		best, lost, waited := mailbox.NoReceipt, 0, false
		for _, step := range rapid.SliceOfN(rapid.SampledFrom([]string{"arrived", "failed", "taken", "look", "later"}), 1, 12).Draw(r, "steps") {
			switch step {
			case "taken":
				if !waited {
					do(func(tx *mailbox.Tx) error { return tx.Await(p.ID, p.Mark, now, now.Add(time.Minute)) })
					waited = true
				}
			case "look", "later":
				if step == "later" {
					now = now.Add(2 * time.Minute)
				}
				due, err := box.Due(ctx, "sms", now, 9)
				if err != nil {
					r.Fatal(err)
				}
				for _, d := range due {
					switch d.State {
					case mailbox.Awaiting:
						do(func(tx *mailbox.Tx) error { return tx.Unheard(d.ID, now) })
						best = mailbox.Unheard
					case mailbox.Lost:
						lost++
						do(func(tx *mailbox.Tx) error { return tx.Settle(d.ID, mailbox.Dropped, "by telephone", now, now) })
					default:
						r.Fatalf("due again: %+v", d)
					}
				}
			default:
				do(func(tx *mailbox.Tx) error {
					_, err := tx.Told("sms", p.Mark, mailbox.Receipt(step), "why", now)
					return err
				})
				if best != mailbox.Arrived {
					best = mailbox.Receipt(step)
				}
			}
		}
		n, err := box.Receipts(ctx, "sms")
		if err != nil {
			r.Fatal(err)
		}
		n.Awaited = 0
		want := map[mailbox.Receipt]mailbox.Receipts{mailbox.Arrived: {Arrived: 1}, mailbox.Failed: {Failed: 1}, mailbox.Unheard: {Unheard: 1}}[best]
		if lost > 1 || n != want {
			r.Fatalf("%d other ways, %+v, want %+v", lost, n, want)
		}
	})
}

// Who refuses by telephone is not written to in place of a chat that had given the
// number, nor called when a message there did not arrive.
func TestRefusedElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const number = "+84912345678"
		chat, sms := newFakeChannel(telegramPace()), newTelling(newFakeChannel(telegramPace()))
		var called []string
		h := newHallWith(t, chat, func(cfg *Config) {
			cfg.Adapters, cfg.Voice = []Adapter{written{chat, queue.Zalo}, sms}, &trunk{calls: &called}
		})
		defer func() { h.stopAll() }()
		h.say("7", "1", "điện thoại 0912345678")
		h.say("7", "2", "lấy số A")
		sms.f.say(number, "1", "lấy số A")
		h.settleFor(5 * time.Second)
		chat.mu.Lock()
		chat.refuse = func(int, string) error { return &Failure{Class: Rejected, Err: errors.New("full")} }
		chat.mu.Unlock()
		h.next("1")
		h.settleFor(5 * time.Second)
		before := len(sms.f.all())
		if err := h.bots.Refuse(t.Context(), number); err != nil {
			t.Fatal(err)
		}
		h.told(sms, NotArrived)
		h.next("2")
		h.settleFor(time.Minute)
		if n := len(sms.f.all()) - before; n != 0 || len(called) != 0 {
			t.Errorf("%d messages after it, called %v", n, called)
		}
		if found := h.traces(strings.TrimPrefix(number, "+84")); len(found) > 0 {
			t.Errorf("still on the disk: %v", found)
		}
	})
}
