package audio

import (
	"errors"
	"os"
	"path/filepath"
)

// Save puts a whole file into place in one step, replacing an older one:
// nobody ever reads half of it, and a failure leaves nothing behind.
func Save(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
