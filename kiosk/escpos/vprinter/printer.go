package vprinter

import (
	"cmp"
	"log/slog"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// Config sets up a virtual printer.
type Config struct {
	Width    int                   // Dots per row; 0 = 576.
	Dir      string                // Folder for the PNG files, made if missing; empty = memory only.
	Keep     int                   // Papers kept, in memory and in Dir; 0 = 50.
	Location func() *time.Location // Of the times on the paper page; nil = local.
	Logger   *slog.Logger          // nil = discard.
	Now      func() time.Time      // nil = time.Now.
	Maker    string                // What it says of itself (GS I); empty = "xinmoi".
	Model    string                // Empty = "VIRTUAL-80" or "VIRTUAL-58".
}

// name answers GS I n.
func (c Config) name(n byte) string {
	switch {
	case n == escpos.InfoMaker:
		return cmp.Or(c.Maker, "xinmoi")
	case n != escpos.InfoModel:
		return "1.0"
	case c.Model != "":
		return c.Model
	case c.Width <= 384:
		return "VIRTUAL-58"
	}
	return "VIRTUAL-80"
}

// Printer is the virtual printer. Safe for use by many goroutines.
type Printer struct {
	cfg    Config
	papers *store

	mu       sync.Mutex
	status   escpos.Status
	faults   Faults
	strip    *escpos.Bitmap // What came out since the last cut.
	stored   *escpos.Bitmap // GS 8 L: printed by GS ( L.
	pending  []pendingOp    // Received while stopped.
	sessions map[*session]struct{}
	half     *half // A command that a connection took away with it.
	cuts     int
	err      error // First SyntaxError seen.
}

type pendingOp struct {
	op   Op
	from *session
}

// maxPending bounds what a stopped printer buffers: several tickets.
const maxPending = 256

// New makes a printer that is ready. With Config.Dir it goes on with the
// papers it finds there.
func New(cfg Config) (*Printer, error) {
	if cfg.Width == 0 {
		cfg.Width = 576
	}
	if cfg.Keep <= 0 {
		cfg.Keep = 50
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Location == nil {
		cfg.Location = func() *time.Location { return time.Local }
	}
	papers, err := openStore(cfg.Dir, cfg.Keep)
	if err != nil {
		return nil, err
	}
	strip, err := escpos.NewBitmap(cfg.Width, 0)
	if err != nil {
		return nil, err
	}
	return &Printer{cfg: cfg, papers: papers, strip: strip, sessions: map[*session]struct{}{}}, nil
}

// Err gives the first thing the printer did not understand, nil if none.
func (p *Printer) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// execute does one command that arrived in a session.
func (p *Printer) execute(s *session, op Op) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch op.Kind {
	case OpRealTime: // Executed at once, whatever the printer's state.
		if !p.faults.NoRealTime {
			s.answer([]byte{p.status.RealTime(op.N)})
		}
		return
	case OpRecover:
		p.recover()
		return
	case OpClear:
		if !p.faults.NoClear {
			p.pending = nil
			s.answer(escpos.AppendCleared(nil))
		}
		return
	}
	if !p.status.Ready() {
		if len(p.pending) < maxPending {
			p.pending = append(p.pending, pendingOp{op, s})
		}
		return
	}
	p.print(s, op)
}

// recover clears what was received and frees the knife, if it can be freed.
func (p *Printer) recover() {
	p.pending = nil
	p.status.CutterError = p.faults.JamStays && p.status.CutterError
	p.status.Offline = false
	p.status.Offline = !p.status.Ready()
	p.tellAll()
}

func (p *Printer) drain() {
	for len(p.pending) > 0 && p.status.Ready() {
		next := p.pending[0]
		p.pending = p.pending[1:]
		p.print(next.from, next.op)
	}
}

// lineRows is the height of a line feed: 1/6 inch at 203 dpi.
const lineRows = 34

func (p *Printer) print(s *session, op Op) {
	switch op.Kind {
	case OpAutoStatus:
		s.auto = op.N != 0
		s.tell(p.status)
	case OpRaster:
		p.feed(op.Picture)
	case OpStore:
		p.stored = op.Picture
	case OpPrintStored:
		if p.stored != nil {
			p.feed(p.stored)
			p.stored = nil
		}
	case OpIdentify:
		s.answer(escpos.AppendInfo(nil, p.cfg.name(op.N)))
	case OpFeedDots:
		p.feedBlank(int(op.N))
	case OpFeedLines:
		p.feedBlank(int(op.N) * lineRows)
	case OpCut:
		p.cut()
	case OpProcessID:
		if !p.faults.NoProcessID && !p.faults.DropAcks && !p.faults.WrongID {
			s.answer(escpos.AppendProcessID(nil, op.ID))
		}
		if p.faults.WrongID {
			s.answer(escpos.AppendProcessID(nil, escpos.ID{'?', '?', '?', '?'}))
		}
	case OpPaperStatus:
		if !p.faults.DropAcks && !p.faults.WrongID {
			s.answer([]byte{p.status.Paper()})
		}
	}
}

func (p *Printer) feedBlank(rows int) {
	if rows == 0 {
		return
	}
	if blank, err := escpos.NewBitmap(p.cfg.Width, rows); err == nil {
		p.feed(blank)
	}
}

// feed moves rows out of the printer, until the paper ends.
func (p *Printer) feed(b *escpos.Bitmap) {
	if p.status.PaperEnd {
		return // A command that had begun when the paper ended.
	}
	if low := p.faults.LowRows; low > 0 {
		p.faults.LowRows = max(low-b.Height, 1)
		if low <= b.Height && !p.status.PaperLow {
			p.status.PaperLow = true
			defer p.tellAll()
		}
	}
	if left := p.faults.PaperRows; left > 0 {
		if b.Height >= left {
			b = &escpos.Bitmap{Width: b.Width, Height: left, Stride: b.Stride, Bits: b.Bits[:left*b.Stride]}
			p.faults.PaperRows = 0
			defer p.endPaper()
		} else {
			p.faults.PaperRows = left - b.Height
		}
	}
	if err := p.strip.Append(b); err != nil {
		p.complain(err)
	}
}

func (p *Printer) endPaper() {
	p.status.PaperEnd, p.status.Offline = true, true
	p.tellAll()
}

func (p *Printer) cut() {
	if p.strip.Height > 0 {
		id, err := p.papers.add(p.strip, p.cfg.Now())
		if err != nil {
			p.cfg.Logger.Warn("paper not kept", "err", err)
		}
		p.cfg.Logger.Info("paper printed", "paper", id, "rows", p.strip.Height)
	}
	p.strip = &escpos.Bitmap{Width: p.strip.Width, Stride: p.strip.Stride}
	p.cuts++
	if p.faults.JamAfter > 0 && p.cuts >= p.faults.JamAfter {
		p.faults.JamAfter = 0
		p.status.CutterError, p.status.Offline = true, true
		p.tellAll()
	}
}

// complain keeps the first mistake of a sender.
func (p *Printer) complain(err error) {
	if p.err == nil {
		p.err = err
	}
	p.cfg.Logger.Warn("printer data refused", "err", err)
}

func (p *Printer) tellAll() {
	for s := range p.sessions {
		if s.auto {
			s.tell(p.status)
		}
	}
}
