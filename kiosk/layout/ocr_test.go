package layout

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/draw"
	"golang.org/x/text/unicode/norm"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// procedures are real names, long and short.
func procedures() [][2]string {
	return [][2]string{
		{"Đăng ký khai sinh", "Birth registration"},
		{"Đăng ký kết hôn có yếu tố nước ngoài", "Marriage with a foreigner"},
		{"Chứng thực bản sao từ bản chính", "Certified copies"},
		{"Cấp giấy phép xây dựng nhà ở riêng lẻ", "House building permit"},
		{"Đăng ký biến động quyền sử dụng đất", "Changes in land use rights"},
		{"Hưởng trợ cấp xã hội hằng tháng", "Monthly social allowance"},
		{"Đăng ký thay đổi nội dung hộ kinh doanh", "Changes of a household business"},
		{"Cấp lại thẻ bảo hiểm y tế", "Health insurance card"},
		{"Xác nhận thông tin về cư trú", "Proof of residence"},
		{"Giải quyết khiếu nại lần đầu", "First complaint"},
		{"Nhận kết quả hồ sơ", "Collecting results"},
		{"Công nhận người có công với cách mạng", "People of merit"},
	}
}

func randomTicket(r *rand.Rand) Ticket {
	name := procedures()[r.IntN(len(procedures()))]
	number := fmt.Sprintf("%c%03d", "ABCDEFGHKLMNPRST"[r.IntN(16)], 1+r.IntN(1200))
	tk := Ticket{
		Office: "Trung tâm Phục vụ hành chính công xã Hòa Bình", Number: number, Service: name[0], ServiceEN: name[1],
		IssuedAt: time.Date(2026, 11, 1+r.IntN(30), 7+r.IntN(10), r.IntN(60), 0, 0, time.UTC),
		Ahead:    r.IntN(90), LowMin: 5 + r.IntN(30), Code: fmt.Sprintf("%09d", r.IntN(1_000_000_000)),
		URL:      fmt.Sprintf("http://192.168.1.%d:8080/t/%020d", r.IntN(250), r.Uint64()),
		Counters: []string{strconv.Itoa(1 + r.IntN(9)), strconv.Itoa(10 + r.IntN(9))},
		Hotline:  fmt.Sprintf("1900 %04d", r.IntN(10000)), SMS: number + " gửi 8088",
		Notice: "Xin có mặt trước mười phút", Language: []string{"vi", "vi", "en"}[r.IntN(3)], Reprint: r.IntN(8) == 0,
	}
	tk.HighMin = tk.LowMin + 5 + r.IntN(40)
	if r.IntN(4) == 0 {
		tk.ComeBy, tk.ComeByEN = "Xin có mặt trước 09:45", "Please be here by 09:45"
	}
	return tk
}

// Tesseract reads the number and every text of tickets of both widths, zbar
// every QR code. XINMOI_PAPERS=200 reads that many.
func TestStrangersReadTickets(t *testing.T) {
	for _, p := range []string{"tesseract", "zbarimg"} {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("%s is not installed: nobody reads the tickets back", p)
		}
	}
	papers := 2
	if n, err := strconv.Atoi(os.Getenv("XINMOI_PAPERS")); err == nil {
		papers = n
	}
	r := rand.New(rand.NewPCG(6, 2026))
	texts, read, vietnamese := 0, 0, 0
	for i := range papers {
		tk, width := randomTicket(r), []int{Width80, Width58}[i%2]
		if only := os.Getenv("XINMOI_PAPER"); only != "" && !strings.Contains(","+only+",", fmt.Sprintf(",%d,", i)) {
			continue
		}
		b, printed, err := fonts(t).fit(tk, width)
		if err != nil {
			t.Fatal(err)
		}
		if printed.Plain {
			vietnamese++
		}
		keep(t, fmt.Sprintf("ocr-%03d", i), b)
		name := fmt.Sprintf("paper %d, %s at %d dots", i, tk.Number, width)
		if got := zbar(t, b); got != tk.URL {
			t.Errorf("%s: zbar reads %q, want %q", name, got, tk.URL)
		}
		if got := readNumber(t, b, tk.Number); got != tk.Number {
			t.Errorf("%s: the number reads %q", name, got)
		}
		elsewhere := tk
		elsewhere.URL = tk.URL[:len(tk.URL)-20] + strings.Repeat("07", 10)
		other, _, err := fonts(t).fit(elsewhere, width)
		if err != nil {
			t.Fatal(err)
		}
		want := wanted(printed)
		missing := unread(t, b, other, want)
		texts, read = texts+len(want), read+len(want)-len(missing)
		for _, m := range missing {
			t.Errorf("%s: %q was not read", name, m)
		}
	}
	t.Logf("%d papers, %d of %d texts read; on %d there was no room for a second language", papers, read, texts, vietnamese)
	if vietnamese*5 > papers+5 {
		t.Errorf("%d of %d papers have no room for a second language", vietnamese, papers)
	}
}

