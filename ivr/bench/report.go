package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/xinmoi/xinmoi/queue/bench/goal"
)

// Report is what one run measured. Times are milliseconds unless named otherwise.
type Report struct {
	Go      string  `json:"go"`
	CPUs    int     `json:"cpus"`
	Calls   int     `json:"calls"`
	Rate    int     `json:"rate"`
	Seconds float64 `json:"seconds"`

	RawRate       float64 `json:"raw_packets_per_core_second"` // One thread, nothing but sendto.
	Bare          Sound   `json:"bare"`
	Server        Sound   `json:"server"`
	Flood         Sound   `json:"server_in_a_flood"` // Beside 5,000 junk messages a second.
	Silence       Spread  `json:"digit_to_silence"`
	Keys          int     `json:"keys"`
	Setup         Spread  `json:"setup"`
	Short         float64 `json:"setup_cpu_ms"` // Processor time of the server per call set up and torn down.
	Office        float64 `json:"conversation_cpu_ms,omitempty"`
	Conversations int     `json:"conversations,omitempty"`
	Taken         int     `json:"numbers_taken,omitempty"` // By them.

	MemoryMB   float64 `json:"memory_mb"`   // Resident, with all calls: the next two together.
	OwnMB      float64 `json:"own_mb"`      // What nobody else can have: heap, stacks, the runtime's (RssAnon).
	ProgramMB  float64 `json:"program_mb"`  // Pages of the program's file that the kernel has mapped (RssFile).
	HeapMB     float64 `json:"heap_mb"`     // Of OwnMB: alive,
	GarbageMB  float64 `json:"garbage_mb"`  // not alive but held: by GOGC the heap may grow before it is collected,
	StackMB    float64 `json:"stack_mb"`    // of goroutines.
	IdleMB     float64 `json:"idle_mb"`     // Resident before the first call,
	IdleOwnMB  float64 `json:"idle_own_mb"` // of that its own.
	Goroutines float64 `json:"goroutines"`  // Per call.
	HeapKB     float64 `json:"heap_kb"`     // Per call, alive.
	StackKB    float64 `json:"stack_kb"`    // Per call.
	Ratios     []Ratio `json:"goals"`
}

// Sound is how one sender of all streams did.
type Sound struct {
	Core    float64 `json:"core"` // Share of one core, 1 = all of it.
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
	P999    float64 `json:"p999_ms"`
	Packets int     `json:"packets"`
	Lost    int     `json:"lost"`
}

// Spread is the middle and the end of a distribution, in milliseconds.
type Spread struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
}

// Ratio is a figure with what xinmoi promises of it.
type Ratio = goal.Ratio

// junkRate is the flood of the acceptance: junk messages in a second.
const junkRate = 5000

// The goals of 1,000 calls at once.
const (
	goalCalls   = 1000
	goalCore    = 50   // Percent of one core.
	goalPerCore = 2000 // Calls.
	goalSpacing = 5    // ms, 99 of 100 packets; on a machine that does other work as well: goalBare.
	goalBare    = 1.3  // Times the bare sender.
	goalMemory  = 40   // MB.
	goalSilence = 20   // ms, 99 of 100 keys.
	goalSetup   = 10   // ms, 99 of 100 calls.
	goalShort   = 0.4  // ms of processor time.
)

