package vprinter

import (
	"bytes"
	"errors"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func decode(data []byte) ([]Op, error) {
	d := NewDecoder(bytes.NewReader(data))
	var ops []Op
	for {
		op, err := d.Next()
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return ops, nil
		}
		if err != nil {
			return ops, err
		}
		ops = append(ops, op)
	}
}

// What the encoder writes, the decoder reads back: same commands, same dots.
func TestDecodeReadsEncoder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, err := escpos.NewBitmap(8*rapid.IntRange(1, 72).Draw(t, "stride"), rapid.IntRange(1, 400).Draw(t, "rows"))
		if err != nil {
			t.Fatal(err)
		}
		pattern := rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "dots")
		for i := range b.Bits {
			b.Bits[i] = pattern[i%len(pattern)]
		}
		id := escpos.NewID(rapid.Uint64().Draw(t, "id"))
		var e escpos.Encoder
		e.Init()
		e.AutoStatus(escpos.AutoAll)
		if err := e.Raster(b); err != nil {
			t.Fatal(err)
		}
		e.FeedDots(7)
		e.FeedLines(2)
		e.Cut()
		e.ProcessID(id)
		e.PaperStatus()
		ops, err := decode(append(slices.Clone(e.Bytes()), append(escpos.RealTimeStatus(2), escpos.Recover()...)...))
		if err != nil {
			t.Fatal(err)
		}
		var kinds []OpKind
		dots := []byte{}
		for _, op := range ops {
			if op.Kind != OpRaster {
				kinds = append(kinds, op.Kind)
				continue
			}
			dots = append(dots, op.Picture.Bits...)
		}
		want := []OpKind{OpInit, OpAutoStatus, OpFeedDots, OpFeedLines, OpCut, OpProcessID, OpPaperStatus, OpRealTime, OpRecover}
		if !slices.Equal(kinds, want) {
			t.Fatalf("commands %v, want %v", kinds, want)
		}
		differ := 0
		for i := range dots {
			if dots[i] != b.Bits[i] {
				differ++
			}
		}
		if len(dots) != len(b.Bits) || differ > escpos.RealTime(b.Bits) {
			t.Fatalf("%d bytes with %d different, want %d with at most %d", len(dots), differ, len(b.Bits), escpos.RealTime(b.Bits))
		}
	})
}

func TestDecodeRefuses(t *testing.T) {
	for name, data := range map[string]string{
		"text":                     "A",
		"line feed":                "\n",
		"double width":             "\x1d\x76\x30\x01\x01\x00\x01\x00\x00",
		"too many rows":            "\x1d\x76\x30\x00\x01\x00\x01\x01",
		"no columns":               "\x1d\x76\x30\x00\x00\x00\x01\x00",
		"too wide":                 "\x1d\x76\x30\x00\x81\x00\x01\x00",
		"real-time in a picture":   "\x1d\x76\x30\x00\x02\x00\x01\x00\x10\x04",
		"drawer pulse":             "\x10\x14\x01",
		"status 9":                 "\x10\x04\x09",
		"full cut":                 "\x1dV\x00\x00",
		"other ESC":                "\x1bE\x01",
		"other GS":                 "\x1d!\x11",
		"other GS (":               "\x1d(L\x06\x0000ABCD",
		"process id not visible":   "\x1d(H\x06\x0000\x00\x01\x02\x03",
		"paper status of a drawer": "\x1dr\x02",
	} {
		var syntax *SyntaxError
		if _, err := decode([]byte(data)); !errors.As(err, &syntax) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, cut := range []string{"\x1b", "\x1d", "\x1da", "\x1dv0", "\x1d\x76\x30\x00\x01\x00\x02\x00A", "\x10", "\x10\x04", "\x1d(H\x06", "\x1dVB"} {
		if _, err := decode([]byte(cut)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("% x: %v, want unexpected EOF", cut, err)
		}
	}
}

func TestSyntaxErrorTellsWhere(t *testing.T) {
	_, err := decode([]byte("\x1b@\x00\x00\x1b@Z"))
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || syntax.Offset != 6 || !strings.Contains(err.Error(), "5a") {
		t.Errorf("got %v", err)
	}
}

// FuzzDecode: no panic; what was read is bounded by what came in.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("\x1b@\x1da\x0f\x1dv0\x00\x01\x00\x01\x00\xff\x1dVB\x00\x1d(H\x06\x0000ABCD\x1dr\x01"))
	f.Add([]byte("\x00\x00\x10\x04\x01\x10\x05\x02"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := NewDecoder(bytes.NewReader(data))
		for {
			before := d.offset
			_, err := d.Next()
			if d.offset > int64(len(data)) {
				t.Fatalf("offset %d of %d", d.offset, len(data))
			}
			if err != nil {
				return
			}
			if d.offset <= before {
				t.Fatalf("no progress at %d", before)
			}
		}
	})
}

// job is a small ticket in bytes.
func job(t *testing.T, rows int) []byte {
	t.Helper()
	b, err := escpos.NewBitmap(576, rows)
	if err != nil {
		t.Fatal(err)
	}
	b.Fill(b.Bounds().Inset(4), true)
	var e escpos.Encoder
	e.Init()
	if err := e.Raster(b); err != nil {
		t.Fatal(err)
	}
	e.Cut()
	return e.Bytes()
}

