package bots

import (
	"database/sql"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
)

// jam makes the mailbox refuse changes of the outbox for which when holds,
// as a full disk would, until free is called.
func jam(t *testing.T, file, when string) (free func()) {
	t.Helper()
	do := func(statement string) {
		t.Helper()
		db, err := sql.Open("sqlite3", "file:"+file+"?_busy_timeout=5000")
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.Exec(statement)
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	do("CREATE TRIGGER jam BEFORE UPDATE ON outbox WHEN " + when + " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END")
	return func() { do("DROP TRIGGER jam") }
}

// states counts the messages in each state.
func (h *hall) states() map[mailbox.State]int {
	h.Helper()
	db, err := sql.Open("sqlite3", "file:"+h.file+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		h.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT state, count(*) FROM outbox GROUP BY state")
	if err != nil {
		h.Fatal(err)
	}
	defer rows.Close()
	states := map[mailbox.State]int{}
	for rows.Next() {
		var state mailbox.State
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			h.Fatal(err)
		}
		states[state] = n
	}
	return states
}

// A mailbox that cannot be written at the start is waited for: Run neither
// ends nor closes it.
func TestRunWaitsForTheMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		defer func() { h.stopAll() }()
		// A message is on its way when the process ends.
		c.refuse = func(int, string) error { return errors.New("answer lost") }
		h.settleFor(time.Second)
		release := jam(t, h.file, "OLD.state = 'sending'")
		c.say("7", "1", "lấy số A")
		h.settleFor(5 * time.Second)
		h.stopBot()
		if s := h.states(); s[mailbox.Sending] != 1 {
			t.Fatalf("states %v, want one on its way", s)
		}
		h.start()
		ended := make(chan error, 1)
		h.settleFor(10 * time.Minute)
		go func() { ended <- h.bots.box.Update(t.Context(), func(*mailbox.Tx) error { return nil }) }()
		if err := <-ended; err != nil {
			t.Fatalf("the mailbox is not open any more: %v", err)
		}
		if n := len(c.attempts); n != 1 {
			t.Errorf("%d attempts while nothing can be written down, want the first alone", n)
		}
		c.mu.Lock()
		c.refuse = nil
		c.mu.Unlock()
		release()
		h.settleFor(2 * time.Minute)
		if sent := c.all(); len(sent) != 1 || !strings.Contains(sent[0].text, "A001") {
			t.Errorf("said %+v once it could", sent)
		}
	})
}

// Run ends with ctx also while it waits for the mailbox.
func TestRunEndsWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		c.refuse = func(int, string) error { return errors.New("answer lost") }
		h.settleFor(time.Second)
		release := jam(t, h.file, "OLD.state = 'sending'")
		defer release()
		c.say("7", "1", "lấy số A")
		h.settleFor(5 * time.Second)
		h.stopBot()
		h.start()
		h.settleFor(time.Minute)
		h.stopAll() // Fails the test if Run gave an error, hangs it if Run does not end.
	})
}

// What the channel took, but could not be written down as sent, is in doubt: a
// message that must not come twice is left, and its chat goes on.
func TestSentButNotWrittenDown(t *testing.T) {
	for name, tt := range map[string]struct {
		say   string // Its answer …
		wants string // … has this text,
		most  int    // arrives so often at most,
		fails error  // fails so at the channel,
		end   map[mailbox.State]int
	}{
		"once at most":  {say: "trợ giúp", wants: "Anh/chị có thể nhắn", most: 1, end: map[mailbox.State]int{mailbox.Unknown: 1, mailbox.Sent: 1}},
		"answer lost":   {say: "trợ giúp", wants: "Anh/chị có thể nhắn", most: 1, fails: errors.New("answer lost"), end: map[mailbox.State]int{mailbox.Unknown: 1, mailbox.Sent: 1}},
		"once at least": {say: "lấy số A", wants: "A001", most: 10, end: map[mailbox.State]int{mailbox.Sent: 2}},
	} {
		for _, stuck := range []struct{ name, when string }{
			{"one write fails", "NEW.state IN ('sent', 'delivered') OR (NEW.state = 'unknown' AND NEW.reason NOT LIKE 'perhaps sent:%')"},
			{"every write fails", "OLD.state = 'sending'"},
		} {
			t.Run(name+", "+stuck.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := newFakeChannel(telegramPace())
					h := newHall(t, c)
					defer h.stopAll()
					h.settleFor(time.Second)
					c.refuse, c.arrives = func(n int, _ string) error {
						if n == 0 {
							return tt.fails
						}
						return nil
					}, true
					free := jam(t, h.file, stuck.when)
					c.say("7", "1", tt.say)
					h.settleFor(20 * time.Second)
					free()
					h.settleFor(time.Minute)
					c.say("7", "2", "xin chào")
					h.settleFor(time.Minute)
					sent := c.all()
					n := 0
					for _, s := range sent {
						if strings.Contains(s.text, tt.wants) && s.edited == "" {
							n++
						}
					}
					if n < 1 || n > tt.most {
						t.Errorf("%q arrived %d times, want 1–%d", tt.wants, n, tt.most)
					}
					if len(sent) == n {
						t.Error("the chat is held up for ever")
					}
					got := h.states()
					for state, want := range tt.end {
						if got[state] != want {
							t.Errorf("states %v, want %v", got, tt.end)
						}
					}
				})
			})
		}
	}
}

// The number's card is repeated when in doubt, and the office hears of it.
func TestDoubtfulNumberIsConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFakeChannel(telegramPace())
		h := newHall(t, c)
		defer h.stopAll()
		h.settleFor(time.Second)
		free := jam(t, h.file, "NEW.state = 'delivered'")
		c.say("7", "1", "lấy số A")
		h.settleFor(5 * time.Second)
		free()
		h.settleFor(10 * time.Second)
		if got, err := h.engine.Ticket(t.Context(), "A001"); err != nil || got.State != queue.Waiting {
			t.Errorf("ticket is %s, %v", got.State, err)
		}
	})
}
