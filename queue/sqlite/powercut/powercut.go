// Package powercut rebuilds what a disk would hold after a power cut, so that
// a test can prove that a store loses nothing which it acknowledged.
//
// A process runs with a small library preloaded that journals everything it
// does to the files of one directory through the C library, SQLite's way to
// the disk, and where it asks for it to be flushed. The process itself puts
// marks into the same journal after whatever it has acknowledged. Offline, a
// Disk then follows the journal up to any record, and Cut gives the files as
// they may be found when the power fails there.
//
// Its assumptions, which are those of SQLite and the hard ones of POSIX:
//   - What was written to a file since its latest flush may be there or not,
//     in any part and in any order, in whole sectors; what was before is there.
//   - A file that was made or removed is so for certain only once its
//     directory was flushed. Until then changes of names may be lost, the
//     latest ones first: file systems keep their order.
//   - A flush that returned has happened. A disk that lies about it is not
//     looked at; no program can do anything about that.
//   - Bytes of a sector that is not written to do not change.
package powercut

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

//go:embed shim/shim.c
var shim []byte

// ErrUnavailable says that this machine cannot record: it is no Linux, or has
// no C compiler.
var ErrUnavailable = errors.New("power cuts cannot be simulated here")

// Build makes the library that records, in a directory, and gives its path.
func Build(dir string) (lib string, err error) {
	if runtime.GOOS != "linux" {
		return "", fmt.Errorf("%w: not on %s", ErrUnavailable, runtime.GOOS)
	}
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	source := filepath.Join(dir, "powercut.c")
	if err := os.WriteFile(source, shim, 0o600); err != nil {
		return "", err
	}
	lib = filepath.Join(dir, "powercut.so")
	if out, err := exec.Command(gcc, "-O1", "-shared", "-fPIC", "-o", lib, source, "-lpthread").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %w: %s", ErrUnavailable, err, out)
	}
	return lib, nil
}

// Recording says what of a process is recorded.
type Recording struct {
	Lib     string // Of Build.
	Dir     string // What happens to the files in it is recorded, not below that; a path without symbolic links.
	Journal string // Where it is recorded; not in Dir. Several processes may follow one another in it.

	SyncTime  time.Duration // How long each flush takes; they are not carried out.
	DieAtSync int           // If positive, the process is killed when it asks to flush a write-ahead log so many times, instead of that flush.
}

// Env gives the environment variables with which the process is to be started.
func (r Recording) Env() []string {
	return []string{
		"LD_PRELOAD=" + r.Lib, "POWERCUT_DIR=" + r.Dir, "POWERCUT_JOURNAL=" + r.Journal,
		fmt.Sprint("POWERCUT_SYNC_US=", r.SyncTime.Microseconds()), fmt.Sprint("POWERCUT_DIE_AT_SYNC=", r.DieAtSync),
	}
}
