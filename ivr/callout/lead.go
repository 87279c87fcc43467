package callout

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/queue"
)

const (
	playedGuard = 30 * time.Second // A Played this late is lost.
	earlyPlayed = 300 * time.Millisecond
	hangupTime  = 5 * time.Second  // For the BYE to be answered.
	stopTime    = 30 * time.Second // The same when the program stops, in which the sentence ends.
	renderTime  = 20 * time.Second // For one sentence.
	actTime     = 9 * time.Second  // For the office to do something: the citizen is listening.
	actRetry    = 200 * time.Millisecond
)

// lead runs one Conversation on one answered line. Its fields belong to the
// goroutine of run; what takes time goes on beside it and answers through
// channels that never block.
type lead struct {
	line   ivr.Line
	log    *slog.Logger
	render ivr.Render
	ready  prompts
	act    func(ctx context.Context, a Act) (queue.Ticket, error)
	note   func(ctx context.Context, p book.Progress)
	look   func(ctx context.Context) (queue.Ticket, error) // The ticket as it stands now; it rang for a while.
	moved  <-chan queue.Ticket
	watch  func(m ivr.Moment) // Tells whoever follows live calls.

	c       Conversation
	playing bool
	since   time.Time     // When the running prompt began.
	long    time.Duration // Its length.
	said    int           // Counts Says; an older rendering is dropped.
	timer   *time.Timer   // The conversation's, or the guard of the running prompt.
	down    bool          // The line is.

	answers  chan Input
	rendered chan rendering
	spoke    chan struct{}
	work     sync.WaitGroup
}

// rendering is a sentence that was not ready and now is.
type rendering struct {
	said int
	p    *rtp.Prompt
	text string
	err  error
}

// listener is a line that lets the far end be heard; *sip.Call is one.
type listener interface {
	Heard(tap func(samples []int16))
}

// prepare renders what a call may need to say; a sentence that cannot be
// spoken is an error, because then nobody should be rung.
func prepare(ctx context.Context, render ivr.Render, sentences []announce.Sentence) (prompts, error) {
	ready := prompts{}
	for _, s := range sentences {
		p, err := speak(ctx, render, s)
		if err != nil {
			return nil, err
		}
		ready[promptKey(s)] = p
	}
	return ready, nil
}

func speak(ctx context.Context, render ivr.Render, s announce.Sentence) (*rtp.Prompt, error) {
	ctx, cancel := context.WithTimeout(ctx, renderTime)
	defer cancel()
	samples, err := render(ctx, s)
	if err != nil {
		return nil, err
	}
	return rtp.NewPrompt(samples), nil
}

// promptKey tells the sentences of one call apart.
func promptKey(s announce.Sentence) string { return strings.TrimSpace(s.Text()) }

// run leads the conversation until one side ends it or ctx does, and gives it
// as it ended.
func (l *lead) run(ctx context.Context, c Conversation) Conversation {
	l.c = c
	l.answers, l.rendered, l.spoke = make(chan Input, 2), make(chan rendering, 1), make(chan struct{}, 1)
	l.timer = time.NewTimer(time.Hour)
	defer l.timer.Stop()
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l.listen()
	l.step(work, Answered{})
	l.work.Go(func() {
		if t, err := l.look(work); err == nil {
			l.answers <- Moved{t}
		}
	})
	inputs, done := l.line.Inputs(), ctx.Done()
	for !l.c.Ended() {
		select {
		case in, ok := <-inputs:
			if !ok {
				inputs = nil
			}
			l.heard(work, in, ok)
		case in := <-l.answers:
			l.step(work, in)
		case r := <-l.rendered:
			l.play(work, r)
		case <-l.spoke:
			l.step(work, Spoke{})
		case t := <-l.moved:
			l.step(work, Moved{t})
		case <-l.timer.C:
			l.timeUp(work)
		case <-done:
			done = nil
			l.hangup(stopTime)
			l.step(work, HungUp{})
		}
	}
	cancel()
	l.work.Wait()
	return l.c
}

// listen tells when the far end's first words are over.
func (l *lead) listen() {
	far, ok := l.line.(listener)
	if !ok {
		return
	}
	var g greeting
	spoke := l.spoke
	far.Heard(func(samples []int16) {
		if g.hear(samples) {
			select {
			case spoke <- struct{}{}:
			default:
			}
		}
	})
}

