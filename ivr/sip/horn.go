package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr/media"
)

// HornName is the name of a horn output where no other is configured.
const HornName = "horn"

// Times of a page. A device that has just answered needs a moment until it
// plays what it gets; the BYE comes after lastWord.
const (
	hornAnswer  = 4 * time.Second        // For a device to answer by itself.
	hornHurry   = time.Second            // As hornAnswer, for one that has just not answered, while others wait for it.
	hornForget  = time.Minute            // After which it is given its full time again.
	hornPause   = 400 * time.Millisecond // From the last answer to the first sound.
	hornGrace   = 3 * time.Second        // For the sound to be sent, beyond its length.
	hornLate    = 100 * time.Millisecond // A page that takes so much longer had holes.
	hornHangup  = 3 * time.Second        // For the BYE to be confirmed.
	hornAsk     = 2 * time.Second        // For the answer to "are you there".
	maxHorns    = 32                     // Devices of one output.
	maxHornClip = 10 * time.Minute
)

// ErrHornConfig is wrapped by every refusal of a HornConfig.
var ErrHornConfig = errors.New("the SIP loudspeaker is not configured properly")

// Why a page was not heard at a device.
var (
	errCutOff  = errors.New("the device hung up in the middle of the page")
	errNoSound = errors.New("the device answered, but takes no sound")
)

// HornConfig names SIP loudspeakers, or telephones, that answer by themselves.
// URIs is required. All of them speak at the same time, as the loudspeakers of
// one hall should.
type HornConfig struct {
	Name         string   `toml:"name"`           // Of the output; by default HornName.
	URIs         []string `toml:"uris"`           // "sip:loa1@192.168.1.50", "sip:801@192.168.1.10:5060;transport=tcp".
	Profile      string   `toml:"profile"`        // How the device is told to answer: "standard" (default), "poly" or "none" (it is set to do so itself).
	From         string   `toml:"from"`           // Our number, as devices check it; by default "xinmoi".
	User         string   `toml:"user"`           // For digest authentication, where device or switchboard asks.
	PasswordFile string   `toml:"password_file"`  //
	Local        string   `toml:"local"`          // Own address, "192.168.1.2:0"; by default the one that leads there.
	TwoWay       bool     `toml:"two_way"`        // Offer to listen, too, though nothing is listened to: for devices that take a one-way call for one on hold and stay silent.
	Answer       int      `toml:"answer_seconds"` // How long a device may take to answer; by default 4.

	Network Network `toml:"-"` // Where sockets come from; nil = this machine's.

	Wheel  *rtp.Wheel   `toml:"-"` // Paces the sound; nil = an own one for each call.
	Logger *slog.Logger `toml:"-"` // Nil = nothing is logged.
}

// Horn pages SIP loudspeakers: each clip is a call that the device answers by
// itself. It implements output.Monitored and output.Tester.
type Horn struct {
	name      string
	dial      []DialConfig
	answer    time.Duration
	resampler *audio.Resampler
	keeper    output.Keeper

	mu     sync.Mutex
	missed map[string]time.Time // URI → when it was last called in vain.
}

// NewHorn checks a configuration and reads the password; its errors wrap
// ErrHornConfig.
func NewHorn(c HornConfig) (*Horn, error) {
	h := &Horn{name: c.Name, answer: HornAnswer(c.Answer), missed: map[string]time.Time{}}
	if h.name == "" {
		h.name = HornName
	}
	headers, ok := profiles()[c.Profile]
	switch {
	case !ok:
		return nil, fmt.Errorf("%w: profile %q, want standard, poly or none", ErrHornConfig, c.Profile)
	case len(c.URIs) == 0 || len(c.URIs) > maxHorns:
		return nil, fmt.Errorf("%w: %d addresses, want 1 to %d", ErrHornConfig, len(c.URIs), maxHorns)
	case h.answer < time.Second || h.answer > time.Minute:
		return nil, fmt.Errorf("%w: answer_seconds %d, want 1 to 60", ErrHornConfig, c.Answer)
	}
	password, err := readPassword(c.PasswordFile)
	if err != nil {
		return nil, err
	}
	page := &paging{headers: headers, way: sendonly}
	if c.TwoWay {
		page.way = sendrecv
	}
	for _, uri := range c.URIs {
		if _, err := parseTarget(uri); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrHornConfig, err)
		}
		h.dial = append(h.dial, DialConfig{
			URI: uri, From: c.From, User: c.User, Password: password, LocalAddr: c.Local,
			Network: c.Network, Wheel: c.Wheel, Logger: c.Logger, page: page,
		})
	}
	h.resampler, err = audio.NewResampler(audio.RatePA, audio.RatePhone)
	return h, err
}

