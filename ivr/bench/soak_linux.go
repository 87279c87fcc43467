package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// The shape of a soak: how fast short calls come and how long they last.
const (
	soakRate    = 300
	soakCalls   = 80 * soakRate // At a time: an eighth of them may wait for their ACK at once (sip.Config.MaxCalls), as after a stall of the machine all overdue calls come together.
	soakCall    = 250 * time.Millisecond
	soakSamples = 10
	soakSettle  = 40 * time.Second // The signalling keeps an answered INVITE for 32 s (RFC 6026, timer L): until then memory grows.
	soakGrowth  = 1.1              // Memory at the end may be so many times that of the middle,
	soakSlack   = 4 << 20          // and so many bytes: a heap breathes.
)

// Soak is what very many short calls left behind.
type Soak struct {
	Calls   int        `json:"calls"`
	Failed  int        `json:"failed"`
	Why     string     `json:"why,omitempty"` // The first of them failed.
	Seconds float64    `json:"seconds"`
	Start   Inside     `json:"start"`
	Samples []Observed `json:"samples"` // While calls come, evenly spread.
	End     Inside     `json:"end"`     // After the last one, when nothing may be left.
	Faults  []string   `json:"faults"`
}

// Observed is what a server looks like after some calls.
type Observed struct {
	Calls    int     `json:"calls"`
	Seconds  float64 `json:"seconds"`  // Since the beginning.
	Resident int64   `json:"resident"` // Bytes.
	Inside
}

// RunSoak places n short calls, each with sound and a key, and watches whether
// memory, goroutines, sockets or calls of the server grow. settle is how long
// it waits at the end for what the signalling keeps; 0 = as long as RFC 6026
// lets it.
func RunSoak(ctx context.Context, c Config, n int, settle time.Duration) (s Soak, err error) {
	if err := c.Validate(); err != nil {
		return s, err
	}
	c = c.withDefaults()
	if settle == 0 {
		settle = soakSettle
	}
	l, stop, err := startLoad(ctx, soakRate)
	if err != nil {
		return s, err
	}
	defer stop()
	p, err := startProcess(c.Command(ctx, ModeSoak, soakCalls))
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	at, err := netip.ParseAddrPort(p.hello.SIP)
	if err != nil {
		return s, fmt.Errorf("the server's address: %w", err)
	}
	x, err := newExchange(at)
	if err != nil {
		return s, err
	}
	var reading sync.WaitGroup
	reading.Go(x.run)
	defer reading.Wait()
	defer x.conn.Close()
	t := &trial{c: c, l: l, p: p, x: x}
	return t.soak(ctx, n, settle)
}

// soak places the calls in rounds and looks after each.
func (t *trial) soak(ctx context.Context, n int, settle time.Duration) (s Soak, err error) {
	began := time.Now()
	if s.Start, err = t.p.inside(); err != nil {
		return s, err
	}
	for i := range soakSamples {
		round := n*(i+1)/soakSamples - s.Calls
		failed, why, err := t.shortRound(ctx, round)
		if err != nil {
			return s, err
		}
		s.Calls, s.Failed, s.Why = s.Calls+round, s.Failed+failed, cmp.Or(s.Why, why)
		o := Observed{Calls: s.Calls, Seconds: time.Since(began).Seconds()}
		if o.Inside, err = t.p.inside(); err != nil {
			return s, err
		}
		m, err := t.p.memory()
		if err != nil {
			return s, err
		}
		o.Resident = m.all()
		s.Samples = append(s.Samples, o)
		t.c.Progress(fmt.Sprintf("%d of %d calls: %.1f MB resident, %d goroutines, %d files", s.Calls, n, float64(o.Resident)/(1<<20), o.Goroutines, o.Files))
	}
	err = t.untilSettled(ctx, &s, settle)
	s.Seconds = time.Since(began).Seconds()
	s.Faults = s.faults()
	return s, err
}

// shortRound places some calls and counts those that failed; why is the first
// one's reason.
func (t *trial) shortRound(ctx context.Context, n int) (failed int, why string, err error) {
	var mu sync.Mutex
	err = t.each(ctx, n, soakRate, func(i int) error {
		if err := t.shortCall(ctx, i); err != nil {
			mu.Lock()
			defer mu.Unlock()
			failed, why = failed+1, cmp.Or(why, err.Error())
		}
		return ctx.Err()
	})
	return failed, why, err
}

