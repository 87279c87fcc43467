//go:build !nospeaker

package speaker

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/ebitengine/oto/v3"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
)

// Speaker is the sound card. It implements output.Output.
type Speaker struct{ oto *oto.Context }

// Open opens the system's default device (ALSA's default, or PULSE_SERVER and
// PULSE_SINK behind it). A process can open it only once, also after a
// failure. The error wraps ErrDevice.
func Open(ctx context.Context) (*Speaker, error) {
	if !present() {
		return nil, fmt.Errorf("%w: %w", ErrDevice, ErrNoDevice)
	}
	c, ready, err := oto.NewContext(&oto.NewContextOptions{
		SampleRate: audio.RatePA, ChannelCount: 1, Format: oto.FormatSignedInt16LE, BufferSize: buffer,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDevice, err)
	}
	select {
	case <-ready:
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrDevice, ctx.Err())
	}
	if err := c.Err(); err != nil { // NewContext gives no error when there is no device.
		return nil, fmt.Errorf("%w: %w", ErrDevice, err)
	}
	return &Speaker{oto: c}, nil
}

// Name implements output.Output.
func (s *Speaker) Name() string { return Name }

// Play implements output.Output. When ctx ends the sound stops at once.
func (s *Speaker) Play(ctx context.Context, c output.Clip) error {
	if c.PCM.Rate != audio.RatePA {
		return fmt.Errorf("speaker: clip of %d Hz, want %d Hz", c.PCM.Rate, audio.RatePA)
	}
	player := s.oto.NewPlayer(bytes.NewReader(stream(c.PCM)))
	defer player.Pause()
	player.Play()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for player.IsPlaying() {
		if err := s.fault(player); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return s.drained(ctx, player)
}

// drained waits until the card has played what it still holds.
func (s *Speaker) drained(ctx context.Context, player *oto.Player) error {
	timer := time.NewTimer(drain)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	return s.fault(player)
}

func (s *Speaker) fault(player *oto.Player) error {
	if err := s.oto.Err(); err != nil {
		return fmt.Errorf("%w: lost, restart the program: %w", ErrDevice, err)
	}
	if err := player.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrDevice, err)
	}
	return nil
}

// stream is the clip as little-endian 16-bit samples behind a short silence.
func stream(p audio.PCM) []byte {
	b := make([]byte, int(lead.Seconds()*audio.RatePA)*2, (len(p.Samples)+audio.RatePA)*2)
	for _, v := range p.Int16() {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}
