package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// schemaVersion is what this program writes (PRAGMA user_version): the number
// of its latest migration.
const schemaVersion = 3

//go:embed migration_*.sql
var migrations embed.FS

// step is one migration.
type step func(context.Context, *sql.Tx) error

// migrationSteps gives the migrations in order; the first makes a new store.
// One that was released is never changed.
func migrationSteps() ([]step, error) {
	steps := make([]step, schemaVersion)
	for i := range steps {
		text, err := migrations.ReadFile(fmt.Sprintf("migration_%04d.sql", i+1))
		if err != nil {
			return nil, err
		}
		steps[i] = script(string(text))
	}
	tables := steps[logSchema-1]
	steps[logSchema-1] = func(ctx context.Context, tx *sql.Tx) error {
		if err := tables(ctx, tx); err != nil {
			return err
		}
		return pack(ctx, tx)
	}
	return steps, nil
}

// script is a migration in SQL.
func script(text string) step {
	return func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, text)
		return err
	}
}

// prepare checks durability and brings the schema up to date.
func (db *DB) prepare(ctx context.Context) error {
	if err := db.checkDurability(ctx); err != nil {
		return err
	}
	version, err := userVersion(ctx, db.write)
	if err != nil {
		return err
	}
	if err := refuseNewer(version, schemaVersion); err != nil {
		return err
	}
	if version < schemaVersion {
		if err := db.upgrade(ctx, version); err != nil {
			return err
		}
	}
	return db.settle(ctx)
}

// Attach opens the store of a directory for work beside its server: it makes
// no store where there is none, and leaves one of another schema as it is. The
// server that runs on it may be of an earlier version.
func Attach(ctx context.Context, dir string) (*DB, error) {
	if _, err := os.Stat(filepath.Join(dir, FileName)); err != nil {
		return nil, err
	}
	return open(ctx, dir, (*DB).prepareBeside)
}

func (db *DB) prepareBeside(ctx context.Context) error {
	if err := db.checkDurability(ctx); err != nil {
		return err
	}
	version, err := userVersion(ctx, db.write)
	if err != nil {
		return err
	}
	if version < schemaVersion {
		return fmt.Errorf("it is still of schema %d, this program's is %d: start the server of this version once, which upgrades it", version, schemaVersion)
	}
	return refuseNewer(version, schemaVersion)
}

// checkDurability reads back what an acknowledged ticket, and an erased
// person, depend on.
func (db *DB) checkDurability(ctx context.Context) error {
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "secure_delete": "1"} {
		var got string
		if err := db.write.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("%s is %q, want %q: tickets could be lost in a power cut, or erased data left behind", pragma, got, want)
		}
	}
	return nil
}

// settle flushes what a process that was killed had written but not flushed
// yet. It is in the log that this process reads, so a repeated request is
// answered from it, with no commit of its own to make it durable. A checkpoint
// flushes the write-ahead log before anything else; where another process is
// just at one, that one does.
func (db *DB) settle(ctx context.Context) error {
	var busy, frames, done int
	err := db.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &frames, &done)
	if err != nil {
		return fmt.Errorf("flush what the process before left: %w", err)
	}
	return nil
}

func (db *DB) upgrade(ctx context.Context, version int) error {
	steps, err := migrationSteps()
	if err != nil {
		return err
	}
	if version == 0 {
		path, err := db.path(ctx)
		if err != nil {
			return err
		}
		if err := syncUp(filepath.Dir(path)); err != nil {
			return err
		}
	}
	return db.migrate(ctx, steps)
}

// syncUp makes the names of a directory and of those above it durable: they
// may be as new as the store, which flushes no directory but its own.
// Directories that this process may not read were not made by it.
func syncUp(dir string) error {
	for {
		err := syncDir(dir)
		if err != nil && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EINVAL) {
			return err
		}
		above := filepath.Dir(dir)
		if above == dir {
			return nil
		}
		dir = above
	}
}

// path gives the store's file as SQLite names it.
func (db *DB) path(ctx context.Context) (path string, err error) {
	err = db.read.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path)
	return path, err
}

// rowQuerier is a database or a transaction.
type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func userVersion(ctx context.Context, q rowQuerier) (version int, err error) {
	err = q.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	return version, err
}

