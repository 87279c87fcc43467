package voice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// A workshop is the folder beside a pack in which its clips are made. Where the
// recipe allows it, it first takes over what a stopped build left: clips
// that were spoken lie below done under the name of what they say.
type workshop struct {
	dir     string
	speaker Synthesizer
	done    string // Finished clips for a later build; empty = they are not kept.
	base    string // The pack's folder, "north".
}

// The names of workshops: ".north-building-123" while one works, and
// ".north-stopped-123" when it was told to stop.
const (
	building  = "-building-"
	stopped   = "-stopped-"
	doneDir   = "done"
	abandoned = time.Minute // A workshop not touched for so long belongs to nobody.
)

// openWorkshop makes a workshop for the pack in dir and clears away those that
// others have left; their clips are taken over if r resumes.
func openWorkshop(dir string, r Recipe) (*workshop, error) {
	parent, base := filepath.Dir(dir), filepath.Base(dir)
	w := &workshop{speaker: r.Speaker, base: base}
	var err error
	if w.dir, err = os.MkdirTemp(parent, "."+base+building); err != nil {
		return nil, err
	}
	if r.Resume {
		w.done = filepath.Join(w.dir, doneDir)
		if err := os.Mkdir(w.done, 0o755); err != nil {
			return nil, errors.Join(err, os.RemoveAll(w.dir))
		}
	}
	w.inherit(parent)
	return w, nil
}

// inherit clears away what earlier builds left in a folder, and keeps their
// clips if this one resumes. Nothing here is worth failing for.
func (w *workshop) inherit(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		old := filepath.Join(parent, e.Name())
		if old == w.dir || !w.leftover(e) {
			continue
		}
		if w.done != "" {
			w.adopt(filepath.Join(old, doneDir))
		}
		_ = os.RemoveAll(old)
	}
}

// leftover reports whether an entry is a workshop of the same pack at which
// nobody works any more.
func (w *workshop) leftover(e os.DirEntry) bool {
	if strings.HasPrefix(e.Name(), "."+w.base+stopped) {
		return true
	}
	if !strings.HasPrefix(e.Name(), "."+w.base+building) {
		return false
	}
	return idle(e)
}

// idle reports whether a folder has not been changed for a while.
func idle(e os.DirEntry) bool {
	info, err := e.Info()
	return err == nil && time.Since(info.ModTime()) > abandoned
}

func (w *workshop) adopt(done string) {
	clips, err := os.ReadDir(done)
	if err != nil {
		return
	}
	for _, c := range clips {
		_ = os.Rename(filepath.Join(done, c.Name()), filepath.Join(w.done, c.Name()))
	}
}

// clip makes one clip, or takes it over.
func (w *workshop) clip(ctx context.Context, spec ClipSpec) (Clip, error) {
	if err := ctx.Err(); err != nil {
		return Clip{}, err
	}
	pcm, err := w.speak(ctx, spec.Key)
	if err != nil {
		return Clip{}, err
	}
	level, err := audio.ActiveLUFS(pcm)
	if err != nil {
		return Clip{}, err
	}
	b := audio.EncodeWAV(pcm)
	sum := sha256.Sum256(b)
	c := Clip{
		ID: spec.ID, Text: spec.Text, Pos: spec.Pos, File: clipFile(spec), SHA256: hex.EncodeToString(sum[:]),
		Millis: pcm.Duration().Milliseconds(), LUFS: tenth(level), PeakDBTP: tenth(audio.TruePeak(pcm)),
		Lang: spec.Lang, Variant: spec.Variant,
	}
	return c, os.WriteFile(filepath.Join(w.dir, c.File), b, 0o644)
}

// speak gives a phrase from an earlier build or from the synthesiser. What can
// be resumed passes through 16 bits in either case, so that a build that was
// stopped gives the same pack as one that was not.
func (w *workshop) speak(ctx context.Context, k Key) (audio.PCM, error) {
	if w.done == "" {
		return w.speaker.Speak(ctx, k)
	}
	path := filepath.Join(w.done, spokenName(w.speaker, k))
	if pcm, err := ReadClip(path); err == nil {
		return pcm, nil
	}
	pcm, err := w.speaker.Speak(ctx, k)
	if err != nil {
		return pcm, err
	}
	b := audio.EncodeWAV(pcm)
	if err := audio.Save(path, b); err != nil {
		return pcm, err
	}
	return audio.DecodeWAV(b)
}

// clear removes what is not part of the pack.
func (w *workshop) clear() error {
	if w.done == "" {
		return nil
	}
	return os.RemoveAll(w.done)
}

// close leaves nothing behind, or what a later build can go on with. After a
// finished build it does nothing: the folder has become the pack.
func (w *workshop) close(keep bool) {
	if keep {
		rest := strings.Replace(w.dir, building, stopped, 1)
		if os.Rename(w.dir, rest) == nil {
			return
		}
	}
	_ = os.RemoveAll(w.dir)
}

func tenth(v float64) float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return -120
	}
	return math.Round(v*10) / 10
}
