package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
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
type Ratio struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Goal  float64 `json:"goal,omitempty"` // 0: none for this disk.
	Most  bool    `json:"most,omitempty"` // The goal is not to be exceeded, instead of to be reached.
}

// Met reports whether the goal is reached; true where there is none.
func (r Ratio) Met() bool {
	switch {
	case r.Goal == 0:
		return true
	case r.Most:
		return r.Value <= r.Goal
	default:
		return r.Value >= r.Goal
	}
}

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
		list = append(list,
			Ratio{Name: "take ÷ append + fsync", Value: over(take.PerSecond, d.Append.PerSecond), Goal: goalAppend},
			Ratio{Name: "take ÷ naive", Value: over(take.PerSecond, d.Naive.PerSecond), Goal: goalNaive(d.SlowerMS)},
			Ratio{Name: "p99 of naive ÷ p99 of take", Value: over(d.Naive.P99, take.P99), Goal: goalP99},
			Ratio{Name: "CPU µs per ticket", Value: take.CPU, Goal: goalCPU, Most: true},
		)
	}
	if next, ok := at(d.Next, comparedAt); ok {
		// A ticket is called and finished: two durable actions, one after the other.
		list = append(list, Ratio{Name: "next + finish ÷ append + fsync", Value: 2 * over(next.PerSecond, d.Append.PerSecond)})
	}
	if take, ok := at(d.Take, manyAt); ok && d.SlowerMS == 0 {
		list = append(list, Ratio{Name: fmt.Sprintf("tickets per second, %d callers", manyAt), Value: take.PerSecond, Goal: goalMany})
	}
	return list
}

func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// WriteJSON writes the report for programs.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

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
	for _, r := range d.Ratios {
		r.text(b)
	}
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
	for _, r := range d.Ratios {
		r.text(b)
	}
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

func (r Ratio) text(b *strings.Builder) {
	fmt.Fprintf(b, "  %-32s %8.1f", r.Name, r.Value)
	if r.Goal != 0 {
		sign, outcome := "≥", "met"
		if r.Most {
			sign = "≤"
		}
		if !r.Met() {
			outcome = "MISSED"
		}
		fmt.Fprintf(b, "   goal %s %g: %s", sign, r.Goal, outcome)
	}
	b.WriteByte('\n')
}

// Estimate is how long a run will take, set-up and cleaning aside.
func (c Config) Estimate() time.Duration {
	c = c.withDefaults()
	return time.Duration(len(c.Slow)*(2+2*len(c.Callers))) * c.Duration
}
