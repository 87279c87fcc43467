// Package officefile is for carrying a whole office in one file: what it has
// decided about itself, and on request its logo, its words in other languages,
// the pictures of its boards and its voices. A file comes from anywhere, so it
// is read as something hostile: names, sizes and kinds are checked, whatever
// the file says of itself, before anything of it is used.
package officefile

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Format is the version of the file that this program writes. Later ones are
// refused: they may say what this program does not know.
const Format = 1

// SetupName is the part of a ZIP file that says what the office has decided.
const SetupName = "office.json"

// Bounds of a file, in bytes and parts.
const (
	MaxFile   = 2 << 30 // As it is sent.
	maxOpened = 4 << 30 // All its parts unpacked …
	maxPart   = 600 << 20
	maxSetup  = 16 << 20
	maxParts  = 20000
	maxRatio  = 200 // Nothing of an office packs so well: WAV, JPEG, JSON.
	maxPath   = 200
)

// Office is the head of a file.
type Office struct {
	Format  int         `json:"xinmoi_office"`
	MadeAt  time.Time   `json:"made_at"`
	Program string      `json:"program"` // Version of the program that wrote it.
	Setup   queue.Setup `json:"setup"`

	// Beside is what is decided beside the setup, by the name of who decides by it:
	// "chat". Who reads it checks it; none of it is secret.
	Beside map[string]json.RawMessage `json:"beside,omitempty"`
}

// Parts are the folders and files of a data directory that a file may carry
// besides the setup.
func Parts() []string { return []string{"logo.png", "words", "media", "voices", "reports"} }

// allowed tells whether a path may stand in a file: below one of Parts, plain,
// and of a kind that belongs there.
func allowed(name string) bool {
	if !fs.ValidPath(name) || len(name) > maxPath || strings.ContainsAny(name, "\\:\x00") {
		return false
	}
	for piece := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(piece, ".") || strings.TrimSpace(piece) != piece {
			return false
		}
	}
	dir, rest, below := strings.Cut(name, "/")
	switch dir {
	case "logo.png":
		return !below
	case "words":
		return below && !strings.Contains(rest, "/") && path.Ext(rest) == ".json"
	case "media":
		return below && !strings.Contains(rest, "/")
	case "voices":
		return below && strings.Count(rest, "/") <= 3
	case "reports": // What is made each month and who is told; not what was made.
		return rest == "plans.json"
	default:
		return false
	}
}

// WriteJSON writes the setup alone.
func WriteJSON(w io.Writer, o Office) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(o)
}

// WriteZip writes the setup and the wanted parts of a data directory. What is
// no plain file, or could not be read back, is left out.
func WriteZip(w io.Writer, o Office, data fs.FS, parts []string) error {
	z := zip.NewWriter(w)
	head, err := z.Create(SetupName)
	if err != nil {
		return err
	}
	if err := WriteJSON(head, o); err != nil {
		return err
	}
	for _, part := range parts {
		if !slices.Contains(Parts(), part) {
			continue
		}
		if err := fs.WalkDir(data, part, func(name string, d fs.DirEntry, err error) error { return addPart(z, data, name, d, err) }); err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
	}
	return z.Close()
}

func addPart(z *zip.Writer, data fs.FS, name string, d fs.DirEntry, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case d.IsDir():
		if strings.HasPrefix(d.Name(), ".") || strings.HasSuffix(d.Name(), ".studio") || path.Dir(name) == "reports" {
			return fs.SkipDir // A voice being recorded, a report that was made.
		}
		return nil
	case !d.Type().IsRegular() || !allowed(name):
		return nil
	}
	info, err := d.Info()
	if err != nil || info.Size() > maxPart {
		return err
	}
	in, err := data.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	method := zip.Deflate
	if strings.HasPrefix(name, "media/") {
		method = zip.Store // Packed already.
	}
	out, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: info.ModTime()})
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return err
}

// File is a file that was read and may be used.
type File struct {
	Office
	parts []*zip.File
}

// Names lists the parts besides the setup.
func (f *File) Names() (names []string) {
	for _, p := range f.parts {
		names = append(names, p.Name)
	}
	return names
}

// Size is how much its parts say to take unpacked, in bytes.
func (f *File) Size() (n int64) {
	for _, p := range f.parts {
		n += int64(p.UncompressedSize64)
	}
	return n
}

