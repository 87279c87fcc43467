package officefile

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xinmoi/xinmoi/queue"
)

func office() Office {
	return Office{Format: Format, MadeAt: time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC), Program: "test", Setup: queue.CommuneCentre()}
}

func data() fstest.MapFS {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"logo.png": file("png"), "words/km.json": file(`{"a":"b"}`), "media/1.jpg": file("jpg"), "voices/nam/manifest.json": file("{}"), "voices/nam/clips/1.wav": file("riff"),
		"xinmoi.db": file("secret"), "voices/nu.studio/half.wav": file("half"), "words/.hidden": file("x"), "https/authority.key": file("key"),
	}
}

func written(t testing.TB, parts []string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteZip(&b, office(), data(), parts); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func opened(b []byte) (*File, error) { return Open(bytes.NewReader(b), int64(len(b))) }

func TestRoundTrip(t *testing.T) {
	f, err := opened(written(t, append(Parts(), "https", "xinmoi.db")))
	if err != nil {
		t.Fatal(err)
	}
	names := f.Names()
	slices.Sort(names)
	if want := []string{"logo.png", "media/1.jpg", "voices/nam/clips/1.wav", "voices/nam/manifest.json", "words/km.json"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q: no key, no store, nothing half done", names, want)
	}
	if diff := cmp.Diff(office(), f.Office); diff != "" {
		t.Error(diff)
	}
	var b bytes.Buffer
	if err := WriteJSON(&b, office()); err != nil {
		t.Fatal(err)
	}
	if f, err = opened(b.Bytes()); err != nil || len(f.Names()) != 0 || f.Setup.Name != office().Setup.Name {
		t.Errorf("%v %+v", err, f)
	}
}

// packed makes a ZIP file of names and what they hold.
func packed(t testing.TB, files ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func head(t testing.TB, change func(*Office)) [2]string {
	t.Helper()
	o := office()
	if change != nil {
		change(&o)
	}
	var b bytes.Buffer
	if err := WriteJSON(&b, o); err != nil {
		t.Fatal(err)
	}
	return [2]string{SetupName, b.String()}
}

func TestRefused(t *testing.T) {
	good := head(t, nil)
	for name, file := range map[string][]byte{
		"nothing":               {},
		"another file":          []byte("GIF89a, not an office"),
		"another JSON":          []byte(`{"hello": 1}`),
		"a ZIP without office":  packed(t, [2]string{"logo.png", "x"}),
		"a damaged ZIP":         written(t, Parts())[:300],
		"a path upwards":        packed(t, good, [2]string{"../../etc/passwd", "x"}),
		"a path upwards within": packed(t, good, [2]string{"media/../../x.jpg", "x"}),
		"an absolute path":      packed(t, good, [2]string{"/etc/cron.d/x", "x"}),
		"a path of Windows":     packed(t, good, [2]string{`media\..\..\x`, "x"}),
		"the store":             packed(t, good, [2]string{"xinmoi.db", "x"}),
		"a key":                 packed(t, good, [2]string{"https/authority.key", "x"}),
		"a hidden file":         packed(t, good, [2]string{"media/.x", "x"}),
		"the same twice":        packed(t, good, [2]string{"media/x.jpg", "x"}, [2]string{"media/X.jpg", "y"}),
		"two offices":           packed(t, good, good),
		"a bomb":                packed(t, good, [2]string{"media/x.jpg", strings.Repeat("\x00", 2<<20)}),
		"a later version":       packed(t, head(t, func(o *Office) { o.Format = 2 })),
		"an unknown member":     []byte(strings.Replace(good[1], `"program"`, `"programme"`, 1)),
		"no counters":           packed(t, head(t, func(o *Office) { o.Setup.Counters = nil })),
		"a counter of nothing":  packed(t, head(t, func(o *Office) { o.Setup.Counters[0].Services = []string{"Z"} })),
	} {
		if f, err := opened(file); err == nil {
			t.Errorf("%s: %+v", name, f.Names())
		} else if !strings.Contains(err.Error(), "(") {
			t.Errorf("%s: %v: in one language only", name, err)
		}
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "media/x.jpg"}
	h.SetMode(fs.ModeSymlink | 0o777)
	w, err := z.CreateHeader(h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("/etc/passwd")); err != nil {
		t.Fatal(err)
	}
	if w, err = z.Create(SetupName); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(good[1])); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := opened(b.Bytes()); err == nil {
		t.Error("a link out of the folder")
	}
}

// A file that says to be smaller than it is brings nothing in.
func TestLyingSize(t *testing.T) {
	file := packed(t, head(t, nil), [2]string{"media/x.jpg", strings.Repeat("\x00", 2<<20)})
	// The central directory says how large a part is, 24 bytes into its entry.
	at := bytes.LastIndex(file, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(file[at+24:], 10)
	f, err := opened(file)
	if err != nil {
		return
	}
	dir := t.TempDir()
	if err := f.Place(t.Context(), dir, func(context.Context) error { return nil }); err == nil {
		t.Error("it was believed")
	}
	if _, err := os.Stat(filepath.Join(dir, "media", "x.jpg")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("something of it is there")
	}
}

// folder is what a data directory holds.
func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// All or nothing, wherever it fails or the machine goes off.
func TestAllOrNothing(t *testing.T) {
	before := map[string]string{"logo.png": "old", "words/km.json": "old", "media/other.jpg": "stays", "voices/nam/manifest.json": "old", "voices/nam/clips/9.wav": "old", "xinmoi.db": "store"}
	after := map[string]string{
		"logo.png": "png", "words/km.json": `{"a":"b"}`, "media/1.jpg": "jpg", "media/other.jpg": "stays",
		"voices/nam/manifest.json": "{}", "voices/nam/clips/1.wav": "riff", "xinmoi.db": "store",
	}
	f, err := opened(written(t, Parts()))
	if err != nil {
		t.Fatal(err)
	}
	fails := errors.New("setup in use")
	for _, c := range []struct {
		name   string
		commit func(context.Context) error
		want   map[string]string
	}{
		{"done", func(context.Context) error { return nil }, after}, {"refused", func(context.Context) error { return fails }, before},
	} {
		dir := t.TempDir()
		write(t, dir, before)
		err := f.Place(t.Context(), dir, c.commit)
		if (err == nil) != (c.name == "done") || err != nil && !errors.Is(err, fails) {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, folder(t, dir)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	// A machine that goes off in the middle: what commit sees is what a crash leaves.
	for name, crash := range map[string]func(dir string){
		"before the setup": func(string) {},
		"after some of it": func(dir string) {
			_ = os.Rename(filepath.Join(dir, "logo.png"), filepath.Join(dir, StageName, newName, "logo.png"))
		},
		"with a file absent": func(dir string) { _ = os.Remove(filepath.Join(dir, "media", "1.jpg")) },
	} {
		dir, left := t.TempDir(), t.TempDir()
		write(t, dir, before)
		_ = f.Place(t.Context(), dir, func(context.Context) error {
			crash(dir)
			return os.CopyFS(filepath.Join(left, "data"), os.DirFS(dir))
		})
		at := filepath.Join(left, "data")
		if err := Recover(at); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(before, folder(t, at)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDiff(t *testing.T) {
	old, next := queue.CommuneCentre(), queue.CommuneCentre()
	next.Name = "Xã khác"
	next.Services = slices.Delete(slices.Clone(next.Services), 1, 2)
	next.Services[0], next.Services[1] = next.Services[1], next.Services[0]
	next.Counters = append(slices.Clone(next.Counters), queue.Counter{ID: "9", Name: "Quầy 9", Services: []string{"A"}})
	next.Rules.PersonMost = 2
	changes, err := Diff(old, next)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Change{}
	for _, c := range changes {
		found[c.Path] = c
	}
	for path, want := range map[string][2]string{"name": {old.Name, "Xã khác"}, "rules › person_most": {"", "2"}} {
		if c := found[path]; c.Old != want[0] || c.New != want[1] {
			t.Errorf("%s: %+v, want %q", path, c, want)
		}
	}
	if c, ok := found["services › B"]; !ok || c.New != "" || c.Old == "" {
		t.Errorf("the service that is gone: %+v", c)
	}
	if c, ok := found["counters › 9"]; !ok || c.Old != "" {
		t.Errorf("the counter that is new: %+v", c)
	}
	if changes, err := Diff(old, old); err != nil || len(changes) != 0 {
		t.Errorf("of the same: %v %v", changes, err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(written(f, Parts()))
	f.Add([]byte(head(f, nil)[1]))
	f.Add(packed(f, head(f, nil), [2]string{"../x", "y"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := opened(b)
		if err != nil {
			return
		}
		if err := file.Setup.Check(); err != nil {
			t.Errorf("a setup that cannot be run: %v", err)
		}
		for _, name := range file.Names() {
			if !filepath.IsLocal(name) || !allowed(name) {
				t.Errorf("%q leads out of the folder", name)
			}
		}
		if file.Size() > maxOpened {
			t.Errorf("%d bytes", file.Size())
		}
	})
}
