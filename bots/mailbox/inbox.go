package mailbox

import (
	"context"
	"time"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// Letter is one thing a person sent.
type Letter struct {
	Seq      int64  // Order of arrival; set by Receive.
	Channel  string // Name of the channel, "telegram".
	ExtID    string // The channel's own id of it; a second one with the same id is not stored.
	Chat     string // Who wrote, in the channel's words.
	Body     []byte
	At       time.Time // When it was received.
	Attempts int       // Failed attempts to handle it.
}

// Receive stores a batch and the channel's cursor (named "" where it has none)
// in one transaction. Only
// after it returned nil may the channel be told to forget the batch. It tells
// how many of the letters were new.
func (b *Box) Receive(ctx context.Context, letters []Letter, cursorName, cursor string) (added int, err error) {
	err = b.Update(ctx, func(tx *Tx) error {
		for _, l := range letters {
			if l.Body == nil {
				l.Body = []byte{}
			}
			n, err := tx.file.Changed(`INSERT INTO inbox (channel, ext_id, chat, body, at) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (channel, ext_id) DO NOTHING`, l.Channel, l.ExtID, l.Chat, l.Body, beside.Millis(l.At))
			if err != nil {
				return err
			}
			added += n
		}
		if cursorName == "" {
			return nil
		}
		return tx.SetCursor(cursorName, cursor)
	})
	if err != nil {
		return 0, err
	}
	return added, nil
}

// Unread gives up to limit letters that may be handled now, oldest first and
// at most one of each chat, so that one chat's letters are handled in order.
func (b *Box) Unread(ctx context.Context, now time.Time, limit int) ([]Letter, error) {
	return beside.All(ctx, b.read, readLetter, `
		SELECT seq, channel, ext_id, chat, body, at, attempts FROM inbox i
		WHERE done = 0 AND not_before <= ? AND NOT EXISTS (
			SELECT 1 FROM inbox p WHERE p.done = 0 AND p.channel = i.channel AND p.chat = i.chat AND p.seq < i.seq)
		ORDER BY seq LIMIT ?`, beside.Millis(now), limit)
}

func readLetter(s beside.Scanner) (l Letter, err error) {
	var at int64
	err = s.Scan(&l.Seq, &l.Channel, &l.ExtID, &l.Chat, &l.Body, &at, &l.Attempts)
	l.At = beside.Moment(at)
	return l, err
}

// NextUnread tells when, after now, the next postponed letter wants to be
// handled; ok is false if none does.
func (b *Box) NextUnread(ctx context.Context, now time.Time) (at time.Time, ok bool, err error) {
	return b.earliest(ctx, "SELECT min(not_before) FROM inbox WHERE done = 0 AND not_before > ?", beside.Millis(now))
}

// Read settles a letter: chat and text are erased, its external id stays so
// that a replay is recognised.
func (t *Tx) Read(seq int64) error {
	return t.file.Do("UPDATE inbox SET done = 1, chat = '', body = x'' WHERE seq = ?", seq)
}

// Postpone puts a letter off after a failed attempt.
func (b *Box) Postpone(ctx context.Context, seq int64, until time.Time) error {
	return b.Update(ctx, func(tx *Tx) error {
		return tx.file.Do("UPDATE inbox SET attempts = attempts + 1, not_before = ? WHERE seq = ?", beside.Millis(until), seq)
	})
}
