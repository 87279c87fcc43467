package voice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// Pack is an open voice. It is safe for concurrent use.
type Pack struct {
	dir      string
	manifest Manifest
	byKey    map[Key]Clip
	cache    *Cache
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
		if _, taken := p.byKey[c.Key()]; !taken {
			p.byKey[c.Key()] = c
		}
	}
	return p, nil
}

// Manifest tells what the pack says of itself.
func (p *Pack) Manifest() Manifest { return p.manifest }

// Has reports whether the pack holds a clip.
func (p *Pack) Has(k Key) bool {
	_, ok := p.byKey[k]
	return ok
}

// Clip reads one clip.
func (p *Pack) Clip(k Key) (audio.PCM, error) {
	c, ok := p.byKey[k]
	if !ok {
		return audio.PCM{}, fmt.Errorf("voice %s has no clip %q (%s)", p.manifest.ID, k.Text, k.Pos)
	}
	pcm, err := readClip(filepath.Join(p.dir, c.File))
	if err != nil {
		return audio.PCM{}, fmt.Errorf("voice %s: clip %s: %w", p.manifest.ID, c.ID, err)
	}
	return pcm, nil
}

// Synthesize speaks a missing phrase with s and keeps the result in the pack's
// folder, so that it is made only once.
func (p *Pack) Synthesize(ctx context.Context, s Synthesizer, k Key) (audio.PCM, error) {
	return p.cache.Synthesize(ctx, s, k)
}

// Synthesizer speaks words; Espeak is one.
type Synthesizer interface {
	// Name tells voice and settings for a language (as in Key); sound of another
	// name is not reused.
	Name(lang string) string
	// Speak gives k as a trimmed, levelled clip at audio.RatePA.
	Speak(ctx context.Context, k Key) (audio.PCM, error)
}

// cacheDir is where on-demand clips of a pack lie, below its folder; maxCached
// bounds their number: texts come from an office's settings, not from callers.
const (
	cacheDir  = "cache"
	maxCached = 4000
)

// Cache keeps synthesised phrases as WAV files in a folder.
type Cache struct {
	dir string
	mu  sync.Mutex // One synthesis at a time: two callers often want the same phrase.
}

// NewCache keeps its files in dir, which is made when first needed.
func NewCache(dir string) *Cache { return &Cache{dir: dir} }

// Synthesize gives k from the cache or from s. A cache that cannot be written
// costs time, not sound.
func (c *Cache) Synthesize(ctx context.Context, s Synthesizer, k Key) (audio.PCM, error) {
	sum := sha256.Sum256([]byte(s.Name(k.Lang) + "\x00" + k.Text + "\x00" + string(k.Pos)))
	path := filepath.Join(c.dir, hex.EncodeToString(sum[:12])+".wav")
	c.mu.Lock()
	defer c.mu.Unlock()
	if pcm, err := readClip(path); err == nil {
		return pcm, nil
	}
	pcm, err := s.Speak(ctx, k)
	if err != nil {
		return audio.PCM{}, err
	}
	c.keep(path, pcm)
	return pcm, nil
}

// keep writes a clip if there is room; failure only means that it is made again.
func (c *Cache) keep(path string, pcm audio.PCM) {
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return
	}
	if kept, err := os.ReadDir(c.dir); err != nil || len(kept) >= maxCached {
		return
	}
	_ = audio.Save(path, audio.EncodeWAV(pcm))
}

func readClip(path string) (audio.PCM, error) {
	f, err := os.Open(path)
	if err != nil {
		return audio.PCM{}, err
	}
	defer f.Close()
	pcm, err := audio.ReadWAV(f)
	if err != nil {
		return audio.PCM{}, err
	}
	return audio.Resample(pcm, audio.RatePA)
}
