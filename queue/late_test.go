package queue_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

// While an office shuts down, everybody gets an answer: a ticket that is in
// the log, or word that it is closing. Nobody is left waiting.
func TestEverybodyIsAnsweredAtTheEnd(t *testing.T) {
	for round := range 20 {
		store := new(memory.Store)
		e := newEngine(t, queue.Config{Store: store})
		stop := run(t, e)
		const callers = 16
		var mu sync.Mutex
		given := map[string]bool{}
		half := make(chan struct{})
		var all sync.WaitGroup
		for c := range callers {
			all.Go(func() {
				for n := 0; ; n++ {
					got, err := e.Take(context.Background(), queue.TakeRequest{Meta: queue.Meta{Key: fmt.Sprint(c, ".", n)}, Service: "A", Channel: queue.Kiosk})
					if err != nil {
						wantCode(t, err, queue.CodeUnavailable)
						return
					}
					mu.Lock()
					given[got.ID] = true
					if len(given) == callers*(1+round%5) {
						close(half)
					}
					mu.Unlock()
				}
			})
		}
		<-half
		stop()
		all.Wait()
		for _, ev := range stored(t, store) {
			if ev.Kind == queue.TicketIssued {
				delete(given, ev.Ticket.ID)
			}
		}
		if len(given) > 0 {
			t.Fatalf("%d tickets were given out that the log does not have", len(given))
		}
	}
}

// After the end there is an answer too, however many ask.
func TestAnsweredAfterTheEnd(t *testing.T) {
	e := newEngine(t, queue.Config{})
	run(t, e)()
	var all sync.WaitGroup
	for range 1000 { // More than may wait in line.
		all.Go(func() {
			_, err := e.Take(context.Background(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
			wantCode(t, err, queue.CodeUnavailable)
		})
	}
	all.Wait()
}

// The link is what the first printed tickets show: HMAC-SHA256 of office and
// id, 12 bytes of it, made by many at once.
func TestLinksByManyAtOnce(t *testing.T) {
	l := links()
	want := make([]string, 200)
	for i := range want {
		want[i] = queue.NewLinks([]byte("secret"), "").Token("trung-tam", fmt.Sprint(i))
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i, token := range want {
				if got := l.Token("trung-tam", fmt.Sprint(i)); got != token {
					t.Errorf("ticket %d: %s, want %s", i, got, token)
				}
			}
		})
	}
	all.Wait()
	if got := want[42]; got != paperToken {
		t.Errorf("the token of ticket 42 was %s on paper and is %s now", paperToken, got)
	}
}

// paperToken was made by the first version that printed links.
const paperToken = "KgrUp_CJA60qFOfRKg"
