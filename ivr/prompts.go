package ivr

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/rtp"
)

// sampleRate is the telephone's: G.711 at 8 kHz.
const sampleRate = 8000

// maxKept bounds the prompts kept, in samples: in two laws, 64 MB, about 300
// long sentences.
const maxKept = 32 << 20

// renderTime bounds the rendering of one sentence.
const renderTime = 15 * time.Second

// ErrPartial is wrapped by a Render that had to leave words out: the samples
// it gives beside it may be played where a gap does no harm.
var ErrPartial = errors.New("some words could not be spoken")

// Render speaks a sentence as mono samples at 8 kHz.
type Render func(ctx context.Context, s announce.Sentence) ([]int16, error)

// prompt is a rendered sentence, shared by all calls that say it.
type prompt struct {
	sound  *rtp.Prompt
	length time.Duration
	gaps   error // Wraps ErrPartial if words are left out.
}

// prompts renders each sentence once and keeps the latest used ones.
type prompts struct {
	render Render

	mu    sync.Mutex
	byKey map[string]*list.Element // Of *entry.
	used  *list.List               // Front = latest used.
	kept  int                      // Samples in all entries.
	limit int                      // Of kept.
}

// entry is one sentence, rendered or on its way.
type entry struct {
	key   string
	ready chan struct{} // Closed when p or err is set.
	p     prompt
	err   error
	size  int // In samples, once it is kept.
}

func newPrompts(render Render) *prompts {
	return &prompts{render: render, byKey: map[string]*list.Element{}, used: list.New(), limit: maxKept}
}

// get gives the prompt of a sentence with some silence in front. Calls that
// want the same one at the same time share one rendering; a failed one is
// tried again by the next call.
func (p *prompts) get(ctx context.Context, s announce.Sentence, lead time.Duration) (prompt, error) {
	e, mine := p.entry(lead.String() + "|" + sentenceKey(s))
	if mine {
		e.p, e.err = p.make(ctx, s, lead)
		p.settle(e)
		close(e.ready)
	}
	select {
	case <-e.ready:
		return e.p, e.err
	case <-ctx.Done():
		return prompt{}, ctx.Err()
	}
}

func (p *prompts) make(ctx context.Context, s announce.Sentence, lead time.Duration) (prompt, error) {
	// Others may wait for this sentence: it outlives the call that asked first.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renderTime)
	defer cancel()
	samples, err := p.render(ctx, s)
	if err != nil && !errors.Is(err, ErrPartial) {
		return prompt{}, err
	}
	made := newPrompt(append(make([]int16, samplesIn(lead)), samples...))
	made.gaps = err
	return made, nil
}

func newPrompt(samples []int16) prompt {
	return prompt{
		sound:  rtp.NewPrompt(samples),
		length: time.Duration(len(samples)) * time.Second / sampleRate,
	}
}

// entry finds or makes the entry of a key; mine tells that the caller must
// render it.
func (p *prompts) entry(key string) (e *entry, mine bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if el, ok := p.byKey[key]; ok {
		p.used.MoveToFront(el)
		return el.Value.(*entry), false
	}
	e = &entry{key: key, ready: make(chan struct{})}
	p.byKey[key] = p.used.PushFront(e)
	return e, true
}

// settle keeps a rendered entry within the bounds, and forgets one that failed
// or has gaps: the missing clip may come.
func (p *prompts) settle(e *entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	el, ok := p.byKey[e.key]
	if !ok || el.Value.(*entry) != e {
		return // Cleared meanwhile.
	}
	if e.err != nil || e.p.gaps != nil {
		p.drop(el)
		return
	}
	e.size = samplesIn(e.p.length)
	p.kept += e.size
	for p.kept > p.limit && p.used.Len() > 1 {
		p.drop(p.used.Back())
	}
}

// clear forgets everything rendered so far.
func (p *prompts) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used.Init()
	p.kept = 0
	clear(p.byKey)
}

// drop removes an entry; p.mu is held.
func (p *prompts) drop(el *list.Element) {
	e := p.used.Remove(el).(*entry)
	p.kept -= e.size
	delete(p.byKey, e.key)
}

func samplesIn(d time.Duration) int { return int(d * sampleRate / time.Second) }
