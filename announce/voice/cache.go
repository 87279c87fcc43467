package voice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// Synthesizer speaks words; Espeak is one, and so are the takes of a person.
type Synthesizer interface {
	// Name tells voice and settings for a language (as in Key); sound of another
	// name is not reused.
	Name(lang string) string
	// Speak gives k as a trimmed, levelled clip at audio.RatePA; see Master.
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
	path := filepath.Join(c.dir, spokenName(s, k))
	c.mu.Lock()
	defer c.mu.Unlock()
	if pcm, err := readAtPA(path); err == nil {
		return pcm, nil
	}
	pcm, err := s.Speak(ctx, k)
	if err != nil {
		return audio.PCM{}, err
	}
	c.keep(path, pcm)
	return pcm, nil
}

// spokenName is the file of what a synthesiser makes of k.
func spokenName(s Synthesizer, k Key) string {
	said := s.Name(k.Lang) + "\x00" + k.Text + "\x00" + string(k.Pos)
	if k.Variant > 0 {
		said += "\x00" + strconv.Itoa(k.Variant)
	}
	sum := sha256.Sum256([]byte(said))
	return hex.EncodeToString(sum[:12]) + ".wav"
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
