package sqlite

import "context"

// Weaken gives up durability, which Open never does, to prove that tests of it
// can fail.
func (db *DB) Weaken(ctx context.Context) error {
	_, err := db.write.ExecContext(ctx, "PRAGMA synchronous = NORMAL")
	return err
}
