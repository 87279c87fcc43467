package announce

import (
	"context"
	"fmt"

	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// maxUncovered bounds the list of a pack with next to nothing in it.
const maxUncovered = 20

// Coverage tells how much of a whole voice a pack is.
type Coverage struct {
	Clips int `json:"clips"` // Of the inventory of its region and languages, those that it has.
	Of    int `json:"of"`
	// Uncovered are words that calls need and the pack cannot say, at most 20.
	Uncovered []string `json:"uncovered,omitempty"`
}

// Percent is the share of the inventory, rounded down: 100 is all of it.
func (c Coverage) Percent() int {
	if c.Of == 0 {
		return 0
	}
	return 100 * c.Clips / c.Of
}

// CoverageOf looks what of a whole voice a pack has itself, without what stands
// behind it, and what calls of tickets 1–9999 to counters 1–99 would lack.
func CoverageOf(pack *voice.Pack) (Coverage, error) {
	m := pack.Manifest()
	w, err := wordingOf(m)
	if err != nil {
		return Coverage{}, err
	}
	alone := ownClips{pack}
	grammars, err := PackGrammars(m.Speaks(), pack.File)
	var c Coverage
	for _, s := range InventoryOf(w, Grammars{BuiltIn().list[:1]}, nil) {
		c.count(alone, s.Key)
	}
	if m.Lang == "" || m.Lang == vietnamese {
		c.Uncovered = uncovered(alone, w)
	}
	for _, lang := range m.Speaks() {
		g, ok := grammars.Find(lang)
		if !ok {
			continue
		}
		for _, s := range LanguageClips(g) {
			c.count(alone, s.Key)
		}
		for _, text := range g.lacking(alone, maxUncovered-len(c.Uncovered)) {
			c.Uncovered = append(c.Uncovered, text+" ("+lang+")")
		}
	}
	return c, err
}

func (c *Coverage) count(lib Library, k voice.Key) {
	c.Of++
	if lib.Has(k) {
		c.Clips++
	}
}

// ownClips is a voice without what stands behind it.
type ownClips struct{ pack *voice.Pack }

func (o ownClips) Has(k voice.Key) bool { return o.pack.Has(k) }

// wordingOf gives the number words of a pack.
func wordingOf(m voice.Manifest) (Wording, error) {
	r, err := ParseRegion(m.Region)
	if err != nil {
		return Wording{}, err
	}
	switches, err := NewSwitches(m.Switches)
	return Wording{Region: r, Switches: switches}, err
}

// CheckVoice checks the clips of the pack in dir (see voice.Check) and that
// they alone say every letter, number up to 9999 and counter up to 99, in
// Vietnamese and in every further language that the pack claims to speak.
func CheckVoice(dir string) (voice.Report, error) {
	report, _, err := ExamineVoice(context.Background(), dir)
	return report, err
}

// ExamineVoice is CheckVoice that can be stopped, and tells how much of a whole
// voice the pack is.
func ExamineVoice(ctx context.Context, dir string) (voice.Report, Coverage, error) {
	report, err := voice.CheckContext(ctx, dir)
	if err != nil {
		return report, Coverage{}, err
	}
	pack, err := voice.Open(dir)
	if err != nil {
		return report, Coverage{}, err
	}
	c, err := CoverageOf(pack)
	if err != nil {
		report.Add("", voice.FaultGrammar, err.Error(), "không dùng được văn phạm hoặc vùng: "+err.Error())
	}
	for _, text := range c.Uncovered {
		report.Add("", voice.FaultUncovered, fmt.Sprintf("nothing says %q", text), fmt.Sprintf("không có câu nào đọc %q", text))
	}
	return report, c, nil
}

// uncovered lists what calls would need and lib cannot say. Numbers, letters
// and counters are separate phrases of a call, so that each is looked at once
// and not in every combination.
func uncovered(lib Library, w Wording) []string {
	var out []string
	seen := map[string]bool{}
	check := func(s Sentence) {
		for _, step := range Plan(s, lib) {
			if step.Missing && !seen[step.Text] && len(out) < maxUncovered {
				seen[step.Text] = true
				out = append(out, step.Text)
			}
		}
	}
	for _, byValue := range []bool{false, true} {
		w.ByValue = byValue
		for n := 1; n <= 9999; n++ {
			check(Number(queue.Number{Prefix: "A", N: n}, w))
		}
	}
	for _, c := range letterOrder {
		check(letters(string(c)))
	}
	for n := 1; n <= maxSpoken; n++ {
		check(Call(queue.Number{Prefix: "A", N: 1}, fmt.Sprint(n), w))
		check(Repeat(queue.Number{Prefix: "A", N: 1}, fmt.Sprint(n), w))
	}
	return out
}