// feed sends bytes over one connection and waits until they were taken.
func feed(t *testing.T, p *Printer, data []byte) {
	t.Helper()
	conn, err := p.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(append(data, escpos.RealTimeStatus(1)...)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
}

func TestPapersAreKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "papers")
	at := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	p, err := New(Config{Dir: dir, Keep: 3, Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		feed(t, p, job(t, 20+i))
	}
	check := func(p *Printer) {
		t.Helper()
		papers := p.Papers()
		if len(papers) != 3 || papers[0].ID != 5 || papers[2].ID != 3 || p.Count() != 5 {
			t.Fatalf("papers %d, count %d", len(papers), p.Count())
		}
		img, err := png.Decode(bytes.NewReader(papers[0].PNG))
		if err != nil || img.Bounds().Dy() != 24+2*marginDots || img.Bounds().Dx() != 576+2*marginDots {
			t.Fatalf("newest paper: %v", err)
		}
	}
	check(p)
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 3 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := New(Config{Dir: dir, Keep: 3})
	if err != nil {
		t.Fatal(err)
	}
	check(again)
	feed(t, again, job(t, 10))
	if again.Papers()[0].ID != 6 {
		t.Errorf("after a restart the next paper is %d, want 6", again.Papers()[0].ID)
	}
	if _, err := os.Stat(filepath.Join(dir, "notes.txt")); err != nil {
		t.Error("a foreign file was removed")
	}
}

func TestUnusableFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Dir: file}); err == nil {
		t.Error("a file was accepted as folder")
	}
}

// A stopped printer prints what it holds when it is ready again.
func TestStoppedPrinterCatchesUp(t *testing.T) {
	p, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	p.SetStatus(escpos.Status{CoverOpen: true, Offline: true})
	feed(t, p, job(t, 20))
	if len(p.Papers()) != 0 {
		t.Fatal("paper came out of an open printer")
	}
	p.SetStatus(escpos.Status{})
	if len(p.Papers()) != 1 {
		t.Error("the ticket did not come out after closing the cover")
	}
}

func TestComplains(t *testing.T) {
	p, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := p.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = conn.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Fatal("the connection stayed open")
	}
	var syntax *SyntaxError
	if err := p.Err(); !errors.As(err, &syntax) || syntax.Offset != 0 {
		t.Errorf("got %v", err)
	}
}

func TestPages(t *testing.T) {
	p, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	if w := get("/kiosk/paper"); w.Code != 200 || !strings.Contains(w.Body.String(), "Chưa có phiếu nào") {
		t.Errorf("empty page: %d", w.Code)
	}
	if w := get("/kiosk/paper/latest.png"); w.Code != 404 || !strings.Contains(w.Body.String(), "/kiosk") {
		t.Errorf("no paper yet: %d", w.Code)
	}
	feed(t, p, job(t, 20))
	if w := get("/kiosk/paper"); !strings.Contains(w.Body.String(), `src="/kiosk/paper/1.png"`) {
		t.Errorf("page without paper: %s", w.Body)
	}
	for _, path := range []string{"/kiosk/paper/latest.png", "/kiosk/paper/1.png"} {
		w := get(path)
		if _, err := png.Decode(w.Body); err != nil || w.Header().Get("Content-Type") != "image/png" {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, path := range []string{"/kiosk/paper/2.png", "/kiosk/paper/0.png", "/kiosk/paper/x.png", "/kiosk/paper/1", "/kiosk/paper/-1.png"} {
		if w := get(path); w.Code != 404 {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
	}
	for _, path := range []string{"/kiosk/paper/static/paper.css", "/kiosk/paper/static/paper.js"} {
		if w := get(path); w.Code != 200 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// The control interface: buttons, JSON, and what is no command.
func TestControl(t *testing.T) {
	p, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	send := func(kind, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/kiosk/paper/control", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, r)
		return w
	}
	const form, object = "application/x-www-form-urlencoded", "application/json"
	for _, tr := range troubles() {
		if w := send(form, "do="+tr.ID); w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d", tr.ID, w.Code)
		}
	}
	send(form, "do=paper-out")
	if !p.Status().PaperEnd {
		t.Error("there is still paper")
	}
	if w := send(object, `{"status": {"CoverOpen": true}, "faults": {"answer_lag": "250ms", "cut_after": 900}}`); w.Code != 200 || !strings.Contains(w.Body.String(), `"answer_lag":"250ms"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if s, f := p.Status(), p.Faults(); !s.CoverOpen || s.PaperEnd || f.CutAfter != 900 || f.AnswerLag != Lag(250*time.Millisecond) {
		t.Errorf("%+v %+v", s, f)
	}
	for _, bad := range [][2]string{{form, "do=dance"}, {form, ""}, {object, "{"}, {object, "{}"}, {object, `{"faults": {"answer_lag": "x"}}`}, {object, strings.Repeat(" ", maxControl+1)}} {
		if w := send(bad[0], bad[1]); w.Code != http.StatusBadRequest {
			t.Errorf("%.20q: %d", bad[1], w.Code)
		}
	}
	send(form, "do=well")
	if p.Faults() != (Faults{}) || p.Status() != (escpos.Status{}) {
		t.Error("it is not well again")
	}
}
