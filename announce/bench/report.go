package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/xinmoi/xinmoi/queue/bench/goal"
)

// Report is what one run measured.
type Report struct {
	Go      string  `json:"go"`
	CPUs    int     `json:"cpus"`
	Voice   string  `json:"voice"`
	SpokenS float64 `json:"seconds_per_call"` // Sound of one call, in seconds.
	Rows    []Row   `json:"rows"`
	Played  Played  `json:"played"`
	Ratios  []Ratio `json:"ratios"`
}

// Row is one measurement.
type Row struct {
	Name   string  `json:"name"`
	Count  int     `json:"count"`
	P50    float64 `json:"p50_ms"`
	P95    float64 `json:"p95_ms"`
	P99    float64 `json:"p99_ms"`
	Allocs float64 `json:"allocs,omitempty"` // Per call.
	KB     float64 `json:"kb,omitempty"`     // Allocated per call.
}

// The names of the rows.
const (
	rowFirst    = "first call of a voice, nothing ready"
	rowRender   = "call, clips ready"
	rowCached   = "call, from the cache"
	rowPhone    = "call for the telephone, clips ready"
	rowCopy     = "copying the samples of a call"
	rowG711     = "G.711 A-law of a call"
	rowNext     = "next to first chime sample"
	rowNextBusy = "next to first chime sample, all cores busy"
)

// Played is what a card that plays by the clock had to make up while every
// core was busy, in samples of silence.
type Played struct {
	Seconds       float64 `json:"seconds"`
	Inserted      int     `json:"inserted_200ms"` // With a buffer of 200 ms, as the loudspeaker output has.
	InsertedShort int     `json:"inserted_43ms"`  // With the sound library's own buffer.
}

// Ratio is a figure with what xinmoi promises of it.
type Ratio = goal.Ratio

// The goals. Copying the samples is what no rendering can do without, and it is
// done at the speed of memory; a call is a multiplication and a store for each
// of them, into memory that is new.
const (
	goalRender = 2  // ms, half of all calls.
	goalCopy   = 25 // Times copying.
	goalNext   = 50 // ms, 95 of 100 calls; the output's own buffer comes on top.
)

func ratios(r Report) []Ratio {
	render, next := r.row(rowRender), r.row(rowNext)
	list := []Ratio{
		goal.AtMost("call, clips ready: p50 ms", render.P50, goalRender),
		goal.AtMost("call, clips ready ÷ copying", goal.Over(render.P50, r.row(rowCopy).P50), goalCopy),
		goal.Told("call, clips ready ÷ call, cached", goal.Over(render.P50, r.row(rowCached).P50)),
		goal.Told("telephone calls encoded at once per core", goal.Over(1000*r.SpokenS, r.row(rowG711).P50)),
	}
	if next.Count > 0 {
		list = append(list,
			goal.AtMost("next to chime: p95 ms", next.P95, goalNext),
			goal.AtMost("next to chime, busy: p95 ms", r.row(rowNextBusy).P95, goalNext))
	}
	return append(list, goal.AtMost("samples inserted while busy", float64(r.Played.Inserted), 0))
}

func (r Report) row(name string) Row {
	i := slices.IndexFunc(r.Rows, func(row Row) bool { return row.Name == name })
	if i < 0 {
		return Row{}
	}
	return r.Rows[i]
}

func rowOf(name string, took []time.Duration) Row {
	sorted := slices.Sorted(slices.Values(took))
	at := func(share float64) float64 { return goal.Millis(goal.Quantile(sorted, share)) }
	return Row{Name: name, Count: len(sorted), P50: at(0.5), P95: at(0.95), P99: at(0.99)}
}

// WriteJSON writes the report for programs.
func (r Report) WriteJSON(w io.Writer) error { return goal.WriteJSON(w, r) }

// WriteText writes the report as tables for people.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "announcing with %s, %.1f s per call: %d CPUs, %s\n", r.Voice, r.SpokenS, r.CPUs, r.Go)
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "\tcount\tp50 ms\tp95 ms\tp99 ms\tallocations\tKB\t\n")
	for _, row := range r.Rows {
		fmt.Fprintf(table, "%s\t%d\t%.4f\t%.4f\t%.4f\t%.0f\t%.0f\t\n", row.Name, row.Count, row.P50, row.P95, row.P99, row.Allocs, row.KB)
	}
	_ = table.Flush() // Into memory.
	fmt.Fprintf(&b, "  %.0f s played with all cores busy: %d samples of silence inserted with a buffer of 200 ms, %d with one of 43 ms\n",
		r.Played.Seconds, r.Played.Inserted, r.Played.InsertedShort)
	goal.Write(&b, r.Ratios, 2)
	_, err := io.WriteString(w, b.String())
	return err
}
