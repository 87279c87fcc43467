package voice

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// The bounds of a voice that comes as one file, in bytes and entries. What
// unfolds to more than it says is cut short while it unfolds.
const (
	maxArchive   = 1 << 30
	maxUnpacked  = 2 << 30
	maxDirectory = 8 << 20 // The list of contents at the end of a ZIP file.
	maxEntries   = 2 * (maxClips + maxExtras)
	endRecord    = 22 // Bytes of the end of a ZIP file without its comment.
	maxComment   = 1<<16 - 1
)

// ImportOptions says how to import a voice.
type ImportOptions struct {
	Name    string // Of its folder. Empty = the pack's id.
	Replace bool   // Put it in the place of one that is there.
}

// Imported tells what Import did.
type Imported struct {
	Installed
	Report  Report   // Of Check; faults of sound do not hinder an import.
	Ignored []string // Files in the archive that no voice needs.
}

// Import takes a voice out of a ZIP file of size bytes onto the shelf: all of
// it or nothing. Damaged or missing clips, names that lead out of the folder,
// archives that unfold without end are refused with an error that wraps
// ErrPack; a voice that is there already with ErrInstalled.
func (s Shelf) Import(ctx context.Context, r io.ReaderAt, size int64, o ImportOptions) (Imported, error) {
	out, err := s.importZIP(ctx, r, size, o)
	if err != nil {
		return Imported{}, fmt.Errorf("import voice: %w", err)
	}
	return out, nil
}

// ImportFile is Import of a file.
func (s Shelf) ImportFile(ctx context.Context, path string, o ImportOptions) (Imported, error) {
	f, err := os.Open(path)
	if err != nil {
		return Imported{}, fmt.Errorf("import voice: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Imported{}, fmt.Errorf("import voice: %w", err)
	}
	return s.Import(ctx, f, info.Size(), o)
}

func (s Shelf) importZIP(ctx context.Context, r io.ReaderAt, size int64, o ImportOptions) (Imported, error) {
	a, err := openArchive(r, size)
	if err != nil {
		return Imported{}, fmt.Errorf("%w: %w", ErrPack, err)
	}
	name := cmp.Or(o.Name, a.m.ID)
	if !plainName(name) || name == inUse {
		return Imported{}, fmt.Errorf("%w: %.60q cannot be the name of a folder; give one of letters and figures with -as", ErrPack, name)
	}
	dir := filepath.Join(s.Dir, name)
	if _, err := os.Lstat(dir); err == nil && !o.Replace {
		return Imported{}, fmt.Errorf("%w: %s (-replace puts the new one in its place, -as NAME beside it)", ErrInstalled, name)
	}
	if err := mayReplace(dir); err != nil {
		return Imported{}, err
	}
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return Imported{}, err
	}
	w, err := openWorkshop(dir, Recipe{})
	if err != nil {
		return Imported{}, err
	}
	defer w.close(false) // Does nothing once the folder is the voice.
	report, err := a.unpack(ctx, w.dir)
	if err != nil {
		return Imported{}, err
	}
	if err := put(w.dir, dir, o.Replace); err != nil {
		return Imported{}, err
	}
	return Imported{Installed{name, dir, a.m}, report, a.ignored}, nil
}

// put makes temp the folder dir. Without replace somebody who was faster wins.
func put(temp, dir string, replace bool) error {
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	if replace {
		return swap(temp, dir)
	}
	return os.Rename(temp, dir)
}

// archive is a ZIP file with a voice in it.
type archive struct {
	m       Manifest
	raw     []byte               // The manifest as it came.
	files   map[string]*zip.File // By plain name.
	ignored []string
	left    int64 // Bytes that may still unfold.
}

func openArchive(r io.ReaderAt, size int64) (*archive, error) {
	if size > maxArchive {
		return nil, fmt.Errorf("%d bytes, at most %d", size, maxArchive)
	}
	if err := checkDirectory(r, size); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, err
	}
	if len(z.File) > maxEntries {
		return nil, fmt.Errorf("%d files, at most %d", len(z.File), maxEntries)
	}
	a := &archive{files: map[string]*zip.File{}, left: maxUnpacked}
	if err := a.sort(z.File); err != nil {
		return nil, err
	}
	head, ok := a.files[manifestName]
	if !ok {
		return nil, fmt.Errorf("there is no %s in it", manifestName)
	}
	if a.raw, err = a.read(head, maxManifest); err != nil {
		return nil, err
	}
	a.m, err = ParseManifest(a.raw)
	return a, err
}

