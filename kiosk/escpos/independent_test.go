package escpos_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
	"github.com/xinmoi/xinmoi/kiosk/layout"
)

// page is what a second reader of the command reference makes of a job: it knows
// nothing of the encoder and nothing of the virtual printer, and keeps dots in
// another form.
type page struct {
	rows [][]bool
	kept [][]bool // Stored by GS 8 L.
	cuts int
	ids  []string
}

// readJob walks through a job byte by byte.
func readJob(b []byte) (p page, err error) {
	for i := 0; i < len(b); {
		rest := b[i:]
		at := func(n int) int {
			if n < len(rest) {
				return int(rest[n])
			}
			err = fmt.Errorf("byte %d: the command is cut off", i)
			return 0
		}
		switch {
		case rest[0] == 0:
			i++
		case bytes.HasPrefix(rest, []byte{0x1b, 0x40}):
			i += 2
		case bytes.HasPrefix(rest, []byte{0x1d, 0x61}), bytes.HasPrefix(rest, []byte{0x1d, 0x72}), bytes.HasPrefix(rest, []byte{0x1b, 0x4a}):
			i += 3
		case bytes.HasPrefix(rest, []byte{0x1d, 0x56, 0x42}):
			p.cuts++
			i += 4
		case bytes.HasPrefix(rest, []byte{0x1d, 0x28, 0x48, 6, 0, 0x30, 0x30}):
			p.ids = append(p.ids, string(rest[7:11]))
			i += 11
		case bytes.HasPrefix(rest, []byte{0x1d, 0x76, 0x30, 0}):
			w, h := at(4)+256*at(5), at(6)+256*at(7)
			p.rows = append(p.rows, dots(rest[8:], w*8, h)...)
			i += 8 + w*h
		case bytes.HasPrefix(rest, []byte{0x1d, 0x38, 0x4c}):
			size := at(3) + 256*at(4) + 65536*at(5)
			w, h := at(13)+256*at(14), at(15)+256*at(16)
			if size != 10+(w+7)/8*h {
				return p, fmt.Errorf("byte %d: %d bytes for %d × %d dots", i, size, w, h)
			}
			p.kept = dots(rest[17:], w, h)
			i += 7 + size
		case bytes.HasPrefix(rest, []byte{0x1d, 0x28, 0x4c, 2, 0, 0x30, 0x32}):
			p.rows, p.kept = append(p.rows, p.kept...), nil
			i += 7
		default:
			return p, fmt.Errorf("byte %d: unknown % x", i, rest[:min(4, len(rest))])
		}
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// dots unpacks rows, the most significant bit leftmost, each row beginning with
// a new byte.
func dots(b []byte, width, height int) (rows [][]bool) {
	at := 0
	for range height {
		row := make([]bool, width)
		for x := range row {
			row[x] = b[at+x/8]>>(7-x%8)&1 == 1
		}
		rows = append(rows, row)
		at += (width + 7) / 8
	}
	return rows
}

// An independent reader sees exactly the dots of real tickets, in both widths
// and by both commands.
func TestAnIndependentReaderSeesTheSameTicket(t *testing.T) {
	fonts, err := layout.LoadFonts()
	if err != nil {
		t.Fatal(err)
	}
	for _, width := range []int{layout.Width80, layout.Width58} {
		for n, raster := range []func(*escpos.Encoder, *escpos.Bitmap) error{(*escpos.Encoder).Raster, (*escpos.Encoder).RasterStored} {
			paper, err := fonts.Render(layout.Ticket{
				Office: "Trung tâm Phục vụ hành chính công", Number: "A012", Service: "Đăng ký khai sinh", ServiceEN: "Birth registration",
				IssuedAt: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), Ahead: 7, Code: "123456782", URL: "http://10.0.0.1:8080/t/abcdefghij",
			}, width)
			if err != nil {
				t.Fatal(err)
			}
			var e escpos.Encoder
			e.Flush()
			e.Init()
			e.AutoStatus(escpos.AutoAll)
			if err := raster(&e, paper); err != nil {
				t.Fatal(err)
			}
			e.Cut()
			e.ProcessID(escpos.ID{'A', 'B', 'C', 'D'})
			e.PaperStatus()
			got, err := readJob(e.Bytes())
			if err != nil {
				t.Fatalf("%d dots, command %d: %v", width, n, err)
			}
			if len(got.rows) != paper.Height || got.cuts != 1 || len(got.ids) != 1 || got.ids[0] != "ABCD" {
				t.Fatalf("%d dots, command %d: %d rows of %d, %d cuts, ids %v", width, n, len(got.rows), paper.Height, got.cuts, got.ids)
			}
			differ := 0
			for y, row := range got.rows {
				for x, black := range row {
					if black != paper.Black(x, y) {
						differ++
					}
				}
			}
			if differ > 0 {
				t.Errorf("%d dots, command %d: %d dots differ", width, n, differ)
			}
		}
	}
}
