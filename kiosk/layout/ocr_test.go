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
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
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
	texts, read := 0, 0
	for i := range papers {
		tk, width := randomTicket(r), []int{Width80, Width58}[i%2]
		b, err := fonts(t).Render(tk, width)
		if err != nil {
			t.Fatal(err)
		}
		keep(t, fmt.Sprintf("ocr-%03d", i), b)
		name := fmt.Sprintf("paper %d, %s at %d dots", i, tk.Number, width)
		if got := zbar(t, b); got != tk.URL {
			t.Errorf("%s: zbar reads %q, want %q", name, got, tk.URL)
		}
		if got := readNumber(t, b); got != tk.Number {
			t.Errorf("%s: the number reads %q", name, got)
		}
		missing := unread(t, b, wanted(tk))
		texts, read = texts+len(wanted(tk)), read+len(wanted(tk))-len(missing)
		for _, m := range missing {
			t.Errorf("%s: %q was not read", name, m)
		}
	}
	t.Logf("%d papers, %d of %d texts read", papers, read, texts)
}

// wanted is every text of a ticket.
func wanted(tk Ticket) (all []string) {
	large, small := tk.texts()
	all = []string{tk.Office, tk.IssuedAt.Format("15:04 – 02/01/2006"), Group(tk.Code)}
	for _, x := range []Text{large, small} {
		all = append(all, x.Label, x.Service, x.Ahead, x.Wait, x.Scan, x.Lookup, x.Notice)
	}
	all = append(all, large.Counters, large.Hotline, large.SMS)
	var out []string
	for _, s := range all {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// unread gives the texts that no pass over a ticket reads.
func unread(t *testing.T, b *escpos.Bitmap, texts []string) []string {
	t.Helper()
	img := readable(b)
	for _, scale := range []float64{1, 1.5, 2, 1.25, 3} {
		text := plain(ocr(t, img, scale, "vie", "6"))
		var rest []string
		for _, want := range texts {
			if !strings.Contains(text, plain(want)) {
				rest = append(rest, want)
			}
		}
		if texts = rest; len(texts) == 0 {
			return nil
		}
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
// lines, on a wider page.
func readable(b *escpos.Bitmap) image.Image {
	img := page2(b)
	top, bottom := numberRows(b)
	white := func(r image.Rectangle) {
		draw.Draw(img, r.Add(image.Pt(pad, pad)), image.White, image.Point{}, draw.Src)
	}
	white(image.Rect(0, top, b.Width, bottom))
	if bits, err := gozxing.NewBinaryBitmapFromImage(b); err == nil {
		if got, err := qrcode.NewQRCodeReader().Decode(bits, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}); err == nil {
			p := got.GetResultPoints() // Centres of the finder patterns: bottom left, top left, top right.
			const reach = 28
			white(image.Rect(0, int(p[1].GetY())-reach, int(p[2].GetX())+reach, int(p[0].GetY())+reach))
		}
	}
	return img
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

func readNumber(t *testing.T, b *escpos.Bitmap) string {
	t.Helper()
	top, bottom := numberRows(b)
	whole := page2(b)
	crop := image.NewGray(image.Rect(0, 0, whole.Bounds().Dx(), bottom-top+2*pad))
	draw.Draw(crop, crop.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(crop, image.Rect(0, pad, crop.Bounds().Dx(), pad+bottom-top), whole, image.Pt(0, pad+top), draw.Src)
	return strings.TrimSpace(ocr(t, crop, 48/float64(bottom-top), "eng", "7", "-c", "tessedit_char_whitelist=ABCDEFGHKLMNPRSTUVXY0123456789"))
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