// checkDirectory looks at the end of a ZIP file (APPNOTE 4.3.16) before it is
// opened: its list of contents is read into memory whole.
func checkDirectory(r io.ReaderAt, size int64) error {
	if size < endRecord {
		return fmt.Errorf("%d bytes are no ZIP file", size)
	}
	tail := make([]byte, min(size, endRecord+maxComment))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || len(tail)-at < endRecord {
		return errors.New("it is no ZIP file, or it is cut off")
	}
	entries, offset := binary.LittleEndian.Uint16(tail[at+10:]), binary.LittleEndian.Uint32(tail[at+16:])
	if entries == 1<<16-1 || offset == 1<<32-1 {
		return errors.New("a ZIP64 file, which no voice needs to be")
	}
	if length := size - int64(len(tail)-at) - int64(offset); length > maxDirectory {
		return fmt.Errorf("a list of contents of %d bytes, at most %d", length, maxDirectory)
	}
	return nil
}

// sort picks what may belong to a voice. All of it lies in the same folder as
// the manifest: people zip either the files or the folder.
func (a *archive) sort(files []*zip.File) error {
	folder, seen := folderOf(files), map[string]bool{}
	for _, f := range files {
		switch key := strings.ToLower(f.Name); {
		case !safePath(f.Name):
			return fmt.Errorf("the name %.100q leads out of the folder", f.Name)
		case seen[key]:
			return fmt.Errorf("%.100q is in it twice", f.Name)
		case f.Mode()&^os.ModePerm != 0 && !f.Mode().IsDir():
			return fmt.Errorf("%.100q is not an ordinary file", f.Name)
		case f.Flags&1 != 0:
			return errors.New("it is locked with a password")
		default:
			seen[key] = true
		}
		name, inside := strings.CutPrefix(f.Name, folder)
		switch {
		case f.Mode().IsDir() || strings.HasSuffix(f.Name, "/"):
		case inside && (name == manifestName || clipName(name) || extraName(name)):
			a.files[name] = f
		default:
			a.ignored = append(a.ignored, f.Name)
		}
	}
	return nil
}

// folderOf is the folder of the manifest nearest the top, with its slash.
func folderOf(files []*zip.File) string {
	found, ok := "", false
	for _, f := range files {
		dir, name := path.Split(f.Name)
		if name == manifestName && (!ok || strings.Count(dir, "/") < strings.Count(found, "/")) {
			found, ok = dir, true
		}
	}
	return found
}

// safePath refuses names that no honest program puts into an archive.
func safePath(name string) bool {
	return name != "" && !strings.ContainsAny(name, "\\\x00:") && filepath.IsLocal(filepath.FromSlash(strings.TrimSuffix(name, "/")))
}

// read unfolds one file of at most most bytes.
func (a *archive) read(f *zip.File, most int64) ([]byte, error) {
	most = min(most, a.left)
	if f.UncompressedSize64 > uint64(most) {
		return nil, fmt.Errorf("%w: %s unfolds to %d bytes, at most %d", ErrPack, f.Name, f.UncompressedSize64, most)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrPack, f.Name, err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrPack, f.Name, err)
	}
	if a.left -= int64(len(b)); int64(len(b)) > most {
		return nil, fmt.Errorf("%w: %s unfolds to more than %d bytes", ErrPack, f.Name, most)
	}
	return b, nil
}

// unpack writes the files of the voice into dir and checks them there.
func (a *archive) unpack(ctx context.Context, dir string) (Report, error) {
	if err := os.WriteFile(filepath.Join(dir, manifestName), a.raw, 0o644); err != nil {
		return Report{}, err
	}
	wanted, extras := map[string]bool{}, 0
	for _, c := range a.m.Clips {
		wanted[c.File] = true
	}
	for name, f := range a.files {
		most := int64(maxClipFile)
		switch {
		case name == manifestName:
			continue
		case clipName(name) && !wanted[name]:
			a.ignored = append(a.ignored, f.Name)
			continue
		case !clipName(name):
			most = a.m.mostOf(name)
			extras++
		}
		if extras > maxExtras {
			return Report{}, fmt.Errorf("%w: more than %d further files", ErrPack, maxExtras)
		}
		if err := ctx.Err(); err != nil {
			return Report{}, err
		}
		b, err := a.read(f, most)
		if err != nil {
			return Report{}, err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			return Report{}, err
		}
	}
	return intact(ctx, dir)
}

// intact checks an unpacked voice; clips that are missing or damaged are an
// error, whatever else is wrong is for people to hear.
func intact(ctx context.Context, dir string) (Report, error) {
	report, err := CheckContext(ctx, dir)
	if err != nil {
		return Report{}, err
	}
	for _, f := range report.Faults {
		switch f.Kind {
		case FaultMissing, FaultUnreadable, FaultChanged:
			return Report{}, fmt.Errorf("%w: clip %s", ErrPack, f)
		}
	}
	return report, nil
}
