package queue

import (
	"context"
	"time"
)

// Store keeps the logs of offices. Business rules live in decide.go, never in
// a store, so that the stores cannot drift apart; storetest holds them to one
// behaviour.
type Store interface {
	// Load returns what an owner needs to go on: the events from the latest
	// DayOpened on (all events if there is none), the request keys used since
	// keysSince, and the persons on record. An unknown office has none of them.
	Load(ctx context.Context, office string, keysSince time.Time) (Loaded, error)

	// Append makes a batch durable in one transaction: all of it or nothing.
	// It returns an Error with CodeFenced, and stores nothing, if the office's
	// log does not end at b.After: another process has appended meanwhile.
	// Any other error leaves open whether the batch was stored.
	Append(ctx context.Context, b Batch) error

	// Read returns up to limit events of an office with Seq > after, in order.
	Read(ctx context.Context, office string, after int64, limit int) ([]Event, error)

	// Ticket returns a ticket of any day as its latest event left it, or
	// CodeUnknownTicket.
	Ticket(ctx context.Context, office, id string) (Ticket, error)
}

// Loaded is what Store.Load returns.
type Loaded struct {
	Events  []Event
	Keys    []KeyRecord
	Persons []PersonRecord
}

// Batch is what one commit writes, all of it in the same transaction.
type Batch struct {
	Office  string
	After   int64   // Seq of the last event before this batch: the fence.
	Events  []Event // With Seq After+1, After+2 …
	Keys    []KeyRecord
	Persons []PersonRecord

	// Ended are the tickets of days that have ended, as this batch leaves them:
	// all of a day's when it ends, and later each that changes once more. A store
	// that keeps tickets in rows, for reports, writes them then; of one that is
	// in it twice, the later counts. The running day's tickets stand in its
	// events alone.
	Ended []*Ticket

	// ForgetBefore, if not zero, erases persons and keys recorded earlier.
	ForgetBefore Forget
}

// Forget says up to when side data is erased.
type Forget struct {
	Persons time.Time
	Keys    time.Time
}

// KeyRecord remembers that a request key was used and what it led to.
type KeyRecord struct {
	Caller      string
	Key         string
	Fingerprint string // Hash of the request, so that another request under the key is noticed.
	At          time.Time
	Ticket      string // Id of the ticket or card in the answer, if it was one.
	Counter     string // Counter in the answer, if it was one.
}

// PersonRecord ties a ticket to its taker, apart from the log.
type PersonRecord struct {
	Ticket string
	Person string // Aliases, with spaces between: what the taker and the card go by on that day.
	At     time.Time
}
