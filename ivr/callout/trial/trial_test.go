// Package trial_test tries the calls to citizens by real SIP and real sound.
package trial_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/ear"
	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/ivr/wiretest"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

const (
	lan  = "+84912345678"
	rate = 8000
)

// via calls citizens at one SIP address.
type via struct {
	server *sip.Server
	at     netip.AddrPort
}

func (v via) Call(ctx context.Context, number string) (ivr.Line, error) {
	c, err := v.server.Dial(ctx, sip.DialConfig{URI: fmt.Sprintf("sip:0%s@%s", strings.TrimPrefix(number, "+84"), v.at), From: "02838000000"})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// virtual makes of a test one that runs on a network in memory, in a time of its
// own: what is spoken is ready when it is needed, and nobody waits for a ring.
func virtual(f func(t *testing.T, n *wiretest.Network)) func(*testing.T) {
	return wiretest.Virtual(wiretest.Weather{}, func(t *testing.T) { f(t, wiretest.Of(t)) })
}

// hall is an office at work, with a telephone line.
type hall struct {
	t      *testing.T
	engine *queue.Engine
	caller *callout.Caller
	book   *book.Book
	render ivr.Render
}

// running runs a part until the test ends.
func running(t *testing.T, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// spoken speaks by espeak-ng alone, and says each phrase anew only once.
func spoken(t *testing.T) ivr.Render {
	t.Helper()
	synth, err := voice.FindEspeak(string(announce.North))
	if err != nil {
		t.Skip(err)
	}
	return ivr.RenderWith(announce.NewRenderer(announce.RendererConfig{Synth: synth}))
}

// rustled says every sentence as a rustle of its own, which an ear can tell
// from all others: where words do not matter, nobody waits for espeak-ng.
func rustled(_ context.Context, s announce.Sentence) ([]int16, error) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.Text()))
	dice := rand.New(rand.NewPCG(h.Sum64(), 1))
	out := make([]int16, 3*rate/2)
	last := 0.0
	for i := range out {
		last = 0.6*last + 3000*dice.NormFloat64()
		out[i] = int16(max(-30000, min(30000, last)))
	}
	return out, nil
}

// opened makes a hall that calls citizens at an address.
func opened(t *testing.T, n sip.Network, at netip.AddrPort, render ivr.Render, rules callout.Rules) *hall {
	t.Helper()
	h := &hall{t: t, render: render}
	setup := queue.CommuneCentre()
	setup.Name = "Trung tâm" // Shorter calls.
	var err error
	setup.Phone.Callback.From, setup.Phone.Callback.To = "00:00", "24:00"
	if h.engine, err = queue.NewEngine(t.Context(), queue.Config{Setup: setup, Store: new(memory.Store), Secret: []byte("secret of the test")}); err != nil {
		t.Fatal(err)
	}
	running(t, h.engine.Run)
	server, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0", Network: n, Answer: func(context.Context, *sip.Call) {}})
	if err != nil {
		t.Fatal(err)
	}
	running(t, server.Run)
	if h.book, err = book.Open(t.Context(), filepath.Join(t.TempDir(), book.FileName)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.book.Close(); err != nil {
			t.Error(err)
		}
	})
	h.caller, err = callout.New(callout.Config{
		Office: h.engine, Setup: h.engine, Book: h.book, Dialer: via{server, at}, Render: h.render, Rules: rules,
	})
	if err != nil {
		t.Fatal(err)
	}
	running(t, h.caller.Run)
	return h
}

// take issues a number by telephone.
func (h *hall) take() queue.Ticket {
	h.t.Helper()
	tk, err := h.engine.Take(h.t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Phone, Meta: queue.Meta{Caller: "phone"}})
	if err != nil {
		h.t.Fatal(err)
	}
	return tk
}

func (h *hall) ticket(id string) queue.Ticket {
	h.t.Helper()
	tk, err := h.engine.Ticket(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return tk
}

// wish has a citizen wait for the call with n others behind.
func (h *hall) wish(n int) queue.Ticket {
	h.t.Helper()
	mine := h.take()
	for last := mine; n > 0; n-- {
		await(h.t, "the next millisecond", func() bool { return time.Since(last.IssuedAt) > 2*time.Millisecond })
		last = h.take()
	}
	if err := h.caller.Ask(h.t.Context(), ivr.Wish{Ticket: mine, Number: lan, Language: "vi"}); err != nil {
		h.t.Fatal(err)
	}
	return mine
}

// attempts waits until n calls for a ticket have ended.
func (h *hall) attempts(ticket string, n int) (ended []book.Attempt) {
	h.t.Helper()
	await(h.t, fmt.Sprintf("the end of %d calls", n), func() bool {
		list, err := h.book.Attempts(h.t.Context(), ticket)
		if err != nil {
			h.t.Fatal(err)
		}
		ended = list
		return len(list) >= n && list[n-1].Outcome != ""
	})
	return ended
}

// await looks again and again until something is so; nothing real takes longer
// than two minutes.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(2 * time.Minute)
	for !so() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited too long for %s", what)
		}
	}
}

// tape keeps what was heard.
type tape struct {
	mu      sync.Mutex
	samples []int16
	change  chan struct{}
}

func newTape() *tape { return &tape{change: make(chan struct{}, 1)} }

func (r *tape) hear(samples []int16) {
	r.mu.Lock()
	r.samples = append(r.samples, samples...)
	r.mu.Unlock()
	select {
	case r.change <- struct{}{}:
	default:
	}
}

