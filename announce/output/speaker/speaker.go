package speaker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
)

// Config names a card. The zero value is the system's default.
type Config struct {
	Name string `toml:"name"` // Of the output; by default Name.
	Card string `toml:"card"` // ALSA's name or number of the card ("PCH", "1"), as "aplay -l" lists them; empty = the default device.
	Sink string `toml:"sink"` // Sink of the sound server, as "pactl list short sinks" lists them; empty = its default.

	// Command starts the player, whose process calls Serve with its standard
	// input and output. Nil is this program with the argument "play".
	Command []string     `toml:"-"`
	Logger  *slog.Logger `toml:"-"` // Nil = slog.Default.
}

// How a player is replaced: at once at first, more slowly when it ends again.
const (
	retryFirst = 200 * time.Millisecond
	retryMost  = 2 * time.Second
	steady     = 10 * time.Second // A player that lived so long is replaced at once.
	openTime   = 10 * time.Second // For the card to open.
)

// How long Play waits: for a player that is just being started, for the end of
// a clip beyond its length, and for a player to stop.
const (
	startWait = 2 * time.Second
	playGrace = 3 * time.Second
	stopWait  = 300 * time.Millisecond
)

// errHung means that the player does not answer any more.
var errHung = fmt.Errorf("%w: it hangs", ErrDevice)

// Speaker plays through a sound card and gets it back when it was lost. It
// implements output.Runner, output.Monitored and output.Tester.
type Speaker struct {
	c      Config
	keeper output.Keeper

	mu     sync.Mutex
	child  *child        // Nil while there is none.
	fault  error         // Why there is none; nil before the first try.
	change chan struct{} // Closed and replaced when child or fault change.
	lastID uint32
}

// New makes a Speaker; Run opens the card.
func New(c Config) *Speaker {
	if c.Name == "" {
		c.Name = Name
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return &Speaker{c: c, change: make(chan struct{})}
}

// Name implements output.Output.
func (s *Speaker) Name() string { return s.c.Name }

// Health implements output.Monitored.
func (s *Speaker) Health() output.Health { return s.keeper.Health() }

// Run keeps a player until ctx ends, and implements output.Runner.
func (s *Speaker) Run(ctx context.Context) error {
	for attempt := 0; ; attempt++ {
		began := time.Now()
		err := s.live(ctx)
		if ctx.Err() != nil {
			s.set(nil, ctx.Err())
			return ctx.Err()
		}
		s.set(nil, faultOf(err))
		s.keeper.Failed(faultOf(err))
		if time.Since(began) > steady {
			attempt = 0
		}
		wait := output.Backoff(attempt, retryFirst, retryMost)
		if attempt == 0 {
			s.c.Logger.Warn("sound card lost", "output", s.c.Name, "err", err, "retry_in", wait)
		}
		if err := output.Wait(ctx, wait); err != nil {
			return err
		}
	}
}

// live starts a player and returns why it ended.
func (s *Speaker) live(ctx context.Context) error {
	switch {
	case !built:
		return ErrNotBuilt
	case !Present():
		return ErrNoDevice
	}
	command := s.c.Command
	if command == nil {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find this program: %w", err)
		}
		command = []string{self, "play"}
	}
	ch, err := startChild(ctx, command, s.environment())
	if err != nil {
		return err
	}
	if ch.awaitReady(ctx, openTime) {
		s.set(ch, nil)
		s.keeper.Ready("")
		s.c.Logger.Info("sound card is open", "output", s.c.Name)
		<-ch.dead
	}
	ch.end()
	return ch.why()
}

func (s *Speaker) environment() []string {
	env := os.Environ()
	if s.c.Card != "" {
		env = append(env, "ALSA_CARD="+s.c.Card)
	}
	if s.c.Sink != "" {
		env = append(env, "PULSE_SINK="+s.c.Sink)
	}
	return env
}

func (s *Speaker) set(ch *child, fault error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.child, s.fault = ch, fault
	close(s.change)
	s.change = make(chan struct{})
}

// current gives the player, waiting a little for one that is being started.
func (s *Speaker) current(ctx context.Context) (*child, error) {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	for {
		s.mu.Lock()
		ch, fault, change := s.child, s.fault, s.change
		s.mu.Unlock()
		if ch != nil || fault != nil {
			return ch, fault
		}
		select {
		case <-change:
		case <-ctx.Done():
			return nil, faultOf(fmt.Errorf("%w: not opened yet", ErrDevice))
		}
	}
}

// Play implements output.Output. Its errors wrap ErrDevice, ErrNoDevice,
// ErrNotBuilt or ErrUnpaced.
func (s *Speaker) Play(ctx context.Context, c output.Clip) error {
	gaps, err := s.play(ctx, c.PCM)
	return s.keeper.Played(err, gaps)
}

// SelfTest implements output.Tester: a tone that is too soft to be heard goes
// all the way through the card.
func (s *Speaker) SelfTest(ctx context.Context) error {
	_, err := s.play(ctx, output.TestTone())
	if err != nil {
		s.keeper.Failed(err)
		return err
	}
	s.keeper.Ready("")
	return nil
}

func (s *Speaker) play(ctx context.Context, p audio.PCM) (gaps bool, err error) {
	if err := checkClip(p); err != nil {
		return false, err
	}
	ch, err := s.current(ctx)
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	s.lastID++
	id := s.lastID
	s.mu.Unlock()
	r, err := ch.play(ctx, id, samplesOf(p), p.Duration()+lead+drain+playGrace)
	switch {
	case err == nil && r.kind == repDone:
		return r.gaps, nil
	case err == nil:
		err = r.err
	}
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return false, err
	}
	return false, faultOf(err)
}
