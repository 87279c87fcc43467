package mailbox

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// letterSchema makes the tables of what could not be delivered, which staff may
// still send again, and of what was sent in a month.
const letterSchema = `
CREATE TABLE letter (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	channel  TEXT NOT NULL,
	chat     TEXT NOT NULL,
	ticket   TEXT NOT NULL,
	kind     TEXT NOT NULL,
	priority INTEGER NOT NULL,
	resend   INTEGER NOT NULL,
	confirm  INTEGER NOT NULL,
	body     BLOB NOT NULL,
	reason   TEXT NOT NULL,
	at       INTEGER NOT NULL
) STRICT;
CREATE INDEX letter_chat ON letter (channel, chat);
CREATE TABLE spent (
	channel TEXT NOT NULL,
	month   TEXT NOT NULL,
	count   INTEGER NOT NULL,
	PRIMARY KEY (channel, month)
) STRICT;
`

// DeadLetter is a message that could not be delivered. It is kept with its text
// for staff to send again, until Retention.Letters ends or its chat is forgotten.
type DeadLetter struct {
	ID     int64
	Parcel Parcel
	Reason string
	At     time.Time
}

// maxLetters bounds how many are kept of one channel: the newest.
const maxLetters = 500

// Bury settles a parcel as Dead and keeps it as a dead letter, unless its chat
// was forgotten meanwhile.
func (t *Tx) Bury(p Parcel, reason string, now time.Time) error {
	if p.Body == nil {
		p.Body = []byte{}
	}
	err := t.file.Do(`INSERT INTO letter (channel, chat, ticket, kind, priority, resend, confirm, body, reason, at) SELECT ?1, ?2, ?, ?, ?, ?, ?, ?, ?, ?
		WHERE EXISTS (SELECT 1 FROM chat WHERE channel = ?1 AND chat = ?2 OR phone = ?2)`,
		p.Channel, p.Chat, p.Ticket, p.Kind, p.Priority, p.Resend, p.Confirm, p.Body, reason, beside.Millis(now))
	if err != nil {
		return err
	}
	err = t.file.Do("DELETE FROM letter WHERE channel = ?1 AND id <= (SELECT max(id) FROM letter WHERE channel = ?1) - ?2", p.Channel, maxLetters)
	return errors.Join(err, t.Settle(p.ID, Dead, reason, now, now))
}

// DeadLetters gives the newest dead letters of all channels, at most limit.
func (b *Box) DeadLetters(ctx context.Context, limit int) ([]DeadLetter, error) {
	return beside.All(ctx, b.read, readDead,
		"SELECT id, channel, chat, ticket, kind, priority, resend, confirm, body, reason, at FROM letter ORDER BY id DESC LIMIT ?", limit)
}

func readDead(s beside.Scanner) (d DeadLetter, err error) {
	var at int64
	p := &d.Parcel
	err = s.Scan(&d.ID, &p.Channel, &p.Chat, &p.Ticket, &p.Kind, &p.Priority, &p.Resend, &p.Confirm, &p.Body, &d.Reason, &at)
	d.At = beside.Moment(at)
	return d, err
}

