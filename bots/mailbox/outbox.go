package mailbox

import (
	"context"
	"errors"
	"time"
)

// State is where an outgoing message stands.
type State string

// The states. The last four are settled: such a row has lost chat and text.
const (
	Ready     State = "ready"     // Wants to be sent.
	Sending   State = "sending"   // Perhaps sent; marked before the attempt.
	Delivered State = "delivered" // The channel took it; the office is yet to hear of it.
	Sent      State = "sent"      // Done.
	Dropped   State = "dropped"   // No longer true when its turn came, or superseded.
	Unknown   State = "unknown"   // In doubt, and better lost than sent twice.
	Dead      State = "dead"      // Failed for good; see the reason.
)

// Parcel is one message to one chat.
type Parcel struct {
	ID        int64
	Channel   string
	Chat      string
	Ticket    string // Ticket it is about, if one.
	Kind      string
	Priority  int    // Lower goes first, between chats.
	Dedupe    string // Never two parcels with the same one; no chat id in it: it outlives the row's text.
	NotBefore time.Time
	Expires   time.Time // After this it is not worth sending.
	Aside     bool      // Not in the order of its chat: neither waits for others nor holds them up; posted again it replaces itself.
	Resend    bool      // When in doubt, twice is better than never.
	Confirm   bool      // The office wants to hear when the channel took it.
	Body      []byte

	State    State
	Attempts int
}

// Post puts a parcel into the outbox. A second one with the same Dedupe is
// not stored; but one that is Aside and not yet settled is made to go out once
// more, because what it shows has changed.
func (t *Tx) Post(p Parcel, now time.Time) error {
	const insert = `INSERT INTO outbox (channel, chat, ticket, kind, priority, dedupe, not_before, expires, state, aside, resend, confirm, body, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'ready', ?, ?, ?, ?, ?) ON CONFLICT (dedupe) DO UPDATE SET again = 1 WHERE aside AND state = 'sending'`
	if p.Body == nil {
		p.Body = []byte{}
	}
	return t.exec(insert, p.Channel, p.Chat, p.Ticket, p.Kind, p.Priority, p.Dedupe,
		millis(p.NotBefore), millis(p.Expires), p.Aside, p.Resend, p.Confirm, p.Body, millis(now))
}

// Supersede drops what a ticket's chats were still to hear of the given kinds.
// One that is on its way may arrive, but is not tried again.
func (t *Tx) Supersede(ticket string, now time.Time, kinds ...string) error {
	for _, kind := range kinds {
		if err := t.exec("UPDATE outbox SET stale = 1 WHERE ticket = ? AND kind = ? AND state = 'sending'", ticket, kind); err != nil {
			return err
		}
		if err := t.exec(settle+" WHERE ticket = ? AND kind = ? AND state = 'ready'", string(Dropped), "superseded", millis(now), ticket, kind); err != nil {
			return err
		}
	}
	return nil
}

// settle ends a row's life: personal data goes at once, the dedupe key stays.
const settle = "UPDATE outbox SET chat = '', ticket = '', body = x'', state = ?, reason = ?, settled = ?"

// Due gives up to limit parcels of a channel that may be sent (or reported to
// the office) now, most urgent first: of each chat the oldest, and those that
// stand aside.
func (b *Box) Due(ctx context.Context, channel string, now time.Time, limit int) ([]Parcel, error) {
	return queryAll(ctx, b, readParcel, `
		SELECT id, channel, chat, ticket, kind, priority, dedupe, not_before, expires, state, attempts, aside, resend, confirm, body
		FROM outbox o WHERE channel = ? AND settled = 0 AND state IN ('ready', 'delivered') AND not_before <= ?
		AND (aside OR state = 'delivered' OR NOT EXISTS (
			SELECT 1 FROM outbox p WHERE p.settled = 0 AND p.channel = o.channel AND p.chat = o.chat
			AND NOT p.aside AND p.state IN ('ready', 'sending') AND p.id < o.id))
		ORDER BY priority, id LIMIT ?`, channel, millis(now), limit)
}

func readParcel(s scanner) (p Parcel, err error) {
	var notBefore, expires int64
	err = s.Scan(&p.ID, &p.Channel, &p.Chat, &p.Ticket, &p.Kind, &p.Priority, &p.Dedupe, &notBefore, &expires,
		&p.State, &p.Attempts, &p.Aside, &p.Resend, &p.Confirm, &p.Body)
	p.NotBefore, p.Expires = moment(notBefore), moment(expires)
	return p, err
}

