//go:build !nospeaker

package speaker

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/ebitengine/oto/v3"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
)

// Card is the sound card, opened by this very process. It implements
// output.Output; see Speaker for one that survives the loss of the device.
type Card struct{ oto *oto.Context }

// Open opens the system's default device (ALSA's default, or PULSE_SERVER and
// PULSE_SINK behind it). A process can open it only once, also after a
// failure. The error wraps ErrDevice.
func Open(ctx context.Context) (*Card, error) {
	if !Present() {
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
	return &Card{oto: c}, nil
}

// Name implements output.Output.
func (c *Card) Name() string { return Name }

// Err tells that the card was lost; it wraps ErrDevice.
func (c *Card) Err() error {
	if err := c.oto.Err(); err != nil {
		return fmt.Errorf("%w: lost: %w", ErrDevice, err)
	}
	return nil
}

// Play implements output.Output. When ctx ends the sound fades out.
func (c *Card) Play(ctx context.Context, clip output.Clip) error {
	if err := checkClip(clip.PCM); err != nil {
		return err
	}
	_, err := c.play(ctx, samplesOf(clip.PCM))
	return err
}

// play plays little-endian 16-bit samples behind a short silence and tells
// whether the card stood still meanwhile.
func (c *Card) play(ctx context.Context, samples []byte) (gaps bool, err error) {
	source := append(make([]byte, bytesOf(lead), bytesOf(lead)+len(samples)), samples...)
	player := c.oto.NewPlayer(bytes.NewReader(source))
	defer player.Pause()
	began := time.Now()
	player.Play()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for player.IsPlaying() {
		if err := c.fault(player); err != nil {
			return false, err
		}
		select {
		case <-ctx.Done():
			fall(player)
			return false, ctx.Err()
		case <-tick.C:
		}
	}
	pace := paceOf(time.Since(began), durationOf(len(source)))
	if err := c.drained(ctx, player); err != nil {
		return false, err
	}
	if pace == tooFast {
		return false, ErrUnpaced
	}
	return pace == tooSlow, nil
}

// fade is how long a clip that is stopped may still be heard: oto spreads a
// change of volume over the next half of the card's buffer.
const fade = buffer / 2

// fall lets the sound fade out instead of breaking off with a click.
func fall(p interface{ SetVolume(float64) }) {
	p.SetVolume(0)
	time.Sleep(fade)
}

// drained waits until the card has played what it still holds.
func (c *Card) drained(ctx context.Context, player *oto.Player) error {
	if err := output.Wait(ctx, drain); err != nil {
		return err
	}
	return c.fault(player)
}

func (c *Card) fault(player *oto.Player) error {
	if err := c.Err(); err != nil {
		return err
	}
	if err := player.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrDevice, err)
	}
	return nil
}

// built tells that this build has a speaker.
const built = true
