package voice

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// Recipe says what Build makes.
type Recipe struct {
	Region   string // north, central or south.
	Clips    []ClipSpec
	Speaker  Synthesizer
	Progress func(done, total int) // Called from several goroutines, may be nil.
	Now      func() time.Time      // Nil = time.Now.

	// ID names the pack; empty = "vi-north-placeholder", or "vi-north" where
	// Provenance is given.
	ID string
	// Lang is the language of clips that name none. Empty = Vietnamese.
	Lang string
	// Provenance makes it a recorded voice; nil is a placeholder.
	Provenance *Provenance
	// Switches are the number words, as in Manifest.
	Switches map[string]string
	// Files are small further files of the pack by name: the consent, grammars.
	Files map[string][]byte
	// Resume keeps the clips of a build that is stopped, for the next one. Only
	// for a Speaker that always says the same under the same Name: with takes of
	// a person, an old take would come back.
	Resume bool
	// Workers is how many clips are spoken at once. 0 = one per processor.
	Workers int
}

// Build makes a pack in dir, replacing an older pack there. The pack appears
// whole or not at all. It refuses a folder that holds anything but a pack.
func Build(ctx context.Context, dir string, r Recipe) (Manifest, error) {
	m, err := build(ctx, dir, r)
	if err != nil {
		return Manifest{}, fmt.Errorf("build voice: %w", err)
	}
	return m, nil
}

func build(ctx context.Context, dir string, r Recipe) (Manifest, error) {
	if err := r.check(); err != nil {
		return Manifest{}, err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Manifest{}, err
	}
	if err := mayReplace(dir); err != nil {
		return Manifest{}, err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return Manifest{}, err
	}
	w, err := openWorkshop(dir, r)
	if err != nil {
		return Manifest{}, err
	}
	m, err := buildInto(ctx, w, r)
	if err == nil {
		err = swap(w.dir, dir)
	}
	w.close(err != nil && r.Resume && ctx.Err() != nil)
	return m, err
}

// check refuses what could not be opened again.
func (r Recipe) check() error {
	ids := make(map[string]bool, len(r.Clips))
	for _, s := range r.Clips {
		file := strings.ToLower(clipFile(s)) // Some file systems do not tell case apart.
		switch {
		case !clipName(clipFile(s)):
			return fmt.Errorf("clip %.60q: the id is not the name of a file", s.ID)
		case ids[file]:
			return fmt.Errorf("clip %s is asked for twice", s.ID)
		}
		ids[file] = true
	}
	for name, b := range r.Files {
		if !plainName(name) || name == manifestName || clipName(name) {
			return fmt.Errorf("%.60q cannot be the name of a further file", name)
		}
		if len(b) > maxExtra {
			return fmt.Errorf("file %s of %d bytes, at most %d", name, len(b), maxExtra)
		}
	}
	return r.manifest(nil).checkHead()
}

func buildInto(ctx context.Context, w *workshop, r Recipe) (Manifest, error) {
	clips, err := speakAll(ctx, w, r)
	if err != nil {
		return Manifest{}, err
	}
	for name, b := range r.Files {
		if err := os.WriteFile(filepath.Join(w.dir, name), b, 0o644); err != nil {
			return Manifest{}, err
		}
	}
	if err := errors.Join(w.clear(), os.Chmod(w.dir, 0o755)); err != nil {
		return Manifest{}, err
	}
	m := r.manifest(clips)
	return m, saveManifest(w.dir, m)
}

// speakAll makes the clips of a recipe in the workshop, those of Vietnamese
// first in what it returns.
func speakAll(ctx context.Context, w *workshop, r Recipe) ([]Clip, error) {
	clips := make([]Clip, len(r.Clips))
	var done atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(cmp.Or(r.Workers, runtime.GOMAXPROCS(0)))
	for i, spec := range r.Clips {
		g.Go(func() error {
			var err error
			if clips[i], err = w.clip(ctx, spec); err != nil {
				return fmt.Errorf("clip %s: %w", spec.ID, err)
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
	vietnameseFirst(clips)
	return clips, nil
}

// vietnameseFirst puts the clips of further languages last; see Manifest.Languages.
func vietnameseFirst(clips []Clip) {
	slices.SortStableFunc(clips, func(a, b Clip) int { return cmp.Compare(min(len(a.Lang), 1), min(len(b.Lang), 1)) })
}

func saveManifest(dir string, m Manifest) error {
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	return audio.Save(filepath.Join(dir, manifestName), b)
}

// What a placeholder says of itself.
const (
	generated       = "generated on this machine, not for distribution"
	placeholderNote = "Synthetic placeholder, not for production: record a person in /studio."
)

func (r Recipe) manifest(clips []Clip) Manifest {
	m := Manifest{
		Format: manifestFormat, ID: r.ID, Lang: cmp.Or(r.Lang, Vietnamese), Region: r.Region,
		BuiltAt: r.now(), Rate: audio.RatePA, TargetLUFS: audio.SpeechLUFS, Switches: r.Switches,
		Clips: clips, Languages: r.languages(nil),
	}
	if r.Provenance != nil {
		m.Provenance, m.ID = *r.Provenance, cmp.Or(r.ID, m.Lang+"-"+r.Region)
		return m
	}
	m.Placeholder, m.ID = true, cmp.Or(r.ID, m.Lang+"-"+r.Region+"-placeholder")
	m.Provenance = Provenance{Speaker: r.Speaker.Name(""), Licence: generated, Note: placeholderNote}
	return m
}

// languages gives the further languages of the recipe's clips behind those
// that are there already.
func (r Recipe) languages(have []Language) []Language {
	out := slices.Clone(have)
	for _, spec := range r.Clips {
		if spec.Lang != "" && spec.Lang != r.Lang && !slices.ContainsFunc(out, func(l Language) bool { return l.Lang == spec.Lang }) {
			out = append(out, r.language(spec.Lang))
		}
	}
	return out
}

func (r Recipe) language(lang string) Language {
	if p := r.Provenance; p != nil {
		return Language{Lang: lang, Speaker: p.Speaker, Licence: p.Licence, BuiltAt: r.now()}
	}
	return Language{Lang: lang, Speaker: r.Speaker.Name(lang), Licence: generated, Placeholder: true, BuiltAt: r.now()}
}

func (r Recipe) now() time.Time {
	now := time.Now
	if r.Now != nil {
		now = r.Now
	}
	return now().UTC().Truncate(time.Second)
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
