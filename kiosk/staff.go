package kiosk

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// StaffCall is a citizen who asks for a member of staff at a machine.
type StaffCall struct {
	Machine  string // Config.Caller.
	Language string // Of the screen, BCP 47.
	At       time.Time
}

// staffPause is how long one call counts for all touches: nobody comes sooner
// for being called ten times.
const staffPause = 30 * time.Second

// bell remembers when staff were called.
type bell struct {
	mu   sync.Mutex
	last time.Time
	rung int
}

// ring reports whether staff are to be called now.
func (b *bell) ring(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.last.IsZero() && now.Sub(b.last) < staffPause {
		return false
	}
	b.last = now
	b.rung++
	return true
}

// count tells how often staff were called.
func (b *bell) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rung
}

// undo forgets a call that nobody heard, so that the next touch tries again.
func (b *bell) undo() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = time.Time{}
	b.rung--
}

// staff calls a member of staff to the machine.
func (k *Kiosk) staff(w http.ResponseWriter, r *http.Request) {
	s := k.newScreen(r)
	if info, err := k.cfg.Office.Info(r.Context()); err == nil {
		s.named(info)
	}
	s.Title, s.Notice, s.Good = s.T.StaffTitle, s.T.StaffComing, true
	s.Next = s.T.Desk
	s.Reset, s.Calm = resetScreen, true
	if err := k.callStaff(r.Context(), s.Lang); err != nil {
		k.log.Warn("staff not called", "err", err)
		s.Notice, s.Good = s.T.StaffNone, false
	} else {
		s.Next = ""
	}
	k.show(w, r, http.StatusOK, "problem.html", s)
}

func (k *Kiosk) callStaff(ctx context.Context, lang string) error {
	if k.cfg.Ring == nil {
		return queue.Errorf(queue.CodeUnavailable, "nobody can be called from this machine")
	}
	now := time.Now()
	if !k.bell.ring(now) {
		return nil // They are on their way.
	}
	if err := k.cfg.Ring(ctx, StaffCall{Machine: k.cfg.Caller, Language: lang, At: now}); err != nil {
		k.bell.undo()
		return err
	}
	k.log.Info("staff called to the machine", "machine", k.cfg.Caller)
	return nil
}
