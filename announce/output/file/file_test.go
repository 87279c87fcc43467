package file

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/announce/output"
)

func clip(id string, reading int, d time.Duration) output.Clip {
	return output.Clip{ID: id, Reading: reading, PCM: audio.Beep(audio.RatePA, 440, d)}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Name())
	}
	return out
}

func TestPlayWritesWAV(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sound")
	o, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []output.Clip{clip("1-A001-1", 1, 100*time.Millisecond), clip("1-A001-2", 2, 50*time.Millisecond)} {
		if err := o.Play(t.Context(), c); err != nil {
			t.Fatal(i, err)
		}
	}
	if got := names(t, dir); !slices.Equal(got, []string{"call-1-A001-1.wav", "call-1-A001-2.wav", "latest.wav"}) {
		t.Errorf("files %v", got)
	}
	b, err := os.ReadFile(filepath.Join(dir, Latest))
	if err != nil {
		t.Fatal(err)
	}
	if pcm, err := audio.DecodeWAV(b); err != nil || pcm.Duration() != 100*time.Millisecond {
		t.Errorf("latest.wav lasts %v (%v), want the first reading", pcm.Duration(), err)
	}
}

func TestPlayKeepsTheNewest(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "mine.wav")
	if err := os.WriteFile(other, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	o, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range Keep + 5 {
		if err := o.Play(t.Context(), clip(fmt.Sprintf("%04d", i), 1, time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	got := names(t, dir)
	if len(got) != Keep+2 || got[0] != "call-0005.wav" || !slices.Contains(got, "mine.wav") {
		t.Errorf("%d files from %s", len(got), got[0])
	}
}

func TestPlayRefuses(t *testing.T) {
	dir := t.TempDir()
	o, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"", "../x", "a/b", strings.Repeat("a", 101)} {
		if err := o.Play(t.Context(), clip(id, 1, time.Millisecond)); err == nil {
			t.Errorf("wrote %q", id)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := o.Play(ctx, clip("a", 1, time.Millisecond)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("left %v", got)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := o.Play(t.Context(), clip("a", 1, time.Millisecond)); err == nil {
		t.Error("wrote into a folder that is gone")
	}
}

func TestNewNeedsAFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := New(path); err == nil {
		t.Error("a file served as a folder")
	}
}

func TestHealth(t *testing.T) {
	dir := t.TempDir()
	o, err := New(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.SelfTest(t.Context()); err != nil || !o.Health().OK || !o.Health().LastPlayed.IsZero() {
		t.Errorf("%v, %+v", err, o.Health())
	}
	if err := o.Play(t.Context(), clip("a", 1, time.Millisecond)); err != nil || o.Health().LastPlayed.IsZero() {
		t.Errorf("%v, %+v", err, o.Health())
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	var fault *output.Fault
	if err := o.SelfTest(t.Context()); !errors.As(err, &fault) || o.Health().OK || !strings.Contains(o.Health().Detail, "dung lượng") {
		t.Errorf("%v, %+v", err, o.Health())
	}
}
