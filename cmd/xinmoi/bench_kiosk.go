package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/kiosk"
	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/kiosk/escpos/vprinter"
	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/bench/goal"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// kioskBench measures how soon after a touch the printer has the ticket, with
// the durable store, the journal and the network as they are at work.
type kioskBench struct {
	Tickets   int     `json:"tickets"`
	PerSecond float64 `json:"per_second"`
	Commit    spread  `json:"commit"`     // A number taken and durable, without a kiosk: the disk's part.
	FirstByte spread  `json:"first_byte"` // From the touch until the printer has the first byte of the ticket.
	LastByte  spread  `json:"last_byte"`  // … the last byte, which is what the promise is about.
	Page      spread  `json:"page"`       // … the answer to the browser, with the printer's acknowledgement.
	Ratio     float64 `json:"ratio"`      // LastByte.P99 / Commit.P99
}

// spread is a distribution in milliseconds.
type spread struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

func spreadOf(all []time.Duration) spread {
	slices.Sort(all)
	at := func(q float64) float64 { return goal.Millis(goal.Quantile(all, q)) }
	return spread{at(0.5), at(0.99), at(1)}
}

// kioskRate is how many tickets a second are promised.
const kioskRate = 5

// runKioskBench measures for so many seconds on the disk of dir.
func runKioskBench(ctx context.Context, dir string, seconds float64, asJSON bool, s streams) error {
	if seconds <= 0 {
		return usagef("-seconds %g: give a positive number", seconds)
	}
	dir, err := os.MkdirTemp(dir, "xinmoi-bench-")
	if err != nil {
		return err
	}
	b, err := newKioskHall(ctx, dir)
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	report, err := b.measure(ctx, int(seconds*kioskRate))
	err = errors.Join(err, b.close(), os.RemoveAll(dir))
	if err != nil {
		return err
	}
	if asJSON {
		return goal.WriteJSON(s.out, report)
	}
	row := func(name string, v spread) {
		fmt.Fprintf(s.out, "%-52s p50 %6.1f ms  p99 %6.1f ms  max %6.1f ms\n", name, v.P50, v.P99, v.Max)
	}
	fmt.Fprintf(s.out, "%d tickets, %g a second\n", report.Tickets, report.PerSecond)
	row("number taken, durable (the disk's part)", report.Commit)
	row("touch → first byte at the printer", report.FirstByte)
	row("touch → last byte at the printer (promised: 50)", report.LastByte)
	row("touch → answer to the browser, paper acknowledged", report.Page)
	fmt.Fprintf(s.out, "touch → last byte takes %.1f × a durable number\n", report.Ratio)
	return nil
}

// kioskHall is an office with one kiosk and its printer at work.
type kioskHall struct {
	engine  *queue.Engine
	journal *agent.Journal
	store   *sqlite.DB
	web     *http.Server
	base    string
	stop    context.CancelFunc
	parts   sync.WaitGroup
	heard   chan stamped
}

// stamped is when one ticket came in at the printer.
type stamped struct{ first, last time.Time }

func newKioskHall(ctx context.Context, dir string) (*kioskHall, error) {
	store, err := sqlite.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	b := &kioskHall{store: store, stop: stop, heard: make(chan stamped, 16)}
	b.engine, err = queue.NewEngine(ctx, queue.Config{Setup: queue.CommuneCentre(), Store: store, Links: queue.NewLinks([]byte("0123456789abcdef"), "http://127.0.0.1")})
	if err == nil {
		b.parts.Go(func() { _ = b.engine.Run(ctx) })
		err = b.openKiosk(ctx, dir)
	}
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *kioskHall) openKiosk(ctx context.Context, dir string) error {
	paper, err := vprinter.New(vprinter.Config{Keep: 1})
	if err != nil {
		return err
	}
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b.parts.Go(func() { _ = paper.Serve(ctx, stampListener{socket, b.heard}) })
	profile, err := printer.FindProfile("virtual")
	if err != nil {
		return err
	}
	driver := printer.New(printer.Config{Open: printer.TCP(socket.Addr().String()), Profile: profile})
	if b.journal, err = agent.OpenJournal(filepath.Join(dir, "journal"), nil); err != nil {
		return err
	}
	k, err := kiosk.New(kiosk.Config{Office: b.journal.Office(b.engine), Printer: b.journal.Printer(driver), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	b.parts.Go(func() { _ = k.Run(ctx) })
	pages, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b.base = "http://" + pages.Addr().String()
	b.web = &http.Server{Handler: k.Handler(), ReadHeaderTimeout: headerTime}
	b.parts.Go(func() { _ = b.web.Serve(pages) })
	return nil
}

func (b *kioskHall) close() error {
	if b.web != nil {
		_ = b.web.Close()
	}
	b.stop()
	b.parts.Wait()
	var err error
	if b.journal != nil {
		err = b.journal.Close()
	}
	return errors.Join(err, b.store.Close())
}

// measure touches n times at the promised rate; between two touches a number is
// taken without a kiosk, for comparison.
func (b *kioskHall) measure(ctx context.Context, n int) (kioskBench, error) {
	const every = time.Second / kioskRate
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var commit, first, last, page []time.Duration
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := range max(n, 1) + 1 {
		start := time.Now()
		if err := b.touch(ctx, client); err != nil {
			return kioskBench{}, err
		}
		answered := time.Since(start)
		var s stamped
		select {
		case s = <-b.heard:
		case <-ctx.Done():
			return kioskBench{}, ctx.Err()
		}
		direct := time.Now()
		if _, err := b.engine.Take(ctx, queue.TakeRequest{Meta: queue.Meta{Key: rand.Text(), Caller: "bench"}, Service: "B", Channel: queue.Kiosk, Hold: true}); err != nil {
			return kioskBench{}, err
		}
		if i > 0 { // The first one warms up.
			commit = append(commit, time.Since(direct))
			first, last, page = append(first, s.first.Sub(start)), append(last, s.last.Sub(start)), append(page, answered)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return kioskBench{}, ctx.Err()
		}
	}
	r := kioskBench{Tickets: len(last), PerSecond: kioskRate, Commit: spreadOf(commit), FirstByte: spreadOf(first), LastByte: spreadOf(last), Page: spreadOf(page)}
	r.Ratio = r.LastByte.P99 / r.Commit.P99
	return r, nil
}

func (b *kioskHall) touch(ctx context.Context, client *http.Client) error {
	form := url.Values{"key": {rand.Text()}, "procedure": {"khai-sinh"}, "lang": {"vi"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+"/kiosk/take", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	if err = errors.Join(err, res.Body.Close()); err == nil && res.StatusCode != http.StatusSeeOther {
		err = fmt.Errorf("the kiosk answered %s", res.Status)
	}
	return err
}

// stampListener notes when the bytes of a ticket arrive.
type stampListener struct {
	net.Listener
	heard chan<- stamped
}

// Accept implements net.Listener.
func (l stampListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return &stampConn{Conn: c, heard: l.heard}, err
}

// stampConn is one ticket's connection.
type stampConn struct {
	net.Conn
	heard chan<- stamped
	bytes int
	times stamped
	once  sync.Once
}

// question is more than a question about the printer's status, in bytes.
const question = 64

// Read implements net.Conn.
func (c *stampConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		if c.bytes += n; c.bytes > question && c.times.first.IsZero() {
			c.times.first = time.Now()
		}
		c.times.last = time.Now()
	}
	if err != nil && c.bytes > question {
		c.once.Do(func() { c.heard <- c.times })
	}
	return n, err
}
