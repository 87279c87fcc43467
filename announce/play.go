package announce

import (
	"context"
	"errors"
	"time"

	"github.com/xinmoi/xinmoi/announce/output"
)

// performance is one clip on its way through a zone's outputs.
type performance struct {
	zone     *Zone
	clip     output.Clip
	limit    time.Duration
	results  chan result
	pending  map[*lane]bool
	heard    bool
	recorded bool
	faulty   bool      // An output that could have been heard failed.
	at       time.Time // When what was heard began.
}

// play hands the clip to the outputs: to all of the zone's at once, and when
// none of them can be heard, to its reserves one after the other, at once. An
// output that is out of service is given the clip besides, once it is due, and
// nobody waits for it as long as another speaks.
func (z *Zone) play(ctx context.Context, clip output.Clip) *performance {
	p := &performance{
		zone: z, clip: clip, limit: clip.PCM.Duration() + z.c.Grace,
		results: make(chan result, len(z.outputs)+len(z.reserve)), pending: map[*lane]bool{},
	}
	trials := p.tier(ctx, z.outputs)
	for _, l := range z.reserve {
		if p.heard || ctx.Err() != nil {
			break
		}
		trials = append(trials, p.tier(ctx, []*lane{l})...)
	}
	p.await(ctx, p.recorders())
	if !p.heard {
		p.await(ctx, trials)
	}
	return p
}

// tier plays through several outputs together and waits for those in service;
// it gives the ones on trial.
func (p *performance) tier(ctx context.Context, lanes []*lane) (trials []*lane) {
	var serving []*lane
	for _, l := range lanes {
		use, trial := l.usable()
		if l.broken() && !l.records() {
			p.faulty = true
		}
		if !use {
			continue
		}
		p.pending[l] = true
		l.play(ctx, p.clip, p.limit, p.results)
		switch {
		case trial:
			trials = append(trials, l)
		case !l.records():
			serving = append(serving, l)
		}
	}
	p.await(ctx, serving)
	return trials
}

func (p *performance) recorders() (out []*lane) {
	for l := range p.pending {
		if l.records() {
			out = append(out, l)
		}
	}
	return out
}

// await takes results until those lanes have told theirs. One that does not
// tell in time hangs.
func (p *performance) await(ctx context.Context, lanes []*lane) {
	if !p.waits(lanes) {
		return
	}
	deadline := time.NewTimer(p.limit + stopPatience)
	defer deadline.Stop()
	stopped := ctx.Done()
	for p.waits(lanes) {
		select {
		case r := <-p.results:
			p.take(r)
		case <-stopped:
			stopped = nil
			deadline.Reset(stopPatience)
		case <-deadline.C:
			p.abandon(lanes)
		}
	}
}

func (p *performance) waits(lanes []*lane) bool {
	for _, l := range lanes {
		if p.pending[l] {
			return true
		}
	}
	return false
}

// abandon goes on without those that have not told.
func (p *performance) abandon(lanes []*lane) {
	for _, l := range lanes {
		if p.pending[l] {
			l.hangs()
			delete(p.pending, l)
			p.faulty = p.faulty || !l.records()
		}
	}
}

func (p *performance) take(r result) {
	delete(p.pending, r.lane)
	switch {
	case r.err == nil && r.lane.records():
		p.recorded = true
	case r.err == nil:
		p.heard = true
		if p.at.IsZero() || r.at.Before(p.at) {
			p.at = r.at
		}
	case !r.lane.records() && !errors.Is(r.err, output.ErrNoListener):
		p.faulty = true
	}
}

// voiceless reports whether nobody could hear the zone now though somebody
// should: an output is out of service, none else is attended, and none may be
// tried yet.
func (z *Zone) voiceless() bool {
	broken := false
	for _, l := range z.lanes() {
		if l.records() {
			continue
		}
		use, _ := l.usable()
		if use && l.attended() {
			return false
		}
		broken = broken || l.broken()
	}
	return broken
}

// lanes lists all outputs of the zone.
func (z *Zone) lanes() []*lane {
	return append(append(make([]*lane, 0, len(z.outputs)+len(z.reserve)), z.outputs...), z.reserve...)
}
