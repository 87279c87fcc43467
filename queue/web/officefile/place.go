package officefile

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// StageName is the folder of a data directory in which an import is made ready.
const StageName = "import"

// Within it: what is new, and what was there before.
const (
	newName  = "new"
	oldName  = "old"
	doneName = "done" // The setup is in force: the old is not needed any more.
)

// Place puts the parts of a file into a data directory and calls commit, which
// puts the setup in force. If anything fails, all is as it was; after a crash
// Recover makes it so.
func (f *File) Place(ctx context.Context, data string, commit func(context.Context) error) error {
	if err := Recover(data); err != nil {
		return err
	}
	if len(f.parts) == 0 {
		return commit(ctx)
	}
	stage := filepath.Join(data, StageName)
	if err := f.unpack(ctx, filepath.Join(stage, newName)); err != nil {
		return errors.Join(err, os.RemoveAll(stage))
	}
	err := f.swap(data, stage)
	if err == nil {
		err = commit(ctx)
	}
	if err != nil {
		return errors.Join(err, Recover(data))
	}
	if err := os.WriteFile(filepath.Join(stage, doneName), nil, 0o600); err != nil {
		return fmt.Errorf("the settings are in force, but the files may be put back at the next start: %w", err)
	}
	return os.RemoveAll(stage)
}

// unpack writes all parts into a folder of their own, counting what comes out
// rather than believing what the file says.
func (f *File) unpack(ctx context.Context, to string) error {
	left := int64(maxOpened)
	for _, p := range f.parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := unpackPart(p, filepath.Join(to, filepath.FromSlash(p.Name)), min(left, maxPart))
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		left -= n
	}
	return nil
}

func unpackPart(p *zip.File, path string, most int64) (n int64, err error) {
	in, err := p.Open()
	if err != nil {
		return 0, err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return 0, err
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	n, err = io.Copy(out, io.LimitReader(in, most+1))
	if err == nil && n > most {
		err = wrong("lớn quá mức khi mở ra", "too large unpacked")
	}
	return n, errors.Join(err, out.Sync(), out.Close())
}

// swap puts every new part in place and keeps what was there. Voices go as a
// whole; of the other folders, file by file.
func (f *File) swap(data, stage string) error {
	return eachPart(filepath.Join(stage, newName), func(name string) error {
		there, kept := filepath.Join(data, name), filepath.Join(stage, oldName, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(there), 0o700), os.MkdirAll(filepath.Dir(kept), 0o700)); err != nil {
			return err
		}
		if err := os.Rename(there, kept); errors.Is(err, fs.ErrNotExist) {
			err = os.WriteFile(kept+absent, nil, 0o600)
			if err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
		return os.Rename(filepath.Join(stage, newName, name), there)
	})
}

// absent marks in the folder of what was there that nothing was.
const absent = ".absent"

// eachPart lists what is put in place at once: the files of a folder, and each
// voice.
func eachPart(dir string, do func(name string) error) error {
	top, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range top {
		if !e.IsDir() {
			if err := do(e.Name()); err != nil {
				return err
			}
			continue
		}
		below, err := os.ReadDir(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		for _, b := range below {
			if err := do(filepath.Join(e.Name(), b.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// Recover puts back what an import that did not come to its end has moved. Call
// it before a data directory is used.
func Recover(data string) error {
	stage := filepath.Join(data, StageName)
	if _, err := os.Stat(filepath.Join(stage, doneName)); err == nil {
		return os.RemoveAll(stage)
	}
	err := eachPart(filepath.Join(stage, oldName), func(name string) error {
		if filepath.Ext(name) == absent {
			there := filepath.Join(data, name[:len(name)-len(absent)])
			if _, err := os.Stat(filepath.Join(stage, newName, name[:len(name)-len(absent)])); err == nil {
				return nil // Its new part was not put in place yet.
			}
			return os.RemoveAll(there)
		}
		there := filepath.Join(data, name)
		return errors.Join(os.RemoveAll(there), os.Rename(filepath.Join(stage, oldName, name), there))
	})
	if err != nil {
		return fmt.Errorf("put back what an import has moved: %w; it is in %s", err, stage)
	}
	return os.RemoveAll(stage)
}
