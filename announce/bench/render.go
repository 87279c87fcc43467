package bench

import (
	"context"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
)

// rendering measures what a call costs: with nothing prepared, with the clips
// ready, from the cache, and what copying as many samples costs.
func (c Config) rendering(ctx context.Context, r *Report) error {
	sentences := c.calls()
	// A cache of one byte keeps no call, so that each is rendered.
	each := announce.NewRenderer(announce.RendererConfig{Voice: c.Voice, CacheBytes: 1})
	kept := announce.NewRenderer(announce.RendererConfig{Voice: c.Voice, CacheBytes: math.MaxInt})
	hall := func(on *announce.Renderer) func(announce.Sentence) error {
		return func(s announce.Sentence) error { _, _, err := on.Render(ctx, s); return err }
	}
	phone := func(on *announce.Renderer) func(announce.Sentence) error {
		return func(s announce.Sentence) error { _, _, err := on.RenderPhone(ctx, s); return err }
	}
	fresh := func(s announce.Sentence) error {
		_, _, err := announce.NewRenderer(announce.RendererConfig{Voice: c.Voice}).Render(ctx, s)
		return err
	}
	few := sentences[:min(len(sentences), 20)]
	samples := make([][]float32, 0, len(sentences)) // Also makes the clips of each ready.
	for _, s := range sentences {
		pcm, _, err := each.Render(ctx, s)
		if err != nil {
			return err
		}
		r.SpokenS += pcm.Duration().Seconds() / float64(len(sentences))
		samples = append(samples, pcm.Samples)
	}
	target := make([]float32, len(slices.MaxFunc(samples, func(a, b []float32) int { return len(a) - len(b) })))
	i := 0
	copying := func(announce.Sentence) error {
		copy(target, samples[i%len(samples)])
		i++
		return nil
	}
	for _, m := range []struct {
		name  string
		all   []announce.Sentence
		do    func(announce.Sentence) error
		ready func(announce.Sentence) error
	}{
		{rowFirst, few, fresh, nil}, {rowRender, sentences, hall(each), hall(each)}, {rowCached, sentences, hall(kept), hall(kept)},
		{rowPhone, sentences, phone(each), phone(each)}, {rowCopy, sentences, copying, copying},
	} {
		row, err := timed(m.name, m.all, m.ready, m.do)
		if err != nil {
			return err
		}
		r.Rows = append(r.Rows, row)
	}
	row, err := encoding(ctx, each, sentences)
	r.Rows = append(r.Rows, row)
	return err
}

// timed measures do on each sentence, after ready (nil: nothing) on all.
func timed(name string, sentences []announce.Sentence, ready, do func(announce.Sentence) error) (Row, error) {
	if ready != nil {
		for _, s := range sentences {
			if err := ready(s); err != nil {
				return Row{}, err
			}
		}
	}
	took := make([]time.Duration, 0, len(sentences))
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, s := range sentences {
		begun := time.Now()
		if err := do(s); err != nil {
			return Row{}, err
		}
		took = append(took, time.Since(begun))
	}
	runtime.ReadMemStats(&after)
	row := rowOf(name, took)
	row.Allocs = float64(after.Mallocs-before.Mallocs) / float64(len(sentences))
	row.KB = float64(after.TotalAlloc-before.TotalAlloc) / 1024 / float64(len(sentences))
	return row, nil
}

// encoding measures G.711 on telephone calls.
func encoding(ctx context.Context, r *announce.Renderer, sentences []announce.Sentence) (Row, error) {
	samples, _, err := r.RenderPhone(ctx, sentences[0])
	if err != nil {
		return Row{}, err
	}
	out := make([]byte, 0, len(samples))
	return timed(rowG711, sentences, nil, func(announce.Sentence) error {
		out = audio.EncodeALaw(out[:0], samples)
		return nil
	})
}
