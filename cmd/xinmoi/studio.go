package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/announce/studio"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/sip"
)

// openStudio sets up the recording of voices.
func (a *app) openStudio(ctx context.Context) error {
	dir, err := a.data.sub("voices")
	if err != nil {
		return err
	}
	view, err := a.engine.Setup(ctx)
	if err != nil {
		return err
	}
	region, err := announce.ParseRegion(view.Setup.Region)
	if err != nil {
		return err
	}
	c := studio.Config{
		Dir: dir, Region: region, Extra: ivr.Phrases(view.Setup), Behind: a.voiceBehind, Synth: synthesiser,
		Build: version(), Logger: a.log,
	}
	if a.cfg.Voice.Dir == "" { // Otherwise the configuration says which voice is used.
		c.Use = a.chooseVoice
	}
	if a.sip != nil {
		c.Dial = "sip:" + studioUser + "@" + reachable(net.TCPAddrFromAddrPort(a.sip.Addr()))
	}
	a.studio, err = studio.New(c)
	return err
}

// voiceBehind is the voice that says what a recording lacks so far, nil if
// there is none.
func (a *app) voiceBehind(r announce.Region) *voice.Pack {
	dir := voiceDir(a.data.path, r)
	if r == a.regional.region() && a.cfg.Voice.Dir != "" {
		dir = a.cfg.Voice.Dir
	}
	pack, err := voice.Open(dir)
	if err != nil {
		return nil
	}
	return pack
}

// synthesiser is espeak-ng, nil where it is not installed.
func synthesiser(r announce.Region) voice.Synthesizer {
	e, err := voice.FindEspeak(string(r))
	if err != nil {
		return nil
	}
	return e
}

// chooseVoice puts a recorded voice to use, now and after every start. What it
// lacks is said by the region's placeholder.
func (a *app) chooseVoice(_ context.Context, dir string) error {
	if err := a.voices().Shelf.Use(filepath.Base(dir)); err != nil {
		return fmt.Errorf("choose voice: %w", err)
	}
	return a.useVoices()
}

// studioUser is whom one calls to record a voice by telephone:
// sip:studio@office. All other calls take numbers.
const studioUser = "studio"

// answer leads one telephone call.
func (a *app) answer(ctx context.Context, c *sip.Call) {
	if c.Called() != studioUser {
		a.talk(ctx, c)
		return
	}
	render := ivr.RenderWith(a.renderer)
	err := a.studio.Answer(ctx, newStudioLine(ctx, c), func(ctx context.Context, s announce.Sentence) ([]int16, error) {
		samples, err := render(ctx, s)
		if errors.Is(err, ivr.ErrPartial) {
			err = nil // A gap is better than a tone here.
		}
		return samples, err
	})
	if err != nil && ctx.Err() == nil {
		a.log.Debug("studio call", "err", err)
	}
}

// studioLine is a telephone call as the studio sees it.
type studioLine struct {
	*sip.Call
	events chan studio.PhoneEvent
}

func newStudioLine(ctx context.Context, c *sip.Call) *studioLine {
	l := &studioLine{Call: c, events: make(chan studio.PhoneEvent, 1)}
	go func() { // Ends with the call: its inputs are closed then.
		defer close(l.events)
		for in := range c.Inputs() {
			e := studio.PhoneEvent{Played: in.Kind == media.Played, HungUp: in.Kind == media.HungUp}
			if in.Kind == media.Digit {
				e.Key = in.Digit
			}
			select {
			case l.events <- e:
			case <-c.Done():
			case <-ctx.Done():
			}
		}
	}()
	return l
}

// Play implements studio.PhoneLine.
func (l *studioLine) Play(samples []int16) { l.Call.Play(rtp.NewPrompt(samples)) }

// Events implements studio.PhoneLine.
func (l *studioLine) Events() <-chan studio.PhoneEvent { return l.events }

// Listen implements studio.PhoneLine.
func (l *studioLine) Listen(tap func([]int16)) { l.Heard(tap) }