// NextDue tells when, after now, the next parcel of a channel wants to go; ok
// is false if none does. Those that are due but wait behind another one of
// their chat do not count.
func (b *Box) NextDue(ctx context.Context, channel string, now time.Time) (at time.Time, ok bool, err error) {
	return b.earliest(ctx, `SELECT min(not_before), count(*) FROM outbox
		WHERE settled = 0 AND state IN ('ready', 'delivered') AND channel = ? AND not_before > ?`, channel, millis(now))
}

func (b *Box) earliest(ctx context.Context, query string, args ...any) (time.Time, bool, error) {
	var ms *int64
	var count int
	if err := b.db.QueryRowContext(ctx, query, args...).Scan(&ms, &count); err != nil {
		return time.Time{}, false, err
	}
	if ms == nil {
		return time.Time{}, false, nil
	}
	return moment(*ms), true, nil
}

// MarkSending marks parcels as on their way, before the first byte leaves. It
// gives the ids of those that were still ready.
func (b *Box) MarkSending(ctx context.Context, ids []int64) (marked []int64, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = b.Update(ctx, func(tx *Tx) error {
		for _, id := range ids {
			n, err := tx.execCount("UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE id = ? AND state = 'ready'", id)
			if err != nil {
				return err
			}
			if n == 1 {
				marked = append(marked, id)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return marked, nil
}

// MarkDelivered notes that the channel took a parcel which the office wants
// to hear of.
func (t *Tx) MarkDelivered(id int64) error {
	return t.exec("UPDATE outbox SET state = 'delivered', body = x'', not_before = 0 WHERE id = ?", id)
}

// Settle ends a parcel's life as Sent, Dropped, Unknown or Dead. One that
// stands aside disappears altogether, or goes out again, not before again, if
// it was posted anew meanwhile.
func (t *Tx) Settle(id int64, state State, reason string, now, again time.Time) error {
	n, err := t.execCount("UPDATE outbox SET state = 'ready', again = 0, attempts = 0, not_before = ? WHERE id = ? AND again", millis(again), id)
	if err != nil || n == 1 {
		return err
	}
	if n, err = t.execCount("DELETE FROM outbox WHERE id = ? AND aside", id); err != nil || n == 1 {
		return err
	}
	return t.exec(settle+" WHERE id = ?", string(state), reason, millis(now), id)
}

// Retry puts a parcel back, not before until; one superseded meanwhile is
// dropped.
func (t *Tx) Retry(id int64, reason string, now, until time.Time) error {
	if err := t.exec(settle+" WHERE id = ? AND stale", string(Dropped), "superseded", millis(now), id); err != nil {
		return err
	}
	return t.exec(`UPDATE outbox SET state = CASE state WHEN 'sending' THEN 'ready' ELSE state END, reason = ?, not_before = ?
		WHERE id = ? AND settled = 0`, reason, millis(until), id)
}

// Silence drops everything that waits for one chat, for the given reason.
func (t *Tx) Silence(channel, chat, reason string, now time.Time) error {
	return t.exec(settle+" WHERE channel = ? AND chat = ? AND state = 'ready' AND settled = 0", string(Dead), reason, millis(now), channel, chat)
}

// RecoverInFlight sorts the parcels that were on their way when the last
// process ended: those to be resent when in doubt become ready again, the
// others Unknown. Call it once, before anything is sent.
func (b *Box) RecoverInFlight(ctx context.Context, now time.Time) (resent, unknown int, err error) {
	err = b.Update(ctx, func(tx *Tx) error {
		if err := tx.exec(settle+" WHERE state = 'sending' AND stale", string(Dropped), "superseded", millis(now)); err != nil {
			return err
		}
		var err1, err2 error
		resent, err1 = tx.execCount("UPDATE outbox SET state = 'ready', again = 0, not_before = 0 WHERE state = 'sending' AND (resend OR aside)")
		unknown, err2 = tx.execCount(settle+" WHERE state = 'sending'", string(Unknown), "stopped while sending", millis(now))
		return errors.Join(err1, err2)
	})
	return resent, unknown, err
}

// Counts is what waits and what went wrong in one channel.
type Counts struct {
	Unread  int // Letters not yet handled.
	Waiting int // Parcels not yet settled.
	Dead    int // Parcels that failed for good and are still remembered.
}

// Count gives the counts of one channel.
func (b *Box) Count(ctx context.Context, channel string) (c Counts, err error) {
	err = b.db.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM inbox WHERE done = 0 AND channel = ?1),
		(SELECT count(*) FROM outbox WHERE settled = 0 AND channel = ?1),
		(SELECT count(*) FROM outbox WHERE settled > 0 AND state = 'dead' AND channel = ?1)`, channel).
		Scan(&c.Unread, &c.Waiting, &c.Dead)
	return c, err
}
