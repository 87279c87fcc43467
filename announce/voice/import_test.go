package voice

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// exported is a recorded voice as one file, and what was in its folder.
func exported(t testing.TB) (file []byte, folder map[string]string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "voice")
	r := recorded("một", "hai")
	r.Files["grammar.en.json"] = []byte("{}")
	if _, err := Build(t.Context(), dir, r); err != nil {
		t.Fatal(err)
	}
	folder = map[string]string{}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		folder[e.Name()] = string(b)
	}
	var out bytes.Buffer
	if err := Export(&out, dir); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), folder
}

// zipped writes files into an archive, in the order of their names.
func zipped(t testing.TB, files map[string]string, head func(h *zip.FileHeader)) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		if head != nil {
			head(h)
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(files[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (s Shelf) take(t *testing.T, b []byte, o ImportOptions) (Imported, error) {
	t.Helper()
	return s.Import(t.Context(), bytes.NewReader(b), int64(len(b)), o)
}

func TestExportImport(t *testing.T) {
	file, folder := exported(t)
	s := Shelf{filepath.Join(t.TempDir(), "voices")}
	got, err := s.take(t, file, ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "vi-north-lan" || len(got.Ignored) != 0 || !got.Report.OK() {
		t.Errorf("%+v", got)
	}
	if now := contents(t, got.Dir); !maps.Equal(now, folder) {
		t.Errorf("arrived as %v", slices.Sorted(maps.Keys(now)))
	}
	var again bytes.Buffer
	if err := Export(&again, got.Dir); err != nil || !bytes.Equal(again.Bytes(), file) {
		t.Errorf("exported again it is another file: %v", err)
	}
	if left := entries(t, s.Dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestImportNeverOverwrites(t *testing.T) {
	file, folder := exported(t)
	s := filled(t)
	before := contents(t, filepath.Join(s.Dir, "lan"))
	if _, err := s.take(t, file, ImportOptions{Name: "lan"}); !errors.Is(err, ErrInstalled) {
		t.Errorf("got %v", err)
	}
	if !maps.Equal(contents(t, filepath.Join(s.Dir, "lan")), before) {
		t.Error("the voice was changed")
	}
	if _, err := s.take(t, file, ImportOptions{Name: "lan", Replace: true}); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(contents(t, filepath.Join(s.Dir, "lan")), folder) {
		t.Error("the voice was not replaced")
	}
	if _, err := s.take(t, file, ImportOptions{Name: "lan-2"}); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"../lan", "in-use", "a b", ".x", "/tmp/x"} {
		if _, err := s.take(t, file, ImportOptions{Name: name, Replace: true}); !errors.Is(err, ErrPack) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := os.MkdirAll(filepath.Join(s.Dir, "thesis"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.Dir, "thesis", "thesis.odt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.take(t, file, ImportOptions{Name: "thesis", Replace: true}); err == nil {
		t.Error("a folder that is no voice was replaced")
	}
}

// People zip a folder, and their computers add files of their own.
func TestImportOfAFolder(t *testing.T) {
	_, folder := exported(t)
	files := map[string]string{"__MACOSX/._manifest.json": "x", "Giọng Lan/.DS_Store": "x", "Giọng Lan/cache/1.wav": "x", "Giọng Lan/old.wav": "x"}
	for name, text := range folder {
		files["Giọng Lan/"+name] = text
	}
	got, err := (Shelf{t.TempDir()}).take(t, zipped(t, files, nil), ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(contents(t, got.Dir), folder) || len(got.Ignored) != 4 {
		t.Errorf("ignored %q, has %v", got.Ignored, entries(t, got.Dir))
	}
}

func TestImportRefuses(t *testing.T) {
	file, folder := exported(t)
	with := func(change map[string]string) map[string]string {
		out := maps.Clone(folder)
		maps.Copy(out, change)
		for name, text := range change {
			if text == "-" {
				delete(out, name)
			}
		}
		return out
	}
	bomb := strings.Repeat("\x00", maxExtra+1)
	for name, b := range map[string][]byte{
		"nothing":            nil,
		"no archive":         []byte(strings.Repeat("not a zip file ", 99)),
		"cut off":            file[:len(file)/2],
		"damaged":            append(append(bytes.Clone(file[:2000]), bytes.Repeat([]byte{7}, 200)...), file[2200:]...),
		"no manifest":        zipped(t, with(map[string]string{"manifest.json": "-"}), nil),
		"manifest of a page": zipped(t, with(map[string]string{"manifest.json": "<html>"}), nil),
		"a clip is missing":  zipped(t, with(map[string]string{"c.a.wav": "-"}), nil),
		"a clip was changed": zipped(t, with(map[string]string{"c.a.wav": folder["c.b.wav"]}), nil),
		"a way out":          zipped(t, with(map[string]string{"../evil.txt": "x"}), nil),
		"a root":             zipped(t, with(map[string]string{"/etc/passwd": "x"}), nil),
		"a drive":            zipped(t, with(map[string]string{"C:\\evil.txt": "x"}), nil),
		"twice":              zipped(t, with(map[string]string{"C.A.WAV": folder["c.a.wav"]}), nil),
		"a link":             zipped(t, folder, func(h *zip.FileHeader) { h.SetMode(os.ModeSymlink | 0o777) }),
		"locked":             zipped(t, folder, func(h *zip.FileHeader) { h.Flags |= 1 }),
		"a bomb":             zipped(t, with(map[string]string{"readme.txt": bomb}), nil),
		"an empty archive":   zipped(t, nil, nil),
	} {
		t.Run(name, func(t *testing.T) {
			s := Shelf{t.TempDir()}
			if got, err := s.take(t, b, ImportOptions{}); !errors.Is(err, ErrPack) {
				t.Errorf("took %+v, %v; want ErrPack", got.Installed, err)
			}
			if left := entries(t, s.Dir); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// A file that says it is small and is not is cut short while it unfolds.
func TestImportOfALiar(t *testing.T) {
	_, folder := exported(t)
	folder["readme.txt"] = strings.Repeat("a", maxExtra+5)
	b := zipped(t, folder, nil)
	size := []byte{5, 0, 0x10, 0} // maxExtra+5, as it stands in the headers.
	b = bytes.ReplaceAll(b, size, []byte{5, 0, 0, 0})
	if _, err := (Shelf{t.TempDir()}).take(t, b, ImportOptions{}); !errors.Is(err, ErrPack) {
		t.Errorf("got %v, want ErrPack", err)
	}
	a := &archive{left: 10}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.read(z.File[len(z.File)-1], 1<<20); !errors.Is(err, ErrPack) {
		t.Errorf("more than the whole may be: %v", err)
	}
}

func TestExportRefusesDamage(t *testing.T) {
	dir := built(t, recorded("một", "hai")).Dir()
	path := filepath.Join(t.TempDir(), "lan.zip")
	if err := ExportFile(path, dir, false); err != nil {
		t.Fatal(err)
	}
	if err := ExportFile(path, dir, false); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v", err)
	}
	if err := ExportFile(path, dir, true); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "c.a.wav"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := ExportFile(path, dir, true); !errors.Is(err, ErrPack) {
		t.Errorf("got %v", err)
	}
	if left := entries(t, filepath.Dir(path)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	if got, err := (Shelf{t.TempDir()}).ImportFile(t.Context(), path, ImportOptions{}); err != nil || got.Name != "vi-north-lan" {
		t.Errorf("the older file was spoilt: %v", err)
	}
}

// tiny is the smallest voice: one clip of a hundredth of a second.
func tiny() map[string]string {
	wav := string(audio.EncodeWAV(audio.Silence(8000, 10*time.Millisecond)))
	return map[string]string{
		"a.wav":      wav,
		manifestName: `{"format":2,"id":"x","lang":"vi","rate":8000,"clips":[{"id":"a","text":"a","pos":"c","file":"a.wav","sha256":"` + sumOf([]byte(wav)) + `"}]}`,
	}
}

// Whatever comes, nothing is written beside the voice, and what is taken opens.
func FuzzImport(f *testing.F) {
	f.Add(zipped(f, tiny(), nil))
	f.Add(zipped(f, map[string]string{"a/manifest.json": `{"format":2,"id":"x"}`}, nil))
	f.Add(zipped(f, map[string]string{"manifest.json": tiny()["manifest.json"]}, func(h *zip.FileHeader) { h.Method = zip.Store }))
	parent := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		s := Shelf{filepath.Join(parent, "voices")}
		defer os.RemoveAll(s.Dir)
		got, err := s.take(t, b, ImportOptions{Name: "new"})
		if beside, _ := os.ReadDir(parent); len(beside) > 1 {
			t.Errorf("written beside the shelf: %v", beside)
		}
		if err != nil {
			return
		}
		p, err := Open(got.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for k := range p.byKey {
			if _, err := p.Clip(k); err != nil {
				t.Errorf("a clip that was checked does not open: %v", err)
			}
		}
	})
}

// A manifest that was read can be written and read again.
func FuzzManifestRoundTrip(f *testing.F) {
	f.Add([]byte(tiny()[manifestName]))
	f.Add([]byte(`{"format":1,"lang":"km","rate":8000,"clips":[{"id":"a","text":"x","pos":"c","file":"a.flac","variant":2}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseManifest(b)
		if err != nil {
			if !errors.Is(err, ErrPack) {
				t.Errorf("%v does not wrap ErrPack", err)
			}
			return
		}
		once, err := json.Marshal(m)
		if err != nil {
			return // A date beyond the year 9999 cannot be written.
		}
		again, err := ParseManifest(once)
		if err != nil {
			t.Fatalf("not read again: %v", err)
		}
		if twice, _ := json.Marshal(again); !bytes.Equal(once, twice) {
			t.Errorf("%s became %s", once, twice)
		}
	})
}
