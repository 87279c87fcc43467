package studio

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
)

// PhoneEvent is what happens on a telephone line.
type PhoneEvent struct {
	Key    rune // 0–9, *, #; 0 = no key.
	Played bool // The latest Play was heard to its end.
	HungUp bool
}

// PhoneLine is one answered call, as much of it as the studio needs.
type PhoneLine interface {
	// Play starts 8 kHz sound in place of what is playing; a PhoneEvent with
	// Played follows when it was heard to its end.
	Play(samples []int16)
	// Stop ends what is playing; no Played follows.
	Stop()
	// Events gives what happens; it is closed, or HungUp comes, at the end.
	Events() <-chan PhoneEvent
	// Listen sets what gets the received 8 kHz sound. It must not block and must
	// copy what it keeps.
	Listen(func(samples []int16))
	// Hangup ends the call.
	Hangup(ctx context.Context) error
}

// Render speaks a sentence at 8 kHz.
type Render func(ctx context.Context, s announce.Sentence) ([]int16, error)

// The figures of a recording by telephone: silence that ends it once somebody
// has spoken, and what counts as speaking (RMS of 32768).
const (
	phoneSilence = 2500 * time.Millisecond
	phoneSpeech  = 300
	phoneKeyTail = 150 * time.Millisecond // The tone of # is not part of the voice.
	beepTime     = 250 * time.Millisecond
	leadIn       = 400 * time.Millisecond
)

// Answer leads one call of somebody who records by telephone, until one side
// ends it or ctx does. Everything kept by then stays.
func (s *Studio) Answer(ctx context.Context, line PhoneLine, render Render) error {
	c := &phoneCall{line: line, render: render, desk: &phoneDesk{s: s}}
	line.Listen(c.listen)
	defer line.Listen(func([]int16) {})
	c.timer = time.NewTimer(phoneWait)
	defer c.timer.Stop()
	c.step(ctx, PhoneBegan{})
	for !c.talk.Ended() {
		select {
		case e, ok := <-line.Events():
			if !ok || e.HungUp {
				return nil
			}
			c.happened(ctx, e)
		case <-c.full():
			c.step(ctx, PhoneRecorded{})
		case <-c.timer.C:
			c.step(ctx, PhoneTimeUp{})
		case <-ctx.Done():
			return errors.Join(ctx.Err(), line.Hangup(context.WithoutCancel(ctx)))
		}
	}
	return line.Hangup(ctx)
}

// phoneCall drives one PhoneTalk.
type phoneCall struct {
	line   PhoneLine
	render Render
	desk   *phoneDesk
	talk   PhoneTalk
	timer  *time.Timer

	begun   bool // Something was said.
	beeping bool // The beep before a recording is playing.

	mu    sync.Mutex
	take  *phoneTake // What is being recorded; nil = nothing.
	taken []int16    // What was recorded last.
}

// phoneTake collects sound until somebody has stopped speaking.
type phoneTake struct {
	samples []int16
	spoke   bool
	quiet   int // Samples since somebody spoke.
	full    chan struct{}
	closed  bool
}

// listen runs on the receiver's goroutine.
func (c *phoneCall) listen(samples []int16) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.take
	if t == nil || t.closed {
		return
	}
	t.samples = append(t.samples, samples...)
	if loudness(samples) > phoneSpeech {
		t.spoke, t.quiet = true, 0
	} else {
		t.quiet += len(samples)
	}
	silence := time.Duration(t.quiet) * time.Second / audio.RatePhone
	if t.spoke && silence > phoneSilence || len(t.samples) > int(maxPhoneTake.Seconds()*audio.RatePhone) {
		t.closed = true
		close(t.full)
	}
}

func loudness(samples []int16) float64 {
	sum := 0.0
	for _, v := range samples {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(max(1, len(samples))))
}

// full is closed when the recording has ended by itself.
func (c *phoneCall) full() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.take == nil {
		return nil
	}
	return c.take.full
}

func (c *phoneCall) happened(ctx context.Context, e PhoneEvent) {
	switch {
	case e.Key != 0:
		c.step(ctx, PhoneKey{e.Key})
	case e.Played && c.beeping:
		c.beeping = false
		c.record()
	case e.Played:
		c.timer.Reset(phoneWait)
		c.step(ctx, PhonePlayed{})
	}
}

func (c *phoneCall) record() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.take = &phoneTake{full: make(chan struct{})}
}

// stopRecording gives what was recorded, without the tone of the key.
func (c *phoneCall) stopRecording() []int16 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.take != nil {
		c.taken = c.take.samples
		if !c.take.closed {
			c.taken = c.taken[:max(0, len(c.taken)-int(phoneKeyTail.Seconds()*audio.RatePhone))]
		}
	}
	c.take = nil
	return c.taken
}

// step gives the talk one input and does what it asks for.
func (c *phoneCall) step(ctx context.Context, in PhoneInput) {
	for in != nil {
		var actions []PhoneAction
		c.talk, actions = c.talk.Step(in)
		in = nil
		for _, a := range actions {
			if answer := c.do(ctx, a); answer != nil {
				in = answer // At most one action of a step is answered at once.
			}
		}
	}
}

func (c *phoneCall) do(ctx context.Context, a PhoneAction) PhoneInput {
	switch a := a.(type) {
	case PhoneSay:
		return c.say(ctx, a.Sentence)
	case PhoneUnlock:
		return c.desk.unlock(a.Code)
	case PhoneRecord:
		c.timer.Stop()
		c.beeping = true
		c.line.Play(audio.Beep(audio.RatePhone, 880, beepTime).Int16())
	case PhoneSubmit:
		c.beeping = false
		c.line.Stop()
		return c.desk.submit(ctx, a.Clip, c.stopRecording())
	case PhonePlayBack:
		samples, err := c.desk.playBack(a.Clip)
		if err != nil {
			return PhoneTrouble{}
		}
		c.line.Play(samples)
	case PhoneKeep:
		return c.desk.keep(a.Clip)
	case PhoneSkip:
		return c.desk.skip(a.Clip)
	}
	return nil
}

// say speaks a sentence; where no voice can, a tone stands for it, so that the
// caller knows that the line is alive and may hang up.
func (c *phoneCall) say(ctx context.Context, s announce.Sentence) PhoneInput {
	c.timer.Stop()
	samples, err := c.render(ctx, s)
	if err != nil || len(samples) == 0 {
		c.desk.s.log.Error("studio: sentence cannot be spoken", "text", s.Text(), "err", err)
		samples = audio.Beep(audio.RatePhone, 440, beepTime).Int16()
	}
	if !c.begun { // While the phone is lifted to the ear.
		c.begun = true
		samples = append(audio.Silence(audio.RatePhone, leadIn).Int16(), samples...)
	}
	c.line.Play(samples)
	return nil
}
