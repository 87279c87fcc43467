package bots_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots/telegram/telegramtest"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/porttest"
)

func TestStartsWithoutTelegramAndLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	address := fmt.Sprintf("127.0.0.1:%d", porttest.Free(t)) // Nothing listens there yet.
	w.startAt("http://" + address)
	deadline := time.After(time.Minute)
	for w.bots.Status(w.ctx)[0].LastError == "" {
		select {
		case <-deadline:
			t.Fatal("the channel's state is not reported")
		case <-time.After(20 * time.Millisecond):
		}
	}
	s := w.bots.Status(w.ctx)[0]
	if s.Reachable || s.Channel != queue.Telegram || s.Since.IsZero() {
		t.Errorf("status = %+v, want not reachable", s)
	}
	w.api.Close()
	late, err := telegramtest.Listen(token, address)
	if err != nil {
		t.Fatal(err)
	}
	w.api = late
	w.api.SendText(citizen(1), "lấy số A")
	w.expect(citizen(1), "A001")
	if s := w.bots.Status(w.ctx)[0]; !s.Reachable {
		t.Errorf("status = %+v, want reachable", s)
	}
	w.halt()
	assertNoToken(t, w.log.String())
}

func assertNoToken(t testing.TB, text string) {
	t.Helper()
	_, secret, _ := strings.Cut(token, ":")
	if strings.Contains(text, secret) {
		i := strings.Index(text, secret)
		t.Errorf("the token is in the log: …%s…", text[max(0, i-200):min(len(text), i+100)])
	}
}

func TestFaultsOfTheAPI(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		faults []telegramtest.Fault
		copies int // How often the number may be told.
	}{
		{"server error", []telegramtest.Fault{{Method: "sendMessage", Status: 502, HTML: true, Times: 2}}, 1},
		{"flood", []telegramtest.Fault{{Method: "sendMessage", Status: 429, RetryAfter: 1}}, 1},
		{"cut before", []telegramtest.Fault{{Method: "sendMessage", Drop: true}}, 1},
		{"cut after", []telegramtest.Fault{{Method: "sendMessage", DropAfter: true}}, 2},
		{"poll errors", []telegramtest.Fault{{Method: "getUpdates", Status: 500, Times: 2}, {Method: "getUpdates", Drop: true}}, 1},
		{"poll flood", []telegramtest.Fault{{Method: "getUpdates", Status: 429, RetryAfter: 1}}, 1},
		{"lost poll answer", []telegramtest.Fault{{Method: "getUpdates", DropAfter: true}}, 1},
		{"button too old", []telegramtest.Fault{{Method: "answerCallbackQuery", Status: 400, Times: 9}}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for _, f := range c.faults {
				w.api.Fail(f)
			}
			w.start()
			u := citizen(1)
			w.api.PressData(u, "v1:take:A")
			w.waitState("A001", queue.Waiting)
			w.expect(u, "A001")
			w.waitFor(func() bool { return w.bots.Status(w.ctx)[0].Waiting == 0 })
			if n := count(w.api.FromBot(1), "Số của anh/chị: A001"); n < 1 || n > c.copies {
				t.Errorf("the number was told %d times, want 1–%d", n, c.copies)
			}
			assertOrderedSends(t, w.api)
			w.halt()
			assertNoToken(t, w.log.String())
		})
	}
}

// assertOrderedSends checks that a 429 was obeyed: nothing was sent before the
// time it named.
func assertOrderedSends(t *testing.T, api *telegramtest.Server) {
	t.Helper()
	var blocked time.Time
	for _, c := range api.Calls("sendMessage") {
		if c.At.Before(blocked) {
			t.Errorf("sent %s before retry_after ended", blocked.Sub(c.At))
		}
		if c.Status == http.StatusTooManyRequests {
			blocked = c.At.Add(time.Second - 20*time.Millisecond)
		}
	}
}

