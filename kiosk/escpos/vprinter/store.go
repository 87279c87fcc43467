package vprinter

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/image/draw"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// Paper is one ticket as it came out.
type Paper struct {
	ID      int // 1, 2, 3 …
	At      time.Time
	PNG     []byte         // With white margins as on the roll.
	Picture *escpos.Bitmap // The dots alone; nil for a paper read back from a file.
}

// marginDots is the unprintable edge of 80 mm paper: 4 mm.
const marginDots = 32

type store struct {
	mu     sync.Mutex
	dir    string
	keep   int
	last   int
	papers []Paper // Oldest first.
}

// Papers gives the papers kept, newest first.
func (p *Printer) Papers() []Paper {
	p.papers.mu.Lock()
	defer p.papers.mu.Unlock()
	out := slices.Clone(p.papers.papers)
	slices.Reverse(out)
	return out
}

// Count tells how many papers came out since the beginning.
func (p *Printer) Count() int {
	p.papers.mu.Lock()
	defer p.papers.mu.Unlock()
	return p.papers.last
}

// openStore reads the papers that are already in dir.
func openStore(dir string, keep int) (*store, error) {
	s := &store{dir: dir, keep: keep}
	if dir == "" {
		return s, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder for papers: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("folder for papers: %w", err)
	}
	for _, e := range entries {
		if err := s.load(e); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(s.papers, func(a, b Paper) int { return a.ID - b.ID })
	s.prune()
	return s, nil
}

func (s *store) load(e os.DirEntry) error {
	id, ok := paperID(e.Name())
	if !ok {
		return nil
	}
	data, err := os.ReadFile(filepath.Join(s.dir, e.Name()))
	if err != nil {
		return fmt.Errorf("read paper: %w", err)
	}
	info, err := e.Info()
	if err != nil {
		return fmt.Errorf("read paper: %w", err)
	}
	s.papers = append(s.papers, Paper{ID: id, At: info.ModTime(), PNG: data})
	s.last = max(s.last, id)
	return nil
}

func (s *store) add(strip *escpos.Bitmap, at time.Time) (int, error) {
	data, err := render(strip)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	s.papers = append(s.papers, Paper{ID: s.last, At: at, PNG: data, Picture: strip})
	s.prune()
	if s.dir == "" {
		return s.last, nil
	}
	return s.last, s.write(paperName(s.last), data)
}

// write makes the file whole or not at all.
func (s *store) write(name string, data []byte) error {
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path+".tmp", data, 0o600); err != nil {
		return fmt.Errorf("write paper: %w", err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return errors.Join(fmt.Errorf("write paper: %w", err), os.Remove(path+".tmp"))
	}
	return nil
}

// prune throws away the oldest papers above the count to keep.
func (s *store) prune() {
	for len(s.papers) > s.keep {
		if s.dir != "" {
			_ = os.Remove(filepath.Join(s.dir, paperName(s.papers[0].ID)))
		}
		s.papers = slices.Delete(s.papers, 0, 1)
	}
}

// find gives a paper by its id; 0 = the newest.
func (s *store) find(id int) (Paper, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id == 0 && len(s.papers) > 0 {
		return s.papers[len(s.papers)-1], true
	}
	for _, p := range s.papers {
		if p.ID == id {
			return p, true
		}
	}
	return Paper{}, false
}

func paperName(id int) string { return fmt.Sprintf("paper-%06d.png", id) }

func paperID(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, "paper-")
	if !ok {
		return 0, false
	}
	digits, ok = strings.CutSuffix(digits, ".png")
	if !ok || len(digits) < 6 || len(digits) > 9 {
		return 0, false
	}
	id, err := strconv.Atoi(digits)
	return id, err == nil && id > 0
}

// render draws paper as it lies in the hand, with its white margins.
func render(b *escpos.Bitmap) ([]byte, error) {
	src := b.Paletted()
	dst := image.NewPaletted(image.Rect(0, 0, b.Width+2*marginDots, b.Height+2*marginDots), src.Palette)
	draw.Draw(dst, src.Bounds().Add(image.Pt(marginDots, marginDots)), src, image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := png.Encode(&out, dst); err != nil {
		return nil, fmt.Errorf("encode paper: %w", err)
	}
	return out.Bytes(), nil
}
