package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue"
)

// Journal is the kiosk's memory of what was on its way to paper. Before a
// ticket goes to the printer it is written down; when the office has taken the
// delivery, it is crossed out. What a crash or a power cut left in between may
// be in somebody's hand: Run confirms it at the next start, because an empty
// call costs a minute and a lost place costs a morning. What never went to the
// printer is not confirmed, and lapses by itself.
//
// The caller puts Office and Printer of the journal between the kiosk and the
// real ones.
type Journal struct {
	path string
	log  *slog.Logger

	mu    sync.Mutex
	file  *os.File
	size  int64
	torn  bool              // The last line may be half written.
	taken map[string]string // Number → ticket, since the start.
	known map[string]bool   // Tickets that are settled, since the start: a reprint changes nothing.
	open  map[string]Entry  // By ticket: not settled.

	doubts map[string]time.Time // By ticket: since when nobody knows whether it is on paper.
	left   []Entry              // May be in somebody's hand, and nobody says: Run works on them.
	told   []Entry              // Settled by Run, newest last.
}

// Entry is one ticket in the journal.
type Entry struct {
	Ticket string    `json:"ticket"` // Its lookup code: where an older backup of the office was restored, ids belong to others.
	Number string    `json:"number"`
	At     time.Time `json:"at"`
	Step   Step      `json:"step"`
}

// Step is how far a ticket has come.
type Step string

// The steps.
const (
	StepSending Step = "sending" // Goes to the printer; from here on it may be on paper.
	StepFailed  Step = "failed"  // Surely not on paper.
	StepTold    Step = "told"    // The citizen has the number; the office is yet to hear it.
	StepSettled Step = "settled" // The office knows, or will not hear of it.
	StepOrphan  Step = "orphan"  // The citizen has the number, and the office does not know it any more.
)

// Bounds of the journal.
const (
	journalMost = 1 << 20        // Bytes; then it is written anew.
	journalAge  = 18 * time.Hour // After that the day is over, and the ticket with it.
	settleMost  = 5 * time.Second
	settlePause = 2 * time.Second
	doubtMost   = 55 * time.Second // The kiosk's screen asks for 40 s; a number is held for 60.
	toldMost    = 20
)

// OpenJournal reads the journal at path, or begins one. A last line that a power
// cut tore is left out: what it told had not begun.
func OpenJournal(path string, log *slog.Logger) (*Journal, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	j := &Journal{path: path, log: log, taken: map[string]string{}, known: map[string]bool{}, open: map[string]Entry{}, doubts: map[string]time.Time{}}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("kiosk journal: %w", err)
	}
	entries := readEntries(data, time.Now().Add(-journalAge))
	for _, e := range entries {
		switch e.Step {
		case StepSending, StepTold:
			j.left = append(j.left, e)
			j.open[e.Ticket] = e
		case StepOrphan:
			j.open[e.Ticket] = e
		}
	}
	return j, j.rewrite()
}

// readEntries gives the latest entry of every ticket, in the order of their
// first ones, without those from before since.
func readEntries(data []byte, since time.Time) (entries []Entry) {
	at := map[string]int{}
	for line := range bytes.Lines(data) {
		var e Entry
		if json.Unmarshal(line, &e) != nil || e.Ticket == "" || e.At.Before(since) {
			continue
		}
		i, known := at[e.Ticket]
		if !known {
			i = len(entries)
			at[e.Ticket] = i
			entries = append(entries, e)
		}
		entries[i] = e
	}
	return entries
}

// rewrite begins the file anew with what is open. The caller holds j.mu, or is
// alone.
func (j *Journal) rewrite() error {
	var text bytes.Buffer
	for _, e := range j.open {
		line, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("kiosk journal: %w", err)
		}
		text.Write(append(line, '\n'))
	}
	f, err := os.OpenFile(j.path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("kiosk journal: %w", err)
	}
	_, err = f.Write(text.Bytes())
	if err = errors.Join(err, f.Sync()); err == nil {
		err = os.Rename(j.path+".tmp", j.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("kiosk journal: %w", err), f.Close())
	}
	if j.file != nil {
		_ = j.file.Close() // Replaced; all of it was on the disk.
	}
	j.file, j.size = f, int64(text.Len())
	return nil
}