// wanted is every text of a ticket.
func wanted(tk Ticket) (all []string) {
	large, small := tk.texts()
	all = []string{tk.Office, tk.IssuedAt.Format("15:04 – 02/01/2006"), Group(tk.Code)}
	for _, x := range []Text{large, small} {
		all = append(all, x.Label, x.Service, x.Ahead, x.Wait, x.Scan, x.Lookup, x.Notice)
	}
	all = append(all, large.ComeBy, large.Basis, large.Counters, large.Hotline, large.SMS)
	var out []string
	for _, s := range all {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// unread gives the texts that no pass over a ticket reads.
func unread(t *testing.T, b, other *escpos.Bitmap, texts []string) []string {
	t.Helper()
	img, beside := readable(b, other)
	seen := ""
	read := func(img image.Image, scale float64) {
		raw := ocr(t, img, scale, "vie", "6")
		text := plain(raw)
		seen += "\n— " + raw
		texts = slices.DeleteFunc(texts, func(want string) bool { return strings.Contains(text, plain(want)) })
	}
	for _, scale := range []float64{1, 1.5, 2, 1.25, 3} {
		if len(texts) > 0 {
			read(img, scale)
		}
	}
	for _, scale := range []float64{1, 1.5, 2, 1.25, 3} { // What stands beside the QR code, by itself.
		if len(texts) > 0 && beside != nil {
			read(beside, scale)
		}
	}
	if len(texts) > 0 {
		t.Log(seen)
	}
	return texts
}

// plain makes texts comparable: composed, lower case, one kind of dash, no
// spaces.
func plain(s string) string {
	s = strings.ToLower(norm.NFC.String(s))
	return strings.Join(strings.Fields(strings.NewReplacer("–", "-", "—", "-", "’", "'").Replace(s)), "")
}

// readable is a ticket without number and QR code, which confuse the reading of
// lines, on a wider page; and what stands beside the QR code.
func readable(b, other *escpos.Bitmap) (img *image.Gray, beside image.Image) {
	img = page2(b)
	top, bottom := numberRows(b)
	white := func(r image.Rectangle) {
		draw.Draw(img, r.Add(image.Pt(pad, pad)), image.White, image.Point{}, draw.Src)
	}
	white(image.Rect(0, top, b.Width, bottom))
	if r := qrArea(b, other); !r.Empty() {
		white(r)
		r = r.Add(image.Pt(pad, pad))
		column := image.NewGray(image.Rect(0, 0, img.Bounds().Dx()-r.Max.X+pad, r.Dy()+2*pad))
		draw.Draw(column, column.Bounds(), image.White, image.Point{}, draw.Src)
		draw.Draw(column, image.Rect(pad, pad, column.Bounds().Dx(), pad+r.Dy()), img, image.Pt(r.Max.X, r.Min.Y), draw.Src)
		beside = column
	}
	return img, beside
}

// qrArea is where two pictures of a ticket differ that has another address.
func qrArea(a, b *escpos.Bitmap) (area image.Rectangle) {
	for y := range min(a.Height, b.Height) {
		for x := range a.Width {
			if a.At(x, y) != b.At(x, y) {
				area = area.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if !area.Empty() {
		const more = 10 // The frame does not differ.
		area = image.Rect(0, area.Min.Y-more, area.Max.X+more, area.Max.Y+more)
	}
	return area
}

const pad = 32

func page2(b *escpos.Bitmap) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, b.Width+2*pad, b.Height+2*pad))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(img, b.Bounds().Add(image.Pt(pad, pad)), b, image.Point{}, draw.Src)
	return img
}

// numberRows finds the number: the tallest run of rows with ink in the upper
// half.
func numberRows(b *escpos.Bitmap) (top, bottom int) {
	start := -1
	for y := range b.Height * 2 / 3 {
		ink := false
		for _, v := range b.Row(y) {
			ink = ink || v != 0
		}
		switch {
		case ink && start < 0:
			start = y
		case !ink && start >= 0:
			if y-start > bottom-top {
				top, bottom = start, y
			}
			start = -1
		}
	}
	return top, bottom
}

// readNumber reads the number at several sizes, as the texts are read, and as
// wide letters: long numbers are printed narrow. It gives the reading that is
// want, or the last.
func readNumber(t *testing.T, b *escpos.Bitmap, want string) (got string) {
	t.Helper()
	for _, wider := range []float64{1, 1.5} {
		for _, mode := range []string{"7", "8", "13"} { // A line, a word, as it is.
			for _, high := range []float64{48, 36, 64, 90} {
				if got = numberAt(t, b, wider, high, mode); got == want {
					return got
				}
			}
		}
	}
	return got
}

func numberAt(t *testing.T, b *escpos.Bitmap, wider, high float64, mode string) string {
	t.Helper()
	top, bottom := numberRows(b)
	whole := page2(b)
	crop := image.NewGray(image.Rect(0, 0, whole.Bounds().Dx(), bottom-top+2*pad))
	draw.Draw(crop, crop.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(crop, image.Rect(0, pad, crop.Bounds().Dx(), pad+bottom-top), whole, image.Pt(0, pad+top), draw.Src)
	wide := image.NewGray(image.Rect(0, 0, int(float64(crop.Bounds().Dx())*wider), crop.Bounds().Dy()))
	draw.CatmullRom.Scale(wide, wide.Bounds(), crop, crop.Bounds(), draw.Src, nil)
	return strings.TrimSpace(ocr(t, wide, high/float64(bottom-top), "eng", mode, "-c", "tessedit_char_whitelist=ABCDEFGHKLMNPRSTUVXY0123456789"))
}

// ocr reads a picture with tesseract.
func ocr(t *testing.T, img image.Image, scale float64, language, mode string, more ...string) string {
	t.Helper()
	size := img.Bounds().Size()
	scaled := image.NewGray(image.Rect(0, 0, int(float64(size.X)*scale), int(float64(size.Y)*scale)))
	draw.CatmullRom.Scale(scaled, scaled.Bounds(), img, img.Bounds(), draw.Src, nil)
	args := append([]string{"stdin", "-", "-l", language, "--psm", mode, "--dpi", "203"}, more...)
	cmd := exec.CommandContext(t.Context(), "tesseract", args...)
	cmd.Env = append(os.Environ(), "OMP_THREAD_LIMIT=1")
	cmd.Stdin = bytes.NewReader(encoded(t, scaled))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tesseract: %v", err)
	}
	return string(out)
}

func encoded(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// zbar reads the QR code of a ticket.
func zbar(t *testing.T, b *escpos.Bitmap) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "paper.png")
	if err := os.WriteFile(file, encoded(t, page2(b)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.CommandContext(t.Context(), "zbarimg", "-q", "--raw", file).Output() // Nothing found is nothing read.
	return strings.TrimSpace(string(out))
}
