package pulse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
)

// Name is the name of the output where no other is configured.
const Name = "pulse"

// How Run looks after the connection.
const (
	retryFirst = 200 * time.Millisecond
	retryMost  = 2 * time.Second
	lookEvery  = 5 * time.Second
)

// maxClip bounds what is played in one piece.
const maxClip = 10 * time.Minute

// errMuted means that somebody has silenced the sink.
var errMuted = errors.New("the sink is muted")

// errStopped means that Run has ended.
var errStopped = errors.New("the output was stopped")

// Config names a sink. The zero value is the default sink of the user's or the
// system's server.
type Config struct {
	Name   string `toml:"name"`   // Of the output; by default Name.
	Server string `toml:"server"` // "unix:/run/user/1000/pulse/native", "tcp:192.0.2.1:4713"; empty = PULSE_SERVER, else the user's, else the system's.
	Sink   string `toml:"sink"`   // As Sinks lists them; empty = the server's default. A named sink is never replaced by another one.

	Logger *slog.Logger `toml:"-"` // Nil = slog.Default.
}

// Pulse plays through one sink of a sound server. It implements output.Runner,
// output.Monitored and output.Tester.
type Pulse struct {
	c      Config
	keeper output.Keeper

	mu      sync.Mutex // Held while connecting, so that it is done once.
	server  *server
	stopped bool
}

// New makes an output; the connection is made when it is needed, and kept by
// Run.
func New(c Config) *Pulse {
	if c.Name == "" {
		c.Name = Name
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return &Pulse{c: c}
}

// Name implements output.Output.
func (p *Pulse) Name() string { return p.c.Name }

// Health implements output.Monitored.
func (p *Pulse) Health() output.Health { return p.keeper.Health() }

// Run keeps the connection and looks after the sink until ctx ends. It
// implements output.Runner; afterwards the output plays no more.
func (p *Pulse) Run(ctx context.Context) error {
	defer p.stop()
	for attempt := 0; ctx.Err() == nil; attempt++ {
		s, err := p.connected(ctx)
		if err == nil {
			err = p.look(s)
		}
		if err != nil {
			if attempt == 0 {
				p.c.Logger.Warn("sound server cannot be used", "output", p.c.Name, "err", err)
			}
			p.keeper.Failed(faultOf(err))
			_ = output.Wait(ctx, output.Backoff(attempt, retryFirst, retryMost))
			continue
		}
		attempt = -1
		p.recovered()
		p.await(ctx, s)
	}
	return ctx.Err()
}

// recovered notes a sink that can be used again; what was played last stays as
// it is.
func (p *Pulse) recovered() {
	if h := p.keeper.Health(); !h.OK || h.Since.IsZero() {
		p.keeper.Ready("")
	}
}

// await waits until it is time to look again, or the connection is gone.
func (p *Pulse) await(ctx context.Context, s *server) {
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-s.closed:
	case <-timer.C:
	}
}

// look asks whether the sink would be heard. A server that does not answer is
// left.
func (p *Pulse) look(s *server) error {
	info, err := s.sink(p.c.Sink)
	switch {
	case errors.Is(err, ErrSink):
		return err
	case err != nil:
		s.close()
		return fmt.Errorf("%w: %w", ErrServer, err)
	case info.Mute:
		return fmt.Errorf("%w: %s", errMuted, info.SinkName)
	}
	return nil
}

// connected gives the connection, a new one if need be.
func (p *Pulse) connected(ctx context.Context) (*server, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return nil, errStopped
	}
	if p.server != nil {
		select {
		case <-p.server.closed:
		default:
			return p.server, nil
		}
	}
	s, err := connect(ctx, p.c.Server)
	p.server = s
	return s, err
}

func (p *Pulse) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	if p.server != nil {
		p.server.close()
	}
}

// Play implements output.Output. Its errors wrap ErrServer or ErrSink, or say
// that the sink is muted.
func (p *Pulse) Play(ctx context.Context, c output.Clip) error {
	gaps, err := p.play(ctx, c.PCM)
	return p.keeper.Played(err, gaps)
}

// SelfTest implements output.Tester: a tone that is too soft to be heard goes
// all the way through the sink.
func (p *Pulse) SelfTest(ctx context.Context) error {
	if _, err := p.play(ctx, output.TestTone()); err != nil {
		p.keeper.Failed(err)
		return err
	}
	p.keeper.Ready("")
	return nil
}

func (p *Pulse) play(ctx context.Context, pcm audio.PCM) (gaps bool, err error) {
	switch d := pcm.Duration(); {
	case pcm.Rate != audio.RatePA:
		return false, fmt.Errorf("pulse: clip of %d Hz, want %d Hz", pcm.Rate, audio.RatePA)
	case d > maxClip:
		return false, fmt.Errorf("pulse: clip of %v, at most %v", d, maxClip)
	}
	gaps, err = p.through(ctx, pcm)
	if err == nil || ctx.Err() != nil {
		return gaps, err
	}
	return false, faultOf(err)
}

// through plays a clip on the present connection.
func (p *Pulse) through(ctx context.Context, pcm audio.PCM) (gaps bool, err error) {
	s, err := p.connected(ctx)
	if err != nil {
		return false, err
	}
	if err := p.look(s); err != nil {
		return false, err
	}
	st, err := newStream(s, p.c.Sink, pcm)
	if err == nil {
		gaps, err = st.run(ctx)
	}
	if errors.Is(err, ErrServer) || errors.Is(err, errStalled) {
		s.close() // What does not answer is connected to anew.
	}
	if st != nil {
		st.close()
	}
	return gaps, err
}
