package voice

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// Position is where in a sentence a clip may stand; Vietnamese tone and length
// depend on it.
type Position string

// The positions.
const (
	NonFinal     Position = "n" // More words follow in the same phrase.
	Continuation Position = "c" // Ends a phrase, the sentence goes on.
	Final        Position = "f" // Ends the sentence.
	Anywhere     Position = "a" // A single word cut out of a phrase; the last resort.
)

// Key is what a clip is looked up by.
type Key struct {
	Text string // Spoken words, lower case, single spaces, NFC: "hai mươi lăm".
	Pos  Position
	Lang string // Language of the words where it is not Vietnamese: "en".
}

// ClipSpec asks for one clip.
type ClipSpec struct {
	ID string // Short, ASCII, unique in the pack: "n.25.c".
	Key
}

// Clip is one recorded clip of a pack.
type Clip struct {
	ID       string   `json:"id"`
	Text     string   `json:"text"`
	Pos      Position `json:"pos"`
	File     string   `json:"file"` // Relative to the pack's folder.
	SHA256   string   `json:"sha256"`
	Millis   int64    `json:"dur_ms"`
	LUFS     float64  `json:"level_lufs"` // K-weighted, while it sounds.
	PeakDBTP float64  `json:"peak_dbtp"`
	Lang     string   `json:"lang,omitempty"` // As in Key.
}

// Key gives what the clip is looked up by.
func (c Clip) Key() Key { return Key{Text: c.Text, Pos: c.Pos, Lang: c.Lang} }

// Language tells where the clips of a further language in a pack come from.
type Language struct {
	Lang        string    `json:"lang"` // "en".
	Speaker     string    `json:"speaker"`
	Licence     string    `json:"licence"`
	Placeholder bool      `json:"placeholder"` // Synthetic; not for production.
	BuiltAt     time.Time `json:"built_at"`
}

// Manifest describes a pack; it is the file manifest.json in its folder.
type Manifest struct {
	Format      int       `json:"format"`
	ID          string    `json:"id"` // "vi-north-placeholder".
	Lang        string    `json:"lang"`
	Region      string    `json:"region"` // north, central or south.
	Speaker     string    `json:"speaker"`
	Licence     string    `json:"licence"`
	Placeholder bool      `json:"placeholder"` // Synthetic; not for production.
	Note        string    `json:"note,omitempty"`
	BuiltAt     time.Time `json:"built_at"`
	Rate        int       `json:"rate"`
	TargetLUFS  float64   `json:"target_lufs"`
	Clips       []Clip    `json:"clips"`
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
	manifestFormat = 1
	maxManifest    = 8 << 20
	maxClips       = 20000
)

// ErrNoVoice means that a folder holds no voice pack.
var ErrNoVoice = errors.New("no voice pack")

// ReadManifest reads and checks the manifest of the pack in dir. The error
// wraps ErrNoVoice if there is none.
func ReadManifest(dir string) (Manifest, error) {
	info, err := os.Stat(filepath.Join(dir, manifestName))
	if errors.Is(err, os.ErrNotExist) {
		return Manifest{}, fmt.Errorf("%w in %s: build one with \"xinmoi voice build\"", ErrNoVoice, dir)
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("open voice: %w", err)
	}
	if info.Size() > maxManifest {
		return Manifest{}, fmt.Errorf("open voice: manifest of %d bytes, at most %d", info.Size(), maxManifest)
	}
	b, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return Manifest{}, fmt.Errorf("open voice: %w", err)
	}
	return ParseManifest(b)
}

// ParseManifest reads a manifest and refuses what could not be a pack: another
// format, too many clips, a clip file outside the folder.
func ParseManifest(b []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return Manifest{}, fmt.Errorf("read voice manifest: %w", err)
	}
	if m.Format != manifestFormat {
		return Manifest{}, fmt.Errorf("read voice manifest: format %d, want %d", m.Format, manifestFormat)
	}
	if len(m.Clips) > maxClips {
		return Manifest{}, fmt.Errorf("read voice manifest: %d clips, at most %d", len(m.Clips), maxClips)
	}
	name := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.wav$`)
	known := m.Speaks()[1:]
	for i, c := range m.Clips {
		if c.Lang != "" && !slices.Contains(known, c.Lang) {
			return Manifest{}, fmt.Errorf("read voice manifest: clip %d (%s) is in %.20q, which is not among the languages %.100q", i, c.File, c.Lang, known)
		}
		if !name.MatchString(c.File) {
			return Manifest{}, fmt.Errorf("read voice manifest: clip %d has the unusable file name %q", i, c.File)
		}
		if c.Text == "" {
			return Manifest{}, fmt.Errorf("read voice manifest: clip %d (%s) has no text", i, c.File)
		}
	}
	return m, nil
}
