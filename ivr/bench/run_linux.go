package bench

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The parts of a run besides its main measurement.
const (
	rawTime    = 500 * time.Millisecond
	settleTime = time.Second           // From the last set-up to the measurement.
	shortCalls = 1000                  // To measure set-up and tear-down alone,
	shortLeast = 200                   // or so many, as processor time is told in steps of 10 ms,
	shortRate  = 500                   // so many in a second.
	shortTime  = 20 * time.Millisecond // Of such a call.
	overdue    = 8                     // An eighth of all places is for calls without an ACK (sip.Config.MaxCalls): after a stall of the machine all short calls may come together.
	endRate    = 3                     // Calls end so many times faster than they begin.
)

// Run measures; it takes about twice Duration, and Calls ÷ Rate.
func Run(ctx context.Context, c Config) (Report, error) {
	if err := c.Validate(); err != nil {
		return Report{}, err
	}
	c = c.withDefaults()
	r := Report{Go: runtime.Version(), CPUs: runtime.NumCPU(), Calls: c.Calls, Rate: c.Rate, Seconds: c.Duration.Seconds()}
	l, stop, err := startLoad(ctx, c.Calls)
	if err != nil {
		return r, err
	}
	defer stop()

	c.Progress("what the machine can send")
	if r.RawRate, err = rawRate(rawTime); err != nil {
		return r, err
	}
	c.Progress("a bare paced sender")
	if r.Bare, err = c.bare(ctx, l); err != nil {
		return r, err
	}
	if err := c.server(ctx, l, &r); err != nil {
		return r, err
	}
	r.Ratios = ratios(r)
	return r, nil
}

// bare measures the bare sender under the same load of packets.
func (c Config) bare(ctx context.Context, l *load) (s Sound, err error) {
	p, err := startProcess(c.Command(ctx, ModeBare, c.Calls))
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	var ports strings.Builder
	all := make([]*stream, len(p.hello.Ports))
	for i, port := range p.hello.Ports {
		all[i] = l.newStream(i)
		l.add(all[i], port)
		ports.WriteString(strconv.Itoa(int(all[i].from)) + " ")
	}
	defer func() {
		for _, s := range all {
			l.remove(s)
		}
	}()
	if err := p.tell(ports.String()); err != nil {
		return s, err
	}
	if err := wait(ctx, settleTime); err != nil {
		return s, err
	}
	f := &figures{}
	return c.listen(ctx, l, p, f, c.Duration/2)
}

// listen measures the sound of a process for some time.
func (c Config) listen(ctx context.Context, l *load, p *process, f *figures, d time.Duration) (Sound, error) {
	l.measure(f)
	before, err := p.cpu()
	began := time.Now()
	err = errors.Join(err, wait(ctx, d))
	after, cpuErr := p.cpu()
	took := time.Since(began)
	l.measure(nil)
	return Sound{
		Core: (after - before).Seconds() / took.Seconds(), P50: f.spacing.at(0.5), P99: f.spacing.at(0.99), P999: f.spacing.at(0.999),
		Packets: f.packets, Lost: f.lost,
	}, errors.Join(err, cpuErr)
}

