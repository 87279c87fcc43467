package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/bench"
	"github.com/xinmoi/xinmoi/queue/report"
	"github.com/xinmoi/xinmoi/queue/report/xlsx"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// reportsBench is what reports on a long log cost, and what they cost those who
// take numbers meanwhile.
type reportsBench struct {
	CPUs    int     `json:"cpus"`
	Days    int     `json:"days"`
	Tickets int     `json:"tickets"`
	Log     float64 `json:"log_mb"`
	Kept    float64 `json:"kept_mb"`     // Of the sums of ended days.
	Sum     float64 `json:"sum_s"`       // To sum all days up once, from the log.
	Open    float64 `json:"open_s"`      // To begin with what is kept, the first report included.
	Reports []timed `json:"reports"`     // Each without anything remembered.
	Exports []timed `json:"exports"`     // Of a month.
	Idle    spread  `json:"take_idle"`   // A number taken and durable, nobody else about.
	Beside  spread  `json:"take_beside"` // The same while year's reports and exports are made without a pause.
	Ratio   float64 `json:"ratio"`       // Of the two 99th percentiles.
}

// timed is something that took a time.
type timed struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"s"`
	CPU     float64 `json:"cpu_s"` // Of the whole program meanwhile; the rest of the time it rested.
	Bytes   int     `json:"bytes,omitempty"`
}

// The promises.
const (
	goalReport = 1.0 // Seconds.
	goalExport = 2.0
	goalBeside = 1.5
)

// madeUpName marks a directory as that of a made-up office.
const madeUpName = "made-up"

// reportsFlags are those of bench reports.
type reportsFlags struct {
	days, tickets *int
	keep          *string
}

func reportFlags(f *flag.FlagSet) reportsFlags {
	return reportsFlags{
		days:    f.Int("log-days", 250, "with reports: business days of the made-up log"),
		tickets: f.Int("log-tickets", 1000, "with reports: tickets of each of its days"),
		keep:    f.String("keep", "", "with reports: `directory` to keep the made-up log in, and to use it from the next time"),
	}
}

func (r reportsFlags) run(ctx context.Context, dir string, seconds float64, asJSON bool, s streams) (err error) {
	if *r.days < 40 || *r.tickets < 1 || seconds <= 0 {
		return usagef("-log-days at least 40, -log-tickets and -seconds positive")
	}
	data := *r.keep
	if data == "" {
		if data, err = os.MkdirTemp(dir, "xinmoi-bench-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	} else if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	b, err := measureReports(ctx, data, *r.days, *r.tickets, time.Duration(seconds*float64(time.Second)), s.err)
	if err != nil {
		return err
	}
	if asJSON {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		return e.Encode(b)
	}
	return b.write(s.out)
}

// measureReports makes a year in a directory, unless one is there, and measures.
func measureReports(ctx context.Context, data string, days, tickets int, each time.Duration, progress io.Writer) (b reportsBench, err error) {
	db, err := sqlite.Open(ctx, data)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	office := yearSetup().Office
	there, err := db.Read(ctx, office, 0, 1)
	if err != nil {
		return b, err
	}
	mark := filepath.Join(data, madeUpName)
	if len(there) > 0 && !exists(mark) { // Numbers are taken in it.
		return b, usagef("-keep %s holds an office that was not made up here; name another directory", data)
	}
	if len(there) == 0 {
		if err := os.WriteFile(mark, []byte("A made-up office, for xinmoi bench reports.\n"), 0o600); err != nil {
			return b, err
		}
		fmt.Fprintf(progress, "making %d days of %d tickets …\n", days, tickets)
		if _, _, err := makeYear(ctx, db, days, tickets, time.Now(), func(int) {}); err != nil {
			return b, err
		}
	}
	b.CPUs = runtime.GOMAXPROCS(0)
	kept := filepath.Join(data, figuresDir)
	if err := os.RemoveAll(kept); err != nil {
		return b, err
	}
	fmt.Fprintln(progress, "summing up …")
	book := func() *report.Book { return report.NewBook(report.BookConfig{Office: office, Source: db, Dir: kept}) }
	whole, err := b.sumUp(ctx, book)
	if err != nil {
		return b, err
	}
	b.Log, b.Kept = megabytes(filepath.Join(data, sqlite.FileName)), megabytes(kept)
	if err := b.time(ctx, book, whole); err != nil {
		return b, err
	}
	fmt.Fprintln(progress, "taking numbers beside it …")
	return b, b.beside(ctx, db, book, whole, each)
}

// megabytes is the size of a file, or of a directory's files.
func megabytes(path string) float64 {
	sum := int64(0)
	_ = filepath.WalkDir(path, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				sum += info.Size()
			}
		}
		return nil
	})
	return float64(sum) / (1 << 20)
}

// sumUp sums every day up once, and tells what the log is of.
func (b *reportsBench) sumUp(ctx context.Context, book func() *report.Book) (whole report.Spec, err error) {
	begun, made := time.Now(), book()
	if err := made.CatchUp(ctx); err != nil {
		return whole, err
	}
	b.Sum = time.Since(begun).Seconds()
	if whole.From, whole.To, err = made.Latest(ctx); err != nil {
		return whole, err
	}
	begun, made = time.Now(), book()
	if err := made.CatchUp(ctx); err != nil {
		return whole, err
	}
	r, err := made.Report(ctx, whole)
	if err != nil {
		return whole, err
	}
	b.Open, b.Days, b.Tickets = time.Since(begun).Seconds(), r.Days, r.Total.Issued
	return whole, nil
}

// time takes the time of the standard reports and of a month's files.
func (b *reportsBench) time(ctx context.Context, book func() *report.Book, whole report.Spec) error {
	end, err := time.Parse(time.DateOnly, whole.To)
	if err != nil {
		return err
	}
	back := func(months, days int) report.Spec {
		return report.Spec{From: end.AddDate(0, -months, -days).Format(time.DateOnly), To: whole.To, Compare: true}
	}
	month := back(1, 0)
	for _, each := range []struct {
		name string
		spec report.Spec
	}{{"day", back(0, 0)}, {"week", back(0, 6)}, {"month", month}, {"quarter", back(3, 0)}, {"year", report.Spec{From: whole.From, To: whole.To, Compare: true}}} {
		made := book()
		if err := made.CatchUp(ctx); err != nil { // Opening is measured apart.
			return err
		}
		stop := stopwatch()
		r, err := made.Report(ctx, each.spec)
		if err != nil {
			return err
		}
		r.Tables()
		b.Reports = append(b.Reports, stop(each.name))
		stop = stopwatch()
		list, err := made.Tickets(ctx, each.spec, report.Pick{Part: report.ByService, ID: "A", Figure: report.FigureWait}, 0, 200)
		if err != nil {
			return err
		}
		b.Reports = append(b.Reports, stop(fmt.Sprintf("%s's %d tickets of a figure", each.name, list.N)))
	}
	for name, write := range exports() {
		made := book()
		if err := made.CatchUp(ctx); err != nil {
			return err
		}
		stop, size := stopwatch(), &counted{}
		if err := write(ctx, made, month, size); err != nil {
			return err
		}
		done := stop(name)
		done.Bytes = size.n
		b.Exports = append(b.Exports, done)
	}
	slices.SortFunc(b.Exports, func(x, y timed) int { return cmp.Compare(x.Name, y.Name) })
	return nil
}

// stopwatch begins to take the time, and the processors' time, of something.
func stopwatch() func(name string) timed {
	begun, used := time.Now(), bench.CPUTime()
	return func(name string) timed {
		return timed{Name: name, Seconds: time.Since(begun).Seconds(), CPU: (bench.CPUTime() - used).Seconds()}
	}
}

// counted counts what is written.
type counted struct{ n int }

func (c *counted) Write(p []byte) (int, error) { c.n += len(p); return len(p), nil }

// exports are the files that can be had of a period.
func exports() map[string]func(context.Context, *report.Book, report.Spec, io.Writer) error {
	with := func(use func(context.Context, *report.Report, *report.List, io.Writer) error) func(context.Context, *report.Book, report.Spec, io.Writer) error {
		return func(ctx context.Context, b *report.Book, s report.Spec, out io.Writer) error {
			r, err := b.Report(ctx, s)
			if err != nil {
				return err
			}
			list, err := b.Tickets(ctx, s, report.Pick{Part: report.ByTotal, Figure: report.FigureAll}, 0, 60_000)
			if err != nil {
				return err
			}
			return use(ctx, r, list, out)
		}
	}
	return map[string]func(context.Context, *report.Book, report.Spec, io.Writer) error{
		"month.xlsx": with(func(ctx context.Context, r *report.Report, list *report.List, out io.Writer) error {
			return xlsx.Write(ctx, out, r, list, "vi")
		}),
		"month.csv": with(func(_ context.Context, r *report.Report, _ *report.List, out io.Writer) error { return r.CSV(out) }),
		"month's tickets.csv": with(func(_ context.Context, r *report.Report, list *report.List, out io.Writer) error {
			return list.Table(r.TimeZone).CSV(out, "vi")
		}),
	}
}

// beside takes numbers, by turns with nobody else about and while somebody
// makes reports on the whole log without a pause.
func (b *reportsBench) beside(ctx context.Context, db *sqlite.DB, book func() *report.Book, whole report.Spec, each time.Duration) error {
	engine, err := queue.NewEngine(ctx, queue.Config{Setup: yearSetup(), Store: db, Secret: make([]byte, 32), TrustClock: true})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	ran := make(chan error, 1)
	go func() { ran <- engine.Run(ctx) }()
	defer func() { stop(); <-ran }()
	const turns = 6
	var idle, busy []time.Duration
	for turn := range turns {
		during, leave := context.WithCancel(ctx)
		reporting := make(chan error, 1)
		if turn%2 == 1 {
			go func() { reporting <- reportOn(during, book, whole) }()
		} else {
			reporting <- nil
		}
		took, err := takeFor(ctx, engine, each/turns)
		leave()
		if err = errors.Join(err, <-reporting); err != nil {
			return err
		}
		if turn%2 == 1 {
			busy = append(busy, took...)
		} else {
			idle = append(idle, took...)
		}
	}
	b.Idle, b.Beside = spreadOf(idle), spreadOf(busy)
	b.Ratio = b.Beside.P99 / max(b.Idle.P99, 0.001)
	return nil
}

// reportOn makes reports until ctx ends; nothing is remembered between them.
func reportOn(ctx context.Context, book func() *report.Book, whole report.Spec) error {
	made := book()
	for i := 0; ctx.Err() == nil; i++ {
		s := whole
		s.Target = time.Duration(1+i%600) * time.Minute // Another report every time.
		if _, err := made.Report(ctx, s); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// takeEvery is between two who take a number.
const takeEvery = 5 * time.Millisecond

// takeFor takes a number at steady times, and tells how long each waited.
func takeFor(ctx context.Context, office queue.Office, each time.Duration) (took []time.Duration, err error) {
	tick := time.NewTicker(takeEvery)
	defer tick.Stop()
	for end := time.Now().Add(each); time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
		begun := time.Now()
		if _, err := office.Take(ctx, queue.TakeRequest{Meta: queue.Meta{Caller: "bench"}, Service: "A", Channel: queue.Kiosk}); err != nil {
			return nil, err
		}
		took = append(took, time.Since(begun))
	}
	return took, nil
}

func (b reportsBench) write(out io.Writer) error {
	var failed error
	line := func(format string, args ...any) {
		if _, err := fmt.Fprintf(out, format+"\n", args...); err != nil {
			failed = err
		}
	}
	goal := func(v, most float64) string {
		if v <= most {
			return fmt.Sprintf("goal ≤ %g: met", most)
		}
		return fmt.Sprintf("goal ≤ %g: MISSED", most)
	}
	line("%d business days, %d tickets; log %.0f MB, kept sums %.1f MB; %d CPUs", b.Days, b.Tickets, b.Log, b.Kept, b.CPUs)
	line("summed up once in %.1f s; begun with what was kept, and first report, in %.3f s", b.Sum, b.Open)
	for _, r := range b.Reports {
		line("report on a %-40s %7.3f s (processor %.3f s)   %s", r.Name, r.Seconds, r.CPU, goal(r.Seconds, goalReport))
	}
	for _, r := range b.Exports {
		line("export %-46s %7.3f s (processor %.3f s)   %s   (%d KB)", r.Name, r.Seconds, r.CPU, goal(r.Seconds, goalExport), r.Bytes>>10)
	}
	line("a number taken, idle:           p50 %.2f ms, p99 %.2f ms", b.Idle.P50, b.Idle.P99)
	line("a number taken, beside reports: p50 %.2f ms, p99 %.2f ms", b.Beside.P50, b.Beside.P99)
	line("ratio of the p99: %.2f   %s", b.Ratio, goal(b.Ratio, goalBeside))
	return failed
}
