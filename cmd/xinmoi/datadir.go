package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// defaultData is the data directory where none is named.
const defaultData = "xinmoi-data"

// dataDir is a data directory in use by this process alone.
type dataDir struct {
	path string
	lock *os.File
	made bool // This process created it.
}

// openDataDir makes the directory if it is missing and locks it: two servers
// on one office would fence each other out in turn.
func openDataDir(path string) (*dataDir, error) {
	_, err := os.Stat(path)
	made := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the data directory: %w; name another with -data DIR", err)
	}
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot write to the data directory: %w; name another with -data DIR or mend its rights", err)
	}
	d := &dataDir{path: path, lock: lock, made: made}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another xinmoi serves %s already; stop it, or name another directory with -data DIR", path), lock.Close())
	}
	return d, nil
}

// sub makes and gives a directory within.
func (d *dataDir) sub(name string) (string, error) {
	path := filepath.Join(d.path, name)
	return path, os.MkdirAll(path, 0o700)
}

// close releases the directory; undo also removes it if this process made it,
// so that a failed start leaves nothing half-made behind.
func (d *dataDir) close(undo bool) error {
	err := d.lock.Close()
	if undo && d.made {
		return errors.Join(err, os.RemoveAll(d.path))
	}
	return err
}
