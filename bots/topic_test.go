package bots

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/notice"
)

// booked is a topic that books something in two steps and remembers who did.
type booked struct {
	mu   sync.Mutex
	keys []string
	who  []string
	lost []string
	take func(ctx context.Context) queue.Ticket
}

func (b *booked) topic() dialogue.Topic {
	return dialogue.Topic{
		Name: "hen", Phrases: []string{"dat lich", "huy lich hen"}, Here: ".here",
		Answer: func(ctx context.Context, q dialogue.Question) (dialogue.Answer, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.keys = append(b.keys, q.Key)
			switch {
			case q.Arg == "":
				return dialogue.Answer{Body: "Ngày nào?", Ask: "ngay"}, nil
			case strings.HasPrefix(q.Arg, "ngay "):
				return dialogue.Answer{Body: "Ngày " + strings.TrimPrefix(q.Arg, "ngay ") + " nhé?", Ask: "chac"}, nil
			case q.Arg == "chac co":
				b.who = append(b.who, string(q.Channel)+":"+q.Chat)
				return dialogue.Answer{Body: "Đã đặt."}, nil
			case strings.HasPrefix(q.Arg, ".here"):
				t := b.take(ctx)
				return dialogue.Answer{Body: "Mời vào" + strings.TrimPrefix(q.Arg, ".here") + ".", Follow: &t}, nil
			}
			return dialogue.Answer{Body: "Không đặt."}, nil
		},
		Held: func(_ context.Context, q dialogue.Question) ([]string, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			return slices.DeleteFunc(slices.Clone(b.who), func(w string) bool { return w != string(q.Channel)+":"+q.Chat }), nil
		},
		Forget: func(_ context.Context, q dialogue.Question) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.who = slices.DeleteFunc(b.who, func(w string) bool { return w == string(q.Channel)+":"+q.Chat })
			return nil
		},
		Lost: func(_ context.Context, key string) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.lost = append(b.lost, key)
			return nil
		},
	}
}

// A topic holds a conversation of several steps, lets the chat follow a number,
// tells what it holds and forgets it.
func TestTopicOfSeveralSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		b := &booked{}
		h := newHallWith(t, c, func(cfg *Config) {
			cfg.Topics = []dialogue.Topic{b.topic()}
			cfg.HallCode = func(code string, _ time.Time) bool { return code == "482193" }
		})
		defer func() { h.stopAll() }()
		b.take = func(ctx context.Context) queue.Ticket {
			ticket, err := h.engine.Take(ctx, queue.TakeRequest{Service: "A", Channel: queue.Telegram})
			if err != nil {
				t.Error(err)
			}
			return ticket
		}
		for i, step := range []struct{ says, hears string }{
			{"đặt lịch", "Ngày nào?"}, {"25/11", "Ngày 25 11 nhé?"}, {"👍", "Đã đặt."}, {"ừ", "?"},
			{"dữ liệu của tôi", "telegram:7"}, {"hủy lịch hẹn", "Ngày nào?"}, {"giúp", "trợ giúp"}, {"25/11", "?"},
			{"tôi đã đến", "6 chữ số"}, {"482194", "mã"}, {"tôi đã đến", "6 chữ số"}, {"482193", "Mời vào 482193."},
		} {
			h.say("7", fmt.Sprint("s", i), step.says)
			h.settleFor(3 * time.Second)
			if step.hears != "?" && c.heardOf("7", step.hears) == 0 {
				t.Errorf("%q is not answered with %q: %v", step.says, step.hears, c.texts())
			}
		}
		if c.heardOf("7", "Đã đặt.") != 1 || c.heardOf("7", "A001") == 0 || c.heardOf("7", "Mời vào") != 1 {
			t.Errorf("said %v", c.texts())
		}
		h.settleFor(10 * time.Second)
		h.next("1")
		h.settleFor(5 * time.Second)
		if c.heardOf("7", "Mời số A001 đến quầy 1") != 1 {
			t.Errorf("the number is not followed: %v", c.texts())
		}
		c.press("8", "forged", "v1:other:hen-.here") // Nobody was given this button.
		c.press("8", "forged too", "v1:other:hen-.here 482194")
		h.settleFor(5 * time.Second)
		if c.heardOf("8", "Mời vào") != 0 {
			t.Errorf("in the hall without its code: %v", c.texts())
		}
		h.say("7", "end", "quên")
		h.settleFor(5 * time.Second)
		seen := map[string]bool{}
		for _, k := range b.keys {
			if seen[k] || len(k) == 0 || len(k) > 128 {
				t.Errorf("key %q", k)
			}
			seen[k] = true
		}
		if len(b.who) != 0 {
			t.Errorf("still held: %v", b.who)
		}
	})
}

