package vprinter

import (
	"log/slog"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// Config sets up a virtual printer.
type Config struct {
	Width    int              // Dots per row; 0 = 576.
	Dir      string           // Folder for the PNG files, made if missing; empty = memory only.
	Keep     int              // Papers kept, in memory and in Dir; 0 = 50.
	Location *time.Location   // Of the times on the paper page; nil = local.
	Logger   *slog.Logger     // nil = discard.
	Now      func() time.Time // nil = time.Now.
}

// Faults are what the printer shall do wrong. The zero value is a good printer.
type Faults struct {
	Refuse      bool // Accepts no connection.
	Mute        bool // Never answers anything, like a cheap clone.
	NoProcessID bool // Does not know GS ( H; answers the rest.
	DropAcks    bool // Prints, but the acknowledgements get lost.
	CutAfter    int  // Drops the connection after so many more bytes; 0 = never.
	PaperRows   int  // Paper ends after so many more rows; 0 = never.
}

// Printer is the virtual printer. Safe for use by many goroutines.
type Printer struct {
	cfg    Config
	papers *store

	mu       sync.Mutex
	status   escpos.Status
	faults   Faults
	strip    *escpos.Bitmap // What came out since the last cut.
	pending  []pendingOp    // Received while stopped.
	sessions map[*session]struct{}
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
		cfg.Location = time.Local
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

// Inject makes the printer fail from now on; the zero Faults heals it.
func (p *Printer) Inject(f Faults) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = f
}

// SetStatus opens the cover, takes out the paper, or makes all well again.
// What was received while the printer was stopped is printed when it is ready.
func (p *Printer) SetStatus(s escpos.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = s
	p.tellAll()
	p.drain()
}

// Status gives what the printer says of itself.
func (p *Printer) Status() escpos.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
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
		s.answer([]byte{p.status.RealTime(op.N)})
		return
	case OpRecover:
		p.pending = nil
		p.status.CutterError = false
		p.status.Offline = false
		p.status.Offline = !p.status.Ready()
		p.tellAll()
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
	case OpFeedDots:
		p.feedBlank(int(op.N))
	case OpFeedLines:
		p.feedBlank(int(op.N) * lineRows)
	case OpCut:
		p.cut()
	case OpProcessID:
		if !p.faults.NoProcessID && !p.faults.DropAcks {
			s.answer(escpos.AppendProcessID(nil, op.ID))
		}
	case OpPaperStatus:
		if !p.faults.DropAcks {
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
