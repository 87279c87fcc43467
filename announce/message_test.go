package announce

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/queue"
)

func TestMessagesOnTheBoards(t *testing.T) {
	announcing(t, func(_ *fakeOffice, a *Announcer, out *fakeOutput) {
		var posted atomic.Int32
		a.c.Posted = func() { posted.Add(1) }
		if _, err := a.Post(Message{Text: "  Mời anh Nam\n về quầy 1 "}); err != nil {
			t.Fatal(err)
		}
		id, err := a.Post(Message{Text: "Mời mọi người ra ngoài", Emergency: true, Times: 2})
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, m := range a.Messages() {
			texts = append(texts, m.Text)
		}
		if !slices.Equal(texts, []string{"Mời mọi người ra ngoài", "Mời anh Nam về quầy 1"}) {
			t.Errorf("on the boards: %q", texts)
		}
		pass(time.Minute)
		if got := a.Messages(); len(got) != 1 || got[0].ID != id {
			t.Errorf("after both were said: %+v", got)
		}
		if n := len(out.played()); n != 3 {
			t.Errorf("%d readings of %q", n, out.played())
		}
		if err := a.Withdraw(id); err != nil || len(a.Messages()) != 0 {
			t.Errorf("withdrawn: %v, %+v", err, a.Messages())
		}
		if err := a.Withdraw(id); err == nil {
			t.Error("withdrawn twice")
		}
		if n := posted.Load(); n != 4 {
			t.Errorf("the boards were told %d times", n)
		}
	})
}

func TestMessagesRefused(t *testing.T) {
	announcing(t, func(_ *fakeOffice, a *Announcer, _ *fakeOutput) {
		for name, m := range map[string]Message{
			"empty": {}, "control": {Text: "a\x07b"}, "turned": {Text: "a\u202eb"}, "not text": {Text: "\xff"}, "long": {Text: strings.Repeat("ạ", maxMessage+1)},
			"too often": {Text: "a", Times: 11}, "nowhere": {Text: "a", Zones: []string{"x"}},
			"endless": {Text: "a", Sound: audio.Silence(audio.RatePA, 61*time.Second)}, "wrong rate": {Text: "a", Sound: audio.Silence(8000, time.Second)},
		} {
			if _, err := a.Post(m); err == nil || !strings.Contains(err.Error(), "(") && name != "wrong rate" {
				t.Errorf("%s: %v", name, err)
			}
		}
		for n := range maxMessages + 1 {
			if _, err := a.Post(Message{Text: fmt.Sprint("số ", n)}); (err != nil) != (n == maxMessages) {
				t.Errorf("message %d: %v", n, err)
			}
		}
	})
}

// However many messages are up, an emergency is said; of very many emergencies
// the oldest goes.
func TestEmergenciesAreNeverRefused(t *testing.T) {
	announcing(t, func(_ *fakeOffice, a *Announcer, _ *fakeOutput) {
		for range maxMessages {
			if _, err := a.Post(Message{Text: "thông báo"}); err != nil {
				t.Fatal(err)
			}
		}
		for n := range maxMessages + 3 {
			if _, err := a.Post(Message{Text: fmt.Sprint("cháy ", n), Emergency: true}); err != nil {
				t.Fatalf("emergency %d: %v", n, err)
			}
		}
		up := a.Messages()
		if len(up) != 2*maxMessages || up[0].Text != "cháy 3" || up[maxMessages].Emergency {
			t.Errorf("%d messages are up, the first %q", len(up), up[0].Text)
		}
	})
}

