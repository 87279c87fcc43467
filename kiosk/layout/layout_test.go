package layout

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

func sample() Ticket {
	return Ticket{
		Office:    "Trung tâm Phục vụ hành chính công xã Hòa Bình",
		Number:    "A012",
		Service:   "Đăng ký khai sinh có yếu tố nước ngoài",
		ServiceEN: "Birth registration with a foreign element",
		IssuedAt:  time.Date(2026, 11, 21, 8, 31, 0, 0, time.FixedZone("ICT", 7*3600)),
		Ahead:     12,
		Code:      "123456789",
		URL:       "http://192.168.100.100:8080/t/AbCdEfGhIjKlMnOpQrSt",
	}
}

func fonts(t testing.TB) *Fonts {
	t.Helper()
	f, err := LoadFonts()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// readQR decodes the QR code that stands in a picture.
func readQR(img image.Image) (string, error) {
	bits, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		return "", err
	}
	got, err := qrcode.NewQRCodeReader().Decode(bits, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return "", err
	}
	return got.GetText(), nil
}

// keep writes a picture for a person to look at, where the environment asks
// for it.
func keep(t testing.TB, name string, b *escpos.Bitmap) {
	dir := os.Getenv("XINMOI_PAPER_DIR")
	if dir == "" {
		return
	}
	var out bytes.Buffer
	if err := png.Encode(&out, b.Paletted()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTickets(t *testing.T) {
	long := sample()
	long.Office = strings.Repeat("Trung tâm Phục vụ hành chính công ", 3)
	long.Service = strings.Repeat("Đăng ký biến động quyền sử dụng đất ", 5)
	long.ServiceEN = strings.Repeat("Registration of changes in land use rights ", 5)
	long.Number, long.Reprint = "B1105", true
	long.LowMin, long.HighMin, long.Hotline, long.SMS = 100, 240, "1900 1234", "B1105 gửi 8088"
	long.Notice = strings.Repeat("Xin có mặt trước mười phút. ", 5)
	long.Counters = []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"}
	long.URL += strings.Repeat("x", 60)
	bare := Ticket{Number: "C999", IssuedAt: sample().IssuedAt, Ahead: -1}
	for _, width := range []int{Width80, Width58} {
		for name, tk := range map[string]Ticket{"sample": sample(), "full": full(), "long": long, "bare": bare} {
			b, err := fonts(t).Render(tk, width)
			if err != nil {
				t.Errorf("%s at %d dots: %v", name, width, err)
				continue
			}
			keep(t, name+"-"+map[int]string{Width80: "576", Width58: "384"}[width], b)
			if b.Width != width || b.Height > MaxRows {
				t.Errorf("%s: %d × %d dots, at most %d × %d", name, b.Width, b.Height, width, MaxRows)
			}
			if mm := float64(b.Height) / DotsPerMM; mm > 90 {
				t.Errorf("%s: %.1f mm long", name, mm)
			}
			if tk.URL == "" {
				continue
			}
			if got, err := readQR(b); err != nil || got != tk.URL {
				t.Errorf("%s at %d dots: QR %q, %v", name, width, got, err)
			}
		}
	}
}

// The number's digits are at least 17 mm high, on both papers.
func TestNumberHeight(t *testing.T) {
	for _, width := range []int{Width80, Width58} {
		for _, number := range []string{"A001", "B012", "C999", "D1105", "AB1105"} {
			tk := Ticket{Number: number, IssuedAt: sample().IssuedAt, Ahead: -1}
			b, err := fonts(t).Render(tk, width)
			if err != nil {
				t.Fatal(err)
			}
			if mm := float64(tallestRun(b)) / DotsPerMM; mm < 17 || mm > 19 {
				t.Errorf("%s at %d dots: digits %.1f mm high, want 17 to 19", number, width, mm)
			}
		}
	}
}

// tallestRun gives the longest run of rows with ink, in rows.
func tallestRun(b *escpos.Bitmap) int {
	longest, run := 0, 0
	for y := range b.Height {
		ink := 0
		for _, v := range b.Row(y) {
			ink |= int(v)
		}
		if ink == 0 {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// Every Vietnamese letter has a glyph of its own in both faces.
func TestVietnameseLetters(t *testing.T) {
	const letters = "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵđ₫–…"
	f := fonts(t)
	for name, face := range map[string]*opentype.Font{"medium": f.medium, "bold": f.bold} {
		for _, r := range letters + strings.ToUpper(letters) {
			if i, err := face.GlyphIndex(nil, r); err != nil || i == 0 {
				t.Errorf("%s lacks %q", name, r)
			}
		}
	}
}

// Decomposed text (NFD) gives the same paper as composed text.
func TestComposesMarks(t *testing.T) {
	a, b := sample(), sample()
	b.Service, b.Office = norm.NFD.String(a.Service), norm.NFD.String(a.Office)
	pa, err := fonts(t).Render(a, Width80)
	if err != nil {
		t.Fatal(err)
	}
	pb, err := fonts(t).Render(b, Width80)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pa.Bits, pb.Bits) {
		t.Error("NFD text looks different")
	}
}

// A reprint shows the same code and is told from the first paper.
func TestReprintIsMarked(t *testing.T) {
	first, again := sample(), sample()
	again.Reprint = true
	a, err := fonts(t).Render(first, Width80)
	if err != nil {
		t.Fatal(err)
	}
	b, err := fonts(t).Render(again, Width80)
	if err != nil {
		t.Fatal(err)
	}
	if b.Height <= a.Height {
		t.Errorf("reprint of %d rows, first paper %d", b.Height, a.Height)
	}
	if got, err := readQR(b); err != nil || got != first.URL {
		t.Errorf("QR %q, %v", got, err)
	}
}

// Who chose English reads English large; both languages stay on the paper.
func TestPaperFollowsTheLanguage(t *testing.T) {
	vietnamese, english, other, plain := sample(), sample(), sample(), sample()
	english.Language = "en-GB"
	other.Other = &Text{Label: "Pơ kŏ", Service: "Čih anăn anak đeh", Ahead: "Êlâo: 12 čô"} // As Ê Đê is written.
	plain.Plain = true
	for name, c := range map[string]struct {
		ticket       Ticket
		large, small string
	}{
		"Vietnamese":      {vietnamese, vietnamese.Service, vietnamese.ServiceEN},
		"English":         {english, english.ServiceEN, english.Service},
		"another":         {other, other.Other.Service, other.Service},
		"one alone":       {plain, plain.Service, ""},
		"no English name": {Ticket{Language: "en", Service: "Chứng thực"}, "Chứng thực", ""}, // Nothing is lost.
	} {
		if large, small := c.ticket.texts(); large.Service != c.large || small.Service != c.small {
			t.Errorf("%s: %q over %q", name, large.Service, small.Service)
		}
	}
	seen := map[string]string{}
	for name, tk := range map[string]Ticket{"Vietnamese": vietnamese, "English": english, "another": other, "one alone": plain} {
		b, err := fonts(t).Render(tk, Width80)
		if err != nil {
			t.Fatal(err)
		}
		keep(t, "language-"+name, b)
		if like, ok := seen[string(b.Bits)]; ok || b.Height > MaxRows {
			t.Errorf("the %s paper of %d rows is like the %s one, or too long", name, b.Height, like)
		}
		seen[string(b.Bits)] = name
		if got, err := readQR(b); err != nil || got != tk.URL {
			t.Errorf("%s: QR %q, %v", name, got, err)
		}
	}
}

// A language whose letters the typeface lacks is not printed as boxes.
func TestOtherScriptsFallBack(t *testing.T) {
	khmer := sample()
	khmer.Other = &Text{Label: "លេខរង់ចាំ", Service: "ចុះឈ្មោះកំណើត"}
	a, err := fonts(t).Render(khmer, Width80)
	if err != nil {
		t.Fatal(err)
	}
	b, err := fonts(t).Render(sample(), Width80)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bits, b.Bits) {
		t.Error("letters that nobody can draw were drawn")
	}
}

// An office leaves out and moves parts; the number is always there.
func TestParts(t *testing.T) {
	whole, short, odd := sample(), sample(), sample()
	short.Parts = []string{PartNumber, PartFollow}
	odd.Parts = []string{PartTime, "no such part", PartOffice}
	heights := map[string]int{}
	for name, tk := range map[string]Ticket{"whole": whole, "short": short, "odd": odd} {
		b, err := fonts(t).Render(tk, Width58)
		if err != nil {
			t.Fatal(err)
		}
		heights[name] = b.Height
		if mm := float64(tallestRun(b)) / DotsPerMM; mm < 17 {
			t.Errorf("%s: the tallest is %.1f mm: no number", name, mm)
		}
	}
	if heights["short"] >= heights["whole"] || heights["odd"] >= heights["short"] {
		t.Errorf("heights %v", heights)
	}
	for _, bad := range [][]string{{"nothing"}, {PartTime, PartTime}} {
		if CheckParts(bad) == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
	if err := CheckParts(append(Parts(), PartRule)); err != nil {
		t.Error(err)
	}
}

// A logo is black and white, and neither it nor the ticket below it makes a
// printer do anything but print.
func TestLogo(t *testing.T) {
	source := image.NewRGBA(image.Rect(0, 0, 600, 300)) // A fade with a disc: the worst for dithering.
	for y := range 300 {
		for x := range 600 {
			grey := uint8(x * 255 / 599)
			if (x-300)*(x-300)+(y-150)*(y-150) < 9000 {
				grey = uint8(y % 256)
			}
			source.Set(x, y, color.RGBA{grey, grey, grey, 255})
		}
	}
	for _, width := range []int{Width80, Width58} {
		logo, err := Logo(source, width)
		if err != nil {
			t.Fatal(err)
		}
		if logo.Height > LogoRows || logo.Width > width*3/4 {
			t.Errorf("logo of %d × %d", logo.Width, logo.Height)
		}
		for y := range logo.Height { // No dithering: a row of the fade changes colour a few times at most.
			changes := 0
			for x := 1; x < logo.Width; x++ {
				if logo.Black(x, y) != logo.Black(x-1, y) {
					changes++
				}
			}
			if changes > 8 {
				t.Fatalf("row %d changes colour %d times", y, changes)
			}
		}
		tk := full()
		tk.Logo = logo
		b, err := fonts(t).Render(tk, width)
		if err != nil {
			t.Fatal(err)
		}
		keep(t, "logo-"+map[int]string{Width80: "576", Width58: "384"}[width], b)
		var e escpos.Encoder
		if err := e.Raster(b); err != nil {
			t.Fatal(err)
		}
		if n := escpos.RealTime(e.Bytes()); n != 0 {
			t.Errorf("%d real-time commands in the paper", n)
		}
	}
	if _, err := Logo(image.NewRGBA(image.Rectangle{}), Width80); err == nil {
		t.Error("a logo of nothing was accepted")
	}
}

// full is a ticket with everything on it.
func full() Ticket {
	tk := sample()
	tk.LowMin, tk.HighMin, tk.Counters = 20, 35, []string{"1", "2", "5"}
	tk.Hotline, tk.SMS = "1900 1234", "A012 gửi 8088"
	tk.Notice, tk.NoticeEN = "Số quá 3 lần gọi sẽ bị hủy. Xin có mặt trước 10 phút.", "Please be here 10 minutes early."
	return tk
}

func TestRefuses(t *testing.T) {
	noNumber, farURL := sample(), sample()
	noNumber.Number = ""
	farURL.URL = "http://x/" + strings.Repeat("y", 200)
	for name, tk := range map[string]Ticket{"no number": noNumber, "address too long": farURL} {
		if _, err := fonts(t).Render(tk, Width80); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	for _, width := range []int{0, 100, escpos.MaxWidth + 1} {
		if _, err := fonts(t).Render(sample(), width); err == nil {
			t.Errorf("width %d was accepted", width)
		}
	}
}

func TestGroup(t *testing.T) {
	for in, want := range map[string]string{"123456789": "123 456 789", "": "", "12": "12", "1234": "123 4"} {
		if got := Group(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Wrapped lines fit, keep the words in order, and say so when words are lost.
func TestWrap(t *testing.T) {
	s, err := newStyle(fonts(t).bold, 26)
	if err != nil {
		t.Fatal(err)
	}
	vocabulary := []string{"xã", "Đăng", "ký", "nghiêng", "khai", "Phục", "vụ", strings.Repeat("dài", 12)}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom(vocabulary), 0, 12).Draw(t, "words")
		room, n := rapid.IntRange(60, 560).Draw(t, "room"), rapid.IntRange(1, 3).Draw(t, "lines")
		for _, f := range []func(font.Face, string, int, int) []string{wrap, balance} {
			lines := f(s.face, strings.Join(words, " "), room, n)
			if len(lines) > n {
				t.Fatalf("%d lines, at most %d", len(lines), n)
			}
			for _, l := range lines {
				if w := font.MeasureString(s.face, l).Ceil(); w > room {
					t.Fatalf("%q is %d dots wide, room %d", l, w, room)
				}
			}
			joined := strings.Join(lines, " ")
			if !strings.Contains(joined, "…") && joined != strings.Join(words, " ") {
				t.Fatalf("%q became %q", words, lines)
			}
		}
	})
}

func TestQRPNG(t *testing.T) {
	data, err := QRPNG(sample().URL, 8)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := readQR(img); err != nil || got != sample().URL {
		t.Errorf("read %q, %v", got, err)
	}
}

func BenchmarkRender(b *testing.B) {
	f := fonts(b)
	for b.Loop() {
		if _, err := f.Render(full(), Width80); err != nil {
			b.Fatal(err)
		}
	}
}
