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

// southern reports whether the southern switches apply.
func (r Region) southern() bool { return r == South || r == Central }

// odd is the word for an empty ten: một trăm linh/lẻ một.
func (r Region) odd() string {
	if r.southern() {
		return "lẻ"
	}
	return "linh"
}

// thousand is nghìn or ngàn.
func (r Region) thousand() string {
	if r.southern() {
		return "ngàn"
	}
	return "nghìn"
}

// four is the unit four after mươi: hai mươi tư/bốn.
func (r Region) four() string {
	if r.southern() {
		return "bốn"
	}
	return "tư"
}

// Wording is how an office speaks.
type Wording struct {
	Region  Region
	ByValue bool // A012 is "A mười hai" instead of "A không một hai".
}
