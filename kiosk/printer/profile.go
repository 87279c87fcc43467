package printer

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/kiosk/escpos"
)

//go:embed profiles.json
var profilesJSON []byte

// Profile is how one kind of printer wants to be spoken to. Profiles are data:
// profiles.json lists those that come with the program. The zero value works
// with nearly every printer.
type Profile struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	NameEN  string   `json:"name_en"`
	Models  []string `json:"models,omitempty"`  // How the names begin that such printers tell of themselves (GS I 67).
	Width   int      `json:"width"`             // Dots across the paper: 576 = 80 mm, 384 = 58 mm, both at 203 dpi.
	Raster  Raster   `json:"raster,omitempty"`  // Empty = GS v 0.
	Band    int      `json:"band,omitempty"`    // Most rows in one command; 0 = escpos.MaxBandRows. Clones with little memory want fewer.
	Cut     Cut      `json:"cut,omitempty"`     // Empty = feed and cut, leaving a bridge.
	Feed    int      `json:"feed,omitempty"`    // Dots to feed before the cut, or to the edge for tearing; at most 1,000.
	Confirm Confirm  `json:"confirm,omitempty"` // Empty = learn by trying.
	Clear   bool     `json:"clear,omitempty"`   // Knows DLE DC4 function 8; others spill what they hold when they are well again.
	Recover bool     `json:"recover,omitempty"` // Knows DLE ENQ 2, which frees a jammed knife.
	Buzzer  bool     `json:"buzzer,omitempty"`  // Has a buzzer that knows ESC B.
}

// Raster is the command by which pictures are sent.
type Raster string

// The raster commands.
const (
	GSv0 Raster = "gs_v_0" // GS v 0: every clone knows it.
	GS8L Raster = "gs_8_l" // GS 8 L and GS ( L: what Epson recommends.
)

// Cut is how a ticket is separated from the roll.
type Cut string

// The cuts.
const (
	CutFeedPartial Cut = "feed_partial" // Feed to the knife, leave a bridge (GS V 66).
	CutFeedFull    Cut = "feed_full"    // Feed to the knife, cut through (GS V 65).
	CutHere        Cut = "here"         // Cut after Feed (GS V 1), for those that do not know the others.
	CutNone        Cut = "none"         // No knife: Feed, and the citizen tears.
)

// Confirm is how a printer acknowledges paper.
type Confirm string

// The confirmations.
const (
	ConfirmLearn       Confirm = "learn"        // Ask both ways, and remember which was answered.
	ConfirmProcessID   Confirm = "process_id"   // GS ( H function 48: answered when the paper is printed.
	ConfirmPaperStatus Confirm = "paper_status" // GS r 1: answered when the data before was processed.
	ConfirmNone        Confirm = "none"         // Never: the paper is assumed.
)

// Profiles lists the profiles that come with the program, the most general
// first.
func Profiles() ([]Profile, error) {
	var all []Profile
	if err := json.Unmarshal(profilesJSON, &all); err != nil {
		return nil, fmt.Errorf("printer profiles: %w", err)
	}
	for _, p := range all {
		if err := p.check(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// FindProfile gives the profile with this id; empty = "auto".
func FindProfile(id string) (Profile, error) {
	if id == "" {
		id = "auto"
	}
	all, err := Profiles()
	if err != nil {
		return Profile{}, err
	}
	var ids []string
	for _, p := range all {
		if p.ID == id {
			return p, nil
		}
		ids = append(ids, p.ID)
	}
	return Profile{}, fmt.Errorf("printer profile %q: give one of %s", id, strings.Join(ids, ", "))
}

// profileOf finds the profile whose model begins a printer's name; the longest
// beginning wins.
func profileOf(model string, all []Profile) (best Profile, found bool) {
	longest := 0
	for _, p := range all {
		for _, m := range p.Models {
			if len(m) > longest && strings.HasPrefix(strings.ToUpper(model), strings.ToUpper(m)) {
				best, longest = p, len(m)
			}
		}
	}
	return best, longest > 0
}

// maxFeed bounds Feed: 12 cm at 203 dpi.
const maxFeed = 1000

// check refuses what no printer could do.
func (p Profile) check() error {
	wrong := func(what string, got any) error { return fmt.Errorf("printer profile %q: %s %v", p.ID, what, got) }
	switch {
	case p.Width < 0 || p.Width > escpos.MaxWidth || p.Width%8 != 0:
		return wrong("width", p.Width)
	case !slices.Contains([]Raster{"", GSv0, GS8L}, p.Raster):
		return wrong("raster", p.Raster)
	case p.Band < 0 || p.Band > escpos.MaxBandRows:
		return wrong("band", p.Band)
	case !slices.Contains([]Cut{"", CutFeedPartial, CutFeedFull, CutHere, CutNone}, p.Cut):
		return wrong("cut", p.Cut)
	case p.Feed < 0 || p.Feed > maxFeed:
		return wrong("feed", p.Feed)
	case !slices.Contains([]Confirm{"", ConfirmLearn, ConfirmProcessID, ConfirmPaperStatus, ConfirmNone}, p.Confirm):
		return wrong("confirm", p.Confirm)
	}
	return nil
}

// answers reports whether a printer of this kind is known to answer: then one
// that is silent is not trusted with a ticket.
func (p Profile) answers() bool {
	return p.Confirm == ConfirmProcessID || p.Confirm == ConfirmPaperStatus
}

// recovers reports whether a jammed knife may be freed by a command. The zero
// profile tries.
func (p Profile) recovers() bool { return p.Recover || p.ID == "" }

// picture writes the paper itself.
func (p Profile) picture(e *escpos.Encoder, paper *escpos.Bitmap) error {
	if p.Width > 0 && paper.Width > p.Width {
		return fmt.Errorf("picture of %d dots on paper of %d", paper.Width, p.Width)
	}
	e.BandRows = p.Band
	if p.Raster == GS8L {
		return e.RasterStored(paper)
	}
	return e.Raster(paper)
}

// separate feeds and cuts.
func (p Profile) separate(e *escpos.Encoder) {
	for left := p.Feed; left > 0; left -= 255 {
		e.FeedDots(byte(min(left, 255)))
	}
	switch p.Cut {
	case CutNone:
	case CutFeedFull:
		e.CutFull()
	case CutHere:
		e.CutHere()
	default:
		e.Cut()
	}
	if p.Buzzer {
		e.Buzz(1, 1)
	}
}

// acknowledge asks for the acknowledgement. GS r 1 after GS ( H costs nothing
// and is the answer of printers that do not know GS ( H.
func (p Profile) acknowledge(e *escpos.Encoder, id escpos.ID) {
	switch p.Confirm {
	case ConfirmNone:
	case ConfirmPaperStatus:
		e.PaperStatus()
	default:
		e.ProcessID(id)
		e.PaperStatus()
	}
}

// processID is what is known of GS ( H before it was tried.
func (p Profile) processID() feature {
	switch p.Confirm {
	case ConfirmProcessID:
		return known
	case ConfirmPaperStatus, ConfirmNone:
		return unknown
	}
	return untried
}
