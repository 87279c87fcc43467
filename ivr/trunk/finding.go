package trunk

import (
	"fmt"
	"io"
	"strings"
)

// Level is how much a finding matters.
type Level string

const (
	Good Level = "ok"
	Note Level = "note" // A fact, for who knows what it means.
	Warn Level = "warn" // Works, but not for everybody or not for ever.
	Fail Level = "fail" // Calls do not work.
)

// Finding is one thing that the doctor saw, in both languages, with what to do
// and what to ask the provider for.
type Finding struct {
	Level Level
	ID    string // Stays the same: "register", "audio-in", "codec" …
	VI    string // What is so, and what to do.
	EN    string
	AskVI string // What to tell the provider; empty = nothing.
	AskEN string
}

// Report is what the doctor has to say about a trunk.
type Report struct {
	Trunk    string
	Findings []Finding
	Trace    []byte // All SIP messages, fit to be sent to the provider.
}

// Healthy reports whether nothing failed.
func (r *Report) Healthy() bool {
	for _, f := range r.Findings {
		if f.Level == Fail {
			return false
		}
	}
	return true
}

// Find gives the finding with an ID.
func (r *Report) Find(id string) (Finding, bool) {
	for _, f := range r.Findings {
		if f.ID == id {
			return f, true
		}
	}
	return Finding{}, false
}

func (r *Report) add(level Level, id, vi, en string) {
	r.Findings = append(r.Findings, Finding{Level: level, ID: id, VI: vi, EN: en})
}

// ask adds to the latest finding what to tell the provider.
func (r *Report) ask(vi, en string) {
	f := &r.Findings[len(r.Findings)-1]
	f.AskVI, f.AskEN = vi, en
}

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Trung kế (trunk) %s\n\n", r.Trunk)
	marks := map[Level]string{Good: "[ TỐT  ]", Note: "[ ghi  ]", Warn: "[CHÚ Ý ]", Fail: "[ HỎNG ]"}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %s\n         %s\n", marks[f.Level], f.VI, f.EN)
	}
	first := true
	for _, f := range r.Findings {
		if f.AskVI == "" {
			continue
		}
		if first {
			b.WriteString("\nGửi nhà mạng (to send to the provider):\n")
			first = false
		}
		fmt.Fprintf(&b, " - %s\n   %s\n", f.AskVI, f.AskEN)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
