package voice

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// Shelf is the folder where a machine keeps its voices, one folder each, and
// the file that says which of them speak.
type Shelf struct{ Dir string }

// Installed is a voice on a shelf.
type Installed struct {
	Name     string // Of its folder.
	Dir      string
	Manifest Manifest
}

// inUse is the file that names the voices in use, the first one first, one to a
// line; maxInUse bounds how many.
const (
	inUse    = "in-use"
	maxInUse = 8
)

// ErrInstalled means that a voice is there already and was not to be replaced.
var ErrInstalled = errors.New("this voice is installed already")

// List gives the voices on the shelf by the names of their folders. Folders
// that are no packs are passed over.
func (s Shelf) List() ([]Installed, error) {
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return nil, fmt.Errorf("list voices: %w", err)
	}
	var out []Installed
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue // A voice in the making.
		}
		dir := filepath.Join(s.Dir, e.Name())
		if m, err := ReadManifest(dir); err == nil {
			out = append(out, Installed{e.Name(), dir, m})
		}
	}
	return out, nil
}

// Find gives a voice by the name of its folder or its id. The error wraps
// ErrNoVoice and names those that there are.
func (s Shelf) Find(name string) (Installed, error) {
	all, err := s.List()
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return Installed{}, err
	}
	for _, same := range []func(Installed) bool{
		func(i Installed) bool { return i.Name == name },
		func(i Installed) bool { return i.Manifest.ID == name },
	} {
		if i := slices.IndexFunc(all, same); i >= 0 {
			return all[i], nil
		}
	}
	var names []string
	for _, i := range all {
		names = append(names, i.Name)
	}
	if len(names) == 0 {
		names = []string{"none"}
	}
	return Installed{}, fmt.Errorf("%w %.60q in %s; there: %s", ErrNoVoice, name, s.Dir, strings.Join(names, ", "))
}

// InUse lists the voices chosen by Use; empty if nobody has chosen.
func (s Shelf) InUse() ([]string, error) {
	b, err := readBounded(filepath.Join(s.Dir, inUse), maxInUse*200)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("voice in use: %w", err)
	}
	names := strings.Fields(string(b))
	if len(names) > maxInUse || slices.ContainsFunc(names, func(n string) bool { return !plainName(n) }) {
		return nil, fmt.Errorf("%w: the file %s names no voices", ErrPack, filepath.Join(s.Dir, inUse))
	}
	return names, nil
}

// Use chooses the voices that speak: the first one, and in the place of what it
// lacks the next. None goes back to the placeholder.
func (s Shelf) Use(names ...string) error {
	if len(names) > maxInUse {
		return fmt.Errorf("use %d voices: at most %d", len(names), maxInUse)
	}
	var folders []string
	for _, name := range names {
		found, err := s.Find(name)
		if err != nil {
			return err
		}
		if !slices.Contains(folders, found.Name) {
			folders = append(folders, found.Name)
		}
	}
	path := filepath.Join(s.Dir, inUse)
	if len(folders) == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	return audio.Save(path, []byte(strings.Join(folders, "\n")+"\n"))
}

// ErrInUse means that a voice speaks at this office and cannot be removed.
var ErrInUse = errors.New("this voice is in use")

// Remove deletes a voice from the disk for good, as a speaker may ask for at any
// time. One that is in use is refused with ErrInUse: choose another first.
func (s Shelf) Remove(name string) error {
	found, err := s.Find(name)
	if err != nil {
		return err
	}
	used, err := s.InUse()
	if err != nil {
		return err
	}
	if slices.Contains(used, found.Name) {
		return fmt.Errorf("%w: %s; choose another first with \"xinmoi voice use\"", ErrInUse, found.Name)
	}
	gone := filepath.Join(s.Dir, "."+found.Name+"-removed") // Nobody opens half of it.
	if err := os.Rename(found.Dir, gone); err != nil {
		return fmt.Errorf("remove voice: %w", err)
	}
	return os.RemoveAll(gone)
}

// Open opens the voices in use one behind the other, and behind them all the
// one named placeholder. Notes say which of them could not be opened and why,
// except for a placeholder that nobody has made yet.
// The error wraps ErrNoVoice if none is left.
func (s Shelf) Open(placeholder string) (pack *Pack, notes []string, err error) {
	names, err := s.InUse()
	if err != nil {
		notes = append(notes, err.Error())
	}
	if !slices.Contains(names, placeholder) {
		names = append(names, placeholder)
	}
	for _, name := range names {
		next, err := Open(filepath.Join(s.Dir, name))
		switch {
		case name == placeholder && errors.Is(err, ErrNoVoice):
			// Nothing is wrong with a voice that nobody has made yet.
		case err != nil:
			notes = append(notes, fmt.Sprintf("voice %s: %v", name, err))
		case pack == nil:
			pack = next
		default:
			pack = pack.WithFallback(next)
		}
	}
	if pack == nil {
		return nil, notes, fmt.Errorf("%w in %s: build one with \"xinmoi voice build\"", ErrNoVoice, s.Dir)
	}
	return pack, notes, nil
}

// Stamp changes whenever Open would give another voice.
func (s Shelf) Stamp(placeholder string) string {
	names, _ := s.InUse()
	var out strings.Builder
	for _, name := range append(names, placeholder) {
		out.WriteString(name + Stamp(filepath.Join(s.Dir, name)))
	}
	return out.String()
}

// Stamp changes whenever the pack in dir is another one.
func Stamp(dir string) string {
	info, err := os.Stat(filepath.Join(dir, manifestName))
	if err != nil {
		return ":-;"
	}
	return fmt.Sprintf(":%d,%d;", info.ModTime().UnixNano(), info.Size())
}
