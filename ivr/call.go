package ivr

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/ivr/media"
)

const (
	leadIn      = 400 * time.Millisecond // Silence before the first word, while the caller lifts the phone to the ear.
	minFiller   = 300 * time.Millisecond // A sentence that is ready sooner needs no tone before it.
	earlyPlayed = 300 * time.Millisecond // A Played this much too early belongs to an earlier prompt.
	playedGuard = 30 * time.Second       // A Played this late is lost; long enough for a caller who puts us on hold.
	hangupTime  = 5 * time.Second        // For the BYE to be answered.
	maxTyped    = 12                     // Keys remembered while a sentence is not ready.
	maxRepeats  = 3                      // How often a sentence with a number begins anew when its end is not reported.
	maxAsked    = 64                     // Questions of one call; a Dialogue ends long before.
)

// sounding is what is on the line.
type sounding int

const (
	quiet    sounding = iota // Nothing; the caller's turn, or the office is asked.
	due                      // Nothing or a tone; a sentence is on its way.
	sentence                 // A sentence.
)

// call runs one Dialogue on one Line. All fields belong to the goroutine of
// run; work for the office and for the renderer goes on beside it and answers
// through channels that never block.
type call struct {
	line   Line
	office *officeLink
	voice  *prompts
	filler prompt
	log    *slog.Logger
	watch  watch

	d     Dialogue
	asked int // Questions so far.
	out   sounding
	said  int           // Counts Says; an older rendering is dropped.
	exact bool          // The latest Say must not have gaps.
	lead  time.Duration // Silence before the next sentence.
	since time.Time     // Start of the running prompt, or of the quiet.
	long  time.Duration // Length of the running prompt.
	sound prompt        // The running sentence …
	again int           // … and how often it was begun anew.
	typed []rune        // Keys pressed before a due sentence began.
	timer *time.Timer   // The dialogue's timer, the filler's or the guard's: never two at once.

	answers  chan Input
	rendered chan rendering
	work     sync.WaitGroup
}

// rendering is a sentence ready to play.
type rendering struct {
	said int
	text string
	p    prompt
	err  error
}

// run leads the conversation until one side ends it or ctx does.
func (c *call) run(ctx context.Context) {
	c.timer = time.NewTimer(officeWait)
	defer c.timer.Stop()
	c.out, c.since, c.lead = due, time.Now(), leadIn
	c.watch.tell(Moment{Kind: MomentAnswered})
	c.ask(func() Input { return c.office.look(ctx) })
	for !c.d.Ended() {
		select {
		case in, ok := <-c.line.Inputs():
			c.heard(ctx, in, ok)
		case in := <-c.answers:
			c.step(ctx, in)
		case r := <-c.rendered:
			c.play(ctx, r)
		case <-c.timer.C:
			c.timeUp(ctx)
		case <-ctx.Done():
			c.hangup(ctx)
			return
		}
	}
}

// heard passes on what happened on the line.
func (c *call) heard(ctx context.Context, in media.Input, ok bool) {
	switch {
	case !ok || in.Kind == media.HungUp:
		c.step(ctx, HungUp{Stopping: in.Source == stopping, Handed: in.Source == handedOn})
	case in.Kind == media.Digit && c.out == due:
		if len(c.typed) < maxTyped {
			c.typed = append(c.typed, in.Digit)
		}
	case in.Kind == media.Digit:
		c.step(ctx, Key{in.Digit})
	case in.Kind == media.Played && c.out == sentence && time.Since(c.since) >= c.long-earlyPlayed:
		c.fallQuiet()
		c.step(ctx, Played{})
	}
}

// step gives the dialogue one input and does what it asks for.
func (c *call) step(ctx context.Context, in Input) {
	before := c.d
	d, actions := c.d.Step(in)
	c.d = d
	c.watch.stepped(before, d, in)
	for _, a := range actions {
		c.do(ctx, a)
	}
}

func (c *call) do(ctx context.Context, a Action) {
	switch a := a.(type) {
	case Say:
		c.say(ctx, a)
	case Prepare:
		c.work.Go(func() { _, _ = c.voice.get(ctx, a.Sentence, 0) })
	case Hush:
		c.hush()
	case SetTimer:
		c.timer.Reset(a.D)
	case Take:
		c.ask(func() Input { return c.office.take(ctx, a) })
	case Confirm:
		c.ask(func() Input { return c.office.confirm(ctx, a.Ticket) })
	case Look:
		c.ask(func() Input { return c.office.find(ctx, a) })
	case Act:
		c.ask(func() Input { return c.office.act(ctx, a) })
	case Ask:
		c.ask(func() Input { return c.office.wish(ctx, a) })
	case Send:
		c.ask(func() Input { return c.office.write(ctx, a) })
	case Forget:
		c.ask(func() Input { return c.office.forget(ctx, a) })
	case Consult:
		c.ask(func() Input { return c.office.consult(ctx, a) })
	case Transfer:
		c.ask(func() Input { return c.transfer(ctx, a) })
	case Hangup:
		c.hangup(ctx)
	}
}

