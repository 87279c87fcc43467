package studio

import (
	"slices"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

func TestScriptHasEveryClipOnce(t *testing.T) {
	for _, r := range announce.Regions() {
		extra := []string{"Đăng ký khai sinh."}
		want := announce.Inventory(r, extra)
		lines := Script(r, extra)
		if len(lines) != len(want) {
			t.Fatalf("%s: %d lines for %d clips", r, len(lines), len(want))
		}
		seen := map[string]bool{}
		groups := map[string]bool{}
		for _, g := range Groups() {
			groups[g.ID] = true
		}
		for i, l := range lines {
			if seen[l.ID] || !clipID.MatchString(l.ID) {
				t.Errorf("%s: %q appears twice or is no file name", r, l.ID)
			}
			seen[l.ID] = true
			if !groups[l.Group] {
				t.Errorf("%s: %s is in no group but %q", r, l.ID, l.Group)
			}
			if i > 0 && lines[i-1].Group != l.Group && groupBefore(l.Group, lines[i-1].Group) {
				t.Errorf("%s: group %s comes after %s", r, l.Group, lines[i-1].Group)
			}
			if !strings.EqualFold(l.Target, l.Key.Text) || !strings.Contains(l.Text(), l.Target) {
				t.Errorf("%s: %s keeps %q, reads %q, shows %q", r, l.ID, l.Key.Text, l.Text(), l.Target)
			}
			if strings.Contains(l.Text(), "  ") || strings.Contains(l.Text(), " ,") {
				t.Errorf("%s: %s reads %q", r, l.ID, l.Text())
			}
		}
		for _, spec := range want {
			if !seen[spec.ID] {
				t.Errorf("%s: nobody reads %s", r, spec.ID)
			}
		}
	}
}

func groupBefore(a, b string) bool {
	ids := []string{}
	for _, g := range Groups() {
		ids = append(ids, g.ID)
	}
	return slices.Index(ids, a) < slices.Index(ids, b)
}

func TestSentences(t *testing.T) {
	scripts := map[announce.Region][]Line{announce.North: northern(), announce.South: Script(announce.South, nil)}
	for _, c := range []struct {
		region   announce.Region
		id, want string
	}{
		{announce.North, "n.25.c", "Xin mời số [hai mươi lăm], đến quầy số ba."},
		{announce.North, "n.24.f", "Xin mời số A hai mươi lăm, đến quầy số [hai mươi tư]."},
		{announce.South, "n.24.f", "Xin mời số A hai mươi lăm, đến quầy số [hai mươi bốn]."},
		{announce.North, "h.100.n", "Xin mời số [một trăm] hai mươi lăm, đến quầy số ba."},
		{announce.North, "h.000.n", "Xin mời số một nghìn [không trăm] hai mươi lăm, đến quầy số ba."},
		{announce.North, "o.5.c", "Xin mời số một trăm [linh năm], đến quầy số ba."},
		{announce.South, "o.5.c", "Xin mời số một trăm [lẻ năm], đến quầy số ba."},
		{announce.North, "d.7.n", "Xin mời số A [bảy] hai ba, đến quầy số ba."},
		{announce.North, "let.B", "Xin mời số [bê] hai mươi lăm, đến quầy số ba."},
		{announce.North, "car.00", "[Xin mời số] hai mươi lăm, đến quầy số ba."},
		{announce.North, "car.03", "Xin mời số A hai mươi lăm, [đến quầy số] hai mươi ba."},
	} {
		for _, l := range scripts[c.region] {
			if l.ID != c.id {
				continue
			}
			if got := joinText(joinText(l.Before, "["+l.Target+"]"), l.After); got != c.want {
				t.Errorf("%s %s: %q, want %q", c.region, c.id, got, c.want)
			}
		}
	}
}

// library is a set of clips.
type library map[voice.Key]bool

func (l library) Has(k voice.Key) bool { return l[k] }

// The essential part alone must say every call.
func TestEssentialPartSaysEveryCall(t *testing.T) {
	for _, r := range announce.Regions() {
		essential := map[string]bool{}
		for _, g := range Groups() {
			essential[g.ID] = g.Essential
		}
		have := library{}
		n := 0
		for _, l := range Script(r, nil) {
			if essential[l.Group] {
				have[l.Key] = true
				n++
			}
		}
		for _, number := range []queue.Number{{Prefix: "A", N: 1}, {Prefix: "Z", N: 125}, {Prefix: "K", N: 999}, {N: 9999}, {Prefix: "B", N: 4005}} {
			for _, counter := range []string{"1", "24", "99"} {
				for _, byValue := range []bool{false, true} {
					for _, step := range announce.Plan(announce.Call(number, counter, announce.Wording{Region: r, ByValue: byValue}), have) {
						if step.Missing {
							t.Errorf("%s: %d essential clips do not say %q (%s)", r, n, step.Text, step.Pos)
						}
					}
				}
			}
		}
	}
}

func TestSyllables(t *testing.T) {
	for text, want := range map[string]int{"": 0, "ba": 1, "hai mươi lăm, đến quầy số ba.": 7, "e-lờ": 2, ", . ": 0, "A": 1} {
		if got := syllables(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
