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
	made string // Topmost directory that this process created, or empty.
	bare bool   // It was there, with nothing in it.
}

// openDataDir makes the directory if it is missing and locks it: two servers
// on one office would fence each other out in turn.
func openDataDir(path string) (*dataDir, error) {
	made, err := makeDir(path)
	if err != nil {
		return nil, fmt.Errorf("cannot make the data directory: %w; name another with -data DIR", err)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the data directory: %w; name another with -data DIR or mend its rights", err)
	}
	d := &dataDir{path: path, made: made, bare: len(entries) == 0}
	if d.lock, err = os.OpenFile(filepath.Join(path, "lock"), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot write to the data directory: %w; name another with -data DIR or mend its rights", err), d.remove())
	}
	if err := syscall.Flock(int(d.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another xinmoi serves %s already; stop it, or name another directory with -data DIR", path), d.lock.Close())
	}
	return d, nil
}

// makeDir makes a directory with its parents and gives the topmost one that
// was not there before, or nothing.
func makeDir(path string) (made string, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for at := path; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		made = at
	}
	return made, os.MkdirAll(path, 0o700)
}

// sub makes and gives a directory within.
func (d *dataDir) sub(name string) (string, error) {
	path := filepath.Join(d.path, name)
	return path, os.MkdirAll(path, 0o700)
}

// close releases the directory; undo also removes what this process made of
// it, so that a failed start leaves nothing half-made behind.
func (d *dataDir) close(undo bool) error {
	var err error
	if undo {
		err = d.remove() // Still locked: nobody has moved in.
	}
	return errors.Join(err, d.lock.Close())
}

func (d *dataDir) remove() error {
	if d.made != "" {
		return os.RemoveAll(d.made)
	}
	if !d.bare {
		return nil
	}
	entries, err := os.ReadDir(d.path)
	errs := []error{err}
	for _, e := range entries {
		errs = append(errs, os.RemoveAll(filepath.Join(d.path, e.Name())))
	}
	return errors.Join(errs...)
}
