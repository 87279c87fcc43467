package announce

import (
	"fmt"
	"strings"
)

// Region is the part of the country whose number words are used. The empty
// Region is North.
type Region string

// The regions.
const (
	North   Region = "north"   // linh, nghìn, hai mươi tư.
	Central Region = "central" // As South; no source separates them, so this is an assumption.
	South   Region = "south"   // lẻ, ngàn, hai mươi bốn.
)

// Regions lists every region.
func Regions() []Region { return []Region{North, Central, South} }

// ParseRegion reads a region's name; empty is North.
func ParseRegion(s string) (Region, error) {
	switch r := Region(strings.ToLower(strings.TrimSpace(s))); r {
	case "":
		return North, nil
	case North, Central, South:
		return r, nil
	}
	return "", fmt.Errorf("unknown region %q: want north, central or south", s)
}

// Wording is how an office speaks.
type Wording struct {
	Region   Region
	ByValue  bool     // A012 is "A mười hai" instead of "A không một hai".
	Switches Switches // What differs from the region; a voice may say so.
}

// switches are the words that hold.
func (w Wording) switches() Switches { return w.Switches.Or(w.Region.Switches()) }
