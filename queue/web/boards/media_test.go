package boards

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/queue"
)

func encoded(t testing.TB, encode func(io.Writer, image.Image) error, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.Black, color.White})); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, width, height int) []byte { return encoded(t, png.Encode, width, height) }

// mp4 is what begins a film; the rest is nobody's to look at here.
func mp4(n int) []byte {
	return append([]byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"), bytes.Repeat([]byte{7}, n)...)
}

func library(t testing.TB) *Media {
	t.Helper()
	m, err := OpenMedia(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMediaKinds(t *testing.T) {
	m := library(t)
	for _, tc := range []struct {
		name    string
		content []byte
		kind    string
	}{
		{"Sơ đồ tầng 1.png", asPNG(t, 40, 30), "image/png"},
		{"anh.exe", encoded(t, func(w io.Writer, i image.Image) error { return jpeg.Encode(w, i, nil) }, 8, 8), "image/jpeg"},
		{"động.gif", encoded(t, func(w io.Writer, i image.Image) error { return gif.Encode(w, i, nil) }, 8, 8), "image/gif"},
		{"phim.mp4", mp4(2000), "video/mp4"},
		{"film.webm", append([]byte("\x1a\x45\xdf\xa3\x01\x00\x00\x00webm"), 1, 2, 3), "video/webm"},
	} {
		x, err := m.Add(tc.name, bytes.NewReader(tc.content))
		if err != nil || x.Kind != tc.kind || x.Bytes != int64(len(tc.content)) || x.Video() != strings.HasPrefix(tc.kind, "video/") {
			t.Errorf("%s: %+v, %v", tc.name, x, err)
		}
		again, err := m.Add("other name", bytes.NewReader(tc.content))
		if err != nil || again != x {
			t.Errorf("%s again: %+v, %v", tc.name, again, err)
		}
		rec := httptest.NewRecorder()
		if !m.Serve(rec, httptest.NewRequest("GET", x.Path(), nil), strings.TrimPrefix(x.Path(), MediaPath)) || !bytes.Equal(rec.Body.Bytes(), tc.content) {
			t.Errorf("%s is not served", x.Path())
		}
		h := rec.Header()
		if h.Get("Content-Type") != tc.kind || h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: %v", tc.name, h)
		}
		part := httptest.NewRequest("GET", x.Path(), nil)
		part.Header.Set("Range", "bytes=2-5")
		rec = httptest.NewRecorder()
		if m.Serve(rec, part, x.ID+".x"); rec.Code != 206 || !bytes.Equal(rec.Body.Bytes(), tc.content[2:6]) {
			t.Errorf("%s: a part is %d %q", tc.name, rec.Code, rec.Body)
		}
	}
	for name, content := range map[string]string{
		"a.png": "<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "b.jpg": "<html><script>1</script>", "c.mp4": "#!/bin/sh", "empty.png": "",
		"half.png": string(asPNG(t, 4, 4)[:20]), "polyglot.gif": "GIF89a=1;alert(1)//", "text": "xin chào", "pdf.png": "%PDF-1.4",
	} {
		if _, err := m.Add(name, strings.NewReader(content)); !errors.Is(err, ErrMediaKind) && !errors.Is(err, ErrMediaSize) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all := m.All(); len(all) != 5 || !sorted(all) {
		t.Errorf("%+v", all)
	}
	for _, name := range []string{"", "x", "../media.json", mediaIndex, strings.Repeat("0", 32) + ".png"} {
		if m.Serve(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), name) {
			t.Errorf("%q is served", name)
		}
	}
}

func sorted(all []Medium) bool {
	for i := 1; i < len(all); i++ {
		if all[i].Name < all[i-1].Name {
			return false
		}
	}
	return true
}

// claims has a PNG say another size than it has.
func claims(b []byte, width, height uint32) []byte {
	const header, size, sum = 12, 16, 29 // Where its first chunk has these.
	binary.BigEndian.PutUint32(b[size:], width)
	binary.BigEndian.PutUint32(b[size+4:], height)
	binary.BigEndian.PutUint32(b[sum:], crc32.ChecksumIEEE(b[header:sum]))
	return b
}

// zeros is an endless file.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestMediaBounds(t *testing.T) {
	m := library(t)
	if _, err := m.Add("wide.png", bytes.NewReader(asPNG(t, maxSide+1, 1))); !errors.Is(err, ErrMediaSize) {
		t.Errorf("too wide: %v", err)
	}
	if _, err := m.Add("big.png", bytes.NewReader(claims(asPNG(t, 1, 1), 6500, 6500))); !errors.Is(err, ErrMediaSize) {
		t.Errorf("too many pixels: %v", err)
	}
	if _, err := m.Add("long.png", io.MultiReader(bytes.NewReader(asPNG(t, 4, 4)), zeros{})); !errors.Is(err, ErrMediaSize) {
		t.Errorf("too many bytes: %v", err)
	}
	broken := errors.New("the line broke")
	if _, err := m.Add("half.mp4", io.MultiReader(bytes.NewReader(mp4(5000)), failing{broken})); !errors.Is(err, broken) {
		t.Errorf("half a file: %v", err)
	}
	m.free = func(string) (uint64, error) { return spareDisk + maxPicture, nil }
	if _, err := m.Add("a.mp4", bytes.NewReader(mp4(5))); !errors.Is(err, ErrMediaDisk) {
		t.Errorf("no room: %v", err)
	}
	if _, err := m.Add("a.png", bytes.NewReader(asPNG(t, 4, 4))); err != nil {
		t.Errorf("room for a picture: %v", err)
	}
	m.free = freeOn
	for len(m.list) < maxMedia {
		m.list = append(m.list, Medium{})
	}
	if _, err := m.Add("one more.mp4", bytes.NewReader(mp4(maxMedia+1))); !errors.Is(err, ErrMediaFull) {
		t.Errorf("the last: %v", err)
	}
	m.list = []Medium{{Bytes: maxAllMedia}}
	if _, err := m.Add("one more.mp4", bytes.NewReader(mp4(7))); !errors.Is(err, ErrMediaFull) {
		t.Errorf("too much: %v", err)
	}
	files, err := os.ReadDir(m.dir)
	if err != nil || len(files) != 2 {
		t.Errorf("%d files lie there, want one picture and the index, %v", len(files), err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestMediaStays(t *testing.T) {
	m := library(t)
	kept, err := m.Add("a.png", bytes.NewReader(asPNG(t, 4, 4)))
	if err != nil {
		t.Fatal(err)
	}
	gone, err := m.Add("b.png", bytes.NewReader(asPNG(t, 5, 5)))
	if err != nil {
		t.Fatal(err)
	}
	lost, err := m.Add("c.png", bytes.NewReader(asPNG(t, 6, 6)))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := m.Remove(gone.ID); err != nil {
			t.Error(err)
		}
	}
	for _, err := range []error{os.Remove(filepath.Join(m.dir, lost.ID)), os.WriteFile(filepath.Join(m.dir, "coming-1"), nil, 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if m, err = OpenMedia(m.dir); err != nil {
		t.Fatal(err)
	}
	if all := m.All(); len(all) != 1 || all[0] != kept {
		t.Errorf("%+v", all)
	}
	if _, err := os.Stat(filepath.Join(m.dir, "coming-1")); err == nil {
		t.Error("half a file still lies there")
	}
	serve := func() int {
		w := httptest.NewRecorder()
		m.Serve(w, httptest.NewRequest("GET", "/", nil), kept.ID)
		return w.Code
	}
	for range maxServed {
		m.out <- struct{}{}
	}
	if got := serve(); got != http.StatusServiceUnavailable {
		t.Errorf("one download too many: %d", got)
	}
	<-m.out
	for range 2 { // It makes room again.
		if got := serve(); got != http.StatusOK {
			t.Errorf("there is room: %d", got)
		}
	}
	list := m.Playlist(queue.BoardSetup{Playlist: []queue.BoardMedium{{File: gone.ID}, {File: kept.ID}, {File: kept.ID, Seconds: 3}}})
	if len(list) != 2 || list[0].MS != 10_000 || list[1].MS != 3000 || list[0].Src != kept.Path() || list[0].Alt != "a" {
		t.Errorf("%+v", list)
	}
	if err := os.WriteFile(filepath.Join(m.dir, mediaIndex), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := OpenMedia(m.dir)
	if err != nil {
		t.Fatal(err)
	}
	kept.Name = kept.ID[:6]
	if all := again.All(); len(all) != 1 || all[0] != kept {
		t.Errorf("with half an index %+v, want %+v", all, kept)
	}
	if none := (*Media)(nil); len(none.All()) != 0 || none.Serve(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), kept.ID) {
		t.Error("no library has something")
	}
}

func FuzzMediaName(f *testing.F) {
	for _, s := range []string{"Sơ đồ.png", "../../etc/passwd", `C:\a\b.jpg`, "\x00\xff", strings.Repeat("ồ", 200), "."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := mediaName(s)
		if got == "" || len(got) > maxMediaName || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\n\x00") {
			t.Errorf("%q is called %q", s, got)
		}
	})
}

func FuzzAdd(f *testing.F) {
	f.Add(asPNG(f, 3, 3))
	f.Add(mp4(3))
	f.Add([]byte("GIF89a"))
	f.Add([]byte("<svg/>"))
	m := library(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := m.Add("x", bytes.NewReader(b))
		if err == nil {
			if mediaEnding(x.Kind) == "" || !isHash(x.ID) {
				t.Errorf("%+v was taken", x)
			}
			err = m.Remove(x.ID)
		} else if errors.Is(err, ErrMediaKind) || errors.Is(err, ErrMediaSize) {
			err = nil
		}
		if err != nil {
			t.Error(err)
		}
	})
}
