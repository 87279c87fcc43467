package voice

import (
	"archive/zip"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxExtras bounds how many further files a pack may take along.
const maxExtras = 64

// extraName reports whether a file of a pack travels with it beside manifest
// and clips: grammars, the consent, a word on the licence.
func extraName(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".json", ".txt", ".md", ".pdf", ".jpg", ".jpeg", ".png":
		return plainName(name) && name != manifestName
	}
	return false
}

// Export writes the pack in dir as one ZIP file: manifest, clips and the small
// files beside them. The same pack gives the same bytes. A pack with a clip
// that is missing or changed is not exported; the error wraps ErrPack.
func Export(w io.Writer, dir string) error {
	m, err := ReadManifest(dir)
	if err != nil {
		return err
	}
	e := exporter{zip: zip.NewWriter(w), dir: dir, m: m}
	if err := e.all(); err != nil {
		return fmt.Errorf("export voice %s: %w", m.ID, err)
	}
	return nil
}

type exporter struct {
	zip *zip.Writer
	dir string
	m   Manifest
}

func (e exporter) all() error {
	b, err := json.MarshalIndent(e.m, "", " ")
	if err != nil {
		return err
	}
	if err := e.add(manifestName, b); err != nil {
		return err
	}
	done := map[string]bool{}
	for _, c := range e.m.Clips {
		if done[c.File] {
			continue
		}
		done[c.File] = true
		if err := e.clip(c); err != nil {
			return err
		}
	}
	if err := e.extras(); err != nil {
		return err
	}
	return e.zip.Close()
}

func (e exporter) clip(c Clip) error {
	b, err := readBounded(filepath.Join(e.dir, c.File), maxClipFile)
	if err != nil {
		return fmt.Errorf("%w: clip %s: %w", ErrPack, c.ID, err)
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != c.SHA256 {
		return fmt.Errorf("%w: clip %s was changed since the manifest was written; run \"xinmoi voice check\"", ErrPack, c.ID)
	}
	return e.add(c.File, b)
}

func (e exporter) extras() error {
	entries, err := os.ReadDir(e.dir)
	if err != nil {
		return err
	}
	entries = slices.DeleteFunc(entries, func(f os.DirEntry) bool { return !f.Type().IsRegular() || !extraName(f.Name()) })
	if len(entries) > maxExtras {
		return fmt.Errorf("%w: %d further files, at most %d", ErrPack, len(entries), maxExtras)
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	for _, f := range entries {
		b, err := readBounded(filepath.Join(e.dir, f.Name()), e.m.mostOf(f.Name()))
		if err != nil {
			return err
		}
		if err := e.add(f.Name(), b); err != nil {
			return err
		}
	}
	return nil
}

// mostOf is how large a further file may be; a consent may be a scanned page.
func (m Manifest) mostOf(name string) int64 {
	if name == m.Consent {
		return maxConsent
	}
	return maxExtra
}

func (e exporter) add(name string, b []byte) error {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: e.m.BuiltAt.UTC()}
	if strings.HasSuffix(name, ".flac") {
		h.Method = zip.Store // It is compressed already.
	}
	h.SetMode(0o644)
	w, err := e.zip.CreateHeader(h)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// ExportFile is Export into a file that appears whole or not at all. An older
// file stays unless replace; the error then wraps os.ErrExist.
func ExportFile(path, dir string, replace bool) (err error) {
	if _, err := os.Stat(path); err == nil && !replace {
		return fmt.Errorf("%s is there already (-replace overwrites it): %w", path, os.ErrExist)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".export-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	if err := Export(f, dir); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Chmod(f.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
