package voice

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// The bounds of a usable clip.
const (
	maxPeakDBTP = -1.0                  // Louder has been or will be clipped.
	levelSpread = 6.0                   // LU from the pack's target.
	minClip     = 60 * time.Millisecond // Shorter is cut off.
	maxPhrase   = 60 * time.Second      // Longer is not a phrase.
)

// Fault is one thing wrong with one clip.
type Fault struct {
	Clip    string // Its id.
	Problem string // In English, with the measured value.
}

// Report is what Check found.
type Report struct {
	Manifest Manifest
	Faults   []Fault
	SpreadLU float64 // Loudest minus quietest clip.
	Duration time.Duration
}

// OK reports whether the pack may be used.
func (r Report) OK() bool { return len(r.Faults) == 0 }

// Check reads every clip of the pack in dir and reports what is missing,
// changed, clipped, too quiet or loud, of another rate, or too short. The
// error is for a pack that cannot be opened at all.
func Check(dir string) (Report, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return Report{}, err
	}
	r := Report{Manifest: m}
	quiet, loud := math.Inf(1), math.Inf(-1)
	seen := map[Key]string{}
	for _, c := range m.Clips {
		if first, dup := seen[c.Key()]; dup {
			r.fault(c, "same text and position as %s", first)
		}
		seen[c.Key()] = c.ID
		level, d := r.clip(dir, c)
		r.Duration += d
		if !math.IsInf(level, 0) && !math.IsNaN(level) {
			quiet, loud = min(quiet, level), max(loud, level)
		}
	}
	if loud > quiet {
		r.SpreadLU = loud - quiet
	}
	return r, nil
}

func (r *Report) fault(c Clip, format string, args ...any) {
	r.Faults = append(r.Faults, Fault{c.ID, fmt.Sprintf(format, args...)})
}

// clip checks one clip and gives its level and length.
func (r *Report) clip(dir string, c Clip) (float64, time.Duration) {
	b, err := os.ReadFile(filepath.Join(dir, c.File))
	if err != nil {
		r.fault(c, "missing: %v", err)
		return math.Inf(-1), 0
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != c.SHA256 {
		r.fault(c, "changed since the manifest was written")
	}
	p, err := audio.DecodeWAV(b)
	if err != nil {
		r.fault(c, "unreadable: %v", err)
		return math.Inf(-1), 0
	}
	if p.Rate != r.Manifest.Rate {
		r.fault(c, "%d Hz, want %d Hz", p.Rate, r.Manifest.Rate)
	}
	if peak := audio.TruePeak(p); peak > maxPeakDBTP {
		r.fault(c, "clipped: true peak %.1f dBTP, at most %.1f", peak, maxPeakDBTP)
	}
	if d := p.Duration(); d < minClip || d > maxPhrase {
		r.fault(c, "lasts %v, want %v to %v", d, minClip, maxPhrase)
	}
	return r.level(c, p), p.Duration()
}

func (r *Report) level(c Clip, p audio.PCM) float64 {
	level, err := audio.ActiveLUFS(p)
	switch off := level - r.Manifest.TargetLUFS; {
	case err != nil:
		r.fault(c, "cannot be measured: %v", err)
		return math.Inf(-1)
	case math.IsInf(level, -1):
		r.fault(c, "silent")
	case off < -levelSpread:
		r.fault(c, "quiet: %.1f LUFS, want %.1f", level, r.Manifest.TargetLUFS)
	case off > levelSpread:
		r.fault(c, "loud: %.1f LUFS, want %.1f", level, r.Manifest.TargetLUFS)
	}
	return level
}

// List opens the packs in dir: dir itself if it is one, else its folders.
// Folders that are no packs are passed over.
func List(dir string) ([]Manifest, error) {
	if m, err := ReadManifest(dir); err == nil {
		return []Manifest{m}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list voices: %w", err)
	}
	var out []Manifest
	for _, e := range entries {
		if m, err := ReadManifest(filepath.Join(dir, e.Name())); err == nil {
			out = append(out, m)
		}
	}
	return out, nil
}