// Close closes the file.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}

// note writes one step down; sure returns only when it is on the disk.
func (j *Journal) note(e Entry, sure bool) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("kiosk journal: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if e.Step == StepSending || e.Step == StepTold || e.Step == StepOrphan {
		j.open[e.Ticket] = e
	} else {
		delete(j.open, e.Ticket)
		j.known[e.Ticket] = e.Step == StepSettled
	}
	if j.size > journalMost || j.torn { // What follows half a line would be lost with it.
		err := j.rewrite()
		j.torn = err != nil
		return err
	}
	n, err := j.file.Write(append(line, '\n'))
	j.size += int64(n)
	j.torn = err != nil
	if err == nil && sure {
		err = syncData(j.file)
	}
	if err != nil {
		return fmt.Errorf("kiosk journal: %w", err)
	}
	return nil
}

// Left lists the tickets that may be in somebody's hand and that Run is about to
// confirm.
func (j *Journal) Left() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.left)
}

// Recovered lists the tickets that were confirmed since the start though nobody
// knows whether they came out: staff may want to look whether their citizens are
// there.
func (j *Journal) Recovered() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.told)
}

// Orphans lists the numbers that citizens have and that the office does not know
// any more, because an older backup of it was restored.
func (j *Journal) Orphans() (all []Orphan) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range j.open {
		if e.Step == StepOrphan {
			all = append(all, Orphan{Number: e.Number, At: e.At})
		}
	}
	slices.SortFunc(all, func(a, b Orphan) int { return a.At.Compare(b.At) })
	return all
}

// Office puts the journal between a kiosk and its office.
func (j *Journal) Office(o queue.Office) queue.Office { return &journalOffice{o, j} }

// Printer puts the journal between a kiosk and its printer.
func (j *Journal) Printer(p printer.Printer) printer.Printer { return &journalPrinter{p, j} }

// journalOffice sees which ticket a number belongs to, and when the office
// knows of a delivery.
type journalOffice struct {
	queue.Office
	journal *Journal
}

// takenMost bounds the memory of numbers: more than a day has.
const takenMost = 20_000

// Take implements queue.Office.
func (o *journalOffice) Take(ctx context.Context, r queue.TakeRequest) (queue.Ticket, error) {
	t, err := o.Office.Take(ctx, r)
	if err == nil {
		o.journal.mu.Lock()
		if len(o.journal.taken) >= takenMost {
			clear(o.journal.taken)
			clear(o.journal.known)
		}
		o.journal.taken[t.Number.String()] = t.Ref()
		o.journal.mu.Unlock()
	}
	return t, err
}

// Act implements queue.Office.
func (o *journalOffice) Act(ctx context.Context, r queue.ActRequest) (queue.Ticket, error) {
	t, err := o.Office.Act(ctx, r)
	if r.Action != queue.Confirm && r.Action != queue.Cancel {
		return t, err
	}
	e := Entry{Ticket: r.Ticket, Number: o.journal.numberOf(r.Ticket), At: time.Now(), Step: StepSettled}
	again := !final(err)
	switch {
	case r.Action != queue.Confirm:
	case again:
		e.Step = StepTold // Asked for again by the kiosk, or after a crash by Run.
	case queue.ErrorCode(err) == queue.CodeUnknownTicket && e.Number != "":
		e.Step = StepOrphan
	}
	if !again || r.Action == queue.Confirm {
		if failed := o.journal.note(e, e.Step != StepSettled); failed != nil {
			o.journal.log.Error("not written down", "ticket", e.Number, "err", failed)
		}
	}
	return t, err
}

// numberOf gives the number of a ticket that was taken since the start.
func (j *Journal) numberOf(ticket string) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	for number, of := range j.taken {
		if of == ticket {
			return number
		}
	}
	return j.open[ticket].Number
}

