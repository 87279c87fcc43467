package mailbox

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// State is where an outgoing message stands.
type State string

// The states. The last four are settled: such a row has lost chat and text.
const (
	Ready     State = "ready"     // Wants to be sent.
	Sending   State = "sending"   // Perhaps sent; marked before the attempt.
	Delivered State = "delivered" // The channel took it; the office is yet to hear of it.
	Awaiting  State = "awaiting"  // The channel took it, and is yet to tell what became of it; NotBefore is when nobody waits any more.
	Lost      State = "lost"      // The channel took it, and told later that it did not arrive.
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
	Doubts   int     // After how many of them nobody knew whether it had arrived.
	Mark     string  // By which the channel tells what became of it; random, it tells nothing. Post makes it.
	Receipt  Receipt // What the channel told.
	Reason   string  // Why it is not settled yet, or is Lost.
}

// once begins the Dedupe of what is told once although it stands aside: it is
// remembered after it was sent.
const once = "word:"

// Post puts a parcel into the outbox. A second one with the same Dedupe is
// not stored; but one that is Aside and not yet settled is made to go out once
// more, because what it shows has changed.
func (t *Tx) Post(p Parcel, now time.Time) error {
	const insert = `INSERT INTO outbox (channel, chat, ticket, kind, priority, dedupe, not_before, expires, state, aside, resend, confirm, body, at, mark)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'ready', ?, ?, ?, ?, ?, ?) ON CONFLICT (dedupe) DO UPDATE SET again = 1 WHERE aside AND state = 'sending' AND substr(dedupe, 1, 5) <> '` + once + `'`
	if p.Body == nil {
		p.Body = []byte{}
	}
	return t.file.Do(insert, p.Channel, p.Chat, p.Ticket, p.Kind, p.Priority, p.Dedupe,
		beside.Millis(p.NotBefore), beside.Millis(p.Expires), p.Aside, p.Resend, p.Confirm, p.Body, beside.Millis(now), rand.Text())
}

// Supersede drops what a ticket's chats were still to hear of the given kinds.
// One that is on its way may arrive, but is not tried again; what became of one
// that its channel took matters to nobody any more.
func (t *Tx) Supersede(ticket string, now time.Time, kinds ...string) error {
	for _, kind := range kinds {
		if err := t.file.Do("UPDATE outbox SET stale = 1 WHERE ticket = ? AND kind = ? AND state = 'sending'", ticket, kind); err != nil {
			return err
		}
		if err := t.file.Do(settle+" WHERE ticket = ? AND kind = ? AND state = 'ready'", string(Dropped), "superseded", beside.Millis(now), ticket, kind); err != nil {
			return err
		}
		if err := t.file.Do(settle+" WHERE ticket = ? AND kind = ? AND state IN ('awaiting', 'lost')", string(Sent), "superseded", beside.Millis(now), ticket, kind); err != nil {
			return err
		}
	}
	return nil
}

// settle ends a row's life: personal data goes at once, the dedupe key stays.
const settle = "UPDATE outbox SET chat = '', ticket = '', body = x'', state = ?, reason = ?, settled = ?"

// Due gives up to limit parcels of a channel that may be sent (or reported to
// the office) now, most urgent first: of each chat the oldest, and those that
// stand aside. It reads them in the order of their index and no further: sorting
// all that waits for each message would cost more than sending it.
func (b *Box) Due(ctx context.Context, channel string, now time.Time, limit int) ([]Parcel, error) {
	return beside.All(ctx, b.read, readParcel, `
		SELECT id, channel, chat, ticket, kind, priority, dedupe, not_before, expires, state, attempts, aside, resend, confirm, body, mark, receipt, reason, doubts
		FROM outbox o INDEXED BY outbox_due WHERE channel = ? AND settled = 0 AND state <> 'sending' AND not_before <= ?
		AND (aside OR state <> 'ready' OR NOT EXISTS (
			SELECT 1 FROM outbox p WHERE p.settled = 0 AND p.channel = o.channel AND p.chat = o.chat
			AND NOT p.aside AND p.state IN ('ready', 'sending') AND p.id < o.id))
		ORDER BY priority, id LIMIT ?`, channel, beside.Millis(now), limit)
}

