package mailbox

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func addCursor(name string) func(*Tx) error {
	return func(tx *Tx) error { return tx.SetCursor(name, "there") }
}

func hasCursor(t *testing.T, b *Box, name string) bool {
	t.Helper()
	value, err := b.Cursor(context.Background(), name)
	must(t, err)
	return value != ""
}

// Changes that wait for each other share commits, and one that fails, panics or
// is given up takes nobody else with it.
func TestUpdatesShareACommit(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "x.db"))
	defer b.Close()
	gaveUp, cancel := context.WithCancel(context.Background())
	cancel()
	inside, goOn := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() { // Holds the others up, so that they share the next one.
		must(t, b.Update(context.Background(), func(tx *Tx) error {
			close(inside)
			<-goOn
			return tx.SetCursor("first", "there")
		}))
	})
	<-inside
	broken := errors.New("broken")
	for i := range 50 {
		name := fmt.Sprint(i)
		all.Go(func() {
			var err error
			switch i % 5 {
			case 0:
				err = b.Update(context.Background(), func(tx *Tx) error {
					return errors.Join(tx.SetCursor(name, "there"), broken)
				})
			case 1:
				func() {
					defer func() {
						if recover() == nil {
							t.Errorf("%d: the panic did not reach its caller", i)
						}
					}()
					_ = b.Update(context.Background(), func(tx *Tx) error {
						must(t, tx.SetCursor(name, "there"))
						panic("defect")
					})
				}()
			case 2:
				if err := b.Update(gaveUp, addCursor(name)); !errors.Is(err, context.Canceled) {
					t.Errorf("%d: %v", i, err)
				}
			case 3: // A statement that fails undoes only its own change.
				if err := b.Update(context.Background(), func(tx *Tx) error {
					must(t, tx.SetCursor(name, "there"))
					return tx.file.Do("INSERT INTO nowhere VALUES (1)")
				}); err == nil {
					t.Errorf("%d: no error", i)
				}
			default:
				err = b.Update(context.Background(), addCursor(name))
			}
			if (i%5 == 0) != errors.Is(err, broken) {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	for waiting := 0; waiting < 40; { // All but those that gave up stand in line.
		b.group.mu.Lock()
		waiting = len(b.group.waiting)
		b.group.mu.Unlock()
	}
	close(goOn)
	all.Wait()
	for i := range 50 {
		if got, want := hasCursor(t, b, fmt.Sprint(i)), i%5 == 4; got != want {
			t.Errorf("%d is there: %t, want %t", i, got, want)
		}
	}
	if !hasCursor(t, b, "first") {
		t.Error("the first one is lost")
	}
}

func TestMenu(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "x.db"))
	defer b.Close()
	menu := func() int {
		t.Helper()
		talks, err := b.Talks(t.Context(), []Letter{{Channel: "zalo", Chat: "1"}})
		m := talks[0].Menu
		must(t, err)
		return len(m)
	}
	if menu() != 0 {
		t.Error("a menu that nobody was shown")
	}
	must(t, b.Update(t.Context(), func(tx *Tx) error { return tx.SetMenu("zalo", "1", []string{"a", "b"}, start) }))
	must(t, b.Update(t.Context(), func(tx *Tx) error { return tx.SetMenu("zalo", "1", []string{"a", "b", "c"}, start) }))
	if menu() != 3 {
		t.Error("not the latest menu")
	}
	must(t, b.Update(t.Context(), func(tx *Tx) error { return tx.Forget("zalo", "1", start) }))
	if menu() != 0 {
		t.Error("a forgotten chat's menu")
	}
}

// What was on its way to a chat that is silenced, and did not arrive, is not tried
// again.
func TestSilenceHoldsForWhatIsOnItsWay(t *testing.T) {
	b := temporary(t)
	now := time.Now()
	post(t, b, Parcel{Channel: "telegram", Chat: "7", Dedupe: "1", Expires: now.Add(time.Hour)})
	id := sending(t, b, "1")
	must(t, b.Update(t.Context(), func(tx *Tx) error {
		return errors.Join(tx.Silence("telegram", "7", "forgotten", now), tx.Retry(id, "busy", now, now))
	}))
	if again := due(t, b, now.Add(time.Minute)); len(again) > 0 {
		t.Errorf("tried again: %v", again)
	}
}
