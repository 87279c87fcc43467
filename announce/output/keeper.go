package output

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Keeper keeps the Health of an output. The zero value is an output of which
// nothing is known yet. Its methods may be called from any goroutine.
type Keeper struct {
	// Now is the clock; nil is time.Now. Set it before the first use.
	Now func() time.Time

	mu     sync.Mutex
	health Health
}

// What a Keeper says about outputs that work.
const (
	DetailUnknown = "Chưa phát lần nào: bấm thử loa (not played yet: press test)"
	DetailReady   = "Sẵn sàng (ready)"
	DetailGaps    = "Phát được, nhưng âm thanh bị đứt quãng: giảm tải cho máy (plays, but with gaps: give the machine less to do)"
)

// Health gives what is known.
func (k *Keeper) Health() Health {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := k.health
	if h.Detail == "" {
		h.OK, h.Detail = true, DetailUnknown
	}
	return h
}

// Ready notes that the output would play; detail may be empty.
func (k *Keeper) Ready(detail string) {
	if detail == "" {
		detail = DetailReady
	}
	k.set(true, detail)
}

// Failed notes why the output does not play. The end of a context is no fault.
func (k *Keeper) Failed(err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	k.set(false, words(err))
}

// Played takes the outcome of a Play and gives it back: nil notes that the clip
// was heard, with or without holes.
func (k *Keeper) Played(err error, gaps bool) error {
	if err != nil {
		k.Failed(err)
		return err
	}
	detail := DetailReady
	if gaps {
		detail = DetailGaps
	}
	k.set(true, detail)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.health.LastPlayed = k.now()
	if gaps {
		k.health.Gaps++
	}
	return nil
}

func (k *Keeper) set(ok bool, detail string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.health.Since.IsZero() || k.health.OK != ok {
		k.health.Since = k.now()
	}
	k.health.OK, k.health.Detail = ok, detail
}

func (k *Keeper) now() time.Time {
	if k.Now == nil {
		return time.Now()
	}
	return k.Now()
}
