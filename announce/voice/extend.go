package voice

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// extendingPrefix begins the folder inside a pack where Extend works.
const extendingPrefix = ".extending-"

// Extend adds to the placeholder pack in dir the clips that a recipe has and
// the pack lacks; what is there stays as it is, also for a program that has the
// pack open. It returns how many clips were added. A recorded pack is left
// alone (0, nil): a synthetic voice beside a person's is for that person to
// decide. Clips become part of the pack all together, with its manifest; an
// Extend that is stopped leaves the pack as it was.
func Extend(ctx context.Context, dir string, r Recipe) (added int, err error) {
	m, err := ReadManifest(dir)
	if err != nil || !m.Placeholder {
		return 0, err
	}
	if r.Clips = lacking(m, r.Clips); len(r.Clips) == 0 {
		return 0, nil
	}
	clearExtensions(dir)
	temp, err := os.MkdirTemp(dir, extendingPrefix)
	if err != nil {
		return 0, fmt.Errorf("extend voice: %w", err)
	}
	defer os.RemoveAll(temp)
	clips, err := speakAll(ctx, &workshop{dir: temp, speaker: r.Speaker}, r)
	if err != nil {
		return 0, fmt.Errorf("extend voice: %w", err)
	}
	for _, c := range clips {
		if err := os.Rename(filepath.Join(temp, c.File), filepath.Join(dir, c.File)); err != nil {
			return 0, fmt.Errorf("extend voice: %w", err)
		}
	}
	m.Format = manifestFormat
	m.Clips, m.Languages = append(m.Clips, clips...), r.languages(m.Languages)
	vietnameseFirst(m.Clips)
	if err := saveManifest(dir, m); err != nil {
		return 0, fmt.Errorf("extend voice: %w", err)
	}
	return len(clips), nil
}

// lacking picks the specs that m has no clip for. An id that m uses for
// something else is passed over: its file must not change.
func lacking(m Manifest, specs []ClipSpec) []ClipSpec {
	keys, files := map[Key]bool{}, map[string]bool{}
	for _, c := range m.Clips {
		keys[c.Key()], files[c.File] = true, true
	}
	var out []ClipSpec
	for _, s := range specs {
		if !keys[s.Key] && !files[clipFile(s)] {
			out = append(out, s)
		}
	}
	return out
}

// clearExtensions removes what an Extend that was killed left in a pack.
func clearExtensions(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), extendingPrefix) {
			_ = os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}
