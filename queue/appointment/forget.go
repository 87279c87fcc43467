package appointment

import (
	"context"
	"errors"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// Forget erases a contact ("tel:+84912345678") wherever it stands, from the disk
// as well: nothing more is told to it. The bookings stay.
func (b *Book) Forget(ctx context.Context, contact string) error {
	erased := 0
	err := b.file.Update(ctx, func(tx *beside.Tx) (err error) {
		const theirs = " WHERE booking IN (SELECT id FROM booking WHERE contact = ? AND contact != '')"
		dropped := errors.Join(tx.Do("DELETE FROM notice"+theirs, contact), tx.Do("DELETE FROM unreached"+theirs, contact)) // Staff have no number to call.
		erased, err = tx.Changed("UPDATE booking SET contact = '' WHERE contact = ? AND contact != ''", contact)
		return errors.Join(dropped, err)
	})
	if err != nil || erased == 0 {
		return known(err)
	}
	return b.file.Scrub(ctx)
}
