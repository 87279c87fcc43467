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
	maxListeners = 1024            // Boards of one zone; each takes a few KB.
	boxSize      = 16              // Messages that wait for a slow page.
)

// ErrSilent means that a board is there and said it can play, but did not.
var ErrSilent = errors.New("the board did not play the call: reload its page and press \"Bật âm thanh\"")

// Output plays in the browsers of one zone. It implements output.Output; a Hall
// is its web side.
type Output struct {
	zone string
	hall *Hall

	mu        sync.Mutex
	listeners map[string]*listener
	clips     []output.Clip // Newest last.
	current   *playback
}

// listener is one open page.
type listener struct {
	calls chan message
	ready bool // Its sound is on, and it may acknowledge.
}

// message is what a page is sent.
type message struct {
	name string // nameCall or nameShown.
	clip output.Clip
	mute bool // The page is to show the clip, not to sound it.
}

// The names of what pages are sent.
const (
	nameCall  = "call"  // A reading begins.
	nameShown = "shown" // A call that is to be shown without waiting for its voice.
	nameCut   = "cut"   // A reading ends before its time: it is neither to be heard nor shown any longer.
)

// playback is the clip that pages play now.
type playback struct {
	id       string
	started  chan struct{} // Closed by the first page that began.
	finished chan struct{} // Closed by the first page that ended.
	failed   chan struct{} // Closed when no ready page is left.
}

// New makes the output of a hall with one zone.
func New() *Output { return NewHall("").zones[0] }

// Name implements output.Output.
func (o *Output) Name() string { return "browser" }

// Listeners tells how many pages are open and how many of them can be heard.
func (o *Output) Listeners() (open, ready int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.listeners), o.ready()
}

// Attended reports whether a page is open that can be heard.
func (o *Output) Attended() bool {
	_, ready := o.Listeners()
	return ready > 0
}

// Play implements output.Output. It returns when one page has played the clip
// to its end, and output.ErrNoListener at once where no page can be heard:
// those that are open show the call all the same, one after the other.
func (o *Output) Play(ctx context.Context, c output.Clip) (err error) {
	p, ready := o.publish(c)
	defer o.end(p)
	o.hall.elsewhere(o, c)
	if ready == 0 {
		return output.ErrNoListener
	}
	defer func() {
		if err != nil {
			o.Cut(c) // Also a page that is merely late must not begin now.
		}
	}()
	if err := p.await(ctx, p.started, startWithin); err != nil {
		return err
	}
	return p.await(ctx, p.finished, c.PCM.Duration()+finishGrace)
}

// Cut has the pages stop a reading, which they would say to its end otherwise
// and keep what comes after it waiting.
func (o *Output) Cut(c output.Clip) { o.tell(message{nameCut, c, true}) }

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

// Reading tells the pages that somebody else sounds a clip now: they show it
// for its length.
func (o *Output) Reading(c output.Clip) {
	o.tell(message{nameCall, c, true})
	o.hall.elsewhere(o, c)
}

// Show tells all pages of a call that nobody will say.
func (o *Output) Show(c output.Clip) {
	o.tell(message{nameShown, c, true})
	o.hall.elsewhere(o, c)
}

// publish sends the clip to all pages.
func (o *Output) publish(c output.Clip) (p *playback, ready int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p = &playback{id: c.ID, started: make(chan struct{}), finished: make(chan struct{}), failed: make(chan struct{})}
	o.current = p
	o.clips = append(o.clips, c)
	o.clips = o.clips[max(0, len(o.clips)-keepClips):]
	o.send(message{nameCall, c, false})
	return p, o.ready()
}

// tell sends a message to every page.
func (o *Output) tell(m message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.send(m)
}

// send puts a message into every page's box; o.mu is held.
func (o *Output) send(m message) {
	for _, l := range o.listeners {
		select {
		case l.calls <- m:
		default: // A page that does not read; it sees the next call.
		}
	}
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
	id, l = rand.Text(), &listener{calls: make(chan message, boxSize)}
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

// wav is what a page fetches.
func wav(c output.Clip) []byte { return audio.EncodeWAV(c.PCM) }
