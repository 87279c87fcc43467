package escpos

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The bytes of every command, as in Epson's command reference.
func TestGoldenBytes(t *testing.T) {
	picture, err := NewBitmap(16, 2)
	if err != nil {
		t.Fatal(err)
	}
	picture.Set(0, 0, true)
	picture.Set(15, 1, true)
	for _, tt := range []struct {
		name  string
		write func(e *Encoder)
		want  string
	}{
		{"init", (*Encoder).Init, "1b40"},
		{"auto status", func(e *Encoder) { e.AutoStatus(AutoAll) }, "1d610f"},
		{"auto status off", func(e *Encoder) { e.AutoStatus(AutoNone) }, "1d6100"},
		{"feed dots", func(e *Encoder) { e.FeedDots(40) }, "1b4a28"},
		{"feed lines", func(e *Encoder) { e.FeedLines(3) }, "1b6403"},
		{"cut", (*Encoder).Cut, "1d564200"},
		{"process id", func(e *Encoder) { e.ProcessID(ID{'A', '0', '1', '2'}) }, "1d28480600303041303132"},
		{"paper status", (*Encoder).PaperStatus, "1d7201"},
		{"raster", func(e *Encoder) { _ = e.Raster(picture) }, "1d7630000200020080000001"},
		{"cut through", (*Encoder).CutFull, "1d564100"},
		{"cut here", (*Encoder).CutHere, "1d5601"},
		{"buzzer", func(e *Encoder) { e.Buzz(2, 3) }, "1b420203"},
		{"model", func(e *Encoder) { e.Identify(InfoModel) }, "1d4943"},
		{"stored raster", func(e *Encoder) { _ = e.RasterStored(picture) }, "1d384c0e000000307030010131100002008000000" + "11d284c02003032"},
		{"flush", (*Encoder).Flush, strings.Repeat("00", FlushLen)},
	} {
		var e Encoder
		tt.write(&e)
		if got := hex.EncodeToString(e.Bytes()); got != tt.want {
			t.Errorf("%s: %.80s, want %.80s", tt.name, got, tt.want)
		}
	}
	if got := hex.EncodeToString(append(append(RealTimeStatus(4), Recover()...), ClearBuffer()...)); got != "10040410050210140801031401060208" {
		t.Errorf("real-time commands: %s", got)
	}
}

func TestRasterBands(t *testing.T) {
	for _, tt := range []struct{ width, height, bands int }{
		{576, 700, 7}, // 8,192 bytes hold 113 rows of 72 bytes.
		{384, 700, 5}, // 170 rows of 48 bytes.
		{8, 700, 3},   // 256 rows.
		{576, 0, 0},
	} {
		b, err := NewBitmap(tt.width, tt.height)
		if err != nil {
			t.Fatal(err)
		}
		var e Encoder
		if err := e.Raster(b); err != nil {
			t.Fatal(err)
		}
		if got := bytes.Count(e.Bytes(), []byte{gs, 'v', '0', 0}); got != tt.bands {
			t.Errorf("%d × %d: %d bands, want %d", tt.width, tt.height, got, tt.bands)
		}
		if want := tt.bands*8 + len(b.Bits); len(e.Bytes()) != want {
			t.Errorf("%d × %d: %d bytes, want %d", tt.width, tt.height, len(e.Bytes()), want)
		}
	}
}

