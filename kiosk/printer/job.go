package printer

import (
	"context"
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

// Printer prints tickets. Safe for use by many goroutines; jobs are printed
// one after another.
type Printer interface {
	// Print brings one job onto paper. The error says why the outcome is
	// Failed or Unknown, as a *Fault; it is nil for Printed and Assumed.
	Print(ctx context.Context, j Job) (Outcome, error)
	// Status gives what is known of the printer, without asking it.
	Status() Status
}

// Job is one ticket to print.
type Job struct {
	Name    string         // For logs: the number on the ticket.
	Paper   *escpos.Bitmap // The picture.
	Expires time.Time      // Not printed after this; zero = never.
}

// Outcome is what became of a job.
type Outcome string

// The outcomes.
const (
	Printed Outcome = "printed" // The printer acknowledged the paper.
	Assumed Outcome = "assumed" // Everything was sent to a printer that cannot answer.
	Failed  Outcome = "failed"  // No paper, or only a part of it.
	Unknown Outcome = "unknown" // Sent, but the connection or the acknowledgement was lost.
)

// FaultKind names what hinders a printer.
type FaultKind string

// The faults.
const (
	FaultUnreachable FaultKind = "unreachable" // No connection; nothing was sent.
	FaultSilent      FaultKind = "silent"      // Connected, but it no longer answers as it used to; nothing was sent.
	FaultNotReady    FaultKind = "not_ready"   // It says so itself; see Fault.Status.
	FaultExpired     FaultKind = "expired"     // The job waited too long; nothing was sent.
	FaultBusy        FaultKind = "busy"        // Another job was being printed until the caller gave up.
	FaultLost        FaultKind = "lost"        // The connection broke after bytes were sent.
	FaultNoAnswer    FaultKind = "no_answer"   // Everything was sent, no acknowledgement came.
	FaultBadJob      FaultKind = "bad_job"     // The picture cannot be printed.
)

// Fault is why a job was not surely printed.
type Fault struct {
	Kind   FaultKind
	Status escpos.Status // What the printer said, for FaultNotReady.
	Sent   int           // Bytes that the printer had taken: with any, a part of the ticket, or all of it, may be on paper.
	Err    error         // The cause, if any.
}

// Error implements error.
func (f *Fault) Error() string {
	switch {
	case f.Kind == FaultNotReady:
		return "printer not ready: " + f.Status.String()
	case f.Err != nil:
		return fmt.Sprintf("printer %s: %v", f.Kind, f.Err)
	}
	return "printer " + string(f.Kind)
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }

// State sums a printer up in one word.
type State string

// The states.
const (
	StateUnasked     State = "unasked"     // Not asked yet.
	StateReady       State = "ready"       // Answers, and has nothing to complain of.
	StateBlind       State = "blind"       // Takes bytes, never answers.
	StatePaperLow    State = "paper_low"   // Prints; the roll is near its end.
	StatePaperOut    State = "paper_out"   // No paper.
	StateCoverOpen   State = "cover_open"  // The cover is open.
	StateError       State = "error"       // Knife, head or another error; see Detail.
	StateOffline     State = "offline"     // Offline for a reason it does not tell.
	StateUnreachable State = "unreachable" // No connection, or no answer any more.
)

// Works reports whether a job would be sent.
func (s State) Works() bool {
	switch s {
	case StateUnasked, StateReady, StateBlind, StatePaperLow:
		return true
	}
	return false
}

// Status is what is known of a printer.
type Status struct {
	Name   string        // From Config.
	State  State         // In one word.
	Detail escpos.Status // The latest answer.
	Err    string        // Why it is unreachable.
	At     time.Time     // When this was learned.

	MayRepeat string // Ticket that the printer may still print though the screen has shown its number; empty = none.

	Printed, Assumed, Failed, Unknown int // Jobs since the program started.
}

// stateOf gives the one word for a printer's own status.
func stateOf(s escpos.Status) State {
	switch {
	case s.PaperEnd:
		return StatePaperOut
	case s.CoverOpen:
		return StateCoverOpen
	case s.CutterError, s.Unrecoverable, s.Overheated:
		return StateError
	case s.Offline:
		return StateOffline
	case s.PaperLow:
		return StatePaperLow
	}
	return StateReady
}
