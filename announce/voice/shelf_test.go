package voice

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// filled is a shelf with the placeholder "north" and the recorded "lan".
func filled(t *testing.T) Shelf {
	t.Helper()
	s := Shelf{t.TempDir()}
	for name, r := range map[string]Recipe{"north": recipe("một", "hai"), "lan": recorded("một")} {
		if _, err := Build(t.Context(), filepath.Join(s.Dir, name), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(s.Dir, ".north-building-1"), 0o755); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestShelf(t *testing.T) {
	s := filled(t)
	all, err := s.List()
	if err != nil || len(all) != 2 || all[0].Name != "lan" || all[1].Manifest.ID != "vi-north-placeholder" {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, name := range []string{"lan", "vi-north-lan"} {
		if got, err := s.Find(name); err != nil || got.Name != "lan" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := s.Find("hoa"); !errors.Is(err, ErrNoVoice) || !strings.Contains(err.Error(), "lan, north") {
		t.Errorf("got %v", err)
	}
	if _, err := (Shelf{filepath.Join(s.Dir, "nowhere")}).Find("hoa"); !errors.Is(err, ErrNoVoice) {
		t.Errorf("got %v", err)
	}
}

func TestUse(t *testing.T) {
	s := filled(t)
	p, notes, err := s.Open("north")
	if err != nil || p.Manifest().ID != "vi-north-placeholder" || p.Fallback() != nil || len(notes) != 0 {
		t.Fatalf("%+v, %q, %v", p, notes, err)
	}
	before := s.Stamp("north")
	if err := s.Use("vi-north-lan", "lan"); err != nil {
		t.Fatal(err)
	}
	if names, err := s.InUse(); err != nil || !slices.Equal(names, []string{"lan"}) {
		t.Errorf("%q, %v", names, err)
	}
	if p, _, err = s.Open("north"); err != nil || p.Manifest().ID != "vi-north-lan" || p.Fallback().Manifest().ID != "vi-north-placeholder" {
		t.Errorf("%+v, %v", p.Manifest(), err)
	}
	chosen := s.Stamp("north")
	if chosen == before || chosen != s.Stamp("north") {
		t.Errorf("stamps %q, %q", before, chosen)
	}
	if _, err := Build(t.Context(), filepath.Join(s.Dir, "lan"), recorded("một", "hai")); err != nil {
		t.Fatal(err)
	}
	if s.Stamp("north") == chosen {
		t.Error("a voice made anew is not seen")
	}
	if err := s.Use("hoa"); !errors.Is(err, ErrNoVoice) {
		t.Errorf("got %v", err)
	}
	if names, _ := s.InUse(); len(names) != 1 {
		t.Errorf("a refusal changed the choice to %q", names)
	}
	for range 2 {
		if err := s.Use(); err != nil {
			t.Fatal(err)
		}
	}
	if names, err := s.InUse(); err != nil || len(names) != 0 {
		t.Errorf("%q, %v", names, err)
	}
}

// A chosen voice that is gone or damaged does not silence the office.
func TestOpenPassesOverWhatIsDamaged(t *testing.T) {
	s := filled(t)
	if err := s.Use("lan"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.Dir, "lan", manifestName), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	p, notes, err := s.Open("north")
	if err != nil || p.Manifest().ID != "vi-north-placeholder" || len(notes) != 1 || !strings.Contains(notes[0], "lan") {
		t.Errorf("%q, %v", notes, err)
	}
	if err := os.WriteFile(filepath.Join(s.Dir, inUse), []byte("../../etc\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, notes, err = s.Open("north"); err != nil || len(notes) != 1 {
		t.Errorf("%q, %v", notes, err)
	}
	if _, notes, err = s.Open("south"); !errors.Is(err, ErrNoVoice) || len(notes) != 1 {
		t.Errorf("%q, %v", notes, err)
	}
}

// A speaker may have a voice deleted; one that speaks now is not pulled away.
func TestRemove(t *testing.T) {
	s := filled(t)
	if err := s.Use("lan"); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove("vi-north-lan"); !errors.Is(err, ErrInUse) {
		t.Errorf("one in use: %v", err)
	}
	if err := s.Remove("../north"); !errors.Is(err, ErrNoVoice) {
		t.Errorf("outside: %v", err)
	}
	if err := s.Use(); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove("vi-north-lan"); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), "lan") {
			t.Errorf("%s is left", e.Name())
		}
	}
	if err := s.Remove("lan"); !errors.Is(err, ErrNoVoice) {
		t.Errorf("again: %v", err)
	}
}