// final reports whether an office will not change its answer.
func final(err error) bool {
	switch queue.ErrorCode(err) {
	case "", queue.CodeWrongState, queue.CodeUnknownTicket:
		return true
	}
	return false
}

// journalPrinter writes down what goes to the printer.
type journalPrinter struct {
	printer.Printer
	journal *Journal
}

// Print implements printer.Printer. A disk that takes nothing does not keep
// paper from the citizen.
func (p *journalPrinter) Print(ctx context.Context, job printer.Job) (printer.Outcome, error) {
	p.journal.mu.Lock()
	id := p.journal.taken[job.Name]
	_, open := p.journal.open[id]
	settled := p.journal.known[id]
	p.journal.mu.Unlock()
	if id == "" || settled {
		return p.Printer.Print(ctx, job) // No ticket, or a reprint of one that the office knows of.
	}
	if err := p.journal.note(Entry{Ticket: id, Number: job.Name, At: time.Now(), Step: StepSending}, true); err != nil {
		p.journal.log.Error("not written down", "ticket", job.Name, "err", err)
	}
	outcome, err := p.Printer.Print(ctx, job)
	var fault *printer.Fault
	switch part := errors.As(err, &fault) && fault.Sent > 0; {
	case outcome == printer.Unknown || outcome == printer.Failed && part:
		// A knife that jams has let the whole ticket out, and a roll may end
		// right behind one.
		p.journal.doubt(id)
	case outcome == printer.Failed && !open: // An open one was delivered before: a reprint.
		if err := p.journal.note(Entry{Ticket: id, Number: job.Name, At: time.Now(), Step: StepFailed}, false); err != nil {
			p.journal.log.Error("not written down", "ticket", job.Name, "err", err)
		}
	}
	return outcome, err
}

// doubt notes that nobody knows whether a ticket came out.
func (j *Journal) doubt(ticket string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.doubts[ticket] = time.Now()
}

// overdue moves the doubts that nobody has removed in time to what is left: the
// screen asks, but the citizen may have gone with the paper, or the browser may
// be the one that failed.
func (j *Journal) overdue() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for ticket, since := range j.doubts {
		e, open := j.open[ticket]
		if open && time.Since(since) < doubtMost {
			continue
		}
		delete(j.doubts, ticket)
		if open && e.Step == StepSending {
			j.left = append(j.left, e)
		}
	}
}

// Run confirms what an earlier run left, and what this one leaves in doubt;
// office is the real one. It returns nil when ctx ends.
func (j *Journal) Run(ctx context.Context, office queue.Office, caller string) error {
	for {
		j.overdue()
		for _, e := range j.Left() {
			j.settle(ctx, office, caller, e)
		}
		pause := time.NewTimer(settlePause)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return nil
		}
	}
}

// settle confirms one ticket.
func (j *Journal) settle(ctx context.Context, office queue.Office, caller string, e Entry) {
	ctx, cancel := context.WithTimeout(ctx, settleMost)
	defer cancel()
	_, err := office.Act(ctx, queue.ActRequest{
		Meta:   queue.Meta{Key: requestKey("journal", e.Ticket), Caller: caller},
		Ticket: e.Ticket, Action: queue.Confirm,
	})
	if !final(err) {
		j.log.Warn("a ticket from before the restart is not confirmed yet", "ticket", e.Number, "err", err)
		return
	}
	orphan := queue.ErrorCode(err) == queue.CodeUnknownTicket
	if e.At, e.Step = time.Now(), StepSettled; orphan {
		e.Step = StepOrphan
	}
	if failed := j.note(e, true); failed != nil {
		j.log.Error("not written down", "ticket", e.Number, "err", failed)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.left = slices.DeleteFunc(j.left, func(l Entry) bool { return l.Ticket == e.Ticket })
	if orphan {
		j.log.Error("a citizen may have a number that the office does not know any more: exchange the paper", "ticket", e.Number)
		return
	}
	j.log.Warn("nobody knows whether a ticket came out, before a restart or after a fault: it keeps its place", "ticket", e.Number, "refused", err)
	if j.told = append(j.told, e); len(j.told) > toldMost {
		j.told = j.told[1:]
	}
}
