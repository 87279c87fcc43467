package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr/media"
)

// Why a call ended, in Input.Source of HungUp.
const (
	EndBye     = "bye"           // The far end hung up.
	EndHangup  = "hangup"        // We hung up.
	EndCancel  = "cancel"        // The caller gave up before the answer.
	EndMedia   = "media-timeout" // Nothing was heard any more.
	EndNoACK   = "no-ack"        // The answer was never acknowledged.
	EndSession = "session-timer" // The far end stopped refreshing (RFC 4028).
	EndTooLong = "too-long"      // Config.MaxCall.
	EndDrain   = "shutdown"      // The server stops.
	EndFailed  = "failed"        // The answer could not be sent.
)

// Times of a key press that we send: 200 ms long, 100 ms apart.
const (
	keyTime = 200 * time.Millisecond
	keyGap  = 100 * time.Millisecond
)

var errBadDigit = errors.New("not a telephone key")

// Call is one telephone call, answered or placed. Its methods may be called
// from any goroutine.
type Call struct {
	ep     *endpoint
	log    *slog.Logger
	caller string
	called string
	trunk  string
	key    dialogKey // Call-ID and our tag.
	theirs dialogKey // Call-ID and the caller's tag, for incoming calls.
	place  *place
	page   *paging // Nil for a conversation.

	queue   *media.Queue
	leg     *leg
	pressed keysInOrder   // Keys of INFO requests that wait for a turn.
	mail    chan *letter  // What waits for a turn.
	busy    atomic.Bool   // Somebody's turn is running; what belongs to it is below.
	rings   atomic.Bool   // We call, and it is not answered: what is heard is the network's.
	ended   chan struct{} // Closed when sound and inputs are over.
	gone    chan struct{} // Closed when signalling is over too.

	life    aftermath // Of the conversation.
	playing sync.Mutex
	silent  bool   // The server stops: no new sentence begins.
	turn    uint64 // Counts Play and Stop; an older prompt's end is no news.
	keys    sync.Mutex

	// What follows belongs to whoever has the turn.
	away     func()      // Ends it all; see begin.
	alarm    *time.Timer // Begins a turn when one of timers is due; nil before the first one ended.
	dialog   dialog
	proven   bool      // The far end has received our answer, or sent one.
	picked   time.Time // When our 200 went out.
	pending  *pending  // An INVITE we answered, until its ACK.
	waiting  []letter  // Requests that wait for that ACK.
	timers   timers
	session  session
	infos    []string  // INFO requests whose key was taken, oldest first.
	updates  bool      // The far end takes UPDATE.
	referral *referral // A transfer on its way.
	rang     bool      // It rang before its final response.
	early    *early    // What it said before that.
	asking   bool      // A refresh of ours is on its way.
	byeing   bool      // Our BYE is on its way or waits for an ACK.
	late     string    // Why we hang up as soon as the ACK is here.
	over     bool
}

// letter is one thing for a call to do.
type letter struct {
	req   *sip.Request
	tx    sip.ServerTransaction
	done  chan struct{} // Closed when tx is not needed any more; nil where nobody waits for that.
	act   func()        // Instead of a request.
	since time.Time
}

// release says that the transaction of a letter is done with.
func (l *letter) release() {
	if l.done != nil {
		close(l.done)
	}
}

// Bounds on what a far end can pile up; beyond them requests are refused.
const (
	mailSize   = 32
	maxWaiting = 4 // Offers that wait for an ACK.
)

func newCall(e *endpoint, p *place) *Call {
	c := &Call{
		ep: e, place: p, queue: media.NewQueue(),
		mail: make(chan *letter, mailSize), ended: make(chan struct{}), gone: make(chan struct{}),
	}
	c.busy.Store(true) // With the setting up, until begin.
	return c
}

// ID is the identity of the call at both ends (Call-ID).
func (c *Call) ID() string { return c.key.callID }

// Caller is who calls, as the network tells it and unchecked: the user part of
// P-Asserted-Identity, Remote-Party-ID or From, in this order; empty where the
// sender of the call is not believed (Door.Believe) or the caller wants to stay
// unknown. See media.NormalizeCaller.
func (c *Call) Caller() string { return c.caller }

// Trunk names the trunk that the call came by, as Config.Door knows it; empty
// for a direct call.
func (c *Call) Trunk() string { return c.trunk }

// Called is who was called: the user part of the request line.
func (c *Call) Called() string { return c.called }

// Inputs gives key presses and the ends of prompts in order, then HungUp, and
// is then closed. A reader who is late holds up nothing.
func (c *Call) Inputs() <-chan media.Input { return c.queue.C() }

// Done is closed when the call and its signalling are over.
func (c *Call) Done() <-chan struct{} { return c.gone }