func TestBlockedByTheUserLapses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.api.Fail(telegramtest.Fault{Method: "sendMessage", Status: 403, Description: "Forbidden: bot was blocked by the user"})
	w.start()
	w.api.SendText(citizen(1), "lấy số A")
	w.waitFor(func() bool { s := w.bots.Status(w.ctx)[0]; return s.Dead == 1 })
	got, err := w.office.Ticket(w.ctx, "A001")
	if err != nil || got.State != queue.Held {
		t.Errorf("ticket = %s, %v; want held, to lapse by itself", got.State, err)
	}
}

func TestWrongTokenIsReported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.api.Fail(telegramtest.Fault{Method: "getUpdates", Status: 401, Description: "Unauthorized", Times: 100})
	w.start()
	w.waitFor(func() bool { return strings.Contains(w.bots.Status(w.ctx)[0].LastError, "check the token") })
	w.halt()
	assertNoToken(t, w.log.String())
}

func TestReplayedUpdatesMakeOneTicket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.api.SendText(citizen(1), "lấy số A")
	w.api.Replay(100)
	w.start()
	w.waitState("A001", queue.Waiting)
	w.api.SendText(citizen(1), "trợ giúp")
	w.expect(citizen(1), "Anh/chị có thể nhắn")
	if n := count(w.api.FromBot(1), "A001"); n != 1 {
		t.Errorf("the number was told %d times", n)
	}
	board, _ := w.office.Board(w.ctx)
	if board.Waiting["A"] != 1 {
		t.Errorf("%d tickets wait, want 1", board.Waiting["A"])
	}
}

// TestRestartsLoseNothing stops and starts the bot at random moments while
// people take numbers: everyone gets exactly one, hears of it, and no one
// hears "nearly" after the call.
func TestRestartsLoseNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const people = 12
	rng := rand.New(rand.NewPCG(1, 2))
	w.start()
	for i := range people {
		w.api.SendText(citizen(int64(i+1)), "lấy số A")
		if rng.IntN(2) == 0 {
			w.halt()
			w.start()
		}
	}
	for i := range people {
		w.expect(citizen(int64(i+1)), "Số của anh/chị: A0")
	}
	w.waitFor(func() bool { board, _ := w.office.Board(w.ctx); return board.Waiting["A"] == people })
	for range people {
		called := w.next("1")
		if rng.IntN(3) == 0 {
			w.halt()
			w.start()
		}
		w.waitFor(func() bool { return w.told("Mời số " + called.Number.String()) })
		w.act(queue.Finish, called.ID)
	}
	seen := map[string]bool{}
	for i := range people {
		w.checkOrder(int64(i+1), seen)
	}
	if len(seen) != people {
		t.Errorf("%d numbers for %d people: %v", len(seen), people, seen)
	}
}

func (w *world) told(text string) bool {
	for chat := range int64(20) {
		if count(w.api.FromBot(chat+1), text) > 0 {
			return true
		}
	}
	return false
}

// checkOrder checks what one person heard: one number, and nothing but the
// end after the call.
func (w *world) checkOrder(chat int64, seen map[string]bool) {
	w.Helper()
	number, called := "", false
	for _, m := range w.api.FromBot(chat) {
		var n, c string
		switch {
		case strings.HasPrefix(m.Text, "Số của anh/chị: "):
			_, _ = fmt.Sscanf(m.Text, "Số của anh/chị: %s", &n)
			if number != "" && n != number {
				w.Errorf("chat %d got %s and %s", chat, number, n)
			}
			number = n
		case strings.Contains(m.Text, "sắp đến lượt") && called:
			w.Errorf("chat %d heard nearly after the call: %q", chat, texts(w.api.FromBot(chat)))
		case strings.HasPrefix(m.Text, "Mời số "):
			_, _ = fmt.Sscanf(m.Text, "Mời số %s đến quầy %s", &n, &c)
			called = true
			if n != number {
				w.Errorf("chat %d holds %s and was called as %s", chat, number, n)
			}
		}
	}
	if !called || seen[number] {
		w.Errorf("chat %d: number %q, called %v, shared %v", chat, number, called, seen[number])
	}
	seen[number] = true
}