// heard passes on what happened on the line.
func (l *lead) heard(ctx context.Context, in media.Input, ok bool) {
	switch {
	case !ok || in.Kind == media.HungUp:
		l.down = true
		l.step(ctx, HungUp{})
	case in.Kind == media.Digit:
		l.step(ctx, Key{in.Digit})
	case in.Kind == media.Played && l.playing && time.Since(l.since) >= l.long-earlyPlayed:
		l.playing = false
		l.timer.Stop()
		l.step(ctx, Played{})
	}
}

// step gives the conversation one input and does what it asks for.
func (l *lead) step(ctx context.Context, in Input) {
	before := l.c
	c, actions := before.Step(in)
	l.c = c
	if m, ok := momentOf(before, c, in); ok {
		l.watch(m)
	}
	for _, a := range actions {
		l.do(ctx, a)
	}
}

func (l *lead) do(ctx context.Context, a Action) {
	switch a := a.(type) {
	case Say:
		l.say(ctx, a.Sentence)
	case Hush:
		l.hush()
	case SetTimer:
		l.timer.Reset(a.D)
	case Note:
		l.work.Go(func() { l.note(context.WithoutCancel(ctx), a.Progress) })
	case Act:
		l.work.Go(func() {
			t, err := l.act(ctx, a)
			l.answers <- Acted{t, err} // There is room: one look, and a conversation acts once.
		})
	case Hangup:
		l.hangup(hangupTime)
	}
}

// say speaks a sentence at once if it is ready, as all usual ones are.
func (l *lead) say(ctx context.Context, s announce.Sentence) {
	l.hush()
	l.said++
	if p := l.ready[promptKey(s)]; p != nil {
		l.play(ctx, rendering{l.said, p, s.Text(), nil})
		return
	}
	said := l.said
	l.work.Go(func() {
		p, err := speak(ctx, l.render, s)
		select {
		case l.rendered <- rendering{said, p, s.Text(), err}:
		case <-ctx.Done():
		}
	})
}

func (l *lead) play(ctx context.Context, r rendering) {
	switch {
	case r.said != l.said:
	case r.err != nil:
		l.log.Error("sentence cannot be spoken", "error", r.err)
		l.step(ctx, Mute{})
	default:
		l.playing, l.since, l.long = true, time.Now(), r.p.Duration()
		l.line.Play(r.p)
		l.watch(ivr.Moment{Kind: ivr.MomentSaid, Text: r.text})
		l.timer.Reset(l.long + playedGuard)
	}
}

// timeUp acts on the one timer.
func (l *lead) timeUp(ctx context.Context) {
	if !l.playing {
		l.step(ctx, Silence{})
		return
	}
	l.log.Warn("end of the prompt was not reported", "length", l.long)
	l.hush()
	l.step(ctx, Played{})
}

func (l *lead) hush() {
	l.timer.Stop()
	if l.playing {
		l.line.Stop()
		l.playing = false
	}
}

// hangup ends the call, also when the program stops; what is being said is
// heard to its end within the bound.
func (l *lead) hangup(bound time.Duration) {
	if l.down {
		return
	}
	l.down = true
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	if err := l.line.Hangup(ctx); err != nil {
		l.log.Debug("hang-up was not confirmed", "error", err)
	}
}

// persist repeats a command under its key while its outcome is unknown.
func persist(ctx context.Context, command func(context.Context) (queue.Ticket, error)) (queue.Ticket, error) {
	ctx, cancel := context.WithTimeout(ctx, actTime)
	defer cancel()
	for wait := actRetry; ; wait *= 2 {
		t, err := command(ctx)
		switch queue.ErrorCode(err) {
		case queue.CodeUnavailable, queue.CodeFenced, queue.CodeInternal:
		default:
			return t, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return queue.Ticket{}, err
		}
	}
}

// prompts are sentences by their text, rendered before the telephone rang.
type prompts map[string]*rtp.Prompt

// momentOf is what one input means to whoever follows live calls, if anything.
func momentOf(before, after Conversation, in Input) (ivr.Moment, bool) {
	m := ivr.Moment{Menu: before.where(), Ticket: after.ticket.Number}
	switch in := in.(type) {
	case Answered:
		m.Kind = ivr.MomentAnswered
	case Key:
		m.Kind, m.Digit = ivr.MomentKey, in.Digit
	case HungUp:
		if m.Kind = ivr.MomentLeft; before.stage >= acting {
			m.Kind = ivr.MomentEnded
		}
	case Acted:
		if in.Err == nil {
			return m, false
		}
		m.Kind, m.Text = ivr.MomentFailed, in.Err.Error()
	default:
		m.Kind = ivr.MomentEnded
		return m, after.Ended() && !before.Ended()
	}
	return m, true
}