// ask puts a question beside the conversation. There is room for all answers:
// a call that asks more is ended.
func (c *call) ask(question func() Input) {
	if c.asked++; c.asked > maxAsked {
		c.log.Error("a call asks without end", "questions", c.asked)
		c.line.Stop()
		return
	}
	c.work.Go(func() { c.answers <- question() })
}

// transferTime bounds how long the operator's telephone rings.
const transferTime = 30 * time.Second

// transfer sends the caller on.
func (c *call) transfer(ctx context.Context, a Transfer) Input {
	ctx, cancel := context.WithTimeout(ctx, transferTime)
	defer cancel()
	err := c.line.Transfer(ctx, a.To)
	if err != nil {
		c.log.Warn("caller was not transferred", "error", err)
	}
	return Transferred{N: a.N, Err: err}
}

// say has a sentence rendered and, when it takes long, a tone played meanwhile.
func (c *call) say(ctx context.Context, a Say) {
	c.hush()
	c.said++
	c.exact = a.Exact
	c.out = due
	c.timer.Reset(max(minFiller, officeWait-time.Since(c.since)))
	said, lead, text := c.said, c.lead, c.watch.text(a)
	c.work.Go(func() {
		p, err := c.voice.get(ctx, a.Sentence, lead)
		select {
		case c.rendered <- rendering{said, text, p, err}:
		case <-ctx.Done():
		}
	})
}

// play begins a rendered sentence and then lets the keys typed ahead act.
func (c *call) play(ctx context.Context, r rendering) {
	if r.said != c.said || c.out != due {
		return
	}
	if r.p.gaps != nil && c.exact {
		r.err = r.p.gaps
	}
	if r.err != nil {
		c.log.Error("sentence cannot be spoken", "error", r.err)
		c.watch.tell(Moment{Kind: MomentFailed, Text: r.err.Error()})
		c.line.Play(c.filler.sound) // The caller learns at least that it was us.
		c.step(ctx, Mute{})
		return
	}
	c.out, c.since, c.long, c.lead = sentence, time.Now(), r.p.length, 0
	c.sound, c.again = r.p, 0
	c.watch.tell(Moment{Kind: MomentSaid, Text: r.text})
	c.line.Play(r.p.sound)
	c.timer.Reset(c.long + playedGuard)
	for c.out != due && len(c.typed) > 0 && !c.d.Ended() { // A digit of a code silences us, and the next one is its neighbour.
		k := c.typed[0]
		c.typed = c.typed[1:]
		c.step(ctx, Key{k})
	}
}

// timeUp acts on the one timer by what is on the line.
func (c *call) timeUp(ctx context.Context) {
	switch c.out {
	case quiet:
		c.step(ctx, Silence{})
	case due:
		c.line.Play(c.filler.sound)
		c.since = time.Now()
		c.timer.Reset(officeWait)
	case sentence:
		c.log.Warn("end of the prompt was not reported", "length", c.long)
		c.unheard(ctx)
	}
}

// unheard goes on when a sentence does not come to its end, as for a caller
// who has put us on hold. A number that perhaps nobody heard is said again,
// and then not taken for heard.
func (c *call) unheard(ctx context.Context) {
	c.line.Stop()
	switch {
	case c.exact && c.again < maxRepeats:
		c.again++
		c.since = time.Now()
		c.line.Play(c.sound.sound)
		c.timer.Reset(c.long + playedGuard)
	case c.exact:
		c.fallQuiet()
		c.step(ctx, Mute{})
	default:
		c.fallQuiet()
		c.step(ctx, Played{})
	}
}

// hush stops what is on the line.
func (c *call) hush() {
	switch c.out {
	case sentence:
		c.line.Stop()
		c.fallQuiet()
	case due:
		c.line.Stop() // Perhaps a tone.
		c.out = quiet
	}
	c.timer.Stop()
}

func (c *call) fallQuiet() { c.out, c.since = quiet, time.Now() }

// hangup ends the call, also when ctx has ended.
func (c *call) hangup(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), hangupTime)
	defer cancel()
	if err := c.line.Hangup(ctx); err != nil {
		c.log.Debug("hang-up was not confirmed", "error", err)
	}
}

// kept reports, after run and work are over, whether the number is kept; the
// office's answer may have come after the caller hung up.
func (c *call) kept() bool {
	for {
		select {
		case in := <-c.answers:
			if _, ok := in.(Confirmed); ok {
				return true
			}
		default:
			return c.d.Kept()
		}
	}
}
