package voice

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"
)

// Clip is one recorded clip of a pack.
type Clip struct {
	ID       string   `json:"id"`
	Text     string   `json:"text"`
	Pos      Position `json:"pos"`
	File     string   `json:"file"` // In the pack's folder, WAV or FLAC.
	SHA256   string   `json:"sha256"`
	Millis   int64    `json:"dur_ms"`
	LUFS     float64  `json:"level_lufs"` // K-weighted, while it sounds.
	PeakDBTP float64  `json:"peak_dbtp"`
	Lang     string   `json:"lang,omitempty"`    // As in Key.
	Variant  int      `json:"variant,omitempty"` // As in Key.
}

// Key gives what the clip is looked up by.
func (c Clip) Key() Key { return Key{Text: c.Text, Pos: c.Pos, Lang: c.Lang, Variant: c.Variant} }

// Language tells where the clips of a further language in a pack come from.
type Language struct {
	Lang        string    `json:"lang"` // "en".
	Speaker     string    `json:"speaker"`
	Licence     string    `json:"licence"`
	Placeholder bool      `json:"placeholder"` // Synthetic; not for production.
	BuiltAt     time.Time `json:"built_at"`
}

// Provenance tells whose voice a recorded pack is and what may be done with it.
type Provenance struct {
	Speaker      string    `json:"speaker"`                 // A name or a pseudonym; in a placeholder the program.
	Licence      string    `json:"licence"`                 // What others may do with the pack: "CC-BY-4.0".
	Consent      string    `json:"consent,omitempty"`       // The file in the pack that says that the speaker agreed.
	RecordedAt   time.Time `json:"recorded_at,omitzero"`    // The last sitting.
	RecordedWith string    `json:"recorded_with,omitempty"` // Microphone, room, program.
	Note         string    `json:"note,omitempty"`
}

// Manifest describes a pack; it is the file manifest.json in its folder.
type Manifest struct {
	Format int    `json:"format"`
	ID     string `json:"id"` // "vi-north-placeholder".
	Lang   string `json:"lang"`
	Region string `json:"region"` // north, central or south.
	Provenance
	Placeholder bool      `json:"placeholder"` // Synthetic; not for production.
	BuiltAt     time.Time `json:"built_at"`
	Rate        int       `json:"rate"` // Of its clips, in hertz.
	TargetLUFS  float64   `json:"target_lufs"`
	// Switches are the number words of the pack where they are not those of its
	// region: odd linh or lẻ, thousand nghìn or ngàn, four tư or bốn, billion tỷ or tỉ.
	Switches map[string]string `json:"switches,omitempty"`
	Clips    []Clip            `json:"clips"`
	// Languages are those beside Lang. Readers that do not know them find the
	// clips of Lang unchanged, since those come first.
	Languages []Language `json:"languages,omitempty"`
}

// Speaks lists the languages of a pack, its own first: "vi", "en".
func (m Manifest) Speaks() []string {
	out := []string{m.Lang}
	for _, l := range m.Languages {
		out = append(out, l.Lang)
	}
	return out
}

// Limits of what is read from a pack, which may come from anywhere.
const (
	manifestName   = "manifest.json"
	manifestFormat = 2 // 2 adds variants, provenance, switches and FLAC to 1.
	maxManifest    = 8 << 20
	maxClips       = 20000
	maxLanguages   = 32
	maxSwitches    = 16
	maxClipText    = 400 // Runes.
	maxNote        = 2000
	maxVariant     = 15
)

// ErrNoVoice means that a folder holds no voice pack.
var ErrNoVoice = errors.New("no voice pack")

// ErrPack is wrapped by every refusal of a pack that is damaged or not one.
var ErrPack = errors.New("not a usable voice pack")

// ReadManifest reads and checks the manifest of the pack in dir. The error
// wraps ErrNoVoice if there is none, ErrPack if it is not usable.
func ReadManifest(dir string) (Manifest, error) {
	b, err := readBounded(filepath.Join(dir, manifestName), maxManifest)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return Manifest{}, fmt.Errorf("%w in %s: build one with \"xinmoi voice build\"", ErrNoVoice, dir)
	case err != nil:
		return Manifest{}, fmt.Errorf("open voice: %w", err)
	}
	return ParseManifest(b)
}

// readBounded reads an ordinary file of at most most bytes.
func readBounded(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a file", ErrPack, filepath.Base(path))
	}
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("%w: %s is longer than %d bytes", ErrPack, filepath.Base(path), most)
	}
	return b, err
}

