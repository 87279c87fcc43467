package vprinter

import (
	"time"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// Faults are what the printer shall do wrong. The zero value is a good printer.
type Faults struct {
	Refuse      bool `json:"refuse,omitempty"`        // Accepts no connection.
	OneClient   bool `json:"one_client,omitempty"`    // Drops a second connection while one is open.
	Mute        bool `json:"mute,omitempty"`          // Never answers anything, like a cheap clone.
	NoRealTime  bool `json:"no_real_time,omitempty"`  // Does not know DLE EOT; answers the rest.
	NoProcessID bool `json:"no_process_id,omitempty"` // Does not know GS ( H; answers the rest.
	NoClear     bool `json:"no_clear,omitempty"`      // Does not know DLE DC4: spills what it holds when it is well again.

	DropAcks  bool `json:"drop_acks,omitempty"` // Prints, but the acknowledgements get lost.
	WrongID   bool `json:"wrong_id,omitempty"`  // Acknowledges another job.
	Garble    bool `json:"garble,omitempty"`    // Every answer arrives with its bits upside down.
	Twice     bool `json:"twice,omitempty"`     // Every answer arrives twice.
	AnswerLag Lag  `json:"answer_lag,omitzero"` // Every answer is so late.
	Rate      int  `json:"rate,omitempty"`      // Takes so many bytes a second; 0 = at once.

	CutAfter   int  `json:"cut_after,omitempty"`    // Drops the connection after so many more bytes; 0 = never.
	KeepHalf   bool `json:"keep_half,omitempty"`    // A command that was cut off goes on with the next connection's bytes.
	DeafInData bool `json:"deaf_in_data,omitempty"` // … and until it is complete no question is answered.

	PaperRows int  `json:"paper_rows,omitempty"` // Paper ends after so many more rows; 0 = never.
	LowRows   int  `json:"low_rows,omitempty"`   // The roll is near its end after so many more rows; 0 = never.
	JamAfter  int  `json:"jam_after,omitempty"`  // The knife jams at so many cuts from the beginning; 0 = never.
	JamStays  bool `json:"jam_stays,omitempty"`  // No command frees a jammed knife.
}

// Lag is a duration that is written "250ms" in JSON.
type Lag time.Duration

// MarshalText implements encoding.TextMarshaler.
func (l Lag) MarshalText() ([]byte, error) { return []byte(time.Duration(l).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Lag) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*l = Lag(d)
	return err
}

// Inject makes the printer fail from now on; the zero Faults heals it.
func (p *Printer) Inject(f Faults) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = f
	if f.JamAfter > 0 {
		p.cuts = 0
	}
}

// Faults gives what it does wrong.
func (p *Printer) Faults() Faults {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults
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

// Fragment tells how many rows hang out of the printer, not cut off.
func (p *Printer) Fragment() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.strip.Height
}

// PowerCycle switches the printer off and on: connections break, what it has
// received and not printed is gone, a jammed knife is free. A ticket that was
// half out is torn off, as the person at the machine would.
func (p *Printer) PowerCycle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.sessions {
		_ = s.conn.Close()
	}
	p.pending, p.half, p.stored = nil, nil, nil
	p.status.CutterError, p.status.Unrecoverable = false, false
	p.status.Offline = false
	p.status.Offline = !p.status.Ready()
	p.strip = &escpos.Bitmap{Width: p.strip.Width, Stride: p.strip.Stride}
}
