package callout

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
)

// mortal is the outside world of a process that dies at one of the moments at
// which it touches it: nothing that the process does later has any effect.
type mortal struct {
	*town
	at   int    // Dies at this touch, counted from 1; 0 = never.
	die  func() // Called once, in the moment of death.
	mu   sync.Mutex
	n    int
	dead bool
}

// touch reports whether the process still lives.
func (m *mortal) touch() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n++
	if m.n == m.at && !m.dead {
		m.dead = true
		m.die()
	}
	return !m.dead
}

func (m *mortal) touches() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.n
}

func (m *mortal) Call(ctx context.Context, number string) (ivr.Line, error) {
	if !m.touch() { // The attempt is noted, and nothing rings.
		<-ctx.Done()
		return nil, ctx.Err()
	}
	line, err := m.town.Call(ctx, number)
	if !m.touch() || err != nil { // It was answered, and that is not noted.
		if line != nil {
			_ = line.Hangup(ctx)
		}
		return nil, fmt.Errorf("cut: %w", err)
	}
	return &mortalLine{line.(*fakeLine), m}, nil
}

// mortalOffice is the office as that process reaches it.
type mortalOffice struct {
	queue.Office
	m *mortal
}

func (o mortalOffice) Act(ctx context.Context, r queue.ActRequest) (queue.Ticket, error) {
	if !o.m.touch() {
		return queue.Ticket{}, queue.Errorf(queue.CodeBadRequest, "dead")
	}
	t, err := o.Office.Act(ctx, r)
	o.m.touch() // The office has done it, and that is not noted.
	return t, err
}

type mortalLine struct {
	*fakeLine
	m *mortal
}

func (l *mortalLine) Play(p *rtp.Prompt) {
	if l.m.touch() {
		l.fakeLine.Play(p)
		return
	}
	_ = l.fakeLine.Hangup(context.Background())
}

// snapshot is what the disk holds if the process is killed now.
func snapshot(t testing.TB, from, to string) {
	db, err := sql.Open("sqlite3", "file:"+from+"?mode=ro")
	if err == nil {
		_, err = db.Exec("VACUUM INTO ?", to)
	}
	if err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// crashed runs a citizen's wish in a process that dies at its k-th touch of
// the world, and then in one that lives; it gives what was touched.
func crashed(t *testing.T, k int, c func() *citizen) (touches int) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, Rules{})
		defer w.close()
		w.stop()
		after := filepath.Join(t.TempDir(), book.FileName)
		died := make(chan struct{})
		m := &mortal{town: w.town, at: k}
		m.die = func() { snapshot(t, w.path, after); close(died) }
		w.config.Office, w.config.Dialer = mortalOffice{w.office.Engine, m}, m
		w.start()
		w.town.lives(lan, c())
		mine := w.line(4)[3]
		for range 8 {
			time.Sleep(time.Millisecond)
			w.office.take("A")
		}
		w.wish(mine, lan)
		select {
		case <-died:
		case <-time.After(20 * time.Minute):
			touches = m.touches()
			return // It was over before.
		}
		touches = m.touches()
		w.stop()
		ringsBefore := len(w.town.calls())
		heardBefore := heardSince(t, after, mine.ID)
		w.path, w.config.Office, w.config.Dialer = after, w.office.Engine, w.town
		w.town.lives(lan, c())
		w.start()
		time.Sleep(20 * time.Minute)
		for range 6 { // Others are served: a ticket that was moved back comes near again.
			w.office.next("1")
			time.Sleep(2 * time.Minute)
		}
		attempts, rings := w.attempts(mine.ID), len(w.town.calls())
		got := w.wishOf(mine.ID)
		if rings > len(attempts) {
			t.Errorf("death %d: rang %d times, %d attempts are noted", k, rings, len(attempts))
		}
		if n := inRound(attempts, 1); n > 2 {
			t.Errorf("death %d: %d attempts in one round", k, n)
		}
		doubtful := 0
		for _, a := range attempts {
			if a.Outcome == "" {
				t.Errorf("death %d: an attempt has no end: %+v", k, a)
			}
			if a.Outcome == book.Doubtful {
				doubtful++
			}
		}
		if doubtful > 1 || doubtful == 0 && rings > ringsBefore && ringsBefore > 0 && attempts[0].Outcome == "" {
			t.Errorf("death %d: %d attempts in doubt", k, doubtful)
		}
		if heardBefore && inRound(attempts, 1) > 1 {
			t.Errorf("death %d: heard it, and was called again", k)
		}
		if got.State != book.Done || got.Result == "" || got.Telephone != "" {
			t.Errorf("death %d: the wish is lost: %+v", k, got)
		}
		if n := w.office.ticket(mine.ID).LaterCount; n > 2 {
			t.Errorf("death %d: moved back %d times", k, n)
		}
	})
	return touches
}

// heardSince reports whether a book on the disk says that the message was heard.
func heardSince(t *testing.T, path, ticket string) bool {
	b, err := book.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	list, err := b.Attempts(t.Context(), ticket)
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	return err == nil && len(list) > 0 && list[len(list)-1].Progress == book.Heard
}

func inRound(list []book.Attempt, round int) (n int) {
	for _, a := range list {
		if a.Round == round && a.Purpose == book.Near {
			n++
		}
	}
	return n
}

// TestKilledAtEveryStep kills the process at every moment at which it touches
// the telephone or the office.
func TestKilledAtEveryStep(t *testing.T) {
	for name, c := range map[string]func() *citizen{
		"machine": func() *citizen { return &citizen{rings: 5 * time.Second} },
		"coming": func() *citizen {
			return &citizen{rings: 5 * time.Second, presses: map[string]string{"Nếu quý vị đang đến": "1"}}
		},
		"later": func() *citizen {
			return &citizen{rings: 5 * time.Second, presses: map[string]string{"Nếu quý vị đang đến": "2"}}
		},
		"no answer": func() *citizen { return &citizen{} },
	} {
		t.Run(name, func(t *testing.T) {
			for k := 1; ; k++ {
				if k > 40 {
					t.Fatal("no end")
				}
				if crashed(t, k, c) < k {
					if k < 3 {
						t.Errorf("the world was touched %d times: this test sees nothing", k-1)
					}
					return
				}
			}
		})
	}
}
