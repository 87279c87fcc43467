// Package notes is for what staff write down about a ticket to outlive the
// program, and not the day: it lies in a file beside the log, is read by
// whoever serves the ticket next, and is erased from the disk when the business
// day turns.
package notes

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/beside"
	"github.com/xinmoi/xinmoi/queue/web"
)

// FileName is the file's name within a data directory.
const FileName = "notes.db"

// most bounds the notes of one day.
const most = 5000

// Store keeps notes. Its methods may be called from any goroutine.
type Store struct {
	file *beside.File
	log  *slog.Logger

	mu  sync.Mutex // Guards all, which is what the file holds.
	all map[string]web.Note
}

// Open opens or makes the file.
func Open(ctx context.Context, path string, log *slog.Logger) (*Store, error) {
	file, err := beside.Open(ctx, path, beside.Schema{Name: "notes", Create: `
CREATE TABLE note (ticket TEXT PRIMARY KEY, text TEXT NOT NULL, dossier TEXT NOT NULL) STRICT;`})
	if err != nil {
		return nil, err
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Store{file: file, log: log, all: map[string]web.Note{}}
	type row struct {
		ticket string
		web.Note
	}
	rows, err := beside.All(ctx, file, func(sc beside.Scanner) (r row, err error) { return r, sc.Scan(&r.ticket, &r.Text, &r.Dossier) }, "SELECT ticket, text, dossier FROM note")
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	for _, r := range rows {
		s.all[r.ticket] = r.Note
	}
	return s, nil
}

// Close closes the file; after Run has returned.
func (s *Store) Close() error { return s.file.Close() }

// Note gives what was written about a ticket; nothing is no error.
func (s *Store) Note(_ context.Context, ticket string) (web.Note, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[ticket], nil
}

// SetNote writes a note over the one before; an empty one erases it.
func (s *Store) SetNote(ctx context.Context, ticket string, n web.Note) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.all[ticket]; !known && len(s.all) >= most {
		return queue.Errorf(queue.CodeRateLimited, "%d notes today already", most)
	}
	err := s.file.Update(ctx, func(t *beside.Tx) error {
		if n == (web.Note{}) {
			return t.Do("DELETE FROM note WHERE ticket = ?", ticket)
		}
		return t.Do("INSERT INTO note (ticket, text, dossier) VALUES (?, ?, ?) ON CONFLICT (ticket) DO UPDATE SET text = excluded.text, dossier = excluded.dossier",
			ticket, n.Text, n.Dossier)
	})
	if err != nil {
		return queue.Errorf(queue.CodeUnavailable, "write a note: %w", err)
	}
	if n == (web.Note{}) {
		delete(s.all, ticket)
	} else {
		s.all[ticket] = n
	}
	return nil
}

// Run erases the notes of the day before when the business day of an office
// turns, also while the program did not run, until ctx ends.
func (s *Store) Run(ctx context.Context, o queue.Office, now func() time.Time) error {
	after := int64(-1)
	return ignoreEnd(ctx, queue.Following{
		Office: o,
		From: func(ctx context.Context) (_ int64, err error) {
			if after < 0 {
				var seq int64
				if seq, err = queue.BeforeToday(ctx, o, now()); err == nil {
					after = seq
				}
			}
			return after, err
		},
		Event: func(ctx context.Context, e queue.Event) (bool, error) {
			if e.Kind == queue.DayOpened && e.Opening != nil {
				if err := s.keepOf(ctx, e); err != nil {
					return false, err
				}
			}
			after = e.Seq
			return false, nil
		},
		Broken: func(err error, _ time.Duration) { s.log.Warn("notes cannot follow the log", "err", err) },
	}.Run(ctx))
}

// ignoreEnd: that ctx has ended is no failure.
func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// keepOf erases the notes on tickets that are older than a day's opening and
// were not in hand while the day turned: a ticket's id is the seq that issued it.
func (s *Store) keepOf(ctx context.Context, opened queue.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := map[string]bool{}
	for _, t := range opened.Opening.Tickets {
		taken[t.ID] = true
	}
	var old []string
	for id := range s.all {
		if seq, err := strconv.ParseInt(id, 10, 64); !taken[id] && (err != nil || seq < opened.Seq) {
			old = append(old, id)
		}
	}
	if len(old) == 0 {
		return nil
	}
	err := s.file.Update(ctx, func(t *beside.Tx) error {
		for _, id := range old {
			if err := t.Do("DELETE FROM note WHERE ticket = ?", id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, id := range old {
		delete(s.all, id)
	}
	return s.file.Scrub(ctx)
}