// HornAnswer is how long a device may take to answer, with so many seconds in
// its configuration.
func HornAnswer(seconds int) time.Duration {
	if seconds == 0 {
		return hornAnswer
	}
	return time.Duration(seconds) * time.Second
}

func readPassword(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%w: password_file: %w", ErrHornConfig, err)
	}
	return strings.TrimSpace(string(b)), nil
}

// paging is what makes a call a page: the device is told to answer by itself,
// and its silence does not end the call.
type paging struct {
	headers func(self sip.Uri) []sip.Header
	way     direction // sendonly keeps a telephone's microphone closed.
}

// way is what a call offers.
func (c *Call) way() direction {
	if c.page == nil {
		return sendrecv
	}
	return c.page.way
}

// profiles are the headers that make devices answer by themselves, by the name
// of the profile. What Grandstream, Yealink, Gigaset, AudioCodes and Aastra
// understand goes together; Poly's devices want another word.
func profiles() map[string]func(self sip.Uri) []sip.Header {
	standard := func(self sip.Uri) []sip.Header {
		uri := "<" + self.String() + ">"
		return []sip.Header{
			sip.NewHeader("Call-Info", uri+";answer-after=0"),
			sip.NewHeader("Alert-Info", uri+";info=alert-autoanswer;delay=0"),
			sip.NewHeader("Answer-Mode", "Auto"), // RFC 5373.
		}
	}
	poly := func(sip.Uri) []sip.Header { return []sip.Header{sip.NewHeader("Alert-Info", "Ring-Answer")} }
	none := func(sip.Uri) []sip.Header { return nil }
	return map[string]func(sip.Uri) []sip.Header{"": standard, "standard": standard, "poly": poly, "none": none}
}

// Name implements output.Output.
func (h *Horn) Name() string { return h.name }

// Health implements output.Monitored. When some of several devices did not
// play the latest clip, it is not OK although the clip was heard.
func (h *Horn) Health() output.Health { return h.keeper.Health() }

// Play implements output.Output: all devices are called, and when every one has
// answered or failed, those on the line hear the clip at the same time. It is
// heard when one device at least has played it to its end.
func (h *Horn) Play(ctx context.Context, c output.Clip) error {
	if d := c.PCM.Duration(); d > maxHornClip {
		return h.keeper.Played(fmt.Errorf("horn: clip of %v, at most %v", d, maxHornClip), false)
	}
	p, err := h.resampler.Do(c.PCM)
	if err != nil {
		return h.keeper.Played(fmt.Errorf("horn: %w", err), false)
	}
	heard, gaps, faults := h.page(ctx, rtp.NewPrompt(p.Int16()))
	switch {
	case ctx.Err() != nil && heard == 0:
		return h.keeper.Played(ctx.Err(), false)
	case heard == 0:
		return h.keeper.Played(faults, false)
	}
	_ = h.keeper.Played(nil, gaps)
	h.keeper.Failed(faults) // Of the others, if any.
	return nil
}

// page plays a prompt at all devices and counts those that heard it.
func (h *Horn) page(ctx context.Context, p *rtp.Prompt) (heard int, gaps bool, faults error) {
	calls, errs := h.callAll(ctx)
	if len(calls) > 0 {
		_ = wait(ctx, hornPause, nil) // When ctx ends, the calls end below.
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	for _, c := range calls {
		group.Go(func() {
			late, err := speak(ctx, c.call, p)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, hornFault(c.uri, err))
				return
			}
			heard++
			gaps = gaps || late
		})
	}
	group.Wait()
	return heard, gaps, errors.Join(errs...)
}

