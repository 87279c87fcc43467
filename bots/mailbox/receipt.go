package mailbox

import (
	"context"
	"time"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// Receipt is what a channel told of a message after it had taken it.
type Receipt string

// The receipts. What came later in this list is not taken back by what came
// earlier: a channel's reports overtake each other, and come more than once.
const (
	NoReceipt Receipt = ""
	Unheard   Receipt = "unheard" // It was waited for, and did not come in time.
	Failed    Receipt = "failed"  // It did not arrive.
	Arrived   Receipt = "arrived"
)

// receiptSchema finds what a receipt is about, and counts receipts.
const receiptSchema = `
CREATE INDEX outbox_mark ON outbox (mark) WHERE mark <> '';
CREATE INDEX outbox_receipt ON outbox (channel, receipt) WHERE receipt <> '';
`

// Await keeps a parcel that its channel took until a receipt comes, at most until
// a time. By whichever mark the channel knows it is known from then on. A receipt
// that was quicker than the channel's own answer counts.
func (t *Tx) Await(id int64, mark string, now, until time.Time) error {
	if err := t.file.Do(`UPDATE outbox SET mark = ?, not_before = ?, state = CASE receipt WHEN 'failed' THEN 'lost' ELSE 'awaiting' END WHERE id = ?`,
		mark, beside.Millis(until), id); err != nil {
		return err
	}
	if err := t.file.Do("UPDATE outbox SET not_before = 0 WHERE id = ? AND state = 'lost'", id); err != nil {
		return err
	}
	return t.file.Do(settle+" WHERE id = ? AND state = 'awaiting' AND (receipt = 'arrived' OR stale)", string(Sent), "", beside.Millis(now), id)
}

// Told notes what a channel tells of a message by its mark; news reports whether
// that was not known. What is told again, or after something better, changes
// nothing. What has arrived is done, even if it was just to be sent once more.
func (t *Tx) Told(channel, mark string, r Receipt, reason string, now time.Time) (news bool, err error) {
	if mark == "" || (r != Failed && r != Arrived) {
		return false, nil
	}
	n, err := t.file.Changed(`UPDATE outbox SET receipt = ?3, reason = CASE WHEN settled = 0 THEN ?4 ELSE reason END
		WHERE channel = ?1 AND mark = ?2 AND receipt <> 'arrived' AND receipt <> ?3 AND attempts > 0`, channel, mark, string(r), reason)
	if err != nil || n == 0 {
		return false, err
	}
	if r == Arrived {
		return true, t.file.Do(settle+" WHERE channel = ? AND mark = ? AND settled = 0 AND NOT confirm AND state IN ('ready', 'awaiting', 'lost')",
			string(Sent), "", beside.Millis(now), channel, mark)
	}
	return true, t.file.Do("UPDATE outbox SET state = 'lost', not_before = 0 WHERE channel = ? AND mark = ? AND state = 'awaiting'", channel, mark)
}

// Unheard settles a parcel of which nothing was heard in time.
func (t *Tx) Unheard(id int64, now time.Time) error {
	return t.file.Do(settle+", receipt = 'unheard' WHERE id = ? AND state = 'awaiting'", string(Sent), "no receipt", beside.Millis(now), id)
}

// Receipts counts what a channel told of the messages that are still remembered,
// and of how many it has yet to tell.
type Receipts struct{ Awaited, Arrived, Failed, Unheard int }

// Receipts counts the receipts of one channel.
func (b *Box) Receipts(ctx context.Context, channel string) (r Receipts, err error) {
	err = b.read.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM outbox WHERE settled = 0 AND channel = ?1 AND state = 'awaiting'),
		(SELECT count(*) FROM outbox WHERE channel = ?1 AND receipt = 'arrived'), (SELECT count(*) FROM outbox WHERE channel = ?1 AND receipt = 'failed'),
		(SELECT count(*) FROM outbox WHERE channel = ?1 AND receipt = 'unheard')`, channel).Scan(&r.Awaited, &r.Arrived, &r.Failed, &r.Unheard)
	return r, err
}
