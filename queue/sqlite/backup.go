package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/xinmoi/xinmoi/queue"
)

// DamagedError says that a database was copied or was to be copied, but is not
// as it should be.
type DamagedError struct {
	Path     string          // The damaged file.
	Count    int             // How many findings there are.
	Findings []queue.Finding // The first of them.
}

// Error implements error.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s is not as it should be, %d findings, the first: %s; see \"xinmoi verify %s\"", e.Path, e.Count, e.Findings[0], e.Path)
}

// findingsKept bounds a DamagedError.
const findingsKept = 20

// verified is Verify with findings as an error.
func verified(ctx context.Context, path string) (Summary, error) {
	damaged := &DamagedError{Path: path}
	sum, err := Verify(ctx, path, func(f queue.Finding) {
		if damaged.Count++; len(damaged.Findings) < findingsKept {
			damaged.Findings = append(damaged.Findings, f)
		}
	})
	if err == nil && damaged.Count > 0 {
		err = damaged
	}
	return sum, err
}

// DamagedSuffix is added to the name of a copy in which Verify found something:
// it may be the best there is, but it is no backup.
const DamagedSuffix = ".damaged"

// Backup writes a copy of the store as it stands at one moment, while others
// write on, and verifies the copy. The file must not exist; it appears, with
// mode 0600, only when it is whole and on the disk. A *DamagedError means that
// the store itself is not as it should be: its copy is kept with DamagedSuffix.
func (db *DB) Backup(ctx context.Context, to string) (Summary, error) {
	var from string
	if err := db.read.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&from); err != nil {
		return Summary{}, err
	}
	return Backup(ctx, from, to)
}

// Backup is DB.Backup of a store that this process need not have open.
func Backup(ctx context.Context, from, to string) (sum Summary, err error) {
	err = copyTo(ctx, from, to, func(part string) error {
		sum, err = verified(ctx, part)
		var damaged *DamagedError
		if errors.As(err, &damaged) {
			damaged.Path = to + DamagedSuffix
			return errors.Join(err, move(part, damaged.Path))
		}
		return err
	})
	return sum, err
}

// Copy writes a copy of any SQLite file as it stands at one moment, like
// Backup, but checks its pages alone.
func Copy(ctx context.Context, from, to string) error {
	return copyTo(ctx, from, to, func(part string) error { return sound(ctx, part) })
}

// sound is Integrity with findings as an error.
func sound(ctx context.Context, path string) error {
	var first *DamagedError
	err := Integrity(ctx, path, func(f queue.Finding) {
		if first == nil {
			first = &DamagedError{Path: path, Findings: []queue.Finding{f}}
		}
		first.Count++
	})
	if err == nil && first != nil {
		return first
	}
	return err
}

// PartInfix is in the names of copies that are being made: they begin like the
// copy's own name. A process killed meanwhile leaves one behind.
const PartInfix = ".part-"

// copyTo copies into a file of another name beside the target, has it checked,
// and only then gives it its name.
func copyTo(ctx context.Context, from, to string, check func(part string) error) error {
	if err := absent(to); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+PartInfix) // With mode 0600.
	if err != nil {
		return err
	}
	defer removePart(part.Name())
	if err := part.Close(); err != nil {
		return err
	}
	if err := vacuumInto(ctx, from, part.Name()); err != nil {
		return fmt.Errorf("copy %s to %s: %w", from, to, err)
	}
	if err := check(part.Name()); err != nil {
		return err
	}
	return move(part.Name(), to)
}

// removePart removes what is left of a copy; after its move there is nothing.
func removePart(part string) {
	for _, suffix := range append(sidecars(), "") {
		_ = os.Remove(part + suffix)
	}
}

// sidecars are the endings of files that SQLite keeps beside a database.
func sidecars() []string { return []string{"-wal", "-shm", "-journal"} }

// vacuumInto is the copy that ends also while others write; the online backup
// interface starts anew at every commit of another connection.
func vacuumInto(ctx context.Context, from, to string) error {
	to, err := filepath.Abs(to) // SQLite takes "file:…" for a URI.
	if err != nil {
		return err
	}
	db, err := openFile(from)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", to)
	return errors.Join(err, db.Close())
}