// DeadLetter gives one; ok is false if it is no longer there.
func (t *Tx) DeadLetter(id int64) (d DeadLetter, ok bool, err error) {
	d, err = readDead(t.file.QueryRowContext(t.file.Context,
		"SELECT id, channel, chat, ticket, kind, priority, resend, confirm, body, reason, at FROM letter WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return DeadLetter{}, false, nil
	}
	return d, err == nil, err
}

// Dismiss erases a dead letter.
func (t *Tx) Dismiss(id int64) error { return t.file.Do("DELETE FROM letter WHERE id = ?", id) }

// Spend counts messages of a channel in a month; a negative number takes back
// what was counted and surely not sent.
func (t *Tx) Spend(channel, month string, n int) error {
	return t.file.Do(`INSERT INTO spent (channel, month, count) VALUES (?, ?, max(0, ?3))
		ON CONFLICT (channel, month) DO UPDATE SET count = max(0, count + ?3)`, channel, month, n)
}

// Used is how a channel's messages of a month stand.
type Used struct {
	Sent     int // Messages sent.
	Followed int // Open bindings whose people were not called yet: what they heard does not name the call.
	Calling  int // Calls on their way.
}

func (u *Used) scan(row *sql.Row) error { return row.Scan(&u.Sent, &u.Followed, &u.Calling) }

// Month tells how a channel's messages of a month stand.
func (t *Tx) Month(channel, month, call string) (u Used, err error) {
	err = u.scan(t.file.QueryRowContext(t.file.Context, monthQuery, channel, month, call))
	return u, err
}

// Month is Month of a transaction, as it stands.
func (b *Box) Month(ctx context.Context, channel, month, call string) (u Used, err error) {
	err = u.scan(b.read.QueryRowContext(ctx, monthQuery, channel, month, call))
	return u, err
}

const monthQuery = `SELECT (SELECT coalesce(max(count), 0) FROM spent WHERE channel = ?1 AND month = ?2),
	(SELECT count(*) FROM binding WHERE ended = 0 AND channel = ?1 AND instr(',' || heard || ',', ',' || ?3 || ',') = 0),
	(SELECT count(*) FROM outbox WHERE settled = 0 AND channel = ?1 AND kind = ?3 AND state <> 'awaiting')`

// Questions gives the chats whose question was not answered in time, of those
// whose pending begins with a word.
func (b *Box) Questions(ctx context.Context, word string, now time.Time) ([]Chat, error) {
	return beside.All(ctx, b.read, readChat, "SELECT "+chatColumns+" FROM chat WHERE substr(pending, 1, length(?1)) = ?1 AND pending_until <= ?2", word, beside.Millis(now))
}

// NeedsOf lists what the people said to need who gave a telephone number, in
// whichever chat, or who write from it.
func (b *Box) NeedsOf(ctx context.Context, telephone string) ([]string, error) {
	return beside.All(ctx, b.read, func(s beside.Scanner) (needs string, err error) { return needs, s.Scan(&needs) },
		"SELECT needs FROM chat WHERE (phone = ?1 OR chat = ?1) AND needs <> ''", telephone)
}

// Reaches reports whether somebody gave a telephone number, in whichever chat, or
// writes from it, and has not been forgotten since.
func (b *Box) Reaches(ctx context.Context, telephone string) (yes bool, err error) {
	err = b.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM chat WHERE phone = ?1 OR chat = ?1)", telephone).Scan(&yes)
	return yes, err
}

// Answered notes that a chat's question is settled, if it is still the same one.
func (t *Tx) Answered(channel, chat, pending string) error {
	return t.file.Do("UPDATE chat SET pending = '', pending_until = 0 WHERE channel = ? AND chat = ? AND pending = ?", channel, chat, pending)
}

// Held is all that the mailbox holds of one chat.
type Held struct {
	Chat     Chat
	Known    bool // There is something about the chat besides its tickets.
	Bindings []Binding
	Inbox    int // Letters not yet answered.
	Outbox   int // Messages on their way to it.
	Letters  int // Messages that could not be delivered.
	Menu     bool
}

// HeldOf tells all that is held of one chat.
func (b *Box) HeldOf(ctx context.Context, channel, chat string) (h Held, err error) {
	if h.Chat, err = b.Chat(ctx, channel, chat); err != nil {
		return h, err
	}
	h.Known = !h.Chat.Seen.IsZero()
	if h.Bindings, err = b.BindingsOfChat(ctx, channel, chat); err != nil {
		return h, err
	}
	err = b.read.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM inbox WHERE channel = ?1 AND chat = ?2),
		(SELECT count(*) FROM outbox WHERE channel = ?1 AND chat = ?2),
		(SELECT count(*) FROM letter WHERE channel = ?1 AND chat = ?2),
		(SELECT count(*) FROM menu WHERE channel = ?1 AND chat = ?2)`, channel, chat).Scan(&h.Inbox, &h.Outbox, &h.Letters, &h.Menu)
	return h, err
}