// hornCall is a device on the line.
type hornCall struct {
	uri  string
	call *Call
}

// callAll calls all devices and gives those that answered.
func (h *Horn) callAll(ctx context.Context) (calls []hornCall, faults []error) {
	var mu sync.Mutex
	var group sync.WaitGroup
	patience := h.patience()
	for i, d := range h.dial {
		group.Go(func() {
			within, cancel := context.WithTimeout(ctx, patience[i])
			defer cancel()
			c, err := Dial(within, d)
			if ctx.Err() == nil {
				h.note(d.URI, err)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				faults = append(faults, hornFault(d.URI, err))
				return
			}
			calls = append(calls, hornCall{d.URI, c})
		})
	}
	group.Wait()
	return calls, faults
}

// patience is how long each device may take to answer: one that is switched off
// must not hold up every call of the others.
func (h *Horn) patience() []time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	out, present := make([]time.Duration, len(h.dial)), 0
	for i, d := range h.dial {
		if out[i] = h.answer; time.Since(h.missed[d.URI]) < hornForget {
			out[i] = min(h.answer, hornHurry)
			continue
		}
		present++
	}
	for i := range out {
		if present == 0 { // Nobody waits for them.
			out[i] = h.answer
		}
	}
	return out
}

// note remembers who did not answer.
func (h *Horn) note(uri string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if delete(h.missed, uri); err != nil {
		h.missed[uri] = time.Now()
	}
}

// speak plays a prompt to its end and hangs up.
func speak(ctx context.Context, c *Call, p *rtp.Prompt) (late bool, err error) {
	defer func() {
		bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), hornHangup)
		defer cancel()
		if err != nil {
			c.Stop() // Nobody is to hear the rest, nor a click.
			time.Sleep(rtp.FadeTime)
		}
		_ = c.Hangup(bye) // Over in any case.
	}()
	began := time.Now()
	c.Play(p)
	limit := time.NewTimer(p.Duration() + hornGrace)
	defer limit.Stop()
	for {
		select {
		case in, ok := <-c.Inputs():
			switch {
			case !ok || in.Kind == media.HungUp:
				return false, errCutOff
			case in.Kind == media.Played:
				return time.Since(began) > p.Duration()+hornLate, nil
			}
		case <-limit.C:
			return false, errNoSound
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// SelfTest implements output.Tester: every device is asked whether it is there
// (OPTIONS), which nobody hears.
func (h *Horn) SelfTest(ctx context.Context) error {
	errs := make([]error, len(h.dial))
	var group sync.WaitGroup
	for i, d := range h.dial {
		group.Go(func() {
			if err := ask(ctx, d); err != nil {
				errs[i] = hornFault(d.URI, err)
			}
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		h.keeper.Failed(err)
		return err
	}
	h.keeper.Ready("")
	return nil
}

// ask sends OPTIONS (RFC 3261 §11). A device that refuses the question, or wants
// to know who asks, is there all the same.
func ask(ctx context.Context, cfg DialConfig) error {
	ctx, cancel := context.WithTimeout(ctx, hornAsk)
	defer cancel()
	target, err := parseTarget(cfg.URI)
	if err != nil {
		return err
	}
	ep, closeEndpoint, err := ownEndpoint(ctx, cfg, &target)
	if err != nil {
		return err
	}
	defer closeEndpoint()
	d := ep.outgoingDialog(cfg, target)
	res, err := ep.do(ctx, d.request(sip.OPTIONS, nil, sip.NewHeader("Accept", "application/sdp")))
	if err != nil {
		return err
	}
	switch res.StatusCode {
	case sip.StatusNotFound, sip.StatusGone, sip.StatusRequestTimeout, sip.StatusTemporarilyUnavailable,
		sip.StatusServiceUnavailable, sip.StatusForbidden:
		return &RejectedError{res.StatusCode, res.Reason}
	}
	return nil
}
