package announce

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

func number(t testing.TB, s string) queue.Number {
	t.Helper()
	n, err := queue.ParseNumber(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCallWording(t *testing.T) {
	value := Wording{ByValue: true}
	for _, c := range []struct {
		number, counter string
		w               Wording
		text, spoken    string
	}{
		{"A012", "3", Wording{}, "Xin mời số A không một hai đến quầy số ba", "xin mời số a không một hai đến quầy số ba"},
		{"A012", "3", value, "Xin mời số A mười hai đến quầy số ba", "xin mời số a mười hai đến quầy số ba"},
		{"B105", "24", Wording{Region: South, ByValue: true}, "Xin mời số B một trăm lẻ năm đến quầy số hai mươi bốn", "xin mời số bê một trăm lẻ năm đến quầy số hai mươi bốn"},
		{"C1105", "12", Wording{}, "Xin mời số C một một không năm đến quầy số mười hai", "xin mời số xê một một không năm đến quầy số mười hai"},
		{"AB007", "1", Wording{}, "Xin mời số AB không không bảy đến quầy số một", "xin mời số a bê không không bảy đến quầy số một"},
		{"D001", "2A", Wording{}, "Xin mời số D không không một đến quầy 2A", "xin mời số dê không không một đến quầy hai a"},
		{"D001", "Tiếp đón", Wording{}, "Xin mời số D không không một đến quầy Tiếp đón", "xin mời số dê không không một đến quầy tiếp đón"},
	} {
		s := Call(number(t, c.number), c.counter, c.w)
		if s.Text() != c.text || s.Spoken() != c.spoken {
			t.Errorf("%s %s:\n%q\n%q", c.number, c.counter, s.Text(), s.Spoken())
		}
	}
	if got := Repeat(number(t, "A012"), "3", Wording{}).Text(); got != "Số A không một hai, quầy số ba" {
		t.Errorf("repeat: %q", got)
	}
	if got := Spell(number(t, "A012"), Wording{}); got != "A không một hai" {
		t.Errorf("spell: %q", got)
	}
	if got := NumberSlow(number(t, "A012")).Text(); got != "A, không, một, hai" {
		t.Errorf("slow: %q", got)
	}
	if !Number(queue.Number{}, Wording{}).IsZero() || !NumberSlow(queue.Number{}).IsZero() {
		t.Error("no number has words")
	}
}

// The counter's last word falls, the number's goes on, and only the pause
// between them is heard as one.
func TestCallPositions(t *testing.T) {
	steps := Plan(Call(number(t, "A125"), "3", Wording{ByValue: true}), libraryOf(Inventory(North, nil)))
	var got []string
	for _, s := range steps {
		got = append(got, s.Clip.Text+"/"+string(s.Clip.Pos))
	}
	want := []string{"xin mời số/n", "a/n", "một trăm/n", "hai mươi lăm/c", "đến quầy số/n", "ba/f"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	if p := steps[3].Pause; p != PauseComma {
		t.Errorf("pause of %v between number and counter", p)
	}
	if p := steps[1].Pause; p != pauseLetter {
		t.Errorf("pause of %v after the letter", p)
	}
}

func TestPhraseParts(t *testing.T) {
	s := Phrase("Kính chào quý vị. Để lấy số, bấm phím 1; để nghe lại bấm phím 9")
	type part struct {
		words string
		pos   voice.Position
		pause time.Duration
	}
	want := []part{
		{"kính chào quý vị", voice.Final, PauseSentence},
		{"để lấy số", voice.Continuation, PauseComma},
		{"bấm phím một", voice.Continuation, PauseComma},
		{"để nghe lại bấm phím chín", voice.NonFinal, 0},
	}
	parts := s.Parts()
	if len(parts) != len(want) {
		t.Fatalf("%d parts: %+v", len(parts), parts)
	}
	for i, w := range want {
		if got := (part{strings.Join(parts[i].Words, " "), parts[i].Pos, parts[i].Pause}); got != w {
			t.Errorf("part %d: got %+v, want %+v", i, got, w)
		}
	}
	if s.Text() != "Kính chào quý vị. Để lấy số, bấm phím 1; để nghe lại bấm phím 9" {
		t.Errorf("text %q", s.Text())
	}
}

func TestSpoken(t *testing.T) {
	for in, want := range map[string]string{
		"":                          "",
		"...!?":                     "",
		"Hộ tịch – Chứng thực":      "hộ tịch chứng thực",
		"KINH DOANH":                "kinh doanh",
		"CCCD":                      "căn cước công dân",
		"UBND xã":                   "ủy ban nhân dân xã",
		"SMS":                       "ét sì em mờ ét sì",
		"A012":                      "a không một hai",
		"phím 15":                   "phím mười lăm",
		"024":                       "không hai bốn",
		"1234567":                   "một hai ba bốn năm sáu bảy",
		"hai\u00a0mươi":             "hai mươi",
		"ho\u0323\u0302 ti\u0323ch": "hộ tịch", // Decomposed input.
		"٣ người":                   "người",
	} {
		if got := strings.Join(spoken(in, Wording{}), " "); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzPhrase(f *testing.F) {
	f.Add("Kính chào quý vị. Để lấy số, bấm phím 1")
	f.Add("1.5, 2…A0٣\u0301")
	f.Fuzz(func(t *testing.T, text string) {
		s := Phrase(text)
		for _, w := range strings.Fields(s.Spoken()) {
			for _, c := range w {
				if !unicode.IsLetter(c) && !unicode.IsMark(c) {
					t.Fatalf("%q is spoken with %q in %q", text, c, w)
				}
			}
		}
		// What is spoken is a fixed point: speaking it again changes nothing.
		if again := Phrase(s.Spoken()).Spoken(); again != s.Spoken() {
			t.Errorf("%q: spoken %q, then %q", text, s.Spoken(), again)
		}
	})
}

func TestJoinKeepsItsParts(t *testing.T) {
	a, b := Phrase("một"), Phrase("hai")
	s := Join(a, Pause(time.Second), b.WithChime())
	if !s.Chimes() || s.Text() != "một hai" || len(s.Parts()) != 3 {
		t.Errorf("%q, chime %v", s.Text(), s.Chimes())
	}
	if ended := a.Ending(voice.Final); ended.Parts()[0].Pos != voice.Final || a.Parts()[0].Pos == voice.Final {
		t.Error("Ending changed the original")
	}
	s.Parts()[0].Text = "changed"
	if s.Text() != "một hai" {
		t.Error("Parts gives away the inside")
	}
	if d := Pause(time.Hour).Parts()[0].Pause; d != maxPause {
		t.Errorf("a pause of %v", d)
	}
}

// clipSet is a Library of keys.
type clipSet map[voice.Key]bool

func (c clipSet) Has(k voice.Key) bool { return c[k] }

func libraryOf(specs []voice.ClipSpec) clipSet {
	set := clipSet{}
	for _, s := range specs {
		set[s.Key] = true
	}
	return set
}

// Every ticket and counter is said by clips alone, with at most one joint
// inside a number below a thousand.
func TestInventoryCoversEverything(t *testing.T) {
	t.Parallel()
	for _, r := range []Region{North, South} { // Central has the words of South.
		lib := libraryOf(Inventory(r, nil))
		if missing := uncovered(lib, Wording{Region: r}); len(missing) > 0 {
			t.Errorf("%s: no clips for %v", r, missing)
		}
		step := 1
		if r != North {
			step = 7 // Other words in the same places.
		}
		for n := 1; n <= 9999; n += step {
			steps := Plan(Cardinal(int64(n), Wording{Region: r}), lib)
			if n < 1000 && len(steps) > 2 || len(steps) > 3 {
				t.Fatalf("%s: %d needs %d clips", r, n, len(steps))
			}
		}
		for _, text := range PhonePhrases() {
			for _, step := range Plan(phrase(text, Wording{Region: r}), lib) {
				if step.Missing {
					t.Errorf("%s: phrase %q lacks %q", r, text, step.Text)
				}
			}
		}
	}
	without := libraryOf(Inventory(North, nil))
	delete(without, voice.Key{Text: "ca", Pos: voice.NonFinal})
	if got := uncovered(without, Wording{Region: North}); len(got) != 1 || got[0] != "ca" {
		t.Errorf("a missing letter is reported as %v", got)
	}
}

// A rising syllable before a level one sounds otherwise within a phrase than
// cut apart, so that no joint inside a number falls between the two.
func TestInventoryCutsNoTonePair(t *testing.T) {
	for _, r := range []Region{North, South} {
		lib, cut, apart := libraryOf(Inventory(r, nil)), 0, 0
		for n := int64(1); n <= 999; n++ {
			s := Cardinal(n, Wording{Region: r})
			cut += tonePairs(Plan(s, lib))
			apart += tonePairs(Plan(s, singles(lib)))
		}
		if cut > 0 || apart == 0 {
			t.Errorf("%s: %d pairs cut, %d by single words", r, cut, apart)
		}
	}
}

// tonePairs counts the joints between a rising and a level syllable.
func tonePairs(steps []Step) int {
	pairs := 0
	for i := 1; i < len(steps); i++ {
		before, after := strings.Fields(steps[i-1].Text), strings.Fields(steps[i].Text)
		if toneOf(before[len(before)-1]) == '\u0301' && toneOf(after[0]) == 0 {
			pairs++
		}
	}
	return pairs
}

// toneOf is the tone mark of a syllable, 0 for the level tone.
func toneOf(syllable string) rune {
	for _, c := range norm.NFD.String(syllable) {
		if strings.ContainsRune("\u0300\u0301\u0303\u0309\u0323", c) {
			return c
		}
	}
	return 0
}

// singles is what a voice of single words has.
func singles(lib clipSet) clipSet {
	out := clipSet{}
	for k := range lib {
		if !strings.Contains(k.Text, " ") {
			out[k] = true
		}
	}
	return out
}

func TestInventoryIsClean(t *testing.T) {
	ids, keys := map[string]bool{}, map[voice.Key]bool{}
	for _, s := range Inventory(North, []string{"Hộ tịch, chứng thực", "Đất đai", "Đất đai", "…"}) {
		if ids[s.ID] || keys[s.Key] {
			t.Errorf("twice: %+v", s)
		}
		ids[s.ID], keys[s.Key] = true, true
		if strings.Join(spoken(s.Text, Wording{}), " ") != s.Text {
			t.Errorf("%s: %q is not how it is spoken", s.ID, s.Text)
		}
		for _, c := range s.ID {
			if c > unicode.MaxASCII || c == '/' {
				t.Errorf("id %q is no file name", s.ID)
			}
		}
	}
	if !keys[voice.Key{Text: "hộ tịch", Pos: voice.Continuation}] || !keys[voice.Key{Text: "đất đai", Pos: voice.NonFinal}] {
		t.Error("the office's phrases are missing")
	}
}

// What no clip covers is kept together, and single words do not tear it apart.
func TestPlanKeepsUnknownStretches(t *testing.T) {
	steps := Plan(Phrase("để xin hai giấy phép bấm phím 1"), libraryOf(Inventory(North, nil)))
	var missing []string
	for _, s := range steps {
		if s.Missing {
			missing = append(missing, s.Text)
		}
	}
	if len(missing) != 1 || missing[0] != "để xin hai giấy phép" {
		t.Errorf("missing %q in %+v", missing, steps)
	}
	if last := steps[len(steps)-1]; last.Text != "một" {
		t.Errorf("ends with %q", last.Text)
	}
}

func TestPlanSaysEverythingInOrder(t *testing.T) {
	lib := libraryOf(Inventory(North, nil))
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom(strings.Fields("một hai mươi trăm linh bấm phím hộ tịch người đến quầy số")), 0, 150).Draw(t, "words")
		s := Phrase(strings.Join(words, " "))
		var said []string
		for _, step := range Plan(s, lib) {
			said = append(said, step.Text)
			if !step.Missing && (step.Clip.Text != step.Text || !lib.Has(step.Clip)) {
				t.Fatalf("step %+v", step)
			}
		}
		if got := strings.Join(said, " "); got != strings.Join(words, " ") {
			t.Fatalf("planned %q for %q", got, strings.Join(words, " "))
		}
	})
	for _, step := range Plan(Phrase("một hai"), nil) {
		if !step.Missing {
			t.Errorf("without clips: %+v", step)
		}
	}
}