// server measures xinmoi.
func (c Config) server(ctx context.Context, l *load, r *Report) (err error) {
	p, err := startProcess(c.Command(ctx, ModeServer, c.Calls+overdue*shortCalls))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	at, err := netip.ParseAddrPort(p.hello.SIP)
	if err != nil {
		return fmt.Errorf("the server's address: %w", err)
	}
	x, err := newExchange(at)
	if err != nil {
		return err
	}
	var reading sync.WaitGroup
	reading.Go(x.run)
	defer reading.Wait()
	defer x.conn.Close()
	t := &trial{c: c, l: l, p: p, x: x, r: r}
	for _, step := range []func(context.Context) error{t.idle, t.setUp, t.steady, t.flood, t.tearDown, t.short, t.office} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func megabytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// trial is the measurement of one server, step by step.
type trial struct {
	c Config
	l *load
	p *process
	x *exchange
	r *Report

	calls  []*call
	before Inside
}

func (t *trial) idle(context.Context) (err error) {
	if t.before, err = t.p.inside(); err != nil {
		return err
	}
	m, err := t.p.memory()
	t.r.IdleMB, t.r.IdleOwnMB = megabytes(m.all()), megabytes(m.own)
	return err
}

// short measures what a call costs besides its sound.
func (t *trial) short(ctx context.Context) error {
	t.c.Progress("short calls")
	n := max(shortLeast, min(shortCalls, t.c.Calls))
	before, err := t.p.cpu()
	if err != nil {
		return err
	}
	err = t.profiled("short", func() error { return t.each(ctx, n, shortRate, func(i int) error { return t.touch(ctx, i) }) })
	after, cpuErr := t.p.cpu()
	t.r.Short = ms(after-before) / float64(n)
	return errors.Join(err, cpuErr)
}

// touch places a call and hangs up at once.
func (t *trial) touch(ctx context.Context, i int) error {
	c, _, _, err := t.x.place(ctx, numberLoop, t.l.newStream(i))
	if err != nil {
		return err
	}
	return errors.Join(wait(ctx, shortTime), t.x.hangUp(ctx, c))
}

// each runs something n times, beginning at a rate, and waits for all.
func (t *trial) each(ctx context.Context, n, rate int, do func(i int) error) error {
	var group sync.WaitGroup
	var mu sync.Mutex
	var failed error
	began := time.Now()
	for i := range n {
		if wait(ctx, time.Until(began.Add(time.Duration(i)*time.Second/time.Duration(rate)))) != nil {
			break
		}
		group.Go(func() {
			if err := do(i); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = errors.Join(failed, err)
			}
		})
	}
	group.Wait()
	if failed != nil {
		return fmt.Errorf("of %d calls: %w", n, failed)
	}
	return ctx.Err()
}

// setUp begins all calls.
func (t *trial) setUp(ctx context.Context) error {
	t.c.Progress(fmt.Sprintf("setting up %d calls, %d a second", t.c.Calls, t.c.Rate))
	t.calls = make([]*call, t.c.Calls)
	took := make([]time.Duration, t.c.Calls)
	err := t.each(ctx, t.c.Calls, t.c.Rate, func(i int) error {
		s := t.l.newStream(i)
		c, setup, port, err := t.x.place(ctx, numberLoop, s)
		if err != nil {
			return err
		}
		t.l.add(s, port)
		t.calls[i], took[i] = c, setup
		return nil
	})
	t.r.Setup = Spread{quantile(took, 0.5), quantile(took, 0.99)}
	return errors.Join(err, wait(ctx, settleTime))
}

// steady measures all calls together; everybody presses a key once.
func (t *trial) steady(ctx context.Context) error {
	t.c.Progress(fmt.Sprintf("%d calls for %v", t.c.Calls, t.c.Duration))
	f := &figures{}
	time.AfterFunc(100*time.Millisecond, func() { t.l.pressWithin(t.c.Duration * 3 / 4) })
	err := t.profiled("steady", func() (err error) {
		t.r.Server, err = t.c.listen(ctx, t.l, t.p, f, t.c.Duration)
		return err
	})
	if err != nil {
		return err
	}
	t.r.Silence, t.r.Keys = Spread{quantile(f.silences, 0.5), quantile(f.silences, 0.99)}, len(f.silences)
	m, err := t.p.memory()
	if err != nil {
		return err
	}
	t.r.MemoryMB, t.r.OwnMB, t.r.ProgramMB = megabytes(m.all()), megabytes(m.own), megabytes(m.file)
	in, err := t.p.inside()
	if err != nil {
		return err
	}
	if in.Calls != t.c.Calls {
		return fmt.Errorf("%d calls are running, %d were set up", in.Calls, t.c.Calls)
	}
	t.r.HeapKB = (float64(in.Heap) - float64(t.before.Heap)) / 1024 / float64(t.c.Calls)
	t.r.StackKB = (float64(in.Stacks) - float64(t.before.Stacks)) / 1024 / float64(t.c.Calls)
	t.r.HeapMB, t.r.GarbageMB, t.r.StackMB = megabytes(int64(in.Heap)), megabytes(int64(in.Garbage)), megabytes(int64(in.Stacks))
	t.r.Goroutines = float64(in.Goroutines-t.before.Goroutines) / float64(t.c.Calls)
	return nil
}