// Stands reports whether a parcel is still as it was read: what was settled while
// others were looking at what is due is not settled twice.
func (b *Box) Stands(ctx context.Context, p Parcel) (stands bool, err error) {
	err = b.read.QueryRowContext(ctx, "SELECT count(*) > 0 FROM outbox WHERE id = ? AND settled = 0 AND state = ?", p.ID, string(p.State)).Scan(&stands)
	return stands, err
}

func readParcel(s beside.Scanner) (p Parcel, err error) {
	var notBefore, expires int64
	err = s.Scan(&p.ID, &p.Channel, &p.Chat, &p.Ticket, &p.Kind, &p.Priority, &p.Dedupe, &notBefore, &expires,
		&p.State, &p.Attempts, &p.Aside, &p.Resend, &p.Confirm, &p.Body, &p.Mark, &p.Receipt, &p.Reason, &p.Doubts)
	p.NotBefore, p.Expires = beside.Moment(notBefore), beside.Moment(expires)
	return p, err
}

// NextDue tells when, after now, the next parcel of a channel wants to go; ok
// is false if none does. Those that are due but wait behind another one of
// their chat do not count.
func (b *Box) NextDue(ctx context.Context, channel string, now time.Time) (at time.Time, ok bool, err error) {
	return b.earliest(ctx, `SELECT min(not_before) FROM outbox
		WHERE settled = 0 AND state <> 'sending' AND channel = ? AND not_before > ?`, channel, beside.Millis(now))
}

func (b *Box) earliest(ctx context.Context, query string, args ...any) (time.Time, bool, error) {
	var ms *int64
	if err := b.read.QueryRowContext(ctx, query, args...).Scan(&ms); err != nil {
		return time.Time{}, false, err
	}
	if ms == nil {
		return time.Time{}, false, nil
	}
	return beside.Moment(*ms), true, nil
}

