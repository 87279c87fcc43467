package printer_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
	"github.com/xinmoi/xinmoi/kiosk/escpos/vprinter"
	"github.com/xinmoi/xinmoi/kiosk/printer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// picture gives a ticket-sized picture with some ink in every row.
func picture(t testing.TB, rows int) *escpos.Bitmap {
	t.Helper()
	b, err := escpos.NewBitmap(576, rows)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b.Bits {
		b.Bits[i] = byte(i * 7)
	}
	return b
}

func virtual(t testing.TB) *vprinter.Printer {
	t.Helper()
	v, err := vprinter.New(vprinter.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// opener adapts the virtual printer; it is what the program does too.
func opener(v *vprinter.Printer) printer.Opener {
	return func(ctx context.Context) (printer.Conn, error) { return v.Open(ctx) }
}

// patient is a driver beside a real line, on which answers come when this
// machine has the time for them.
func patient(open printer.Opener) *printer.Driver {
	return printer.New(printer.Config{Open: open, Ask: time.Minute, Send: time.Minute, Ack: time.Minute})
}

func TestOutcomes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status escpos.Status
		faults vprinter.Faults
		want   printer.Outcome
		kind   printer.FaultKind
		papers int
		within time.Duration
		state  printer.State
	}{
		{name: "good", want: printer.Printed, papers: 1, state: printer.StateReady},
		{name: "paper low", status: escpos.Status{PaperLow: true}, want: printer.Printed, papers: 1, state: printer.StatePaperLow},
		{name: "no process id", faults: vprinter.Faults{NoProcessID: true}, want: printer.Printed, papers: 1, within: 2 * time.Second, state: printer.StateReady},
		{name: "mute", faults: vprinter.Faults{Mute: true}, want: printer.Assumed, papers: 1, within: 1500 * time.Millisecond, state: printer.StateBlind},
		{name: "paper out", status: escpos.Status{PaperEnd: true, Offline: true}, want: printer.Failed, kind: printer.FaultNotReady, state: printer.StatePaperOut},
		{name: "cover open", status: escpos.Status{CoverOpen: true, Offline: true}, want: printer.Failed, kind: printer.FaultNotReady, state: printer.StateCoverOpen},
		{name: "offline", status: escpos.Status{Offline: true}, want: printer.Failed, kind: printer.FaultNotReady, state: printer.StateOffline},
		{name: "head broken", status: escpos.Status{Offline: true, Unrecoverable: true}, want: printer.Failed, kind: printer.FaultNotReady, state: printer.StateError},
		{name: "knife jammed, recovers", status: escpos.Status{Offline: true, CutterError: true}, want: printer.Printed, papers: 1, state: printer.StateReady},
		{name: "refused", faults: vprinter.Faults{Refuse: true}, want: printer.Failed, kind: printer.FaultUnreachable, state: printer.StateUnreachable},
		{name: "paper ends in the ticket", faults: vprinter.Faults{PaperRows: 300}, want: printer.Failed, kind: printer.FaultNotReady, within: time.Second, state: printer.StatePaperOut},
		{name: "acknowledgement lost", faults: vprinter.Faults{DropAcks: true}, want: printer.Unknown, kind: printer.FaultNoAnswer, papers: 1, within: 5 * time.Second, state: printer.StateReady},
		{name: "cut in the picture", faults: vprinter.Faults{CutAfter: 20_000}, want: printer.Unknown, kind: printer.FaultLost, state: printer.StateUnreachable},
		{name: "cut at the first question", faults: vprinter.Faults{CutAfter: 1}, want: printer.Failed, kind: printer.FaultUnreachable, state: printer.StateUnreachable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := virtual(t)
				v.SetStatus(tt.status)
				v.Inject(tt.faults)
				d := printer.New(printer.Config{Open: opener(v)})
				start := time.Now()
				got, err := d.Print(t.Context(), printer.Job{Name: "A012", Paper: picture(t, 600)})
				if took := time.Since(start); took > tt.within {
					t.Errorf("took %v, want at most %v", took, tt.within)
				}
				var f *printer.Fault
				if got != tt.want || (tt.kind == "") != (err == nil) || (err != nil && (!errors.As(err, &f) || f.Kind != tt.kind)) {
					t.Errorf("got %s, %v; want %s, %s", got, err, tt.want, tt.kind)
				}
				if n := len(v.Papers()); n != tt.papers {
					t.Errorf("%d papers came out, want %d", n, tt.papers)
				}
				if s := d.Status(); s.State != tt.state {
					t.Errorf("state %s (%s), want %s", s.State, s.Err, tt.state)
				}
				if err := v.Err(); err != nil {
					t.Errorf("printer did not understand: %v", err)
				}
				synctest.Wait()
			})
		})
	}
}

// A connection that breaks at any byte never ends in "printed" without paper,
// and paper never comes out under "failed".
func TestCutAtEveryByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := picture(t, 4)
		var whole int
		for n := 1; ; n++ {
			if n < escpos.FlushLen-100 { // Nothing happens in the NUL bytes that come first.
				n += 96
			}
			v := virtual(t)
			v.Inject(vprinter.Faults{CutAfter: n})
			d := printer.New(printer.Config{Open: opener(v)})
			got, err := d.Print(t.Context(), printer.Job{Paper: b})
			papers := len(v.Papers())
			if got == printer.Printed && papers != 1 || got == printer.Failed && papers != 0 {
				t.Fatalf("cut after %d bytes: %s with %d papers: %v", n, got, papers, err)
			}
			if got == printer.Printed {
				whole = n
				break
			}
			if n > escpos.FlushLen+3000 {
				t.Fatalf("never printed: %s %v", got, err)
			}
		}
		if whole < len(b.Bits) {
			t.Errorf("printed after only %d bytes", whole)
		}
	})
}