func (r *tape) heard() audio.PCM {
	r.mu.Lock()
	defer r.mu.Unlock()
	return audio.FromInt16(rate, r.samples)
}

// until waits for so much sound.
func (r *tape) until(ctx context.Context, d time.Duration) error {
	for {
		r.mu.Lock()
		have := time.Duration(len(r.samples)) * time.Second / rate
		r.mu.Unlock()
		if have >= d {
			return nil
		}
		select {
		case <-r.change:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// rendered is how a sentence sounds on the telephone.
func (h *hall) rendered(s announce.Sentence) []int16 {
	h.t.Helper()
	samples, err := h.render(h.t.Context(), s)
	if err != nil {
		h.t.Fatal(err)
	}
	return samples
}

// untilNumber is how long the message lasts until the number has been said.
func (h *hall) untilNumber() time.Duration {
	h.t.Helper()
	info, err := h.engine.Info(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	s := ivr.SpeechIn("vi", info, queue.PhoneSetup{})
	begin := s.Join(s.Hello(info), s.Say("call-honest"), s.Number("your-number", queue.Number{Prefix: "A", N: 1}))
	return time.Duration(len(h.rendered(begin))) * time.Second / rate
}

// match tells how well something was heard, 1 = exactly.
func match(t *testing.T, heard audio.PCM, ref []int16) float64 {
	t.Helper()
	l, err := ear.NewListener([]ear.Reference{{Name: "ref", PCM: audio.FromInt16(rate, ref)}})
	if err != nil {
		t.Fatal(err)
	}
	hits, err := l.Find(heard, 0.3)
	if err != nil {
		t.Fatal(err)
	}
	best := 0.0
	for _, hit := range hits {
		best = max(best, hit.Match)
	}
	return best
}

// TestHearsTheWordsAndMovesBack calls a citizen who says "A lô", listens to
// the number, and presses 2.
func TestHearsTheWordsAndMovesBack(t *testing.T) {
	virtual(func(t *testing.T, n *wiretest.Network) {
		heard, render := newTape(), spoken(t)
		var h *hall
		pressed := make(chan error, 1)
		citizen, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0", Network: n, Answer: func(ctx context.Context, c *sip.Call) {
			c.Heard(heard.hear)
			c.Play(rtp.NewPrompt(h.rendered(announce.Phrase("A lô."))))
			err := heard.until(ctx, h.untilNumber()+2*time.Second)
			if err == nil {
				err = c.SendDigit(ctx, '2')
			}
			pressed <- err
			for range c.Inputs() { // Until we are hung up on.
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		h = opened(t, n, citizen.Addr(), render, callout.Rules{})
		running(t, citizen.Run)
		mine := h.wish(7)
		if err := <-pressed; err != nil {
			t.Fatal(err)
		}
		calls := h.attempts(mine.ID, 1)
		if a := calls[0]; a.Outcome != book.Pressed || a.Pressed != "2" || a.Progress == book.Dialling {
			t.Errorf("the call went %+v", a)
		}
		if got := h.ticket(mine.ID); got.LaterCount != 1 || got.Standing.Ahead != 5 {
			t.Errorf("moved back %d times, %d ahead", got.LaterCount, got.Standing.Ahead)
		}
		if w, ok, err := h.book.WishFor(t.Context(), mine.ID); !ok || err != nil || w.State != book.Wanted || w.Round != 2 {
			t.Errorf("wish %+v, %v", w, err)
		}
		info, err := h.engine.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s, sound := ivr.SpeechIn("vi", info, queue.PhoneSetup{}), heard.heard()
		for name, part := range map[string]announce.Sentence{
			"who calls":         s.Hello(info),
			"what we never ask": s.Say("call-honest"),
			"the number":        s.Number("your-number", mine.Number),
			"what was done":     s.Say("done-later", "will-call"),
		} {
			got := match(t, sound, h.rendered(part))
			t.Logf("%s: %.3f", name, got)
			if got < 0.8 {
				t.Errorf("%s was not heard: %.2f", name, got)
			}
		}
		other := announce.NumberSlow(queue.Number{Prefix: "C", N: 987})
		if got := match(t, sound, h.rendered(other)); got > 0.6 {
			t.Errorf("the ear cannot tell numbers apart: C987 is heard with %.2f", got)
		}
	})(t)
}

// TestRefusals lets the far end refuse in several ways.
func TestRefusals(t *testing.T) {
	virtual(func(t *testing.T, n *wiretest.Network) {
		citizen, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0", Network: n, Answer: func(context.Context, *sip.Call) {}, Ring: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		h := opened(t, n, citizen.Addr(), rustled, callout.Rules{Ring: 3 * time.Second, Pause: time.Second})
		running(t, citizen.Run)
		mine := h.wish(0)
		for i, a := range h.attempts(mine.ID, 2) {
			if a.Outcome != book.NoAnswer || a.Rang < 3*time.Second {
				t.Errorf("attempt %d: %+v", i+1, a)
			}
		}
		await(t, "the end of the wish", func() bool {
			w, _, err := h.book.WishFor(t.Context(), mine.ID)
			return err == nil && w.State == book.Done && w.Result == book.Failed && w.Telephone == ""
		})
		if got := h.ticket(mine.ID); got.State != queue.Waiting || got.Version != mine.Version {
			t.Errorf("a call that failed touched the ticket: %+v", got)
		}
		await(t, "the far end to have no calls", func() bool { return citizen.Calls() == 0 })
	})(t)
}
