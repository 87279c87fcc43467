package led

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/serial"
)

const (
	refreshEvery = 10 * time.Second       // Every panel is written so often, changed or not.
	lookEvery    = 10 * time.Second       // The office is looked at so often, whatever its log says.
	staleAfter   = time.Minute            // Panels go dark when the office was not seen for so long.
	triesToAlarm = 3                      // Failures in a row that raise an alarm.
	retryMin     = 200 * time.Millisecond // First pause after a failure …
	retryMax     = 10 * time.Second       // … and the longest.
	darkTime     = 2 * time.Second        // For going dark when the program stops.
)

// Config is what the panels need; Office and Panels are required.
type Config struct {
	Office queue.Office
	Panels []Panel // Validate says what is wrong with them.
	// Alarm tells staff, in their words, of a panel that does not answer; nil =
	// only the log hears it. It must not wait.
	Alarm  func(text string)
	Logger *slog.Logger                // Nil = silent.
	Open   func(p Panel) (Port, error) // Opens a panel's line; nil = the serial device.
}

// Sender keeps the panels true.
type Sender struct {
	Config
	lines [][]int         // Panels of each line, by index.
	wakes []chan struct{} // One for each line.
	look  chan struct{}

	mu     sync.Mutex // Guards what is below.
	seq    int64      // Of the board that signs are from.
	seen   time.Time  // When the office was seen last.
	panels []shown
}

// shown is one panel and what is known of it.
type shown struct {
	Panel
	want    Sign
	has     Sign
	known   bool // has is what it shows, as far as it told.
	at      time.Time
	fails   int
	err     error
	alarmed bool
}

// Status is how a panel is.
type Status struct {
	Panel Panel
	Shows string // "A012"; empty = dark, or not known.
	Err   error  // Why it does not show what it should; nil = it does.
}

// openSerial opens the line that a panel hangs on.
func openSerial(p Panel) (Port, error) {
	f, err := serial.Open(p.Device, serial.Line{Baud: p.Baud, Parity: p.Parity})
	if err != nil {
		return nil, fmt.Errorf("the panels' line: %w", err)
	}
	return f, nil
}