func refuseNewer(version, known int) error {
	if version > known {
		return fmt.Errorf("written by a newer xinmoi (schema %d, this program knows %d): use that one, or restore a backup", version, known)
	}
	return nil
}

// migrate takes the steps that the store has not seen, all in one transaction:
// after a failure or a power cut the store is what it was. A store with an
// office in it is copied first, under the lock that keeps every writer out, so
// that the copy is the very state that is changed.
func (db *DB) migrate(ctx context.Context, steps []step) error {
	return db.inTx(ctx, func(tx *sql.Tx) error {
		// Another process may have migrated while this one waited for the lock.
		version, err := userVersion(ctx, tx)
		if err != nil || version == len(steps) {
			return err
		}
		if err := refuseNewer(version, len(steps)); err != nil {
			return err
		}
		if version == 0 {
			return found(ctx, tx, steps)
		}
		kept, err := db.keepCopy(ctx, len(steps), time.Now())
		if err != nil {
			return fmt.Errorf("upgrade from schema %d to %d: no copy could be kept, so nothing was changed: %w; make room, or start the xinmoi that was in use before", version, len(steps), err)
		}
		if err := take(ctx, tx, version, steps); err != nil {
			return fmt.Errorf("upgrade from schema %d to %d: %w; nothing was changed: start the xinmoi that was in use before; a copy of the store is %s", version, len(steps), err, kept)
		}
		return nil
	})
}

// found makes the tables of a new store, if it is new indeed.
func found(ctx context.Context, tx *sql.Tx, steps []step) error {
	var objects int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&objects); err != nil {
		return err
	}
	if objects > 0 {
		return errors.New("it is a database, but not a store of xinmoi: move it elsewhere, or name another directory")
	}
	return take(ctx, tx, 0, steps)
}

// take takes the steps after a version.
func take(ctx context.Context, tx *sql.Tx, version int, steps []step) error {
	for i := version; i < len(steps); i++ {
		if err := steps[i](ctx, tx); err != nil {
			return fmt.Errorf("migration %d: %w", i+1, err)
		}
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(steps)))
	return err
}

// BackupsName is the directory of backups within a data directory.
const BackupsName = "backups"

// keepCopy copies the store among the backups, but for persons, under a name
// that the nightly rotation leaves alone, and gives that name when the copy is
// on the disk.
func (db *DB) keepCopy(ctx context.Context, schema int, now time.Time) (string, error) {
	from, err := db.path(ctx)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(filepath.Dir(from), BackupsName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	if err := syncDir(filepath.Dir(dir)); err != nil {
		return "", err
	}
	prefix := fmt.Sprintf("before-schema-%d-", schema)
	to := filepath.Join(dir, prefix+now.Format("20060102-150405.000")+".db")
	err = copyTo(ctx, from, to, func(part string) error {
		return errors.Join(erasePersons(ctx, part), sound(ctx, part))
	})
	if err != nil {
		return "", err
	}
	return onlyOne(to, filepath.Join(dir, prefix+"*.db"))
}

// erasePersons takes out of a copy that is kept for ever what must not be.
func erasePersons(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite3", dsn(path, url.Values{"_secure_delete": {"on"}}))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "DELETE FROM person")
	return errors.Join(err, db.Close())
}

// onlyOne removes a copy that is the same as an earlier one, and gives that
// one's name: a server that is started again and again, and fails each time,
// must not fill the disk with copies.
func onlyOne(fresh, pattern string) (string, error) {
	earlier, err := filepath.Glob(pattern)
	if err != nil {
		return "", err
	}
	for _, path := range earlier {
		if path == fresh {
			continue
		}
		if same, err := sameBytes(path, fresh); err != nil || !same {
			continue // It is no copy of this state; whose it is does not matter.
		}
		return path, os.Remove(fresh)
	}
	return fresh, nil
}

// sameBytes compares two files.
func sameBytes(a, b string) (bool, error) {
	x, err := os.ReadFile(a)
	if err != nil {
		return false, err
	}
	y, err := os.ReadFile(b)
	return bytes.Equal(x, y), err
}
