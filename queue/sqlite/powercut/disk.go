package powercut

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Kind is how a power cut treats what was not flushed.
type Kind int

// The kinds of cut.
const (
	Dropped Kind = iota // All of it is gone.
	Subset              // Some writes are there, others not, whatever their order.
	Torn                // Some sectors of some writes are there.
	kinds
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{Dropped, Subset, Torn} }

// String names the kind.
func (k Kind) String() string {
	if k < 0 || k >= kinds {
		return fmt.Sprintf("kind %d", int(k))
	}
	return [...]string{"dropped", "subset", "torn"}[k]
}

// file is an inode: what is on the disk for certain, and what may be.
type file struct {
	durable []byte
	pending []Record // Write and Truncate, in order.
}

// name is a change of a directory that may not be on the disk yet.
type name struct {
	path string
	file *file // Nil: the name was removed.
}

// Disk is a directory on a disk as a journal leads to it.
type Disk struct {
	names   map[string]*file // For certain.
	pending []name           // In order, of all directories.
	inodes  map[uint64]*file
	dirs    map[uint64]string // Directories that were opened.
}

// Load takes the files in a directory as they stand, all of it durable.
func Load(dir string) (*Disk, error) {
	d := &Disk{names: map[string]*file{}, inodes: map[uint64]*file{}, dirs: map[uint64]string{}}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || path == dir || strings.HasSuffix(path, "-shm"):
			return err
		case e.IsDir():
			return filepath.SkipDir
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return fmt.Errorf("%s has no inode", path)
		}
		content, err := os.ReadFile(path)
		d.names[path] = &file{durable: content}
		d.inodes[stat.Ino] = d.names[path]
		return err
	})
	return d, err
}

// Apply follows one record.
func (d *Disk) Apply(r Record) error {
	switch r.Op {
	case Open:
		return d.open(r)
	case Write, Truncate:
		f := d.inodes[r.Inode]
		if f == nil {
			return fmt.Errorf("%c of a file that was never opened, inode %d", r.Op, r.Inode)
		}
		f.pending = append(f.pending, r)
	case Sync:
		return d.sync(r.Inode)
	case Unlink:
		d.pending = append(d.pending, name{r.Path, nil})
	case Unknown:
		return fmt.Errorf("%s is not modelled", r.Path)
	case Mark:
	}
	return nil
}

func (d *Disk) open(r Record) error {
	switch {
	case r.IsDir:
		d.dirs[r.Inode] = r.Path
	case r.Created: // The number may be one that another file had.
		f := &file{}
		d.inodes[r.Inode] = f
		d.pending = append(d.pending, name{r.Path, f})
	case d.inodes[r.Inode] == nil || d.inodes[r.Inode] != d.named()[r.Path]:
		return fmt.Errorf("%s was opened, and how it got there was not recorded", r.Path)
	}
	return nil
}

func (d *Disk) sync(inode uint64) error {
	if dir, ok := d.dirs[inode]; ok {
		d.pending = slices.DeleteFunc(d.pending, func(n name) bool {
			here := filepath.Dir(n.path) == filepath.Clean(dir)
			if here {
				n.apply(d.names)
			}
			return here
		})
		return nil
	}
	f := d.inodes[inode]
	if f == nil {
		return fmt.Errorf("flush of a file that was never opened, inode %d", inode)
	}
	for _, r := range f.pending {
		f.durable = r.apply(f.durable)
	}
	f.pending = nil
	return nil
}

func (n name) apply(names map[string]*file) {
	if n.file == nil {
		delete(names, n.path)
	} else {
		names[n.path] = n.file
	}
}

// apply gives content after a Write or Truncate; content may be changed.
func (r Record) apply(content []byte) []byte {
	if r.Op == Truncate {
		return resize(content, r.Offset)
	}
	content = resize(content, max(int64(len(content)), r.Offset+int64(len(r.Data))))
	copy(content[r.Offset:], r.Data)
	return content
}

// resize cuts content off or makes it longer with zeros, as a file system does.
func resize(content []byte, size int64) []byte {
	n := int64(len(content))
	if size <= n {
		return content[:size:size] // What is written behind it later must not be what was there.
	}
	return append(content, make([]byte, size-n)...)
}

// named gives all names as programs see them.
func (d *Disk) named() map[string]*file {
	names := map[string]*file{}
	for path, f := range d.names {
		names[path] = f
	}
	for _, n := range d.pending {
		n.apply(names)
	}
	return names
}

// Files gives every file as programs see it.
func (d *Disk) Files() map[string][]byte {
	files := map[string][]byte{}
	for path, f := range d.named() {
		content := slices.Clone(f.durable)
		for _, r := range f.pending {
			content = r.apply(content)
		}
		files[path] = content
	}
	return files
}

// Unflushed gives how many writes each file has that are not on the disk for
// certain; names is how many changes of names are not.
func (d *Disk) Unflushed() (writes map[string]int, names int) {
	writes = map[string]int{}
	for path, f := range d.named() {
		if len(f.pending) > 0 {
			writes[path] = len(f.pending)
		}
	}
	return writes, len(d.pending)
}

// Cut gives the files as they are found if the power fails now. The disk is
// left as it is.
func (d *Disk) Cut(kind Kind, random *rand.Rand) map[string][]byte {
	names := map[string]*file{}
	for path, f := range d.names {
		names[path] = f
	}
	if kind != Dropped {
		for _, n := range d.pending[:random.IntN(len(d.pending)+1)] {
			n.apply(names)
		}
	}
	paths := make([]string, 0, len(names))
	for path := range names {
		paths = append(paths, path)
	}
	slices.Sort(paths) // For the seed's sake.
	files := map[string][]byte{}
	for _, path := range paths {
		files[path] = names[path].cut(kind, random)
	}
	return files
}

func (f *file) cut(kind Kind, random *rand.Rand) []byte {
	content := slices.Clone(f.durable)
	if kind == Dropped {
		return content
	}
	chance := []float64{0.1, 0.5, 0.9}[random.IntN(3)]
	sector := []int64{512, 4096}[random.IntN(2)]
	for _, r := range f.pending {
		pieces := []Record{r}
		if kind == Torn && r.Op == Write {
			pieces = r.tear(sector)
		}
		for _, p := range pieces {
			if random.Float64() < chance {
				content = p.apply(content)
			}
		}
	}
	return content
}

// tear splits a write at the sectors of the file.
func (r Record) tear(sector int64) (pieces []Record) {
	for at, end := r.Offset, r.Offset+int64(len(r.Data)); at < end; {
		next := min((at/sector+1)*sector, end)
		pieces = append(pieces, Record{Op: Write, Inode: r.Inode, Offset: at, Data: r.Data[at-r.Offset : next-r.Offset]})
		at = next
	}
	return pieces
}

// Put writes files that were found in the directory from into the directory to.
func Put(files map[string][]byte, from, to string) error {
	var errs []error
	for path, content := range files {
		if filepath.Dir(path) != filepath.Clean(from) {
			return fmt.Errorf("%s is not in %s", path, from)
		}
		errs = append(errs, os.WriteFile(filepath.Join(to, filepath.Base(path)), content, 0o600))
	}
	return errors.Join(errs...)
}
