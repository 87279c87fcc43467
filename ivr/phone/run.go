package phone

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/xinmoi/xinmoi/ivr/media"
)

// The times of a call.
const (
	answerTime = 30 * time.Second       // For the far end to answer.
	speechTime = 40 * time.Second       // For speech to end, before each group of keys.
	listenTime = 60 * time.Second       // For the far end to hang up, after the last key.
	keyGap     = 250 * time.Millisecond // Between keys of one group.
	stallTime  = 3 * time.Second        // Without any sound after speech: the far end sends nothing in pauses.
	lookEvery  = 100 * time.Millisecond
	hangupTime = 5 * time.Second
)

// The ways in which a call is of no use.
var (
	ErrNotAnswered = errors.New("not answered")
	ErrNoSpeech    = errors.New("the far end never spoke; check the voice and that sound (RTP) reaches this machine")
	ErrTooEarly    = errors.New("the far end hung up before all keys were pressed")
)

// Options says whom to call and what to do.
type Options struct {
	URI    string       // "sip:192.168.1.10:5060", with ";transport=tcp" for TCP.
	From   string       // The number shown to the far end; empty = anonymous.
	Press  string       // See ParsePress; empty = only listen.
	Record string       // WAV file for what was heard; empty = none.
	Script []Step       // In place of Press; see ParseScript.
	Speak  Speak        // The far end's voice, for scripts that expect words.
	Logger *slog.Logger // Details of SIP; nil = silent.
}

// line is a call that was answered.
type line interface {
	Heard(tap func([]int16))
	SendDigit(ctx context.Context, key rune) error
	Inputs() <-chan media.Input
	Hangup(ctx context.Context) error
}

// Run makes one call and tells on out, in English and line by line, how it
// goes. It is an error if nobody answers, if the far end never speaks, if it
// hangs up before all keys are pressed, or if a script expects what is not heard. The recording is written in any
// case in which something was heard.
func Run(ctx context.Context, o Options, out io.Writer) error {
	groups, err := ParsePress(o.Press)
	if err != nil {
		return err
	}
	tape, err := newTape(o.Record)
	if err != nil {
		return err
	}
	want, err := expectations(ctx, o.Script, o.Speak)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "calling %s\n", o.URI)
	began := time.Now()
	far, err := dial(ctx, o)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", o.URI, ErrNotAnswered, err)
	}
	fmt.Fprintf(out, "answered after %s\n", seconds(time.Since(began)))
	c := &conversation{far: far, ear: &listening{began: time.Now()}, out: out}
	far.Heard(c.ear.hear)
	if len(o.Script) > 0 {
		return errors.Join(c.follow(ctx, o.Script, want), c.save(tape))
	}
	return errors.Join(c.lead(ctx, groups), c.save(tape))
}

// conversation is one call from the answer on.
type conversation struct {
	far  line
	ear  *listening
	out  io.Writer
	gone bool // The call is over.

	before  time.Duration // Speech heard before the latest keys.
	heardTo int           // Where the latest expected words ended, in samples.
	match   float64       // How well they matched.
}

// lead presses and listens until one side hangs up.
func (c *conversation) lead(ctx context.Context, groups []string) error {
	defer c.hangup(ctx)
	began := time.Now()
	for i, keys := range groups {
		if err := c.await(ctx); err != nil {
			return err
		}
		if c.gone {
			return fmt.Errorf("%w: %d of %d groups", ErrTooEarly, i, len(groups))
		}
		if err := c.press(ctx, keys); err != nil {
			return err
		}
	}
	if err := c.listen(ctx); err != nil {
		return err
	}
	c.say("call lasted %s, %s of it speech", seconds(time.Since(began)), seconds(c.ear.total()))
	if c.ear.total() < minSpeech {
		return ErrNoSpeech
	}
	return nil
}

// await waits until the far end has spoken and is quiet, or is gone.
func (c *conversation) await(ctx context.Context) error {
	limit, look := time.NewTimer(speechTime), time.NewTicker(lookEvery)
	defer limit.Stop()
	defer look.Stop()
	for {
		select {
		case in, ok := <-c.far.Inputs():
			if c.note(in, ok); c.gone {
				return nil
			}
		case now := <-look.C:
			if c.ear.ended(now) {
				c.say("heard %s of speech", seconds(c.ear.total()-c.before))
				return nil
			}
		case <-limit.C:
			if !c.ear.begun() {
				return fmt.Errorf("%w (waited %v)", ErrNoSpeech, speechTime)
			}
			c.say("still speaking after %v", speechTime)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// press sends a group of keys and begins to wait for what is said to them.
func (c *conversation) press(ctx context.Context, keys string) error {
	c.ear.next()
	c.before = c.ear.total()
	for i, k := range keys {
		if i > 0 {
			select {
			case <-time.After(keyGap):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err := c.far.SendDigit(ctx, k); err != nil {
			return fmt.Errorf("press %c: %w", k, err)
		}
		c.say("pressed %c", k)
	}
	return nil
}

// listen waits until the far end hangs up, but not for ever.
func (c *conversation) listen(ctx context.Context) error {
	err := c.stay(ctx, listenTime, ErrStays)
	if !errors.Is(err, ErrStays) {
		return err
	}
	c.say("still on the line after %v: hanging up", listenTime)
	return nil
}

// note takes in what happened on the line.
func (c *conversation) note(in media.Input, ok bool) {
	switch {
	case !ok || in.Kind == media.HungUp:
		c.gone = true
		c.say("far end hung up")
	case in.Kind == media.Digit:
		c.say("far end pressed %c", in.Digit)
	}
}

func (c *conversation) hangup(ctx context.Context) {
	if c.gone {
		return
	}
	c.gone = true
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), hangupTime)
	defer cancel()
	if err := c.far.Hangup(ctx); err != nil {
		c.say("hang-up was not confirmed: %v", err)
		return
	}
	c.say("hung up")
}

// save writes the recording.
func (c *conversation) save(t *tape) error {
	if t == nil {
		return nil
	}
	samples := c.ear.samples()
	if err := t.write(samples); err != nil {
		return err
	}
	c.say("recorded %s to %s", seconds(time.Duration(len(samples))*time.Second/sampleRate), t.path)
	return nil
}

func (c *conversation) say(format string, args ...any) { fmt.Fprintf(c.out, format+"\n", args...) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
