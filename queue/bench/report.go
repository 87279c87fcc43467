package bench

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/xinmoi/xinmoi/queue/bench/goal"
)

// Report is what one run measured.
type Report struct {
	Dir     string  `json:"dir"`
	Go      string  `json:"go"`
	CPUs    int     `json:"cpus"`
	Seconds float64 `json:"seconds"` // Per measurement.
	Day     Day     `json:"day"`
	Disks   []Disk  `json:"disks"`
}

// Disk is the measurements on one disk, real or slowed down.
type Disk struct {
	SlowerMS float64 `json:"slower_ms"` // Emulated: milliseconds added to every commit.
	Append   Row     `json:"append"`    // One thread, 512 bytes and fsync.
	Naive    Row     `json:"naive"`
	Take     []Row   `json:"take"`
	Next     []Row   `json:"next"`
	Ratios   []Ratio `json:"ratios"`
}

// Row is one measurement.
type Row struct {
	Callers   int     `json:"callers"`
	Actions   int     `json:"actions"`
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	P999      float64 `json:"p999_ms"`
	CPU       float64 `json:"cpu_us"`               // Microseconds of processor per action, those of its caller among them.
	PerCommit float64 `json:"per_commit,omitempty"` // Events that one commit made durable, on average.
}

// Ratio is a figure that can be compared between machines, and what xinmoi
// promises of it.
type Ratio = goal.Ratio

func about(c Config) Report {
	return Report{Dir: c.Dir, Go: runtime.Version(), CPUs: runtime.GOMAXPROCS(0), Seconds: c.Duration.Seconds()}
}

// The goals, at 64 callers. A commit shared by all of them could at best be 64
// times as good as one commit each; what is missing to that is the processor's
// work, which weighs less the slower the disk is.
const (
	goalAppend = 2.5 // Tickets per second ÷ appends per second.
	goalP99    = 20  // The naive store's 99th percentile ÷ ours.
	goalCPU    = 30  // Microseconds per ticket.
	goalMany   = 50_000
	manyAt     = 256
)

// goalNaive is the goal of tickets per second ÷ the naive store's.
func goalNaive(slowerMS float64) float64 {
	return map[float64]float64{0: 4, 1: 20, 10: 55}[slowerMS]
}

// ratios compares; without a measurement at 64 callers there is nothing to compare.
func ratios(d Disk) []Ratio {
	var list []Ratio
	if take, ok := at(d.Take, comparedAt); ok {
		promised := goalNaive(d.SlowerMS)
		list = append(list,
			goal.AtLeast("take ÷ append + fsync", goal.Over(take.PerSecond, d.Append.PerSecond), goalAppend),
			goal.AtLeast("take ÷ naive", goal.Over(take.PerSecond, d.Naive.PerSecond), promised).If(promised > 0),
			goal.AtLeast("p99 of naive ÷ p99 of take", goal.Over(d.Naive.P99, take.P99), goalP99),
			goal.AtMost("CPU µs per ticket", take.CPU, goalCPU),
		)
	}
	if next, ok := at(d.Next, comparedAt); ok {
		// A ticket is called and finished: two durable actions, one after the other.
		list = append(list, goal.Told("next + finish ÷ append + fsync", 2*goal.Over(next.PerSecond, d.Append.PerSecond)))
	}
	if take, ok := at(d.Take, manyAt); ok && d.SlowerMS == 0 {
		list = append(list, goal.AtLeast(fmt.Sprintf("tickets per second, %d callers", manyAt), take.PerSecond, goalMany))
	}
	return list
}

// WriteJSON writes the report for programs.
func (r Report) WriteJSON(w io.Writer) error { return goal.WriteJSON(w, r) }

// WriteText writes the report as tables for people.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "durable queue, in %s: %d CPUs, %s, %g s per line\n", r.Dir, r.CPUs, r.Go, r.Seconds)
	for _, d := range r.Disks {
		d.text(&b)
	}
	r.Day.text(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (d Disk) text(b *strings.Builder) {
	if d.SlowerMS == 0 {
		b.WriteString("\nThis disk\n")
	} else {
		fmt.Fprintf(b, "\nA disk slower by %g ms (emulated: a pause with every commit and every append)\n", d.SlowerMS)
	}
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\tcallers\tper second\tp50 ms\tp99 ms\tp99.9 ms\tCPU µs each\tevents/commit\t\n")
	d.Append.text(w, "append 512 B + fsync")
	d.Naive.text(w, "naive: a transaction per call")
	for _, row := range d.Take {
		row.text(w, "take")
	}
	for _, row := range d.Next {
		row.text(w, "next, then finish")
	}
	_ = w.Flush() // Into memory.
	if d.Append.P50 < rushed && d.SlowerMS == 0 {
		fmt.Fprintf(b, "  fsync takes %.3f ms: no disk is that quick. This is a memory file system, or a disk that lies; try -dir elsewhere.\n", d.Append.P50)
	}
	goal.Write(b, d.Ratios, 1)
}

func (d Day) text(b *strings.Builder) {
	fmt.Fprintf(b, "\nA day of %d tickets, %d counters, %d services, up to %d waiting: processor time of one command, the store left out\n",
		d.Tickets, d.Counters, d.Services, d.Longest)
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\tcommands\tp50 µs\tp99 µs\t\n")
	for _, one := range d.Decisions {
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%.1f\t\n", one.Action, one.Count, one.P50, one.P99)
	}
	_ = w.Flush() // Into memory.
	goal.Write(b, d.Ratios, 1)
}

// rushed is how fast, in milliseconds, not even the best disk syncs.
const rushed = 0.01

func (r Row) text(w io.Writer, name string) {
	commit := ""
	if r.PerCommit > 0 {
		commit = fmt.Sprintf("%.1f", r.PerCommit)
	}
	fmt.Fprintf(w, "%s\t%d\t%.0f\t%.2f\t%.2f\t%.2f\t%.1f\t%s\t\n", name, r.Callers, r.PerSecond, r.P50, r.P99, r.P999, r.CPU, commit)
}

// Estimate is how long a run will take, set-up and cleaning aside.
func (c Config) Estimate() time.Duration {
	c = c.withDefaults()
	return time.Duration(len(c.Slow)*(2+2*len(c.Callers))) * c.Duration
}
