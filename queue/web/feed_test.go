package web

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

func shot(seq int64) *snapshot {
	return &snapshot{seq: seq, staff: fmt.Append(nil, seq), board: map[page.Lang][]byte{page.Vietnamese: fmt.Append(nil, seq)}}
}

// A watcher that takes at its own pace sees rising snapshots, and the latest
// one when it has caught up, however many it slept through.
func TestFeedGivesTheLatest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFeed(time.Now)
		box, leave, err := f.watch("", "")
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
		var published, seen int64
		take := func() bool {
			select {
			case s := <-box:
				if s.seq <= seen {
					t.Fatalf("went back from %d to %d", seen, s.seq)
				}
				seen = s.seq
				return true
			default:
				return false
			}
		}
		for _, publish := range rapid.SliceOf(rapid.Bool()).Draw(t, "steps") {
			if publish {
				published++
				f.publish(shot(published))
			} else {
				take()
			}
		}
		take()
		if seen != published {
			t.Fatalf("caught up at %d, want %d", seen, published)
		}
		if take() {
			t.Fatal("more than one snapshot was kept")
		}
	})
}

func TestFeedSkipsTheSame(t *testing.T) {
	f := newFeed(time.Now)
	box, leave, _ := f.watch("", "")
	defer leave()
	f.publish(shot(1))
	<-box
	f.publish(shot(1))
	select {
	case <-box:
		t.Error("the same snapshot was sent twice")
	default:
	}
	other := shot(1) // Same seq, but opening hours have passed.
	other.board[page.Vietnamese] = []byte("closed")
	f.publish(other)
	if s := <-box; string(s.board[page.Vietnamese]) != "closed" {
		t.Error("a change without an event was not sent")
	}
}

func TestFeedLateWatcherGetsTheLast(t *testing.T) {
	f := newFeed(time.Now)
	f.publish(shot(7))
	box, leave, _ := f.watch("", "")
	defer leave()
	if s := <-box; s.seq != 7 {
		t.Errorf("got %d", s.seq)
	}
}

// crowd fills a feed with public watchers from as few addresses as may be.
func crowd(t *testing.T, f *feed) (leaves []func()) {
	t.Helper()
	for i := range maxPublic {
		_, leave, err := f.watch(fmt.Sprint("crowd", i/maxPerClient), "")
		if err != nil {
			t.Fatalf("watcher %d: %v", i+1, err)
		}
		leaves = append(leaves, leave)
	}
	return leaves
}

func refused(t *testing.T, f *feed, client string, want error) {
	t.Helper()
	_, leave, err := f.watch(client, "")
	if !errors.Is(err, want) {
		t.Errorf("one more for %q: %v, want %v", client, err, want)
	}
	if err == nil {
		leave()
	}
}

func TestFeedBounds(t *testing.T) {
	f := newFeed(time.Now)
	leaves := crowd(t, f)
	refused(t, f, "somebody else", errFull)
	leaves[0]()
	leaves[0]() // Leaving twice is leaving once.
	refused(t, f, "somebody else", nil)
	for _, leave := range leaves {
		leave()
	}
	if len(f.watchers) != 0 || len(f.clients) != 0 {
		t.Errorf("%d watchers and %d addresses are kept of those who left", len(f.watchers), len(f.clients))
	}
	f.close()
	refused(t, f, "somebody else", errClosed)
	refused(t, f, staff, errClosed)
}

func TestFeedKeepsRoomForTheStaff(t *testing.T) {
	f := newFeed(time.Now)
	crowd(t, f)
	for i := range maxStaff {
		if _, _, err := f.watch(staff, ""); err != nil {
			t.Fatalf("console %d beside a crowd: %v", i+1, err)
		}
	}
	refused(t, f, staff, errFull)
	g := newFeed(time.Now)
	for range maxStaff {
		_, _, _ = g.watch(staff, "")
	}
	crowd(t, g) // The staff takes nothing from the public either.
}

func TestFeedBoundsEachAddress(t *testing.T) {
	f := newFeed(time.Now)
	var leaves []func()
	for range maxPerClient {
		_, leave, err := f.watch("a", "")
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leave)
	}
	refused(t, f, "a", errCrowded)
	refused(t, f, "b", nil)
	leaves[3]()
	refused(t, f, "a", nil)
	f.close()
	for _, leave := range leaves { // Each leaves a feed that let it go before.
		leave()
	}
	f.open()
	for range maxPerClient {
		if _, _, err := f.watch("a", ""); err != nil {
			t.Fatal("after a restart the old ones still count:", err)
		}
	}
	refused(t, f, "a", errCrowded)
}

func TestFeedCloseLetsGo(t *testing.T) {
	f := newFeed(time.Now)
	box, leave, _ := f.watch("", "")
	f.close()
	if _, ok := <-box; ok {
		t.Error("the mailbox is still open")
	}
	leave()
	f.publish(shot(1)) // Nobody left: no send on a closed mailbox.
}

func TestFeedAge(t *testing.T) {
	now := time.Unix(1000, 0)
	f := newFeed(func() time.Time { return now })
	now = now.Add(30 * time.Second)
	if got := f.age(); got != 30*time.Second {
		t.Errorf("age before any news %v", got)
	}
	f.publish(shot(1))
	now = now.Add(4 * time.Second)
	if got := f.age(); got != 4*time.Second {
		t.Errorf("age %v", got)
	}
	f.publish(shot(1)) // The same news, but they are still true.
	if got := f.age(); got != 0 {
		t.Errorf("age %v", got)
	}
}

func TestLimiter(t *testing.T) {
	now := time.Unix(1000, 0)
	l := newLimiter(func() time.Time { return now })
	for i := range askBurst {
		if !l.allow("a") {
			t.Fatalf("refused look-up %d", i+1)
		}
	}
	if l.allow("a") {
		t.Error("the burst is not bounded")
	}
	if !l.allow("b") {
		t.Error("one client takes from another")
	}
	now = now.Add(askEvery)
	if !l.allow("a") || l.allow("a") {
		t.Error("after a while exactly one more is allowed")
	}
}

func TestLimiterAll(t *testing.T) {
	l := newLimiter(func() time.Time { return time.Unix(1000, 0) })
	allowed := 0
	for i := range 1000 {
		if l.allow(fmt.Sprint(i)) {
			allowed++
		}
	}
	if allowed != askAll {
		t.Errorf("%d look-ups in one instant from 1000 addresses, want %d", allowed, askAll)
	}
}

// A name or counter that nobody has set up costs no frame of its own.
func TestUnknownBoardsShareAFrame(t *testing.T) {
	h := hall{boards: []queue.BoardSetup{{ID: "dat"}}}
	made := 0
	s := &snapshot{board: map[page.Lang][]byte{page.Vietnamese: []byte("all")}, known: h.known, make: func(boardKey) []byte { made++; return []byte("own") }}
	for name, want := range map[string]string{"dat": "own", "": "all", "x": "all", "y": "all"} {
		if got := string(s.frame(boardKey{name: name, counter: "77" + name, lang: page.Vietnamese})); got != want {
			t.Errorf("board %q is sent %q, want %q", name, got, want)
		}
	}
	if made != 1 || len(s.special) != 1 {
		t.Errorf("%d frames made, %d kept", made, len(s.special))
	}
}
