package sim

import (
	"context"
	"errors"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// point is a place in a commit at which the machine may end.
type point int

// The points at which a store ends; before the decision and after the answer
// it is the run that ends the machine.
const (
	nowhere      point = iota
	beforeAppend       // Decided, nothing written.
	beforeSync         // Written, not synced.
	beforeAnswer       // Durable, nobody told.
)

// trouble is what will go wrong with the store.
type trouble struct {
	dies point
	kept bool // When the machine ends before the sync, the system still writes out.
	full int  // So many appends meet a full disk.
	deaf int  // So many loads fail.
	liar bool // One append is stored, but reported to have failed.
}

var (
	errOff  = errors.New("the machine is off")
	errFull = errors.New("no space left on the disk")
	errDeaf = errors.New("the store cannot be read")
	errLiar = errors.New("input/output error while closing the transaction")
)

// store is one process's way to the disk: queue.Store as it should be.
type store struct {
	disk    *disk
	trouble *trouble
	failed  bool // An operation failed since this was last looked at.
}

var _ queue.Store = (*store)(nil)

// Append implements queue.Store.
func (s *store) Append(_ context.Context, b queue.Batch) error {
	if err := s.begin(b); err != nil {
		return err
	}
	if err := s.disk.write(b); err != nil {
		return err
	}
	return s.commit()
}

// begin refuses what cannot be written, and what another owner was quicker with.
func (s *store) begin(b queue.Batch) error {
	switch {
	case s.ends(beforeAppend):
		return s.fail(errOff)
	case s.trouble.full > 0:
		s.trouble.full--
		return s.fail(errFull)
	case s.disk.end() != b.After:
		return queue.Errorf(queue.CodeFenced, "the log ends at %d, not at %d", s.disk.end(), b.After)
	}
	return nil
}

// commit makes durable what was written.
func (s *store) commit() error {
	if s.ends(beforeSync) {
		return s.fail(errOff)
	}
	s.disk.sync()
	if s.ends(beforeAnswer) {
		return s.fail(errOff)
	}
	if s.trouble.liar {
		s.trouble.liar = false
		return s.fail(errLiar)
	}
	return nil
}

// ends ends the machine if this is the point to do so.
func (s *store) ends(at point) bool {
	if s.trouble.dies == at && !s.disk.off {
		s.disk.cut(s.trouble.kept)
	}
	return s.disk.off
}

func (s *store) fail(err error) error {
	s.failed = true
	return err
}

// readable refuses to read what cannot be read.
func (s *store) readable() error {
	if s.disk.off {
		return s.fail(errOff)
	}
	return nil
}

// Load implements queue.Store.
func (s *store) Load(_ context.Context, office string, keysSince time.Time) (queue.Loaded, error) {
	if err := s.readable(); err != nil {
		return queue.Loaded{}, err
	}
	if s.trouble.deaf > 0 {
		s.trouble.deaf--
		return queue.Loaded{}, s.fail(errDeaf)
	}
	if s.disk.content.office != office {
		return queue.Loaded{}, nil
	}
	return s.disk.content.load(keysSince), nil
}

// Read implements queue.Store.
func (s *store) Read(_ context.Context, office string, after int64, limit int) ([]queue.Event, error) {
	if err := s.readable(); err != nil {
		return nil, err
	}
	events := s.disk.content.events
	if s.disk.content.office != office {
		return nil, nil
	}
	from := min(max(after, 0), int64(len(events)))
	to := min(from+int64(max(limit, 0)), int64(len(events)))
	return append([]queue.Event(nil), events[from:to]...), nil
}

// Ticket implements queue.Store.
func (s *store) Ticket(_ context.Context, office, id string) (queue.Ticket, error) {
	if err := s.readable(); err != nil {
		return queue.Ticket{}, err
	}
	t, ok := s.disk.content.rows[id]
	if !ok || s.disk.content.office != office {
		return queue.Ticket{}, queue.Errorf(queue.CodeUnknownTicket, "no ticket with id %s", id)
	}
	return t, nil
}