// absent refuses to overwrite.
func absent(path string) error {
	switch _, err := os.Lstat(path); {
	case err == nil:
		return fmt.Errorf("%s exists already: %w; give another name", path, fs.ErrExist)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return err
	}
}

// move gives a whole file its final name, so that it stays after a power cut.
func move(from, to string) error {
	f, err := os.OpenFile(from, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncDir(filepath.Dir(to))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Restore puts a copy of the store in file from in the place of the one at
// path, and keeps that one under the name aside. Nobody may have path open.
// Until its last step, and also if the power is cut, path is the old store;
// after it, the new one.
func Restore(ctx context.Context, from, path, aside string) (Summary, error) {
	sum, err := verified(ctx, from)
	if err != nil {
		return sum, err
	}
	return sum, replace(ctx, from, path, aside, func(part string) error {
		_, err := verified(ctx, part)
		return err
	})
}

// RestoreCopy is Restore for any SQLite file.
func RestoreCopy(ctx context.Context, from, path, aside string) error {
	if err := sound(ctx, from); err != nil {
		return err
	}
	return replace(ctx, from, path, aside, func(part string) error { return sound(ctx, part) })
}

func replace(ctx context.Context, from, path, aside string, check func(part string) error) error {
	if same(from, path) {
		return fmt.Errorf("%s is the database in use: name a backup of it", from)
	}
	fresh := aside + ".new" // Beside path, so that it can be renamed.
	if err := errors.Join(absent(aside), absent(fresh)); err != nil {
		return err
	}
	if err := copyTo(ctx, from, fresh, check); err != nil {
		return err
	}
	err := keepAside(ctx, path, aside)
	if err == nil {
		err = move(fresh, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("put the copy in place: %w; what was there before is %s or still %s", err, aside, path), os.Remove(fresh))
	}
	return nil
}

func same(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// SetAside gives a database another name, complete with what SQLite still has
// beside it. Nobody may have it open. Nothing at path is no error.
func SetAside(ctx context.Context, path, aside string) error {
	if err := errors.Join(absent(aside), keepAside(ctx, path, aside)); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// keepAside clears the way for another file to be renamed to path: the old one
// stays there until then, if the file system can give a file two names.
func keepAside(ctx context.Context, path, aside string) error {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return clearSidecars(path)
	}
	// Usually this empties and removes the write-ahead log. A database that
	// cannot be opened any more is kept as it is.
	_ = checkpoint(ctx, path)
	for _, suffix := range []string{"-wal", "-journal", ""} { // What SQLite looks for by name comes before it.
		if err := keep(path+suffix, aside+suffix); err != nil {
			return err
		}
	}
	if err := syncDir(filepath.Dir(aside)); err != nil {
		return err
	}
	return clearSidecars(path)
}

// keep gives a file a second name, or where that cannot be, another.
func keep(path, aside string) error {
	err := os.Link(path, aside)
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, fs.ErrExist):
		return err
	default:
		return os.Rename(path, aside)
	}
}

// clearSidecars removes what belongs to the database that stood at path: with
// another file in its place, SQLite would mix the two.
func clearSidecars(path string) error {
	for _, suffix := range sidecars() {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return syncDir(filepath.Dir(path))
}

func checkpoint(ctx context.Context, path string) error {
	if ok, err := isDatabase(path); err != nil || !ok {
		return err // SQLite would take what is beside it for rubbish, too, and remove it.
	}
	db, err := sql.Open("sqlite3", dsn(path, url.Values{"mode": {"rw"}, "_busy_timeout": {"5000"}}))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(err, db.Close())
}

// isDatabase looks at the first bytes. Not for a file that this process has
// open through SQLite: closing it would drop the locks (see "How To Corrupt An
// SQLite Database File", 2.2).
func isDatabase(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	const magic = "SQLite format 3\x00"
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(f, head); err != nil {
		return false, nil
	}
	return string(head) == magic, nil
}