// After a fault in the middle of a ticket the next one comes out whole.
func TestRecoversAfterBrokenTicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := virtual(t)
		d := printer.New(printer.Config{Open: opener(v)})
		v.Inject(vprinter.Faults{CutAfter: 20_000})
		if got, _ := d.Print(t.Context(), printer.Job{Paper: picture(t, 600)}); got != printer.Unknown {
			t.Fatalf("got %s, want unknown", got)
		}
		v.Inject(vprinter.Faults{})
		if got, err := d.Print(t.Context(), printer.Job{Paper: picture(t, 100)}); got != printer.Printed {
			t.Fatalf("got %s, %v", got, err)
		}
		if err := v.Err(); err != nil {
			t.Error(err)
		}
		s := d.Status()
		if s.Printed != 1 || s.Unknown != 1 {
			t.Errorf("counted %+v", s)
		}
	})
}

// A printer that knows no process id is waited for only once.
func TestLearnsMissingProcessID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := virtual(t)
		v.Inject(vprinter.Faults{NoProcessID: true})
		d := printer.New(printer.Config{Open: opener(v)})
		for i := range 2 {
			start := time.Now()
			if got, err := d.Print(t.Context(), printer.Job{Paper: picture(t, 10)}); got != printer.Printed {
				t.Fatalf("got %s, %v", got, err)
			}
			if took := time.Since(start); i == 1 && took != 0 {
				t.Errorf("second job waited %v", took)
			}
		}
	})
}

// A printer that used to answer and is silent now gets no job.
func TestSilentPrinterGetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := virtual(t)
		d := printer.New(printer.Config{Open: opener(v)})
		d.Check(t.Context())
		v.Inject(vprinter.Faults{Mute: true})
		got, err := d.Print(t.Context(), printer.Job{Paper: picture(t, 10)})
		var f *printer.Fault
		if got != printer.Failed || !errors.As(err, &f) || f.Kind != printer.FaultSilent {
			t.Errorf("got %s, %v", got, err)
		}
		if len(v.Papers()) != 0 {
			t.Error("paper came out")
		}
	})
}

func TestExpiredAndBadJobs(t *testing.T) {
	d := printer.New(printer.Config{Open: opener(virtual(t))})
	for _, j := range []printer.Job{
		{Paper: picture(t, 10), Expires: time.Now().Add(-time.Second)},
		{},
		{Paper: &escpos.Bitmap{Width: 5000, Height: 1, Stride: 625, Bits: make([]byte, 625)}},
	} {
		if got, err := d.Print(t.Context(), j); got != printer.Failed || err == nil {
			t.Errorf("got %s, %v; want failed", got, err)
		}
	}
}

func TestRunPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := virtual(t)
		d := printer.New(printer.Config{Open: opener(v)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.Run(ctx) }()
		synctest.Wait()
		if got := d.Status().State; got != printer.StateReady {
			t.Errorf("state %s", got)
		}
		v.SetStatus(escpos.Status{PaperEnd: true, Offline: true})
		time.Sleep(10*time.Second + time.Millisecond) // In the bubble: no time passes.
		synctest.Wait()
		if got := d.Status().State; got != printer.StatePaperOut {
			t.Errorf("state %s after the roll ended", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
}

// Over real TCP: many at once come out one after another, none is lost.
func TestTCP(t *testing.T) {
	v := virtual(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- v.Serve(ctx, l) }()
	open, err := printer.Target("tcp://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	d := patient(open)
	var jobs sync.WaitGroup
	for range 8 {
		jobs.Go(func() {
			if got, err := d.Print(ctx, printer.Job{Paper: picture(t, 700)}); got != printer.Printed {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
	jobs.Wait()
	if n := len(v.Papers()); n != 8 || v.Err() != nil {
		t.Errorf("%d papers, %v", n, v.Err())
	}
	cancel()
	<-served
	if got, err := d.Print(t.Context(), printer.Job{Paper: picture(t, 10)}); got != printer.Failed {
		t.Errorf("after switching off: %s, %v", got, err)
	}
}

func TestSpoolFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool.bin")
	open, err := printer.Target(path)
	if err != nil {
		t.Fatal(err)
	}
	d := printer.New(printer.Config{Open: open})
	job := printer.Job{Paper: picture(t, 100)}
	if got, err := d.Print(t.Context(), job); got != printer.Failed {
		t.Errorf("missing file: %s, %v", got, err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Print(t.Context(), job); got != printer.Assumed {
		t.Errorf("got %s, %v; want assumed", got, err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dec := vprinter.NewDecoder(f)
	cuts := 0
	for {
		op, err := dec.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if op.Kind == vprinter.OpCut {
			cuts++
		}
	}
	if cuts != 1 {
		t.Errorf("%d cuts in the spool, want 1", cuts)
	}
}

func TestTarget(t *testing.T) {
	for _, bad := range []string{"", "printer", "tcp://", "http://x", "tcp://:9100", "cups://", "cups://a/b", "serial://", "serial:///dev/ttyS0?baud=1", "serial:///dev/ttyS0?baud=x",
		"serial:///dev/ttyS0?flow=xonxoff", "serial://host/dev/ttyS0", "lp://x", "%zz"} {
		if _, err := printer.Target(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	for _, good := range []string{"tcp://10.0.0.5", "tcp://10.0.0.5:9101", "tcp://[::1]", "tcp://printer.local", "/dev/usb/lp0", "usb", "cups://phieu", "serial:///dev/ttyUSB0", "serial:///dev/ttyS0?baud=9600&flow=none"} {
		if _, err := printer.Target(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}