// wrong is an error for people, in both languages.
func wrong(vi, en string, args ...any) error {
	return fmt.Errorf(vi+" ("+en+")", args...)
}

// Open reads a JSON or ZIP file of size bytes and checks all that can be
// checked without unpacking. The reader is needed as long as the File.
func Open(r io.ReaderAt, size int64) (*File, error) {
	if size > MaxFile {
		return nil, wrong("tệp quá lớn", "the file is too large")
	}
	start := make([]byte, 4)
	if n, err := r.ReadAt(start, 0); n < len(start) {
		return nil, wrong("tệp rỗng hoặc không đọc được", "the file is empty or cannot be read: %w", err)
	}
	if !bytes.Equal(start, []byte("PK\x03\x04")) {
		if size > maxSetup {
			return nil, notOurs()
		}
		o, err := readOffice(io.NewSectionReader(r, 0, size))
		return &File{Office: o}, err
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, wrong("tệp ZIP hỏng", "the ZIP file is damaged: %w", err)
	}
	return fromZip(z)
}

func fromZip(z *zip.Reader) (*File, error) {
	if len(z.File) > maxParts {
		return nil, wrong("tệp có quá nhiều phần", "the file has too many parts")
	}
	f := &File{}
	var opened uint64
	seen, found := map[string]bool{}, false
	for _, p := range z.File {
		if strings.HasSuffix(p.Name, "/") && p.UncompressedSize64 == 0 {
			continue // A folder of its own.
		}
		opened += min(p.UncompressedSize64, maxOpened+1)
		low := strings.ToLower(p.Name)
		switch {
		case seen[low]:
			return nil, wrong("phần %.80q có hai lần", "part %.80[1]q is there twice", p.Name)
		case p.Mode()&fs.ModeType != 0:
			return nil, wrong("phần %.80q không phải tệp thường", "part %.80[1]q is no plain file", p.Name)
		case p.Name != SetupName && !allowed(p.Name):
			return nil, wrong("phần %.80q không thuộc về một cơ quan", "part %.80[1]q does not belong to an office", p.Name)
		case p.UncompressedSize64 > maxPart || opened > maxOpened || p.UncompressedSize64 > 1<<20 && p.UncompressedSize64/maxRatio > p.CompressedSize64:
			return nil, wrong("phần %.80q lớn quá mức khi mở ra", "part %.80[1]q is too large unpacked", p.Name)
		}
		seen[low] = true
		if p.Name != SetupName {
			f.parts = append(f.parts, p)
			continue
		}
		in, err := p.Open()
		if err != nil {
			return nil, wrong("tệp ZIP hỏng", "the ZIP file is damaged: %w", err)
		}
		f.Office, err = readOffice(in)
		if err = errors.Join(err, in.Close()); err != nil {
			return nil, err
		}
		found = true
	}
	if !found {
		return nil, notOurs()
	}
	return f, nil
}

func notOurs() error {
	return wrong("đây không phải tệp cơ quan của xinmoi: chọn tệp đã xuất từ trang này", "this is no office of xinmoi: choose a file that this page has exported")
}

// readOffice reads the head, and refuses a setup that could not be run.
func readOffice(r io.Reader) (o Office, err error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSetup+1))
	switch {
	case err != nil:
		return o, wrong("không đọc được", "it cannot be read: %w", err)
	case len(text) > maxSetup:
		return o, notOurs()
	}
	var kind struct {
		Format int `json:"xinmoi_office"`
	}
	err = json.Unmarshal(text, &kind)
	if broken := (*json.SyntaxError)(nil); errors.As(err, &broken) && bytes.Contains(text, []byte(`"xinmoi_office"`)) {
		line := lineAt(text, broken.Offset)
		return o, wrong("tệp hỏng ở dòng %d, hoặc chưa đủ: sửa dấu phẩy, ngoặc ở dòng đó hay dòng trước, hoặc xuất lại", "the file is damaged in line %[1]d, or is not whole: mend the comma or bracket there or in the line before, or export it again", line)
	}
	if err != nil || kind.Format < 1 {
		return o, notOurs()
	}
	if kind.Format > Format {
		return o, wrong("tệp này do phiên bản mới hơn ghi: nâng cấp chương trình rồi nhập lại", "a later version has written this file: upgrade the program, then import it")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return o, undecoded(text, err)
	}
	if err := o.Setup.Check(); err != nil {
		return o, unusable(err)
	}
	return o, nil
}