// Emergencies outlive the program: they are kept as they change, and said again.
func TestEmergenciesStand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var kept []Message
		run := func(standing []Message, do func(*Announcer, *fakeOutput)) {
			out := &fakeOutput{name: "out"}
			a := New(Config{
				Office: newFakeOffice(), Outputs: []output.Output{out}, Logger: slog.New(slog.DiscardHandler),
				Standing: standing, Keep: func(m []Message) { kept = m },
			})
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- a.Run(ctx) }()
			synctest.Wait()
			do(a, out)
			cancel()
			<-done
		}
		run(nil, func(a *Announcer, _ *fakeOutput) {
			for _, m := range []Message{{Text: "cháy", Emergency: true}, {Text: "mời giữ trật tự"}, {Text: "ngập", Emergency: true}} {
				if _, err := a.Post(m); err != nil {
					t.Fatal(err)
				}
			}
		})
		if len(kept) != 2 || kept[0].Text != "cháy" || kept[1].Text != "ngập" {
			t.Fatalf("kept %+v", kept)
		}
		run(kept, func(a *Announcer, out *fakeOutput) {
			pass(time.Minute)
			if n := len(out.played()); n != 6 {
				t.Errorf("%d readings after the restart, want 3 of each: %q", n, out.played())
			}
			for _, m := range a.Messages() {
				if err := a.Withdraw(m.ID); err != nil {
					t.Error(err)
				}
			}
		})
		if len(kept) != 0 {
			t.Errorf("withdrawn, and kept: %+v", kept)
		}
	})
}

// openOffice is an office that is open, or not.
type openOffice struct {
	*fakeOffice
	open atomic.Bool
}

func (o *openOffice) Info(context.Context) (queue.Info, error) {
	return queue.Info{Region: "north", Open: o.open.Load()}, nil
}

func TestPeriodicals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		office, out := &openOffice{fakeOffice: newFakeOffice()}, &fakeOutput{name: "out"}
		a := New(Config{Office: office, Outputs: []output.Output{out}, Periodic: []Periodical{{Text: "Giữ trật tự", Every: 10 * time.Minute}}, Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- a.Run(ctx) }()
		pass(25 * time.Minute)
		if n := len(out.played()); n != 0 {
			t.Errorf("said %d times while closed", n)
		}
		office.open.Store(true)
		pass(30*time.Minute + 30*time.Second)
		if n := len(out.played()); n != 3 {
			t.Errorf("said %d times in half an hour", n)
		}
		cancel()
		<-done
	})
}

// An office that cannot be reached is told later, in order, each call once.
func TestWitnessTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		office := &downOffice{fakeOffice: newFakeOffice(), down: true}
		w := newWitness(office, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		zones, done := make(chan struct{}), make(chan error)
		go func() { done <- w.run(ctx, zones) }()
		heardAt := time.Now()
		for n := range maxUntold + 5 {
			c := call(n+1, "1")
			c.Seq = int64(n + 1)
			w.saw("hall", Outcome{Call: c, Readings: 2, HeardAt: heardAt, With: "A001"})
		}
		w.saw("hall", Outcome{Call: call(1, "1"), Reason: ReasonQuiet}) // No event made it.
		pass(5 * time.Minute)
		if told, lost, waiting, err := w.snapshot(); told != 0 || lost != 5 || waiting != maxUntold || err == nil {
			t.Errorf("told %d, lost %d, waiting %d, %v", told, lost, waiting, err)
		}
		office.set(false)
		pass(time.Minute)
		if told, _, waiting, err := w.snapshot(); told != maxUntold || waiting != 0 || err != nil {
			t.Errorf("told %d, waiting %d, %v", told, waiting, err)
		}
		office.mu.Lock()
		r := office.told[0]
		office.mu.Unlock()
		if r.Key != "announced-6-hall" || r.Ticket != "6" || r.Readings != 2 || !r.HeardAt.Equal(heardAt) || r.Reason != "merged with A001" || r.Zone != "hall" {
			t.Errorf("told %+v", r)
		}
		office.set(true)
		c := call(1, "1")
		c.Seq = 5000
		w.saw("hall", Outcome{Call: c, Reason: ReasonExpired})
		pass(time.Second)
		office.set(false)
		cancel() // What is left is told at the end.
		close(zones)
		<-done
		if last := office.told[len(office.told)-1]; last.Key != "announced-5000-hall" || !last.HeardAt.IsZero() || last.Reason != ReasonExpired {
			t.Errorf("told at the end: %+v", last)
		}
	})
}

type downOffice struct {
	*fakeOffice
	down bool
	told []queue.AnnouncedRequest
}

func (o *downOffice) set(down bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.down = down
}

func (o *downOffice) Announced(_ context.Context, r queue.AnnouncedRequest) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down {
		return queue.Errorf(queue.CodeUnavailable, "down")
	}
	o.told = append(o.told, r)
	return nil
}
