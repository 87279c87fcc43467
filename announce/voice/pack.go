package voice

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/text/unicode/norm"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// Pack is an open voice. It is safe for concurrent use.
type Pack struct {
	dir      string
	manifest Manifest
	byKey    map[Key]Clip
	cache    *Cache
	fallback *Pack // What it says in the place of a clip that is missing; may be nil.
}

// Open reads the pack in dir. Clips are read when they are needed. The error
// wraps ErrNoVoice if dir holds no pack.
func Open(dir string) (*Pack, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	p := &Pack{dir: dir, manifest: m, byKey: make(map[Key]Clip, len(m.Clips)), cache: NewCache(filepath.Join(dir, cacheDir))}
	for _, c := range m.Clips {
		k := c.Key()
		k.Text = norm.NFC.String(k.Text) // Some editors decompose the tones.
		if _, taken := p.byKey[k]; !taken {
			p.byKey[k] = c
		}
	}
	p.standInInitials()
	return p, nil
}

// standInInitials has a clip for the beginning of a phrase serve inside it too,
// where the pack has no other.
func (p *Pack) standInInitials() {
	for _, c := range p.manifest.Clips {
		if c.Pos != Initial || c.Variant != 0 {
			continue
		}
		k := c.Key()
		k.Text, k.Pos = norm.NFC.String(k.Text), NonFinal
		if !p.Has(k) {
			p.byKey[k] = c
		}
	}
}

// Manifest tells what the pack says of itself.
func (p *Pack) Manifest() Manifest { return p.manifest }

// Dir is the folder of the pack.
func (p *Pack) Dir() string { return p.dir }

// WithFallback gives the pack with another one behind it, and whatever stands
// behind that: a voice somebody has half recorded, and the placeholder that
// says the rest. Nil changes nothing.
func (p *Pack) WithFallback(next *Pack) *Pack {
	if next == nil {
		return p
	}
	out := *p
	if p.fallback != nil {
		next = p.fallback.WithFallback(next)
	}
	out.fallback = next
	return &out
}

// Fallback is the pack behind this one; nil if there is none.
func (p *Pack) Fallback() *Pack { return p.fallback }

// Has reports whether the pack itself holds a clip, not whether a fallback does.
func (p *Pack) Has(k Key) bool {
	_, ok := p.byKey[k]
	return ok
}

// Source is the pack that Clip takes a clip from: this one or one behind it;
// nil if none has it.
func (p *Pack) Source(k Key) *Pack {
	for ; p != nil && !p.Has(k); p = p.fallback {
	}
	return p
}

// Clip reads one clip at audio.RatePA: the pack's own, or its fallback's where
// it has none.
func (p *Pack) Clip(k Key) (audio.PCM, error) {
	c, ok := p.byKey[k]
	switch {
	case !ok && p.fallback != nil:
		return p.fallback.Clip(k)
	case !ok:
		return audio.PCM{}, fmt.Errorf("voice %s has no clip %q (%s)", p.manifest.ID, k.Text, k.Pos)
	}
	pcm, err := readAtPA(filepath.Join(p.dir, c.File))
	if err != nil {
		return audio.PCM{}, fmt.Errorf("voice %s: clip %s: %w", p.manifest.ID, c.ID, err)
	}
	return pcm, nil
}

// Speaks lists the languages of the pack and of what stands behind it, its own
// first.
func (p *Pack) Speaks() []string {
	var out []string
	for ; p != nil; p = p.fallback {
		for _, l := range p.manifest.Speaks() {
			if !slices.Contains(out, l) {
				out = append(out, l)
			}
		}
	}
	return out
}

// maxExtra bounds a further file of a pack, in bytes.
const maxExtra = 1 << 20

// File reads a small further file of the pack, or of what stands behind it:
// "grammar.en.json". The error wraps os.ErrNotExist if there is none, ErrPack
// if its name or size is unusable (1 MiB at most).
func (p *Pack) File(name string) ([]byte, error) {
	if !plainName(name) {
		return nil, fmt.Errorf("%w: %.60q is not the name of a file in a pack", ErrPack, name)
	}
	b, err := readBounded(filepath.Join(p.dir, name), maxExtra)
	if errors.Is(err, os.ErrNotExist) && p.fallback != nil {
		return p.fallback.File(name)
	}
	if err != nil {
		return nil, fmt.Errorf("voice %s: %w", p.manifest.ID, err)
	}
	return b, nil
}

// Synthesize speaks a missing phrase with s and keeps the result in the pack's
// folder, so that it is made only once.
func (p *Pack) Synthesize(ctx context.Context, s Synthesizer, k Key) (audio.PCM, error) {
	return p.cache.Synthesize(ctx, s, k)
}