// Play speaks p from now on in place of a running prompt and returns at once.
// An Input of kind Played follows when p was sent to its end; for a prompt
// that is replaced or stopped none comes any more.
func (c *Call) Play(p *rtp.Prompt) {
	c.playing.Lock()
	defer c.playing.Unlock()
	turn := c.newTurn()
	if c.silent {
		c.leg.stream.Stop()
		return
	}
	c.leg.stream.Play(p, func() { c.played(turn) })
}

// Stop ends the running prompt.
func (c *Call) Stop() {
	c.playing.Lock()
	defer c.playing.Unlock()
	c.newTurn()
	c.leg.stream.Stop()
}

// newTurn makes the running prompt history, also where its end has been
// reported but not yet taken.
func (c *Call) newTurn() uint64 {
	c.turn++
	c.queue.Forget(media.Played)
	return c.turn
}

// played runs on the pacing thread.
func (c *Call) played(turn uint64) {
	c.playing.Lock()
	defer c.playing.Unlock()
	if turn == c.turn {
		c.queue.Put(media.Input{Kind: media.Played})
	}
}

// Heard sets what gets the received sound: 8 kHz samples in the order of
// arrival. It must not block, and must copy what it keeps.
func (c *Call) Heard(tap func(samples []int16)) { c.leg.receiver.Heard(tap) }

// SendDigit presses a key ('0'–'9', '*', '#', 'A'–'D') by RFC 4733 and returns
// when the next one may be pressed, after 300 ms. The error is rtp.ErrNoEvents
// when the far end takes no telephone events.
func (c *Call) SendDigit(ctx context.Context, r rune) error {
	code, ok := media.KeyCode(r)
	if !ok {
		return fmt.Errorf("%w: %q", errBadDigit, r)
	}
	c.keys.Lock()
	defer c.keys.Unlock()
	sent, err := c.leg.stream.SendEvent(code, keyTime)
	if err != nil {
		return fmt.Errorf("send key %q: %w", r, err)
	}
	select {
	case <-sent:
	case <-ctx.Done():
		return ctx.Err()
	}
	return wait(ctx, keyGap, c.ended)
}

// wait returns after d; early with the error of ctx, or with nil when stop is
// closed.
func wait(ctx context.Context, d time.Duration, stop <-chan struct{}) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-stop:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Hangup ends the call: a running prompt is heard to its end (Stop it first
// where it should not be), 200 ms later the BYE goes out. It returns when the
// far end has confirmed, or with an error when it did not in time; the call is
// over in any case. When ctx ends while the prompt is running, the BYE goes out
// at once. Repeating it does no harm.
func (c *Call) Hangup(ctx context.Context) error {
	c.settle(ctx)
	c.post(letter{act: func() { c.bye(EndHangup) }})
	select {
	case <-c.gone:
		return nil
	case <-ctx.Done():
	}
	bound := time.NewTimer(byeTime)
	defer bound.Stop()
	select {
	case <-c.gone:
		return nil
	case <-bound.C:
		return fmt.Errorf("hang up: the far end did not confirm: %w", ctx.Err())
	}
}

// lastSentence lets no new prompt begin.
func (c *Call) lastSentence() {
	c.playing.Lock()
	defer c.playing.Unlock()
	c.silent = true
}

// settle waits until the last word has been heard.
func (c *Call) settle(ctx context.Context) {
	if closed(c.ended) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	s := c.leg.stream
	for s.Playing() || s.Silence() < lastWord {
		if wait(ctx, rtp.FrameDuration, c.ended) != nil || closed(c.ended) {
			return
		}
	}
}

func closed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

// post gives a letter of ours to a call; it is opened in another goroutine than
// this one. It reports false when the call is over, and waits for room: what
// strangers send goes by deliver.
func (c *Call) post(l letter) bool {
	select {
	case c.mail <- &l:
		c.nudge()
		return true
	case <-c.gone:
		return false
	}
}

// What becomes of a request for a call.
type delivery int

const (
	delivered delivery = iota
	callOver           // There is no such call any more.
	mailFull           // More requests wait than a proper far end sends.
)

// deliver passes a request to a call and returns when its transaction is done
// with, or at once when it is not taken.
func (c *Call) deliver(req *sip.Request, tx sip.ServerTransaction) delivery {
	l := &letter{req: req, tx: tx, done: make(chan struct{}), since: time.Now()}
	if got := c.offer(l); got != delivered {
		return got
	}
	c.work()
	select {
	case <-l.done:
	case <-c.gone:
	}
	if !closed(l.done) {
		return callOver
	}
	return delivered
}

// offer puts a letter to those that wait for a turn, if there is room for it.
func (c *Call) offer(l *letter) delivery {
	select {
	case <-c.gone:
		return callOver
	case c.mail <- l:
		return delivered
	default:
		return mailFull
	}
}

// digit takes a key. Before the answer nobody can have pressed one: ringing
// tones and announcements sound alike.
func (c *Call) digit(r rune, source string) {
	if c.rings.Load() {
		return
	}
	c.queue.Put(media.Input{Kind: media.Digit, Digit: r, Source: source})
}
