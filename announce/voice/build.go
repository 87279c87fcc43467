package voice

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// buildWorkers is how many clips are spoken at once; the smallest office
// machine has two cores.
const buildWorkers = 2

// Recipe says what Build makes.
type Recipe struct {
	Region   string // north, central or south.
	Clips    []ClipSpec
	Speaker  Synthesizer
	Progress func(done, total int) // Called from several goroutines, may be nil.
	Now      func() time.Time      // Nil = time.Now.
}

// Build makes a placeholder pack in dir, replacing an older pack there. The
// pack appears whole or not at all. It refuses a folder that holds anything
// but a pack.
func Build(ctx context.Context, dir string, r Recipe) (Manifest, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Manifest{}, fmt.Errorf("build voice: %w", err)
	}
	if err := mayReplace(dir); err != nil {
		return Manifest{}, fmt.Errorf("build voice: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return Manifest{}, fmt.Errorf("build voice: %w", err)
	}
	removeLeftovers(filepath.Dir(dir), leftoverPrefix(dir))
	temp, err := os.MkdirTemp(filepath.Dir(dir), leftoverPrefix(dir))
	if err != nil {
		return Manifest{}, fmt.Errorf("build voice: %w", err)
	}
	defer os.RemoveAll(temp) // Does nothing after the rename.
	m, err := buildInto(ctx, temp, r)
	if err != nil {
		return Manifest{}, fmt.Errorf("build voice: %w", err)
	}
	if err := swap(temp, dir); err != nil {
		return Manifest{}, fmt.Errorf("build voice: %w", err)
	}
	return m, nil
}

func buildInto(ctx context.Context, dir string, r Recipe) (Manifest, error) {
	clips, err := speakAll(ctx, dir, r)
	if err != nil {
		return Manifest{}, err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return Manifest{}, err
	}
	m := r.manifest(clips)
	return m, saveManifest(dir, m)
}

// speakAll makes the clips of a recipe in dir, those of Vietnamese first in
// what it returns.
func speakAll(ctx context.Context, dir string, r Recipe) ([]Clip, error) {
	clips := make([]Clip, len(r.Clips))
	var done atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(buildWorkers)
	for i, spec := range r.Clips {
		g.Go(func() error {
			var err error
			if clips[i], err = buildClip(ctx, dir, spec, r.Speaker); err != nil {
				return err
			}
			if n := done.Add(1); r.Progress != nil {
				r.Progress(int(n), len(r.Clips))
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(clips, func(a, b Clip) int { return cmp.Compare(min(len(a.Lang), 1), min(len(b.Lang), 1)) })
	return clips, nil
}

func saveManifest(dir string, m Manifest) error {
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	return audio.Save(filepath.Join(dir, manifestName), b)
}

// generated is the licence of a placeholder.
const generated = "generated on this machine, not for distribution"

func (r Recipe) manifest(clips []Clip) Manifest {
	return Manifest{
		Format: manifestFormat, ID: "vi-" + r.Region + "-placeholder", Lang: "vi", Region: r.Region,
		Speaker: r.Speaker.Name(""), Licence: generated,
		Placeholder: true, Note: "Synthetic placeholder, not for production: record a person in /studio.",
		BuiltAt: r.now(), Rate: audio.RatePA, TargetLUFS: audio.SpeechLUFS,
		Clips: clips, Languages: r.languages(nil),
	}
}

// languages gives the further languages of the recipe's clips behind those
// that are there already.
func (r Recipe) languages(have []Language) []Language {
	out := slices.Clone(have)
	for _, spec := range r.Clips {
		if spec.Lang != "" && !slices.ContainsFunc(out, func(l Language) bool { return l.Lang == spec.Lang }) {
			out = append(out, Language{
				Lang: spec.Lang, Speaker: r.Speaker.Name(spec.Lang), Licence: generated, Placeholder: true, BuiltAt: r.now(),
			})
		}
	}
	return out
}

func (r Recipe) now() time.Time {
	now := time.Now
	if r.Now != nil {
		now = r.Now
	}
	return now().UTC().Truncate(time.Second)
}

func buildClip(ctx context.Context, dir string, spec ClipSpec, s Synthesizer) (Clip, error) {
	if err := ctx.Err(); err != nil {
		return Clip{}, err
	}
	pcm, err := s.Speak(ctx, spec.Key)
	if err != nil {
		return Clip{}, fmt.Errorf("clip %s: %w", spec.ID, err)
	}
	level, err := audio.ActiveLUFS(pcm)
	if err != nil {
		return Clip{}, fmt.Errorf("clip %s: %w", spec.ID, err)
	}
	b := audio.EncodeWAV(pcm)
	sum := sha256.Sum256(b)
	c := Clip{
		ID: spec.ID, Text: spec.Text, Pos: spec.Pos, File: clipFile(spec), SHA256: hex.EncodeToString(sum[:]),
		Millis: pcm.Duration().Milliseconds(), LUFS: tenth(level), PeakDBTP: tenth(audio.TruePeak(pcm)), Lang: spec.Lang,
	}
	return c, os.WriteFile(filepath.Join(dir, c.File), b, 0o644)
}

func clipFile(s ClipSpec) string { return s.ID + ".wav" }

// mayReplace refuses to overwrite anything but an empty folder or a pack.
func mayReplace(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, manifestName)); err != nil {
		return fmt.Errorf("%s holds other files and no voice; choose another folder", dir)
	}
	return nil
}

// swap puts temp in the place of dir.
func swap(temp, dir string) error {
	old := temp + ".old"
	err := os.Rename(dir, old)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Rename(temp, dir); err != nil {
		return errors.Join(err, os.Rename(old, dir))
	}
	return os.RemoveAll(old)
}

func leftoverPrefix(dir string) string { return "." + filepath.Base(dir) + "-building-" }

// removeLeftovers clears what a build that was killed left behind in a folder.
func removeLeftovers(parent, prefix string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			_ = os.RemoveAll(filepath.Join(parent, e.Name()))
		}
	}
}

func tenth(v float64) float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return -120
	}
	return math.Round(v*10) / 10
}