// ParseManifest reads a manifest, of format 1 too, and refuses what could not
// be a pack: another format, too many clips, a clip file outside the folder,
// texts beyond any measure. Fields it does not know are passed over, so that a
// newer pack of the same format opens. The error wraps ErrPack.
func ParseManifest(b []byte) (Manifest, error) {
	m, err := parseManifest(b)
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: manifest: %w", ErrPack, err)
	}
	return m, nil
}

func parseManifest(b []byte) (Manifest, error) {
	var m Manifest
	if len(b) > maxManifest {
		return m, fmt.Errorf("%d bytes, at most %d", len(b), maxManifest)
	}
	if err := json.Unmarshal(bytes.TrimPrefix(b, []byte("\ufeff")), &m); err != nil {
		return m, err
	}
	if m.Format < 1 || m.Format > manifestFormat {
		return m, fmt.Errorf("format %d, this program reads 1 to %d; a newer program reads more", m.Format, manifestFormat)
	}
	if err := m.checkHead(); err != nil {
		return m, err
	}
	known := m.Speaks()[1:]
	for i := range m.Clips {
		c := &m.Clips[i]
		if c.Lang == "" && m.Lang != "" && m.Lang != Vietnamese {
			c.Lang = m.Lang // In a pack of another language that is meant by nothing.
		}
		if c.Lang != "" && c.Lang != m.Lang && !slices.Contains(known, c.Lang) {
			return m, fmt.Errorf("clip %d (%.60q) is in %.20q, which is not among the languages %.100q", i, c.File, c.Lang, known)
		}
		if c.Lang == Vietnamese {
			c.Lang = ""
		}
		if err := c.check(); err != nil {
			return m, fmt.Errorf("clip %d: %w", i, err)
		}
	}
	return m, nil
}

// checkHead bounds everything but the clips.
func (m Manifest) checkHead() error {
	switch {
	case len(m.Clips) > maxClips:
		return fmt.Errorf("%d clips, at most %d", len(m.Clips), maxClips)
	case len(m.Languages) > maxLanguages:
		return fmt.Errorf("%d languages, at most %d", len(m.Languages), maxLanguages)
	case len(m.Switches) > maxSwitches:
		return fmt.Errorf("%d switches, at most %d", len(m.Switches), maxSwitches)
	case m.Rate < 0 || m.Rate > maxRate:
		return fmt.Errorf("rate %d Hz, at most %d", m.Rate, maxRate)
	case m.Consent != "" && !plainName(m.Consent):
		return fmt.Errorf("consent %.60q is not the name of a file in the pack", m.Consent)
	}
	words := []string{m.ID, m.Lang, m.Region, m.Speaker, m.Licence, m.RecordedWith, m.Note}
	for k, v := range m.Switches {
		words = append(words, k, v)
	}
	for _, l := range m.Languages {
		words = append(words, l.Lang, l.Speaker, l.Licence)
	}
	for _, w := range words {
		if err := plainText(w, maxNote); err != nil {
			return err
		}
	}
	return nil
}

func (c Clip) check() error {
	if !clipName(c.File) {
		return fmt.Errorf("the unusable file name %.200q, want a short name with .wav or .flac", c.File)
	}
	if c.Text == "" {
		return fmt.Errorf("(%s) has no text", c.File)
	}
	if c.Variant < 0 || c.Variant > maxVariant {
		return fmt.Errorf("(%s) is variant %d, want 0 to %d", c.File, c.Variant, maxVariant)
	}
	for _, s := range []string{c.ID, c.Text, string(c.Pos), c.Lang, c.SHA256} {
		if err := plainText(s, maxClipText); err != nil {
			return fmt.Errorf("(%s): %w", c.File, err)
		}
	}
	return nil
}

// plainText refuses what no field of a manifest needs: endless text and control
// characters, which could hide something from whoever reads it on a terminal.
func plainText(s string, most int) error {
	if n := utf8.RuneCountInString(s); n > most {
		return fmt.Errorf("a text of %d letters, at most %d", n, most)
	}
	for _, c := range s {
		if unicode.IsControl(c) && c != '\n' && c != '\t' {
			return fmt.Errorf("the control character %U in a text", c)
		}
	}
	return nil
}

// namePattern is what files of a pack may be called: nothing that leads out of
// its folder, nothing hidden, nothing a file system would take otherwise.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,120}$`)

func plainName(s string) bool { return namePattern.MatchString(s) }

func clipName(s string) bool {
	ext := filepath.Ext(s)
	return plainName(s) && len(s) > len(ext) && (ext == ".wav" || ext == ".flac")
}
