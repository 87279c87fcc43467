package browser

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
)

// The patience and the bounds of the output.
const (
	startWithin  = 5 * time.Second // From sending a clip to "started".
	finishGrace  = 5 * time.Second // Beyond the clip's length, to "finished".
	keepClips    = 16              // For pages that fetch late.
	maxListeners = 64
)

// ErrSilent means that a board is there and said it can play, but did not.
var ErrSilent = errors.New("the board did not play the call: reload its page and press \"Bật âm thanh\"")

// Output plays in browsers. It implements output.Output; Handler is its web side.
type Output struct {
	mu        sync.Mutex
	listeners map[string]*listener
	clips     []output.Clip // Newest last.
	current   *playback
}

// listener is one open page.
type listener struct {
	calls chan output.Clip
	ready bool // Its sound is on, and it may acknowledge.
}

// playback is the clip that pages play now.
type playback struct {
	id       string
	started  chan struct{} // Closed by the first page that began.
	finished chan struct{} // Closed by the first page that ended.
	failed   chan struct{} // Closed when no ready page is left.
}

// New makes the output.
func New() *Output { return &Output{listeners: map[string]*listener{}} }

// Name implements output.Output.
func (o *Output) Name() string { return "browser" }

// Listeners tells how many pages are open and how many of them can be heard.
func (o *Output) Listeners() (open, ready int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.listeners), o.ready()
}

// Play implements output.Output. It returns when one page has played the clip
// to its end. With no page open it returns output.ErrNoListener at once; with
// pages that show but cannot be heard, after the length of the clip, so that
// they show one call after another.
func (o *Output) Play(ctx context.Context, c output.Clip) error {
	p, open, ready := o.publish(c)
	defer o.end(p)
	switch {
	case open == 0:
		return output.ErrNoListener
	case ready == 0:
		if err := sleep(ctx, c.PCM.Duration()); err != nil {
			return err
		}
		return output.ErrNoListener
	}
	if err := p.await(ctx, p.started, startWithin); err != nil {
		return err
	}
	return p.await(ctx, p.finished, c.PCM.Duration()+finishGrace)
}

// await waits for one of the playback's signals.
func (p *playback) await(ctx context.Context, signal <-chan struct{}, patience time.Duration) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-signal:
		return nil
	case <-p.finished:
		return nil
	case <-p.failed:
		return ErrSilent
	case <-timer.C:
		return fmt.Errorf("%w (waited %v)", ErrSilent, patience)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// publish sends the clip to all pages.
func (o *Output) publish(c output.Clip) (p *playback, open, ready int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p = &playback{id: c.ID, started: make(chan struct{}), finished: make(chan struct{}), failed: make(chan struct{})}
	o.current = p
	o.clips = append(o.clips, c)
	o.clips = o.clips[max(0, len(o.clips)-keepClips):]
	for _, l := range o.listeners {
		select {
		case l.calls <- c:
		default: // A page that does not read; it sees the next call.
		}
	}
	return p, len(o.listeners), o.ready()
}

func (o *Output) end(p *playback) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.current == p {
		o.current = nil
	}
}

// join adds a page; ok is false if there are too many.
func (o *Output) join() (id string, l *listener, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.listeners) >= maxListeners {
		return "", nil, false
	}
	id, l = rand.Text(), &listener{calls: make(chan output.Clip, 4)}
	o.listeners[id] = l
	return id, l, true
}

// leave removes a page.
func (o *Output) leave(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.listeners, id)
	o.giveUp()
}

// clip finds a recent clip by its id.
func (o *Output) clip(id string) (output.Clip, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.clips {
		if c.ID == id {
			return c, true
		}
	}
	return output.Clip{}, false
}

// ack takes a page's report; known is false if the clip or page is not.
func (o *Output) ack(id string, a ack) (known bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := o.listeners[a.Listener]
	if a.Phase == phaseReady || a.Phase == phaseFailed {
		if l != nil {
			l.ready = a.Phase == phaseReady
		}
		o.giveUp()
		return l != nil
	}
	if o.current == nil || o.current.id != id {
		return false
	}
	if a.Phase == phaseFinished {
		shut(o.current.finished)
	}
	shut(o.current.started)
	return true
}

// giveUp ends the running playback early when nobody is left who can play it.
func (o *Output) giveUp() {
	if o.current != nil && o.ready() == 0 {
		shut(o.current.failed)
	}
}

func (o *Output) ready() int {
	n := 0
	for _, l := range o.listeners {
		if l.ready {
			n++
		}
	}
	return n
}

// shut closes c once; Output.mu is held.
func shut(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// wav is what a page fetches.
func wav(c output.Clip) []byte { return audio.EncodeWAV(c.PCM) }
