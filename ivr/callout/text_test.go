package callout

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
)

// writing makes a world that writes to those it does not reach.
func writing(t *testing.T, rules Rules, texter Texter) *world {
	t.Helper()
	w := newWorld(t, nil, rules)
	w.stop()
	w.config.Texter = texter
	w.start()
	return w
}

const (
	nearText   = lan + ": Trung tâm Phục vụ hành chính công xã Bình An: số A004 sắp đến lượt. Mời quý vị có mặt tại phòng chờ."
	calledText = lan + ": Trung tâm Phục vụ hành chính công xã Bình An: số A004 đang được gọi đến quầy 1. Mời quý vị đến ngay hoặc hỏi quầy hướng dẫn."
)

// Whoever is not reached is written to, once: nobody answers, the call is
// refused, a machine takes it. Who has pressed a key is told already.
func TestWhoIsWrittenTo(t *testing.T) {
	for name, tt := range map[string]struct {
		citizen citizen
		want    bool
	}{
		"nobody answers":    {citizen{}, true},
		"refused":           {citizen{rings: 3 * time.Second, fails: &Failure{Outcome: book.Declined, Code: 603}}, true},
		"no such number":    {citizen{rings: time.Second, fails: &Failure{Outcome: book.Unreachable, Code: 404}}, true},
		"answering machine": {citizen{rings: 20 * time.Second, hello: 3 * time.Second}, true},
		"coming":            {citizen{rings: time.Second, presses: map[string]string{"Nếu quý vị đang đến": "1"}}, false},
		"cancels":           {citizen{rings: time.Second, presses: map[string]string{"Nếu quý vị đang đến": "3", "Quý vị muốn hủy": "3"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				box := &letters{}
				w := writing(t, Rules{}, box)
				defer w.close()
				mine := w.near(&tt.citizen, 10*time.Minute)
				var want []string
				if tt.want {
					want = []string{nearText}
				}
				if got := strings.Join(box.all(), "|"); got != strings.Join(want, "|") {
					t.Errorf("sent %q, want %q", got, want)
				}
				if got := w.wishOf(mine.ID); tt.want && got.Result != book.Texted || got.State != book.Done || got.Telephone != "" {
					t.Errorf("wish %+v", got)
				}
			})
		})
	}
}

// What is written is true when it is written: never "nearly" after "called".
func TestWrittenWhatIsTrue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := &letters{}
		w := writing(t, Rules{}, box)
		defer w.close()
		w.town.lives(lan, &citizen{})
		mine := w.line(4)[3]
		w.wish(mine, lan)
		for range 4 { // Its turn comes while it rings in vain.
			time.Sleep(5 * time.Second)
			w.office.next("1")
		}
		time.Sleep(10 * time.Minute)
		if got := box.all(); len(got) != 1 || got[0] != calledText {
			t.Errorf("sent %q, want %q", got, calledText)
		}
	})
}

// Nothing is written about a ticket that is over.
func TestNothingWrittenWhenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := &letters{}
		w := writing(t, Rules{}, box)
		defer w.close()
		mine := w.near(&citizen{}, 20*time.Second)
		w.office.act(mine.ID, queue.Cancel)
		time.Sleep(10 * time.Minute)
		if got := box.all(); len(got) != 0 {
			t.Errorf("sent %q", got)
		}
	})
}

// A message that is due when the hour for calls is over waits, and the day
// takes it; so does one about a ticket that is put aside.
func TestNobodyIsWrittenToAtNight(t *testing.T) {
	s := situation{wish: book.Wish{State: book.Text, Ticket: "night"}, ticket: queue.Ticket{State: queue.Waiting}, now: time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC)}
	synctest.Test(t, func(t *testing.T) {
		box := &letters{}
		w := writing(t, Rules{}, box)
		defer w.close()
		synctest.Wait()
		parked := s
		parked.wish.Ticket, parked.ticket.State, parked.now = "parked", queue.Parked, s.now.Add(-12*time.Hour)
		for _, s := range []situation{s, parked} {
			if err := w.caller.writeAbout(t.Context(), s); err != nil || len(box.all()) != 0 {
				t.Errorf("%s: sent %q, %v", s.wish.Ticket, box.all(), err)
			}
			w.caller.mu.Lock()
			if w.caller.soon[s.wish.Ticket].IsZero() {
				t.Errorf("%s: it does not wait", s.wish.Ticket)
			}
			w.caller.mu.Unlock()
		}
	})
}

// busyTexter takes nothing.
type busyTexter struct{}

func (busyTexter) Text(context.Context, string, string) error { return errors.New("no credit") }

// A message that is not taken is not tried for ever, and what was perhaps heard
// stays so.
func TestMessageNotTaken(t *testing.T) {
	for want, c := range map[book.Result]*citizen{book.Failed: {}, book.Perhaps: {rings: 20 * time.Second, hello: 3 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			w := writing(t, Rules{}, busyTexter{})
			defer w.close()
			mine := w.near(c, 10*time.Minute)
			if got := w.wishOf(mine.ID); got.Result != want || got.State != book.Done || got.Telephone != "" {
				t.Errorf("wish %+v, want %s", got, want)
			}
		})
	}
}

// takeNeeding takes a number for somebody who needs something.
func (o *office) takeNeeding(service, need string) queue.Ticket {
	o.t.Helper()
	tk, err := o.Take(o.t.Context(), queue.TakeRequest{Service: service, Channel: queue.Phone, Needs: []string{need}, Meta: queue.Meta{Caller: "phone"}})
	if err != nil {
		o.t.Fatal(err)
	}
	return tk
}

// Who does not hear well is never called by voice, but written to where that
// can be done; other needs change nothing.
func TestHearingNeed(t *testing.T) {
	for name, tt := range map[string]struct {
		need   string
		texter Texter
		calls  int
		result book.Result
	}{
		"hearing, messages":    {queue.NeedHearing, &letters{}, 0, book.Texted},
		"hearing, no messages": {queue.NeedHearing, nil, 0, book.Failed},
		"walks slowly":         {queue.NeedMobility, &letters{}, 1, book.Told},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := writing(t, Rules{}, tt.texter)
				defer w.close()
				w.town.lives(lan, &citizen{rings: time.Second, presses: map[string]string{"Nếu quý vị đang đến": "1"}})
				w.line(3)
				mine := w.office.takeNeeding("A", tt.need)
				w.wish(mine, lan)
				time.Sleep(10 * time.Minute)
				if n := len(w.town.calls()); n != tt.calls {
					t.Errorf("%d calls, want %d", n, tt.calls)
				}
				if got := w.wishOf(mine.ID); got.Result != tt.result {
					t.Errorf("wish %+v, want %s", got, tt.result)
				}
				if box, ok := tt.texter.(*letters); ok && tt.calls == 0 && (len(box.all()) != 1 || box.all()[0] != nearText) {
					t.Errorf("sent %q", box.all())
				}
			})
		})
	}
}

// Whether a number stands in the book is known from the wish on, until it is
// fulfilled or forgotten.
func TestKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		knows := func(number string) bool {
			t.Helper()
			known, err := w.caller.Knows(t.Context(), number)
			if err != nil {
				t.Fatal(err)
			}
			return known
		}
		if knows("0912345678") || knows("anonymous") {
			t.Error("known before asking")
		}
		w.line(9)
		w.wish(w.office.take("A"), lan)
		if !knows("0912 345 678") || knows("0912345679") {
			t.Error("not known after asking, or somebody else is")
		}
		if err := w.caller.Forget(t.Context(), "0912345678"); err != nil || knows("0912345678") {
			t.Errorf("known after being forgotten, %v", err)
		}
	})
}
