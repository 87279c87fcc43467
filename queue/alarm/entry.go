package alarm

import (
	"context"
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// FileName is the book's name within a data directory.
const FileName = "alarms.db"

// Entry is one alarm in the book. A zero time means: not yet.
type Entry struct {
	ID int64
	Sign
	RaisedAt, ClearedAt, EscalatedAt, AckedAt time.Time
	AckedBy                                   string
	Note                                      string // What was done about it.
}

// Open reports whether the trouble still stands.
func (e Entry) Open() bool { return e.ClearedAt.IsZero() }

// Recipient is somebody who hears of alarms.
type Recipient struct {
	ID      int64
	Name    string // "Lãnh đạo trực"
	Channel string // Channel.ID
	Address string // What the channel needs to find them.
	Every   bool   // Of every alarm, at once; else of grave ones at once, and of others when nobody takes care.
	Digest  bool   // Of the day, once it is over.
}

// Settings are what an office decides about its alarms.
type Settings struct {
	EscalateMinutes int    // 0 = the default of Rules.
	DigestAt        string // "17:00" of the office's clock; empty = no digest.
}

// Delivery is a message on its way to a recipient.
type Delivery struct {
	ID      int64
	Message Message
	To      Recipient
	Tries   int
	NextAt  time.Time
	Failed  string // Why the latest trial failed; not empty and over = given up.
	Over    bool
}

func schema() beside.Schema {
	return beside.Schema{Name: "alarms", Create: `
CREATE TABLE alarm (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL, kind TEXT NOT NULL, vi TEXT NOT NULL, en TEXT NOT NULL,
  grave INTEGER NOT NULL, latched INTEGER NOT NULL, raised INTEGER NOT NULL, cleared INTEGER NOT NULL DEFAULT 0,
  acked INTEGER NOT NULL DEFAULT 0, acked_by TEXT NOT NULL DEFAULT '', escalated INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE UNIQUE INDEX alarm_open ON alarm (key) WHERE cleared = 0;
CREATE INDEX alarm_raised ON alarm (raised);
CREATE TABLE recipient (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, channel TEXT NOT NULL, address TEXT NOT NULL, every INTEGER NOT NULL, digest INTEGER NOT NULL) STRICT;
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY, recipient INTEGER NOT NULL REFERENCES recipient (id) ON DELETE CASCADE, step TEXT NOT NULL, alarm INTEGER NOT NULL,
  kind TEXT NOT NULL, vi TEXT NOT NULL, en TEXT NOT NULL, at INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL,
  failed TEXT NOT NULL DEFAULT '', over INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX delivery_due ON delivery (next) WHERE over = 0;
CREATE TABLE word (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
ALTER TABLE alarm ADD COLUMN note TEXT NOT NULL DEFAULT '';`,
		Upgrades: []string{`ALTER TABLE alarm ADD COLUMN note TEXT NOT NULL DEFAULT '';`}}
}

const entryColumns = "id, key, kind, vi, en, grave, latched, raised, cleared, acked, acked_by, escalated, note"

func scanEntry(s beside.Scanner) (e Entry, err error) {
	var raised, cleared, acked, escalated int64
	err = s.Scan(&e.ID, &e.Key, &e.Kind, &e.VI, &e.EN, &e.Grave, &e.Latched, &raised, &cleared, &acked, &e.AckedBy, &escalated, &e.Note)
	e.RaisedAt, e.ClearedAt, e.AckedAt, e.EscalatedAt = beside.Moment(raised), beside.Moment(cleared), beside.Moment(acked), beside.Moment(escalated)
	return e, err
}

const recipientColumns = "id, name, channel, address, every, digest"

func scanRecipient(s beside.Scanner) (r Recipient, err error) {
	return r, s.Scan(&r.ID, &r.Name, &r.Channel, &r.Address, &r.Every, &r.Digest)
}

// flapMost bounds how often an hour people are told of the same trouble that
// comes and goes: messages cost money, and too many are read by nobody.
const flapMost = 4

// record writes one change and who is told of it; the book and the messages
// are one transaction, so that nothing raised goes untold.
func record(t *beside.Tx, now time.Time, c Change, to []Recipient) error {
	switch c.Step {
	case Raised:
		s := c.Sign
		if err := t.Do(`INSERT INTO alarm (key, kind, vi, en, grave, latched, raised) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			s.Key, string(s.Kind), s.VI, s.EN, s.Grave, s.Latched, beside.Millis(now)); err != nil {
			return err
		}
	case Cleared:
		if err := t.Do(`UPDATE alarm SET cleared = ? WHERE key = ? AND cleared = 0`, beside.Millis(now), c.Sign.Key); err != nil {
			return err
		}
	case Escalated:
		if err := t.Do(`UPDATE alarm SET escalated = ? WHERE key = ? AND cleared = 0`, beside.Millis(now), c.Sign.Key); err != nil {
			return err
		}
	}
	times := 0 // In the past hour.
	if err := t.QueryRowContext(t.Context, "SELECT COUNT(*) FROM alarm WHERE key = ? AND raised > ?", c.Sign.Key, beside.Millis(now.Add(-time.Hour))).Scan(&times); err != nil {
		return err
	}
	quiet := times > flapMost && !c.Sign.Grave
	if quiet && c.Step != Escalated {
		return nil
	}
	for _, r := range to {
		if !r.hears(c) && !quiet { // What has come once too often, and stays, is news to everybody.
			continue
		}
		vi, en := c.words()
		if times == flapMost && c.Step == Raised && !c.Sign.Grave {
			vi, en = vi+" (lặp lại nhiều lần: tạm thời chỉ hiện ở trang toàn cảnh)", en+" (again and again: only the live overview shows it for now)"
		}
		if err := t.Do(`INSERT INTO delivery (recipient, step, alarm, kind, vi, en, at, next)
SELECT ?, ?, COALESCE(MAX(id), 0), ?, ?, ?, ?, ? FROM alarm WHERE key = ?`,
			r.ID, string(c.Step), string(c.Sign.Kind), vi, en, beside.Millis(now), beside.Millis(now), c.Sign.Key); err != nil {
			return err
		}
	}
	return nil
}

// hears tells whether a recipient is told of a change: the end of a trouble is
// told to whoever heard of every one.
func (r Recipient) hears(c Change) bool {
	switch c.Step {
	case Raised:
		return r.Every || c.Sign.Grave
	case Escalated:
		return !r.Every && !c.Sign.Grave // The others have heard of it.
	case Cleared:
		return r.Every
	default:
		return false
	}
}

// words are what a change is told with.
func (c Change) words() (vi, en string) {
	switch c.Step {
	case Cleared:
		return "Đã hết: " + c.Sign.VI, "Over: " + c.Sign.EN
	case Escalated:
		return "Chưa ai xử lý: " + c.Sign.VI, "Nobody has taken care yet: " + c.Sign.EN
	default:
		return c.Sign.VI, c.Sign.EN
	}
}

// entries reads some alarms.
func entries(ctx context.Context, f *beside.File, rest string, args ...any) ([]Entry, error) {
	list, err := beside.All(ctx, f, scanEntry, "SELECT "+entryColumns+" FROM alarm "+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("alarms: %w", err)
	}
	return list, nil
}