// flood measures the sound once more while strangers send rubbish.
func (t *trial) flood(ctx context.Context) (err error) {
	t.c.Progress(fmt.Sprintf("the same beside %d junk messages a second", junkRate))
	flooding, stop := context.WithCancel(ctx)
	var junk sync.WaitGroup
	junk.Go(func() { sendJunk(flooding, t.x.server) })
	defer junk.Wait()
	defer stop()
	t.r.Flood, err = t.c.listen(ctx, t.l, t.p, &figures{}, t.c.Duration/2)
	return err
}

func (t *trial) tearDown(ctx context.Context) error {
	t.c.Progress("hanging up")
	return t.each(ctx, len(t.calls), endRate*t.c.Rate, func(i int) error {
		t.l.remove(t.calls[i].stream)
		return t.x.hangUp(ctx, t.calls[i])
	})
}

// The conversation of a caller of the office: the keys, and when they are
// pressed after the answer. The last one keeps the number that was read.
const (
	officeFirst = 2 * time.Second
	officeKeep  = 6 * time.Second
	officeEnd   = 12 * time.Second
	officeRate  = 10
)

// office measures whole conversations with a queue behind them.
func (t *trial) office(ctx context.Context) error {
	if t.c.Office <= 0 {
		return nil
	}
	t.c.Progress(fmt.Sprintf("%d conversations with an office", t.c.Office))
	before, err := t.p.cpu()
	if err != nil {
		return err
	}
	err = t.each(ctx, t.c.Office, officeRate, func(i int) error { return t.converse(ctx, i) })
	after, cpuErr := t.p.cpu()
	in, insideErr := t.p.inside()
	t.r.Office, t.r.Conversations, t.r.Taken = ms(after-before)/float64(t.c.Office), t.c.Office, in.Taken
	return errors.Join(err, cpuErr, insideErr)
}

// converse chooses the first service, keeps the number and hangs up.
func (t *trial) converse(ctx context.Context, i int) error {
	s := t.l.newStream(i)
	c, _, port, err := t.x.place(ctx, numberOffice, s)
	if err != nil {
		return err
	}
	s.key = 1
	s.pressAt = wall() + int64(officeFirst)
	t.l.add(s, port)
	defer t.l.remove(s)
	began := time.Now()
	err = wait(ctx, officeKeep)
	t.l.press(s)
	over := time.NewTimer(officeEnd - time.Since(began))
	defer over.Stop()
	select {
	case <-c.replies: // The office has hung up.
		t.x.forget(c)
		return err
	case <-over.C:
	case <-ctx.Done():
	}
	return errors.Join(err, t.x.hangUp(ctx, c))
}

// profiled has the server note what it spends during one step, where profiles
// are wanted: processor time during it, memory at its end.
func (t *trial) profiled(name string, step func() error) error {
	if t.c.Profiles == "" {
		return step()
	}
	dir, err := filepath.Abs(t.c.Profiles)
	if err != nil {
		return fmt.Errorf("write a profile: %w", err)
	}
	path := func(kind string) string { return filepath.Join(dir, name+"."+kind+".pprof") }
	err = errors.Join(t.ask(askProcessor+" "+path(askProcessor)), step(), t.ask(askProcessor))
	return errors.Join(err, t.ask(askHeap+" "+path(askHeap)))
}

// ask sends the server a line and drops its answer.
func (t *trial) ask(line string) error {
	if err := t.p.tell(line); err != nil {
		return err
	}
	return t.p.read(&Inside{})
}
