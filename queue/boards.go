package queue

import (
	"maps"
	"slices"
)

// BoardSetup is what an office decides about one screen of the hall, or about
// several that show the same. The zero value but for the id is a board that works.
type BoardSetup struct {
	ID         string            `json:"id"`                   // In its address, "hall-1"; lower case letters, digits, dashes.
	Name       string            `json:"name,omitempty"`       // Where it hangs, "Sảnh tầng 1".
	Language   string            `json:"language,omitempty"`   // Default "vi".
	Counters   []string          `json:"counters,omitempty"`   // Whose calls it shows; none = all.
	Services   []string          `json:"services,omitempty"`   // Whose waiting it shows; none = all.
	Hide       []string          `json:"hide,omitempty"`       // What it does not show; which parts there are, package queue/web knows.
	Ticker     []string          `json:"ticker,omitempty"`     // Sentences shown one after another.
	TickerEN   []string          `json:"ticker_en,omitempty"`  // The same in English.
	Playlist   []BoardMedium     `json:"playlist,omitempty"`   // Pictures and videos, in order.
	Distance   float64           `json:"distance,omitempty"`   // Metres from which the numbers must be read. Default 15.
	Diagonal   float64           `json:"diagonal,omitempty"`   // Of the screen, in inches. Default 55.
	Directions map[string]string `json:"directions,omitempty"` // Counter → left, right, ahead, back, as seen by who looks at this board; else Place.Direction.
	Zone       string            `json:"zone,omitempty"`       // Whose calls it sounds; empty = those of the first zone.
}

// BoardMedium is a picture or a video of a playlist.
type BoardMedium struct {
	File    string `json:"file"`              // Which; its content lies beside the store.
	Seconds int    `json:"seconds,omitempty"` // How long; 0 = 10 for a picture, the whole of a video.
}

// Bounds of what an office decides about its boards.
const (
	maxBoards      = 64
	maxBoardTicker = 20  // Sentences.
	maxTickerText  = 300 // Bytes of one.
	maxPlaylist    = 50
	mostSeconds    = 3600
	mostDistance   = 100 // Metres.
	mostDiagonal   = 200 // Inches.
	leastDiagonal  = 5
)

// clone shares nothing with b.
func (b BoardSetup) clone() BoardSetup {
	b.Counters, b.Services, b.Hide = slices.Clone(b.Counters), slices.Clone(b.Services), slices.Clone(b.Hide)
	b.Ticker, b.TickerEN, b.Playlist = slices.Clone(b.Ticker), slices.Clone(b.TickerEN), slices.Clone(b.Playlist)
	b.Directions = maps.Clone(b.Directions)
	return b
}

// validateBoards wants every board once. A counter, service or zone that is no
// longer there is shown as nothing and refused nowhere, so that removing one does
// not need every screen to be gone through first.
func (s Setup) validateBoards() error {
	if len(s.Boards) > maxBoards {
		return Errorf(CodeBadRequest, "%d boards: an office has at most %d", len(s.Boards), maxBoards)
	}
	known := map[string]bool{}
	for _, b := range s.Boards {
		if !isZoneID(b.ID) || known[b.ID] {
			return Errorf(CodeBadRequest, "board %q: use lower case letters, digits and dashes, each once", clip(b.ID))
		}
		known[b.ID] = true
		if err := b.validate(); err != nil {
			return err
		}
	}
	return nil
}

func (b BoardSetup) validate() error {
	names := slices.Concat(b.Counters, b.Services, b.Hide, slices.Collect(maps.Keys(b.Directions)), []string{b.Name, b.Zone})
	switch {
	case b.Language != "" && !isLanguage(b.Language):
		return Errorf(CodeBadRequest, "board %s: language %q: give a tag like vi or en", b.ID, clip(b.Language))
	case len(names) > maxKioskNames || slices.ContainsFunc(names, func(n string) bool { return !isText(n, maxTickerText) }):
		return Errorf(CodeBadRequest, "board %s: a name is longer than %d bytes, or there are too many", b.ID, maxTickerText)
	case len(b.Ticker) > maxBoardTicker || len(b.TickerEN) > maxBoardTicker ||
		slices.ContainsFunc(slices.Concat(b.Ticker, b.TickerEN), func(t string) bool { return t == "" || !isText(t, maxTickerText) }):
		return Errorf(CodeBadRequest, "board %s: give at most %d sentences of at most %d bytes", b.ID, maxBoardTicker, maxTickerText)
	case len(b.Playlist) > maxPlaylist ||
		slices.ContainsFunc(b.Playlist, func(m BoardMedium) bool { return !isID(m.File) || m.Seconds < 0 || m.Seconds > mostSeconds }):
		return Errorf(CodeBadRequest, "board %s: give at most %d pictures and videos, each up to %d seconds", b.ID, maxPlaylist, mostSeconds)
	case !(b.Distance >= 0 && b.Distance <= mostDistance):
		return Errorf(CodeBadRequest, "board %s: read from %v m: give up to %d", b.ID, b.Distance, mostDistance)
	case b.Diagonal != 0 && !(b.Diagonal >= leastDiagonal && b.Diagonal <= mostDiagonal):
		return Errorf(CodeBadRequest, "board %s: %v inches: give %d to %d", b.ID, b.Diagonal, leastDiagonal, mostDiagonal)
	}
	for counter, d := range b.Directions {
		if !slices.Contains(directions(), d) {
			return Errorf(CodeBadRequest, "board %s: direction %q of counter %s: give left, right, ahead or back", b.ID, clip(d), clip(counter))
		}
	}
	return nil
}