// A word is told once, however often it is handed over and whatever restarts; one
// that cannot arrive is left to its topic.
func TestTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		b := &booked{}
		h := newHallWith(t, c, func(cfg *Config) { cfg.Topics = []dialogue.Topic{b.topic()} })
		defer func() { h.stopAll() }()
		tell := func(w Word) {
			t.Helper()
			w.Channel, w.Topic, w.Language = queue.Telegram, "hen", "vi"
			if err := h.bots.Tell(t.Context(), w); err != nil {
				t.Error(err)
			}
		}
		soon := time.Now().Add(time.Hour)
		for range 3 {
			tell(Word{Chat: "7", Key: "1", Body: "Lịch hẹn đã được xác nhận.", Offers: []dialogue.Offer{{Label: "Hủy", Arg: "huy 1"}}})
			tell(Word{Chat: "7", Key: "2", Body: "Một giờ nữa.", NotBefore: soon, Expires: soon.Add(time.Hour)})
			h.settleFor(5 * time.Second)
			h.stopBot()
			h.start()
		}
		if c.heardOf("7", "xác nhận") != 1 || c.heardOf("7", "Một giờ nữa") != 0 {
			t.Errorf("said %v", c.texts())
		}
		h.settleFor(2 * time.Hour)
		tell(Word{Chat: "7", Key: "2", Body: "Một giờ nữa.", NotBefore: soon, Expires: soon.Add(24 * time.Hour)})
		h.settleFor(time.Minute)
		if c.heardOf("7", "Một giờ nữa") != 1 {
			t.Errorf("said %v", c.texts())
		}
		c.refuse = func(_ int, chat string) error {
			return map[string]error{"8": &Failure{Class: Gone, Err: errors.New("blocked")}, "9": &Failure{Class: Rejected, Err: errors.New("no")}}[chat]
		}
		tell(Word{Chat: "8", Key: "3", Body: "x"})
		tell(Word{Chat: "9", Key: "4", Body: "x", Urgent: true})
		h.settleFor(time.Minute)
		if slices.Sort(b.lost); !slices.Equal(b.lost, []string{"3", "4"}) {
			t.Errorf("lost %v", b.lost)
		}
		if err := h.bots.Tell(t.Context(), Word{Channel: queue.SMS, Chat: "7", Key: "5"}); !errors.Is(err, ErrNoChat) {
			t.Errorf("a channel that is not there: %v", err)
		}
	})
}

// In the quiet hours a word waits for the morning, unless somebody waits for it.
func TestTellInTheQuietHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHallWith(t, c, func(cfg *Config) { cfg.Topics = []dialogue.Topic{(&booked{}).topic()} })
		defer func() { h.stopAll() }()
		h.say("7", "1", "giúp") // So that the office's zone is known.
		now := h.bots.localNow()
		quiet := notice.Quiet{From: now.Format("15:04"), To: now.Add(3 * time.Hour).Format("15:04")}
		if err := h.bots.SetSettings(t.Context(), Settings{Quiet: quiet}); err != nil {
			t.Fatal(err)
		}
		for key, urgent := range map[string]bool{"can wait": false, "cannot wait": true} {
			if err := h.bots.Tell(t.Context(), Word{Channel: queue.Telegram, Chat: "7", Topic: "hen", Key: key, Body: key, Urgent: urgent}); err != nil {
				t.Error(err)
			}
		}
		over := Word{Channel: queue.Telegram, Chat: "7", Topic: "hen", Key: "over", Body: "over by then", Expires: time.Now().Add(time.Hour)}
		if err := h.bots.Tell(t.Context(), over); err != nil {
			t.Error(err)
		}
		h.settleFor(time.Minute)
		if c.heardOf("7", "cannot wait") != 1 || c.heardOf("7", "can wait") != 0 || c.heardOf("7", "over by then") != 1 {
			t.Errorf("at night: %v", c.texts())
		}
		h.settleFor(4 * time.Hour)
		if c.heardOf("7", "can wait") != 1 {
			t.Errorf("in the morning: %v", c.texts())
		}
	})
}

// limited is a channel with the limits of Telegram: thirty messages in a second,
// one in a second to a chat, else "too many requests".
func limited() (c *fakeChannel, refused func() int) {
	c = newFakeChannel(telegramPace())
	var all []time.Time
	last, n := map[string]time.Time{}, 0
	c.refuse = func(_ int, chat string) error { // Under the channel's lock.
		now := time.Now()
		all = slices.DeleteFunc(all, func(at time.Time) bool { return now.Sub(at) >= time.Second })
		if len(all) >= 30 || now.Sub(last[chat]) < time.Second {
			n++
			return &Failure{Class: Retry, After: 5 * time.Second, Err: errors.New("429")}
		}
		all, last[chat] = append(all, now), now
		return nil
	}
	return c, func() int { c.mu.Lock(); defer c.mu.Unlock(); return n }
}

// Three hundred people are told within 12 seconds, fewer in their share of that,
// and nobody asks too much of the channel; a call goes first. XINMOI_CHAT_CROWD
// makes it the three hundred.
func TestThreeHundredAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, refused := limited()
		h := newHall(t, c)
		defer h.stopAll()
		people := 60 // Their numbers take long to give out under the race detector.
		if os.Getenv("XINMOI_CHAT_CROWD") != "" {
			people = 300
		}
		most := time.Duration(people) * 12 * time.Second / 300
		for i := range people {
			c.say(fmt.Sprint("p", i), fmt.Sprint("j", i), "lấy số A")
		}
		h.settleFor(2 * time.Minute)
		before := len(c.all())
		began := time.Now()
		called := h.next("1")
		for i := range people {
			number := fmt.Sprintf("A%03d", i+1)
			if number == called.Number.String() {
				continue
			}
			ticket, err := h.engine.Ticket(t.Context(), number)
			if err == nil {
				_, err = h.engine.Act(t.Context(), queue.ActRequest{Ticket: ticket.ID, Action: queue.Cancel, Reason: "the office closes"})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		h.settleFor(30 * time.Second)
		told, last, call := map[string]bool{}, time.Duration(0), time.Duration(-1)
		for _, s := range c.all()[before:] {
			if s.edited != "" {
				continue
			}
			if strings.Contains(s.text, "Mời số") {
				call = s.at.Sub(began)
			}
			told[s.chat], last = true, max(last, s.at.Sub(began))
		}
		if len(told) != people || last > most || call < 0 || call > time.Second {
			t.Errorf("%d people were told within %s, the call after %s", len(told), last, call)
		}
		if n := refused(); n != 0 {
			t.Errorf("%d times it was too much", n)
		}
		t.Logf("%d people were told within %s, the call after %s", len(told), last, call)
	})
}