// MarkSending marks parcels as on their way, before the first byte leaves. It
// gives the ids of those that were still ready.
func (b *Box) MarkSending(ctx context.Context, ids []int64) (marked []int64, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = b.Update(ctx, func(tx *Tx) error {
		for _, id := range ids {
			n, err := tx.file.Changed("UPDATE outbox SET state = 'sending', attempts = attempts + 1, receipt = '' WHERE id = ? AND state = 'ready'", id)
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
	return t.file.Do("UPDATE outbox SET state = 'delivered', body = x'', not_before = 0 WHERE id = ?", id)
}

// Settle ends a parcel's life as Sent, Dropped, Unknown or Dead. One that
// stands aside disappears altogether, or goes out again, not before again, if
// it was posted anew meanwhile.
func (t *Tx) Settle(id int64, state State, reason string, now, again time.Time) error {
	n, err := t.file.Changed("UPDATE outbox SET state = 'ready', again = 0, attempts = 0, doubts = 0, not_before = ? WHERE id = ? AND again", beside.Millis(again), id)
	if err != nil || n == 1 {
		return err
	}
	if n, err = t.file.Changed("DELETE FROM outbox WHERE id = ? AND aside AND substr(dedupe, 1, 5) <> '"+once+"'", id); err != nil || n == 1 {
		return err
	}
	return t.file.Do(settle+" WHERE id = ?", string(state), reason, beside.Millis(now), id)
}

// Retry puts a parcel back, not before until; one superseded meanwhile is
// dropped, and one that is known to have arrived meanwhile is done.
func (t *Tx) Retry(id int64, reason string, now, until time.Time) error {
	if err := t.file.Do(settle+" WHERE id = ? AND receipt = 'arrived' AND NOT confirm", string(Sent), "", beside.Millis(now), id); err != nil {
		return err
	}
	if err := t.file.Do(settle+" WHERE id = ? AND stale", string(Dropped), "superseded", beside.Millis(now), id); err != nil {
		return err
	}
	return t.file.Do(`UPDATE outbox SET state = CASE state WHEN 'sending' THEN 'ready' ELSE state END, reason = ?, not_before = ?
		WHERE id = ? AND settled = 0`, reason, beside.Millis(until), id)
}

// Doubt notes that a parcel may have arrived although nobody knows; Retry puts it
// back.
func (t *Tx) Doubt(id int64) error {
	return t.file.Do("UPDATE outbox SET doubts = doubts + 1 WHERE id = ? AND settled = 0", id)
}

// Renew puts back a parcel that expired, as one that is worth sending until
// expires; one superseded meanwhile is dropped.
func (t *Tx) Renew(id int64, now, expires time.Time) error {
	if err := t.file.Do("UPDATE outbox SET expires = ? WHERE id = ? AND settled = 0", beside.Millis(expires), id); err != nil {
		return err
	}
	return t.Retry(id, "", now, now)
}

// Silence drops everything that waits for one chat, for the given reason. What is
// on its way may arrive, but is not tried again.
func (t *Tx) Silence(channel, chat, reason string, now time.Time) error {
	if err := t.file.Do("UPDATE outbox SET stale = 1 WHERE channel = ? AND chat = ? AND state = 'sending'", channel, chat); err != nil {
		return err
	}
	if err := t.file.Do(settle+" WHERE channel = ? AND chat = ? AND state IN ('awaiting', 'lost')", string(Sent), reason, beside.Millis(now), channel, chat); err != nil {
		return err
	}
	return t.file.Do(settle+" WHERE channel = ? AND chat = ? AND state = 'ready' AND settled = 0", string(Dead), reason, beside.Millis(now), channel, chat)
}

// RecoverInFlight sorts the parcels that were on their way when the last
// process ended: those to be resent when in doubt become ready again, the
// others Unknown. Call it once, before anything is sent.
func (b *Box) RecoverInFlight(ctx context.Context, now time.Time) (resent, unknown int, err error) {
	err = b.Update(ctx, func(tx *Tx) error {
		if err := tx.file.Do(settle+" WHERE state = 'sending' AND stale", string(Dropped), "superseded", beside.Millis(now)); err != nil {
			return err
		}
		if err := tx.file.Do(settle+" WHERE state = 'sending' AND receipt = 'arrived' AND NOT confirm", string(Sent), "", beside.Millis(now)); err != nil {
			return err
		}
		var err1, err2 error
		resent, err1 = tx.file.Changed("UPDATE outbox SET state = 'ready', again = 0, not_before = 0, doubts = doubts + 1 WHERE state = 'sending' AND (resend OR aside)")
		unknown, err2 = tx.file.Changed(settle+" WHERE state = 'sending'", string(Unknown), "stopped while sending", beside.Millis(now))
		return errors.Join(err1, err2)
	})
	return resent, unknown, err
}

// Counts is what waits and what went wrong in one channel.
type Counts struct {
	Unread  int // Letters not yet handled.
	Waiting int // Parcels that the channel has yet to take.
	Dead    int // Parcels that failed for good and are still remembered.
}

// Count gives the counts of one channel.
func (b *Box) Count(ctx context.Context, channel string) (c Counts, err error) {
	err = b.read.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM inbox WHERE done = 0 AND channel = ?1),
		(SELECT count(*) FROM outbox WHERE settled = 0 AND channel = ?1 AND state <> 'awaiting'),
		(SELECT count(*) FROM outbox WHERE state = 'dead' AND channel = ?1)`, channel).
		Scan(&c.Unread, &c.Waiting, &c.Dead)
	return c, err
}