// New makes a sender; its Run must run.
func New(c Config) (*Sender, error) {
	if c.Office == nil {
		return nil, errors.New("led: Config.Office is required")
	}
	if err := Validate(c.Panels); err != nil {
		return nil, fmt.Errorf("led: %w", err)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Open == nil {
		c.Open = openSerial
	}
	if c.Alarm == nil {
		c.Alarm = func(string) {}
	}
	s := &Sender{Config: c, look: make(chan struct{}, 1), seq: -1}
	var devices []string
	for i, p := range c.Panels {
		p = p.withDefaults()
		s.panels = append(s.panels, shown{Panel: p, want: Sign{Counter: p.Counters[0]}})
		at := slices.Index(devices, p.Device)
		if at < 0 {
			devices, at = append(devices, p.Device), len(devices)
			s.lines, s.wakes = append(s.lines, nil), append(s.wakes, make(chan struct{}, 1))
		}
		s.lines[at] = append(s.lines[at], i)
	}
	return s, nil
}

// Run follows the office until ctx ends, then has the panels go dark.
func (s *Sender) Run(ctx context.Context) error {
	var parts sync.WaitGroup
	defer parts.Wait()
	parts.Go(func() { s.follow(ctx) })
	for i := range s.lines {
		parts.Go(func() { s.serve(ctx, i) })
	}
	s.watch(ctx)
	return nil
}

// follow has the office looked at whenever something happens in it.
func (s *Sender) follow(ctx context.Context) {
	_ = queue.Following{
		Office: s.Office,
		From: func(ctx context.Context) (int64, error) {
			b, err := s.Office.Board(ctx)
			poke(s.look)
			return b.Seq, err
		},
		Event: func(context.Context, queue.Event) (bool, error) {
			poke(s.look)
			return true, nil
		},
		Broken: func(err error, pause time.Duration) {
			s.Logger.Warn("panels: log broke off, following again", "in", pause, "err", err)
		},
	}.Run(ctx) // Its error is that ctx has ended.
}

// watch keeps what the panels are to show, until ctx ends.
func (s *Sender) watch(ctx context.Context) {
	for {
		b, err := s.Office.Board(ctx)
		s.settle(b, err)
		for _, wake := range s.wakes {
			poke(wake)
		}
		if !queue.Await(ctx, s.look, lookEvery) {
			return
		}
	}
}

// settle takes a look at the office for what the panels are to show. An office
// that cannot be seen any longer has dark panels.
func (s *Sender) settle(b queue.Board, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	switch {
	case err == nil && b.Seq >= s.seq:
		s.seq, s.seen = b.Seq, now
		for i := range s.panels {
			s.panels[i].want = signOf(s.panels[i].Panel, b)
		}
	case err != nil && now.Sub(s.seen) > staleAfter:
		for i := range s.panels {
			s.panels[i].want = Sign{Counter: s.panels[i].Counters[0]}
		}
	}
}

// serve keeps one line true until ctx ends.
func (s *Sender) serve(ctx context.Context, line int) {
	first := s.panels[s.lines[line][0]].Panel // Never changes.
	for pause := retryMin; ctx.Err() == nil; pause = min(2*pause, retryMax) {
		port, err := s.Open(first)
		if err == nil {
			pause = retryMin
			err = s.write(ctx, line, &Line{port: port, baud: first.Baud})
			err = errors.Join(err, port.Close())
		}
		if ctx.Err() != nil {
			return
		}
		for _, i := range s.lines[line] {
			s.note(i, Sign{}, err)
		}
		queue.Await(ctx, nil, pause)
	}
}

// write writes to the panels of one line until the line fails or ctx ends.
func (s *Sender) write(ctx context.Context, line int, l *Line) error {
	pause := retryMin
	for {
		failing, err := s.round(ctx, line, l)
		switch {
		case ctx.Err() != nil:
			s.dark(line, l)
			return nil
		case err != nil:
			return err
		}
		wait := refreshEvery
		if failing {
			wait, pause = pause, min(2*pause, retryMax)
		} else {
			pause = retryMin
		}
		queue.Await(ctx, s.wakes[line], wait)
	}
}

// round writes what is new, or due again, to the panels of a line. A panel that
// fails does not keep the others waiting for long: it is tried once a round.
func (s *Sender) round(ctx context.Context, line int, l *Line) (failing bool, err error) {
	for _, i := range s.lines[line] {
		sign, due := s.due(i)
		if !due || ctx.Err() != nil {
			continue
		}
		err := l.show(ctx, s.panels[i].Panel, sign)
		if ctx.Err() != nil {
			return false, nil
		}
		s.note(i, sign, err)
		if broken(err) {
			return true, err
		}
		failing = failing || err != nil
	}
	if !failing && s.changed(line) {
		return s.round(ctx, line, l)
	}
	return failing, nil
}

// due gives what a panel is to show at this moment, and whether to write it.
func (s *Sender) due(i int) (Sign, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.panels[i]
	return p.want, !p.known || p.has != p.want || time.Since(p.at) >= refreshEvery
}

// changed reports whether a panel of a line is to show something else by now.
func (s *Sender) changed(line int) bool {
	return slices.ContainsFunc(s.lines[line], func(i int) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		p := &s.panels[i]
		return p.has != p.want
	})
}

// note keeps how it went, and raises or ends an alarm.
func (s *Sender) note(i int, sign Sign, err error) {
	s.mu.Lock()
	p := &s.panels[i]
	p.err = err
	if err == nil {
		p.has, p.known, p.at, p.fails = sign, true, time.Now(), 0
	} else {
		p.known = false
		p.fails++
	}
	raise := p.fails >= triesToAlarm && !p.alarmed
	ended := err == nil && p.alarmed
	p.alarmed = (p.alarmed || raise) && !ended
	panel := p.Panel
	s.mu.Unlock()
	switch {
	case raise:
		s.Logger.Warn("number panel does not answer", "device", panel.Device, "unit", panel.Unit, "counters", panel.Counters, "err", err)
		s.Alarm(fmt.Sprintf("Bảng số LED quầy %s không trả lời (%s, địa chỉ %d): kiểm tra nguồn và dây", strings.Join(panel.Counters, ", "), panel.Device, panel.Unit))
	case ended:
		s.Logger.Warn("number panel answers again", "device", panel.Device, "unit", panel.Unit)
	}
}

// dark has the panels of a line show nothing, as far as they still listen: a
// number that nobody keeps true misleads.
func (s *Sender) dark(line int, l *Line) {
	ctx, cancel := context.WithTimeout(context.Background(), darkTime)
	defer cancel()
	for _, i := range s.lines[line] {
		p := s.panels[i].Panel
		if ctx.Err() != nil || broken(l.show(ctx, p, Sign{Counter: p.Counters[0]})) {
			return
		}
	}
}

// Statuses tells how every panel is.
func (s *Sender) Statuses() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Status, 0, len(s.panels))
	for _, p := range s.panels {
		st := Status{Panel: p.Panel, Err: p.err}
		if p.known {
			st.Shows = shownNumber(p.has)
		}
		all = append(all, st)
	}
	return all
}

// poke wakes without waiting; one wake pending is enough.
func poke(wake chan<- struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}
