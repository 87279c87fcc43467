package voice

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// stopper speaks and then has the build stopped after some phrases.
type stopper struct {
	hummer
	after int32
	stop  context.CancelFunc
}

func (s stopper) Speak(ctx context.Context, k Key) (audio.PCM, error) {
	p, err := s.hummer.Speak(ctx, k)
	if s.spoken.Load() == s.after {
		s.stop()
	}
	return p, err
}

// stoppedBuild stops a build after some clips and gives the folder it was for.
func stoppedBuild(t *testing.T, resume bool) (dir string, spoken int32) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "north")
	ctx, cancel := context.WithCancel(t.Context())
	s := stopper{hummer{new(atomic.Int32)}, 3, cancel}
	r := recipe("một", "hai", "ba", "bốn", "năm", "sáu")
	r.Speaker, r.Resume, r.Workers = s, resume, 1
	if _, err := Build(ctx, dir, r); err == nil {
		t.Fatal("a stopped build ended well")
	}
	if _, err := Open(dir); err == nil {
		t.Fatal("a stopped build left a pack")
	}
	return dir, s.spoken.Load()
}

func TestBuildResumes(t *testing.T) {
	dir, spoken := stoppedBuild(t, true)
	if left := entries(t, filepath.Dir(dir)); len(left) != 1 || !strings.HasPrefix(left[0], ".north-stopped-") {
		t.Fatalf("left behind: %v", left)
	}
	r := recipe("một", "hai", "ba", "bốn", "năm", "sáu")
	r.Resume, r.Now = true, func() time.Time { return time.Unix(1000, 0) }
	if _, err := Build(t.Context(), dir, r); err != nil {
		t.Fatal(err)
	}
	if again := r.Speaker.(hummer).spoken.Load(); again+spoken != 6 {
		t.Errorf("%d spoken, then %d: want 6 in all", spoken, again)
	}
	if left := entries(t, filepath.Dir(dir)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	r.Speaker = hummer{new(atomic.Int32)}
	whole := filepath.Join(t.TempDir(), "whole")
	if _, err := Build(t.Context(), whole, r); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(contents(t, dir), contents(t, whole)) {
		t.Error("a build that was stopped gives another pack than one that was not")
	}
}

// Another speaker's clips are not taken over.
func TestBuildResumesTheSameSpeakerOnly(t *testing.T) {
	dir, _ := stoppedBuild(t, true)
	r := recorded("một", "hai", "ba")
	r.Resume, r.Provenance = true, nil
	if _, err := Build(t.Context(), dir, r); err != nil {
		t.Fatal(err)
	}
	want := built(t, recorded("một"))
	p, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	k := Key{Text: "một", Pos: Final}
	if p.byKey[k].SHA256 != want.byKey[k].SHA256 {
		t.Error("the clip is of another speaker")
	}
}

// A person's takes change under the same name: nothing of them is kept.
func TestBuildOfTakesStartsAnew(t *testing.T) {
	dir, _ := stoppedBuild(t, false)
	if left := entries(t, filepath.Dir(dir)); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A workshop where somebody may still be at work is left alone; one of a
// program that was killed is taken over.
func TestBuildBesideAnother(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "north")
	young, old := filepath.Join(parent, ".north-building-1"), filepath.Join(parent, ".north-building-2")
	for _, w := range []string{young, old} {
		if err := os.MkdirAll(filepath.Join(w, doneDir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	k := Key{Text: "một", Pos: Final}
	h := hummer{new(atomic.Int32)}
	if err := os.WriteFile(filepath.Join(old, doneDir, spokenName(h, k)), audio.EncodeWAV(hum(0.1, time.Second)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	r := recipe("một", "hai")
	r.Speaker, r.Resume = h, true
	if _, err := Build(t.Context(), dir, r); err != nil {
		t.Fatal(err)
	}
	if h.spoken.Load() != 1 {
		t.Errorf("%d spoken, want 1: the other was there", h.spoken.Load())
	}
	if _, err := os.Stat(young); err != nil {
		t.Error("the workshop of another build was cleared away")
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("an abandoned workshop is still there")
	}
}

// Half a clip that a power cut left is spoken anew.
func TestBuildPassesOverDamagedClips(t *testing.T) {
	dir, _ := stoppedBuild(t, true)
	rest := filepath.Join(filepath.Dir(dir), entries(t, filepath.Dir(dir))[0], doneDir)
	for _, name := range entries(t, rest) {
		if err := os.Truncate(filepath.Join(rest, name), 100); err != nil {
			t.Fatal(err)
		}
	}
	r := recipe("một", "hai", "ba", "bốn", "năm", "sáu")
	r.Resume = true
	if _, err := Build(t.Context(), dir, r); err != nil {
		t.Fatal(err)
	}
	if n := r.Speaker.(hummer).spoken.Load(); n != 6 {
		t.Errorf("%d spoken, want 6", n)
	}
	if rep, err := Check(dir); err != nil || !rep.OK() {
		t.Errorf("%v, %v", rep.Faults, err)
	}
}
