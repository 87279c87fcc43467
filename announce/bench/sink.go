package bench

import (
	"context"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
)

// The buffers that are compared: what the loudspeaker output uses, and what
// its library would use by itself.
const (
	bufferOurs    = 200 * time.Millisecond
	bufferDefault = 43 * time.Millisecond
	cardPeriod    = 5 * time.Millisecond
)

// playing plays calls into a paced card while every core is busy, and counts
// the samples of silence that the card had to insert.
func (c Config) playing(ctx context.Context, r *Report) error {
	renderer := announce.NewRenderer(announce.RendererConfig{Voice: c.Voice})
	sentences := c.calls()
	defer busy(ctx)()
	for i := range c.Plays {
		pcm, _, err := renderer.Render(ctx, sentences[i%len(sentences)].WithChime())
		if err != nil {
			return err
		}
		var ours, other *card
		var both sync.WaitGroup
		for _, one := range []struct {
			to     **card
			buffer time.Duration
		}{{&ours, bufferOurs}, {&other, bufferDefault}} {
			*one.to = newCard(one.buffer)
			both.Go(func() { (*one.to).play(ctx, pcm) })
		}
		both.Wait()
		if err := ctx.Err(); err != nil {
			return err
		}
		r.Played.Seconds += pcm.Duration().Seconds()
		r.Played.Inserted += ours.inserted
		r.Played.InsertedShort += other.inserted
	}
	return nil
}

// card is a sound card that cannot be made to wait: it takes samples by the
// clock, and where there are none it plays silence.
type card struct {
	size     int // Of the buffer, in samples.
	inserted int // Samples of silence that no clip has.

	mu      sync.Mutex
	room    *sync.Cond
	filled  int
	ended   bool // No more will come.
	started time.Time
	taken   int // By the clock, since started.
}

func newCard(buffer time.Duration) *card {
	c := &card{size: int(buffer.Seconds() * audio.RatePA)}
	c.room = sync.NewCond(&c.mu)
	return c
}

// play writes a clip as fast as the buffer lets it and returns when the card
// has taken the last sample.
func (c *card) play(ctx context.Context, p audio.PCM) {
	var clock sync.WaitGroup
	clock.Go(func() { c.run(ctx) })
	period := int(cardPeriod.Seconds() * float64(p.Rate))
	for left := len(p.Samples); left > 0 && ctx.Err() == nil; {
		n := min(period, left)
		c.mu.Lock()
		for c.filled+n > c.size && !c.ended {
			c.room.Wait()
		}
		c.filled += n
		if c.started.IsZero() && c.filled+period > c.size || left == n {
			c.start()
		}
		c.mu.Unlock()
		left -= n
	}
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	clock.Wait()
}

// start begins taking samples, as a card does when its buffer is full.
func (c *card) start() {
	if c.started.IsZero() {
		c.started = time.Now()
	}
}

// run takes samples by the clock until the last one.
func (c *card) run(ctx context.Context) {
	tick := time.NewTicker(cardPeriod)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			c.mu.Lock()
			c.ended = true
			c.room.Broadcast()
			c.mu.Unlock()
			return
		case <-tick.C:
		}
		if c.take(time.Now()) {
			return
		}
	}
}

// take removes what a card would have played by now, and reports whether the
// clip is over.
func (c *card) take(now time.Time) (over bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.started.IsZero() {
		return false
	}
	due := int(now.Sub(c.started).Seconds()*audio.RatePA) - c.taken
	c.taken += due
	played := min(due, c.filled)
	c.filled -= played
	if !c.ended {
		c.inserted += due - played
	}
	c.room.Broadcast()
	return c.ended && c.filled == 0
}