func (t *trial) shortCall(ctx context.Context, i int) error {
	s := t.l.newStream(i)
	c, _, port, err := t.x.place(ctx, numberLoop, s)
	if err != nil {
		return err
	}
	s.pressAt = wall() + int64(soakCall/2)
	t.l.add(s, port)
	err = wait(ctx, soakCall)
	t.l.remove(s)
	return errors.Join(err, t.x.hangUp(ctx, c))
}

// untilSettled waits until the server is as it was, at most for settle.
func (t *trial) untilSettled(ctx context.Context, s *Soak, settle time.Duration) (err error) {
	for end := time.Now().Add(settle); ; {
		if s.End, err = t.p.inside(); err != nil || s.settled() || time.Now().After(end) {
			return err
		}
		if err := wait(ctx, time.Second); err != nil {
			return err
		}
	}
}

func (s *Soak) settled() bool {
	return s.End.Calls == 0 && s.End.Goroutines <= s.Start.Goroutines && s.End.Files <= s.Start.Files && s.End.Ports == 0 && s.End.Heap <= s.Start.Heap+soakSlack
}

// faults says what has grown.
func (s *Soak) faults() (all []string) {
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if s.Failed > 0 {
		add("%d of %d calls failed, the first one: %s", s.Failed, s.Calls, s.Why)
	}
	if s.End.Calls > 0 {
		add("%d calls are left", s.End.Calls)
	}
	if s.End.Goroutines > s.Start.Goroutines {
		add("%d goroutines at the end, %d at the start", s.End.Goroutines, s.Start.Goroutines)
	}
	if s.End.Files > s.Start.Files {
		add("%d files and sockets at the end, %d at the start", s.End.Files, s.Start.Files)
	}
	if s.End.Ports > 0 {
		add("%d ports for sound were not returned", s.End.Ports)
	}
	if s.End.Heap > s.Start.Heap+soakSlack {
		add("%.1f MB of heap at the end, %.1f MB at the start", float64(s.End.Heap)/(1<<20), float64(s.Start.Heap)/(1<<20))
	}
	return append(all, s.growth()...)
}

// growth compares the last sample with the first one by which memory has
// become level.
func (s *Soak) growth() (all []string) {
	level := slices.IndexFunc(s.Samples, func(o Observed) bool { return o.Seconds >= soakSettle.Seconds() })
	if level < 0 {
		return nil // Over before: only the end tells.
	}
	early, last := s.Samples[level], s.Samples[len(s.Samples)-1]
	compare := func(name string, before, after float64) {
		if after > soakGrowth*before+soakSlack {
			all = append(all, fmt.Sprintf("%s grew from %.1f MB after %d calls to %.1f MB after %d", name, before/(1<<20), early.Calls, after/(1<<20), last.Calls))
		}
	}
	compare("resident memory", float64(early.Resident), float64(last.Resident))
	compare("heap", float64(early.Heap), float64(last.Heap))
	return all
}

// WriteText writes the findings for people.
func (s Soak) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d short calls in %.0f s, %s, %d CPUs\n\n", s.Calls, s.Seconds, runtime.Version(), runtime.NumCPU())
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "\tresident MB\theap MB\tgoroutines\tfiles\tsound ports\tcalls running\t\nbefore\t\t%.1f\t%d\t%d\t%d\t%d\t\n", float64(s.Start.Heap)/(1<<20), s.Start.Goroutines, s.Start.Files, s.Start.Ports, s.Start.Calls)
	for _, o := range s.Samples {
		fmt.Fprintf(t, "after %d\t%.1f\t%.1f\t%d\t%d\t%d\t%d\t\n", o.Calls, float64(o.Resident)/(1<<20), float64(o.Heap)/(1<<20), o.Goroutines, o.Files, o.Ports, o.Inside.Calls)
	}
	fmt.Fprintf(t, "at the end\t\t%.1f\t%d\t%d\t%d\t%d\t\n", float64(s.End.Heap)/(1<<20), s.End.Goroutines, s.End.Files, s.End.Ports, s.End.Calls)
	_ = t.Flush()
	if len(s.Faults) == 0 {
		b.WriteString("\nnothing has grown; every port, socket and goroutine was given back\n")
	}
	for _, f := range s.Faults {
		b.WriteString("\nFAULT: " + f)
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}
