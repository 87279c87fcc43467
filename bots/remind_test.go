package bots_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// estimated is an office that tells everybody the same wait: so many minutes
// are left until who waits must be there.
func estimated(t testing.TB, left *atomic.Int64) *queue.Engine {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	e, err := queue.NewEngine(ctx, queue.Config{
		Setup: withRoom(queue.CommuneCentre()), Store: &memory.Store{},
		Estimate: func(a queue.Asked) (queue.Standing, bool) {
			low := int(left.Load()) + 10
			high := low + 20
			return queue.Standing{LowMin: &low, HighMin: &high, Counters: 2, EachMin: 4, ComeBy: a.Now.Add(time.Duration(left.Load()) * time.Minute)}, true
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return e
}

// Who has said how far away he is, is told once when it is time to set out.
func TestRemindedToSetOut(t *testing.T) {
	var left atomic.Int64
	left.Store(50)
	w := newWorld(t)
	w.office = estimated(t, &left)
	for range 6 { // So that it is not nearly the turn.
		w.takeAtKiosk("A")
	}
	w.start()
	u := citizen(71)
	w.api.SendText(u, "lấy số A")
	card := w.expect(u, "Số của anh/chị")
	for _, want := range []string{"hoảng 1 giờ đến 1 giờ 20 phút; nên đến trước ", "(6 người trước, 2 quầy, mỗi người khoảng 4 phút)"} {
		if !strings.Contains(card.Text, want) {
			t.Errorf("the card lacks %q: %q", want, card.Text)
		}
	}
	w.press(u, "Nhắc tôi giờ đi")
	w.expect(u, "bao nhiêu phút?")
	w.api.SendText(u, "20 phút")
	if set := w.expect(u, "Đến giờ đi, chúng tôi nhắn"); !strings.Contains(set.Text, "nên đi trước ") {
		t.Errorf("it does not say when to set out: %q", set.Text)
	}
	w.takeAtKiosk("A") // Looked at, and not told yet.
	left.Store(15)
	w.takeAtKiosk("A")
	if leave := w.expect(u, "đến giờ đi rồi"); !strings.Contains(leave.Text, "xin đi ngay") {
		t.Errorf("%q", leave.Text)
	}
	left.Store(5)
	w.takeAtKiosk("A")
	w.api.SendText(u, "?")
	w.expect(u, "nên đến trước ")
	if n := count(w.api.FromBot(u.ID), "đến giờ đi rồi"); n != 1 {
		t.Errorf("told %d times to set out:\n%s", n, strings.Join(texts(w.api.FromBot(u.ID)), "\n---\n"))
	}
}
