package sim

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Report is what came of a simulation.
type Report struct {
	Seed     uint64 // The first, where reports were added up.
	Seeds    int    // How many reports were added up; 0 = this is one.
	Days     int
	Tickets  int // Issued.
	Actions  int // Acknowledged commands.
	Commits  int // Moments at which the office was asked something.
	Events   int
	Crashes  int
	Twins    int // Moments at which a freshly started office was asked the same.
	Ordered  int // Calls whose order was reckoned by brute force.
	Repeats  int // Answers to commands that had been acknowledged before.
	GivenOut int // Numbers that a machine had set aside and somebody got.
	Faults   map[Fault]int
	Kinds    map[queue.Kind]int
	Refusals map[queue.Code]int
	Head     string // Hash of the log's latest event; empty where reports were added up.
	Findings []Finding
}

// Finding is something wrong.
type Finding struct {
	Seed uint64    // Repeats it.
	At   time.Time // The true time.
	Text string
	Last []string // What happened before, the latest last.
}

// Add adds another run's figures and findings.
func (r Report) Add(o Report) Report {
	if r.Seeds == 0 && r.Days == 0 {
		r.Seed = o.Seed
	}
	r.Seeds += max(o.Seeds, 1)
	r.Days += o.Days
	r.Tickets += o.Tickets
	r.Actions += o.Actions
	r.Commits += o.Commits
	r.Events += o.Events
	r.Crashes += o.Crashes
	r.Twins += o.Twins
	r.Ordered += o.Ordered
	r.Repeats += o.Repeats
	r.GivenOut += o.GivenOut
	r.Faults = sum(r.Faults, o.Faults)
	r.Kinds = sum(r.Kinds, o.Kinds)
	r.Refusals = sum(r.Refusals, o.Refusals)
	r.Head = ""
	r.Findings = slices.Concat(r.Findings, o.Findings)
	return r
}

func sum[K comparable](a, b map[K]int) map[K]int {
	total := maps.Clone(a)
	if total == nil {
		total = map[K]int{}
	}
	for k, n := range b {
		total[k] += n
	}
	return total
}

// WriteText prints the report for people.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	switch {
	case r.Seeds == 0:
		fmt.Fprintf(&b, "seed %d, %d days\n", r.Seed, r.Days)
	default:
		fmt.Fprintf(&b, "%d seeds from %d, %d days\n", r.Seeds, r.Seed, r.Days)
	}
	fmt.Fprintf(&b, "  tickets    %d, %d acknowledged actions, %d events in %d commits\n", r.Tickets, r.Actions, r.Events, r.Commits)
	fmt.Fprintf(&b, "  crashes    %d\n", r.Crashes)
	fmt.Fprintf(&b, "  looked at  order of %d calls, %d repeated answers, %d times a twin started afresh, %d numbers from a machine's shelf\n", r.Ordered, r.Repeats, r.Twins, r.GivenOut)
	fmt.Fprintf(&b, "  faults     %s\n", list(r.Faults))
	fmt.Fprintf(&b, "  events     %s\n", list(r.Kinds))
	fmt.Fprintf(&b, "  refusals   %s\n", list(r.Refusals))
	if r.Head != "" {
		fmt.Fprintf(&b, "  log head   %s\n", r.Head)
	}
	fmt.Fprintf(&b, "  findings   %d\n", len(r.Findings))
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "\nseed %d, %s: %s\n", f.Seed, f.At.Format(time.RFC3339), f.Text)
		for _, line := range f.Last {
			fmt.Fprintf(&b, "    %s\n", line)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// list prints counts, the largest first.
func list[K cmp.Ordered](counts map[K]int) string {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b K) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) })
	words := make([]string, len(keys))
	for i, k := range keys {
		words[i] = fmt.Sprintf("%v %d", k, counts[k])
	}
	return cmp.Or(strings.Join(words, ", "), "none")
}

// trail is the latest things that happened.
type trail struct {
	lines [trailLines]string
	n     int
}

const trailLines = 24

func (t *trail) add(line string) {
	t.lines[t.n%trailLines] = line
	t.n++
}

// last gives the lines, the latest last.
func (t *trail) last() []string {
	var out []string
	for i := max(0, t.n-trailLines); i < t.n; i++ {
		out = append(out, t.lines[i%trailLines])
	}
	return out
}

// note keeps what happened, for whoever has to find out why.
func (r *run) note(format string, args ...any) {
	line := r.now.In(time.UTC).Format("01-02 15:04:05 ") + fmt.Sprintf(format, args...)
	r.trail.add(line)
	if r.cfg.Trace != nil {
		fmt.Fprintln(r.cfg.Trace, line)
	}
}

// wrong reports something wrong.
func (r *run) wrong(format string, args ...any) {
	const enough = 5
	if len(r.report.Findings) >= enough {
		return
	}
	f := Finding{Seed: r.cfg.Seed, At: r.now, Text: fmt.Sprintf(format, args...)}
	if r.sound() { // Those that follow are of the same moment.
		f.Last = r.trail.last()
	}
	r.report.Findings = append(r.report.Findings, f)
	if r.cfg.Trace != nil {
		fmt.Fprintln(r.cfg.Trace, "WRONG:", f.Text)
	}
}
