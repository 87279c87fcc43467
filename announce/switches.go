package announce

import (
	"fmt"
	"slices"
)

// Switches are the words in which regions differ. They are independent of each
// other: an office in the North may say ngàn. An empty field leaves the choice
// to the region. As JSON they are the field "switches" of a voice's manifest.
type Switches struct {
	Odd       string `json:"odd,omitempty"`        // Before the figure after an empty ten: linh or lẻ.
	Thousand  string `json:"thousand,omitempty"`   // nghìn or ngàn.
	Four      string `json:"four,omitempty"`       // After mươi: tư or bốn.
	Billion   string `json:"billion,omitempty"`    // tỷ or tỉ, a matter of spelling only.
	FirstDays string `json:"first_days,omitempty"` // Before days 1–10 of a month: mồng or mùng.
}

// Switches gives the region's words. Central is as South: no source separates
// them, so this is an assumption.
func (r Region) Switches() Switches {
	if r == South || r == Central {
		return Switches{Odd: "lẻ", Thousand: "ngàn", Four: "bốn", Billion: "tỷ", FirstDays: "mùng"}
	}
	return Switches{Odd: "linh", Thousand: "nghìn", Four: "tư", Billion: "tỷ", FirstDays: "mồng"}
}

// Neutral gives the words of the Unicode CLDR, which belong to no region.
func Neutral() Switches {
	return Switches{Odd: "lẻ", Thousand: "nghìn", Four: "tư", Billion: "tỷ", FirstDays: "mồng"}
}

// NewSwitches reads the field "switches" of a voice's manifest: "odd":
// "linh" or "lẻ", and so on. An unknown name or word is an error.
func NewSwitches(from map[string]string) (Switches, error) {
	var s Switches
	for name, word := range from {
		f := map[string]*string{
			"odd": &s.Odd, "thousand": &s.Thousand, "four": &s.Four, "billion": &s.Billion, "first_days": &s.FirstDays,
		}[name]
		if f == nil {
			return Switches{}, fmt.Errorf("unknown switch %.20q: want odd, thousand, four, billion or first_days", name)
		}
		*f = word
	}
	if err := s.Check(); err != nil {
		return Switches{}, err
	}
	return s, nil
}

// Or fills empty fields from other.
func (s Switches) Or(other Switches) Switches {
	for _, f := range []struct{ to, from *string }{
		{&s.Odd, &other.Odd}, {&s.Thousand, &other.Thousand}, {&s.Four, &other.Four},
		{&s.Billion, &other.Billion}, {&s.FirstDays, &other.FirstDays},
	} {
		if *f.to == "" {
			*f.to = *f.from
		}
	}
	return s
}

// Check refuses words that no region uses, so that a typing error in a
// manifest is found before it is heard. Empty fields are fine.
func (s Switches) Check() error {
	for _, f := range []struct {
		name, have string
		want       []string
	}{
		{"odd", s.Odd, []string{"linh", "lẻ"}},
		{"thousand", s.Thousand, []string{"nghìn", "ngàn"}},
		{"four", s.Four, []string{"tư", "bốn"}},
		{"billion", s.Billion, []string{"tỷ", "tỉ"}},
		{"first_days", s.FirstDays, []string{"mồng", "mùng"}},
	} {
		if f.have != "" && !slices.Contains(f.want, f.have) {
			return fmt.Errorf("switch %s is %.20q: want %s or %s", f.name, f.have, f.want[0], f.want[1])
		}
	}
	return nil
}