func TestBitmapBounds(t *testing.T) {
	for _, size := range [][2]int{{0, 1}, {-1, 1}, {MaxWidth + 1, 1}, {8, -1}, {8, MaxHeight + 1}} {
		if _, err := NewBitmap(size[0], size[1]); err == nil {
			t.Errorf("%v was accepted", size)
		}
	}
	b, err := NewBitmap(12, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range [][2]int{{-1, 0}, {12, 0}, {0, 2}, {0, -1}} {
		b.Set(p[0], p[1], true)
		if b.Black(p[0], p[1]) {
			t.Errorf("dot %v outside is black", p)
		}
	}
	if slices.Max(b.Bits) != 0 {
		t.Errorf("dots outside changed the picture: % x", b.Bits)
	}
	wide, _ := NewBitmap(16, 1)
	wide.Fill(wide.Bounds(), true)
	if err := b.Append(wide); err != nil {
		t.Fatal(err)
	}
	if got := b.Row(2); got[0] != 0xff || got[1] != 0xf0 {
		t.Errorf("appended row % x, want ff f0", got)
	}
	if p := b.Paletted(); p.ColorIndexAt(3, 2) != 1 || p.ColorIndexAt(3, 1) != 0 {
		t.Error("palette picture differs")
	}
}

// No picture carries a real-time command, and scrubbing changes as many dots
// as there were commands, no more.
func TestScrub(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.SampledFrom([]byte{0x10, 0x04, 0x05, 0x14, 0x06, 0x15, 0xff, 0}), 0, 64).Draw(t, "data")
		before := slices.Clone(data)
		pairs := RealTime(data)
		if got := Scrub(data); got != pairs {
			t.Fatalf("changed %d dots for %d commands", got, pairs)
		}
		if n := RealTime(data); n != 0 {
			t.Fatalf("% x still has %d commands (was % x)", data, n, before)
		}
		dots := 0
		for i := range data {
			for d := data[i] ^ before[i]; d != 0; d &= d - 1 {
				dots++
			}
		}
		if dots != pairs {
			t.Fatalf("%d dots differ, want %d", dots, pairs)
		}
	})
}

// A whole job has no real-time command anywhere, also across commands.
func TestJobHasNoRealTimeCommand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, err := NewBitmap(8*rapid.IntRange(1, 128).Draw(t, "stride"), rapid.IntRange(1, 300).Draw(t, "rows"))
		if err != nil {
			t.Fatal(err)
		}
		seed := rapid.SliceOfN(rapid.SampledFrom([]byte{0x10, 0x04, 0x05, 0x14, 0}), 1, 50).Draw(t, "dots")
		for i := range b.Bits {
			b.Bits[i] = seed[i%len(seed)]
		}
		var e Encoder
		e.Init()
		e.AutoStatus(AutoAll)
		raster := rapid.SampledFrom([]func(*Encoder, *Bitmap) error{(*Encoder).Raster, (*Encoder).RasterStored}).Draw(t, "raster")
		if err := raster(&e, b); err != nil {
			t.Fatal(err)
		}
		e.Cut()
		e.ProcessID(NewID(rapid.Uint64().Draw(t, "id")))
		e.PaperStatus()
		if n := RealTime(e.Bytes()); n != 0 {
			t.Fatalf("%d real-time commands", n)
		}
	})
}

func TestIDs(t *testing.T) {
	if a, b := NewID(0), NewID(IDs); a != b || a.String() != "!!!!" {
		t.Errorf("first %q, after the last %q", a, b)
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64Range(0, IDs-2).Draw(t, "n")
		if a, b := NewID(n), NewID(n+1); a == b || !a.Valid() || !b.Valid() {
			t.Fatalf("%q and %q", a, b)
		}
	})
}

// statuses draws what printers can say by automatic status.
func statuses() *rapid.Generator[Status] {
	return rapid.Custom(func(t *rapid.T) Status {
		flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
		return Status{
			Offline: flag("offline"), CoverOpen: flag("cover"), PaperEnd: flag("end"), PaperLow: flag("low"),
			CutterError: flag("cutter"), Unrecoverable: flag("dead"), Overheated: flag("hot"), FeedButton: flag("button"),
		}
	})
}

