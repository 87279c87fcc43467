package audio

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSaveReplacesWholeOrLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.wav")
	for _, text := range []string{"first", "second"} {
		if err := Save(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%q, %v; want %q", got, err, text)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "taken"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Save(filepath.Join(dir, "taken"), nil); err == nil {
		t.Error("replaced a directory")
	}
	if err := Save(filepath.Join(dir, "nowhere", "a.wav"), nil); err == nil {
		t.Error("saved into a directory that is not there")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
