package announce

import (
	"context"
	"slices"

	"github.com/xinmoi/xinmoi/announce/voice"
)

// BuildVoice makes the placeholder voice of a region in dir with espeak-ng,
// with extra phrases of the office. It appears whole or not at all, and one
// that was stopped goes on where it stopped; progress may be nil and is called
// from several goroutines.
func BuildVoice(ctx context.Context, dir string, r Region, extra []string, progress func(done, total int)) (voice.Manifest, error) {
	r, err := ParseRegion(string(r))
	if err != nil {
		return voice.Manifest{}, err
	}
	e, err := voice.FindEspeak(string(r))
	if err != nil {
		return voice.Manifest{}, err
	}
	return voice.Build(ctx, dir, voice.Recipe{
		Region: string(r), Clips: Inventory(r, extra), Speaker: e, Progress: progress, Resume: true,
	})
}

// ExtendVoice brings a placeholder voice made by an older program up to date:
// clips that it lacks are added (see voice.Extend), and one that was made with
// other settings is made anew, the office's own phrases included. It returns
// how many clips were made; a recorded voice is left alone. Without espeak-ng
// it fails only if something is to be done.
func ExtendVoice(ctx context.Context, dir string, r Region, progress func(done, total int)) (added int, err error) {
	m, err := voice.ReadManifest(dir)
	if err != nil || !m.Placeholder {
		return 0, err
	}
	specs := Inventory(r, nil)
	lacks := slices.ContainsFunc(specs, func(s voice.ClipSpec) bool {
		return !slices.ContainsFunc(m.Clips, func(c voice.Clip) bool { return c.Key() == s.Key })
	})
	e, err := voice.FindEspeak(string(r))
	if err != nil {
		if !lacks {
			err = nil
		}
		return 0, err
	}
	recipe := voice.Recipe{Region: string(r), Clips: specs, Speaker: e, Progress: progress, Resume: true}
	if m.Speaker == e.Name("") {
		if !lacks {
			return 0, nil
		}
		return voice.Extend(ctx, dir, recipe)
	}
	recipe.Clips = withOwn(specs, m)
	_, err = voice.Build(ctx, dir, recipe)
	if err != nil {
		return 0, err
	}
	return len(recipe.Clips), nil
}

// withOwn adds to specs the clips that only this pack has: an office's phrases.
func withOwn(specs []voice.ClipSpec, m voice.Manifest) []voice.ClipSpec {
	known, ids := map[voice.Key]bool{}, map[string]bool{}
	for _, s := range specs {
		known[s.Key], ids[s.ID] = true, true
	}
	for _, c := range m.Clips {
		if !known[c.Key()] && !ids[c.ID] && len(c.ID) > 0 && c.ID[0] == 'x' {
			specs = append(specs, voice.ClipSpec{ID: c.ID, Key: c.Key()})
		}
	}
	return specs
}