// Messages written in any order and cut into any portions are read back.
func TestAnswersRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		var want []Answer
		for range rapid.IntRange(0, 12).Draw(t, "messages") {
			s := statuses().Draw(t, "status")
			switch rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0:
				stream = s.AppendAuto(stream)
				want = append(want, Answer{Kind: AutoAnswer, Status: s})
			case 1:
				b := s.RealTime(byte(rapid.IntRange(1, 4).Draw(t, "n")))
				stream = append(stream, b)
				want = append(want, Answer{Kind: RealTimeAnswer, Byte: b})
			case 2:
				stream = append(stream, s.Paper())
				want = append(want, Answer{Kind: PaperAnswer, Byte: s.Paper()})
			case 3:
				id := NewID(rapid.Uint64().Draw(t, "id"))
				stream = AppendProcessID(stream, id)
				want = append(want, Answer{Kind: ProcessIDAnswer, ID: id})
			case 4:
				name := rapid.StringMatching(`[ -~]{1,30}`).Draw(t, "name")
				stream = AppendInfo(stream, name)
				want = append(want, Answer{Kind: InfoAnswer, Text: name})
			case 5:
				stream = AppendCleared(stream)
				want = append(want, Answer{Kind: ClearedAnswer})
			}
		}
		var a Answers
		var got []Answer
		for len(stream) > 0 {
			n := rapid.IntRange(1, len(stream)).Draw(t, "portion")
			got = append(got, a.Feed(stream[:n])...)
			stream = stream[n:]
		}
		if !slices.Equal(got, want) || a.Dropped != 0 {
			t.Fatalf("got %+v, dropped %d, want %+v", got, a.Dropped, want)
		}
	})
}

// What a printer says by DLE EOT 1 to 4 adds up to its status.
func TestRealTimeStatusAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := statuses().Draw(t, "status")
		var got Status
		for n := byte(1); n <= 4; n++ {
			got = got.With(n, want.RealTime(n))
		}
		if got != want {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

func TestStatusWords(t *testing.T) {
	for _, tt := range []struct {
		status Status
		ready  bool
		text   string
	}{
		{Status{}, true, "ready"},
		{Status{PaperLow: true}, true, "paper low"},
		{Status{FeedButton: true}, true, "feed button pressed"},
		{Status{PaperEnd: true, Offline: true}, false, "paper out, offline"},
		{Status{CoverOpen: true}, false, "cover open"},
		{Status{Overheated: true}, false, "overheated"},
	} {
		if tt.status.Ready() != tt.ready || tt.status.String() != tt.text {
			t.Errorf("%+v: ready %v, %q", tt.status, tt.status.Ready(), tt.status)
		}
	}
}

// A damaged message is lost alone: the next one is read.
func TestAnswersFindTheirWayBack(t *testing.T) {
	for name, damaged := range map[string][]byte{
		"half a status":    {0x10, 0x00},
		"foreign block":    {0x3b, 0x41, 0x42, 0x00},
		"unreadable name":  {0x5f, 0x41, 0x01, 0x00},
		"short process id": {0x37, 0x22, 0x41, 0x00},
		"noise":            {0xff, 0x80, 0x11, 0x13},
	} {
		var a Answers
		got := a.Feed(append(slices.Clone(damaged), AppendProcessID(nil, ID{'A', 'B', 'C', 'D'})...))
		if len(got) != 1 || got[0].Kind != ProcessIDAnswer {
			t.Errorf("%s: %+v", name, got)
		}
		if a.Dropped != len(damaged) {
			t.Errorf("%s: dropped %d bytes, want %d", name, a.Dropped, len(damaged))
		}
	}
}

// FuzzAnswers feeds noise: no panic, no growth without bound, and after 128
// NULs a message is read whole.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte{0x10, 0x00, 0x00, 0x00})
	f.Add(AppendProcessID([]byte{0x12}, ID{'a', 'b', 'c', 'd'}))
	f.Add([]byte{0x5f, 0x31})
	f.Fuzz(func(t *testing.T, noise []byte) {
		var a Answers
		for _, ans := range a.Feed(noise) {
			if ans.Kind == ProcessIDAnswer && !ans.ID.Valid() {
				t.Fatalf("invalid id % x", ans.ID)
			}
		}
		if cap(a.block) > 4*maxBlock {
			t.Fatalf("block grew to %d bytes", cap(a.block))
		}
		a.Feed(make([]byte, maxBlock))
		got := a.Feed(AppendProcessID(nil, ID{'A', 'B', 'C', 'D'}))
		if len(got) != 1 || got[0].ID != (ID{'A', 'B', 'C', 'D'}) {
			t.Fatalf("after noise % x: %+v", noise, got)
		}
	})
}