// ratios compares; memory and the share of a core are promised for 1,000 calls.
func ratios(r Report) []Ratio {
	whole := r.Calls == goalCalls
	perCore := 0.0
	if r.Server.Core > 0 {
		perCore = float64(r.Calls) / r.Server.Core
	}
	spacing := goal.AtMost("packet spacing deviation: p99 ms", r.Server.P99, goalSpacing)
	beside := goal.AtMost("packet spacing deviation: p99 ÷ bare sender", goal.Over(r.Server.P99, r.Bare.P99), goalBare)
	flood := goal.AtMost(fmt.Sprintf("the same beside %d junk messages a second: p99 ms", junkRate), r.Flood.P99, goalSpacing)
	floodBeside := goal.AtMost("the same ÷ bare sender without junk", goal.Over(r.Flood.P99, r.Bare.P99), goalBare)
	// One of the two is promised: the first on a machine of its own, the second on a shared one.
	spacing.Judged, beside.Judged = !beside.Met() || spacing.Met(), !spacing.Met()
	flood.Judged, floodBeside.Judged = !floodBeside.Met() || flood.Met(), !flood.Met()
	return []Ratio{
		goal.AtMost("share of one core, percent", 100*r.Server.Core, goalCore).If(whole),
		goal.AtLeast("calls that one core carries", perCore, goalPerCore).If(whole),
		goal.Told("packets sent and received ÷ those one core can only send", goal.Over(2*float64(r.Server.Packets), r.RawRate*r.Seconds*r.Server.Core)),
		spacing, beside,
		flood, floodBeside,
		goal.AtMost("resident memory in all, MB", r.MemoryMB, goalMemory).If(whole),
		goal.Told("of that its own, MB: heap, stacks, runtime (RssAnon)", r.OwnMB),
		goal.Told("of that mapped pages of the program's file, MB (RssFile)", r.ProgramMB),
		goal.AtMost("key → prompt silent: p99 ms", r.Silence.P99, goalSilence),
		goal.AtMost(fmt.Sprintf("set-up INVITE → 200 at %d calls a second: p99 ms", r.Rate), r.Setup.P99, goalSetup).If(r.Rate == 100),
		goal.AtMost("processor time per call set up and torn down, ms", r.Short, goalShort),
	}
}

// WriteJSON writes the report for programs.
func (r Report) WriteJSON(w io.Writer) error { return goal.WriteJSON(w, r) }

// WriteText writes the report for people.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d telephone calls at once, %d CPUs, %s, %g s: server, callers and the bare sender on this machine\n", r.Calls, r.CPUs, r.Go, r.Seconds)
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "\n\tcore %\tspacing p50 ms\tp99 ms\tp99.9 ms\tpackets\tlost\t\n")
	for _, s := range []struct {
		name string
		Sound
	}{{"bare paced sender, sends only", r.Bare}, {"xinmoi, sends and receives", r.Server}, {fmt.Sprintf("xinmoi, beside %d junk messages a second", junkRate), r.Flood}} {
		fmt.Fprintf(t, "%s\t%.1f\t%.2f\t%.2f\t%.2f\t%d\t%d\t\n", s.name, 100*s.Core, s.P50, s.P99, s.P999, s.Packets, s.Lost)
	}
	_ = t.Flush()
	fmt.Fprintf(&b, "\none thread that only sends: %.0f packets per second of processor time\n", r.RawRate)
	fmt.Fprintf(&b, "key → silence: p50 %.1f ms, p99 %.1f ms (%d keys; first packet of the key to the first packet without speech beyond a 4 ms fade)\n", r.Silence.P50, r.Silence.P99, r.Keys)
	fmt.Fprintf(&b, "set-up: p50 %.2f ms, p99 %.2f ms; processor time per call set up and torn down: %.3f ms\n", r.Setup.P50, r.Setup.P99, r.Short)
	if r.Office > 0 {
		fmt.Fprintf(&b, "%d conversations with an office, %d numbers taken: %.1f ms of processor time each, all sound included (speech is not rendered anew)\n", r.Conversations, r.Taken, r.Office)
	}
	fmt.Fprintf(&b, "memory: %.1f MB resident = %.1f MB its own + %.1f MB mapped pages of the program's file; before the first call %.1f MB, %.1f MB of them its own\n", r.MemoryMB, r.OwnMB, r.ProgramMB, r.IdleMB, r.IdleOwnMB)
	fmt.Fprintf(&b, "its own: %.1f MB heap alive, %.1f MB heap not collected yet or free, %.1f MB stacks, the rest is the runtime's; per call %.1f KB (%.1f heap alive, %.1f stacks of %.1f goroutines)\n\n", r.HeapMB, r.GarbageMB, r.StackMB,
		1024*(r.OwnMB-r.IdleOwnMB)/float64(r.Calls), r.HeapKB, r.StackKB, r.Goroutines)
	goal.Write(&b, r.Ratios, 2)
	_, err := io.WriteString(w, b.String())
	return err
}
