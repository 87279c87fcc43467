package voice

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// english is a recipe of clips in English; ids are en.a, en.b …
func english(texts ...string) Recipe {
	r := recipe(texts...)
	for i := range r.Clips {
		r.Clips[i].ID, r.Clips[i].Lang = "en."+strings.TrimPrefix(r.Clips[i].ID, "c."), "en"
	}
	return r
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range entries(t, dir) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(b)
	}
	return out
}

func TestBuildInTwoLanguages(t *testing.T) {
	r := english("one", "a")
	r.Clips = append(r.Clips, recipe("một", "a").Clips...)
	r.Now = func() time.Time { return time.Unix(1000, 0) }
	dir := filepath.Join(t.TempDir(), "voice")
	m, err := Build(t.Context(), dir, r)
	if err != nil {
		t.Fatal(err)
	}
	if m.Clips[0].Lang != "" || m.Clips[3].Lang != "en" {
		t.Errorf("Vietnamese does not come first: %+v", m.Clips)
	}
	want := Language{Lang: "en", Speaker: "hummer", Licence: generated, Placeholder: true, BuiltAt: r.now()}
	if !slices.Equal(m.Languages, []Language{want}) || !slices.Equal(m.Speaks(), []string{"vi", "en"}) {
		t.Errorf("languages %+v, speaks %q", m.Languages, m.Speaks())
	}
	p, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Has(Key{Text: "a", Pos: Final}) || !p.Has(Key{Text: "a", Pos: Final, Lang: "en"}) || p.Has(Key{Text: "một", Pos: Final, Lang: "en"}) {
		t.Error("the languages are mixed up")
	}
	if report, err := Check(dir); err != nil || !report.OK() {
		t.Errorf("faults %v, %v", report.Faults, err)
	}
	if only, err := Build(t.Context(), filepath.Join(t.TempDir(), "v"), recipe("một")); err != nil || len(only.Languages) != 0 {
		t.Errorf("languages %+v, %v", only.Languages, err)
	}
}

func TestExtend(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "voice")
	if _, err := Build(t.Context(), dir, recipe("một", "hai")); err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	if err := os.Mkdir(filepath.Join(dir, extendingPrefix+"1"), 0o755); err != nil { // Of one that was killed.
		t.Fatal(err)
	}
	r := english("one", "two")
	r.Clips = append(r.Clips, ClipSpec{ID: "c.c", Key: Key{Text: "ba", Pos: Final}})
	if added, err := Extend(t.Context(), dir, r); err != nil || added != 3 {
		t.Fatalf("%d added, %v", added, err)
	}
	after := contents(t, dir)
	for name, b := range before {
		if name != manifestName && after[name] != b {
			t.Errorf("%s was changed", name)
		}
	}
	if len(after) != len(before)+3 {
		t.Errorf("%d files, then %d", len(before), len(after))
	}
	p, err := Open(dir)
	if err != nil || !p.Has(Key{Text: "two", Pos: Final, Lang: "en"}) || !p.Has(Key{Text: "ba", Pos: Final}) || p.Manifest().Clips[0].Text != "một" {
		t.Errorf("the pack now has %+v, %v", p.Manifest().Clips, err)
	}
	if report, err := Check(dir); err != nil || !report.OK() || len(report.Manifest.Languages) != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	// A second time only what is new is spoken.
	more := english("one", "two", "three")
	if added, err := Extend(t.Context(), dir, more); err != nil || added != 1 || more.Speaker.(hummer).spoken.Load() != 1 {
		t.Errorf("%d added, %d spoken, %v", added, more.Speaker.(hummer).spoken.Load(), err)
	}
	if m, err := ReadManifest(dir); err != nil || len(m.Languages) != 1 || len(m.Clips) != 6 {
		t.Errorf("%+v, %v", m, err)
	}
	if added, err := Extend(t.Context(), dir, more); err != nil || added != 0 {
		t.Errorf("a third time: %d added, %v", added, err)
	}
}

// An Extend that fails or is stopped leaves the pack as it was.
func TestExtendIsAllOrNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "voice")
	if _, err := Build(t.Context(), dir, recipe("một")); err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for ctx, r := range map[context.Context]Recipe{t.Context(): english("one", "fail"), stopped: english("one")} {
		if added, err := Extend(ctx, dir, r); err == nil || added != 0 {
			t.Errorf("%d added, %v", added, err)
		}
	}
	if after := contents(t, dir); !maps.Equal(before, after) {
		t.Errorf("the pack now holds %d files", len(after))
	}
}

func TestExtendLeavesAlone(t *testing.T) {
	if _, err := Extend(t.Context(), t.TempDir(), english("one")); !errors.Is(err, ErrNoVoice) {
		t.Errorf("no pack: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "voice")
	m, err := Build(t.Context(), dir, recipe("một"))
	if err != nil {
		t.Fatal(err)
	}
	taken := english("one")
	taken.Clips[0].ID = "c.a" // The file of "một".
	if added, err := Extend(t.Context(), dir, taken); err != nil || added != 0 {
		t.Errorf("over a clip that is there: %d added, %v", added, err)
	}
	m.Placeholder = false
	if err := saveManifest(dir, m); err != nil {
		t.Fatal(err)
	}
	if added, err := Extend(t.Context(), dir, english("one")); err != nil || added != 0 {
		t.Errorf("a person's voice got %d synthetic clips, %v", added, err)
	}
}
