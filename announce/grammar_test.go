package announce

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

func invented(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/grammar.qaa.json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The embedded grammars are read as strictly as any other, and all of them.
func TestGrammarsBuiltIn(t *testing.T) {
	files, err := grammarFiles.ReadDir("grammars")
	if err != nil {
		t.Fatal(err)
	}
	if got := BuiltIn().Codes(); len(got) != len(files) || got[0] != "vi" {
		t.Errorf("%q of %d files", got, len(files))
	}
	for _, f := range files {
		b, err := grammarFiles.ReadFile("grammars/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if g, err := ParseGrammar(b); err != nil || GrammarFile(g.Language()) != f.Name() || g.Name() == "" {
			t.Errorf("%s: %v", f.Name(), err)
		}
	}
}

// A language that no line of code knows is called by data alone: its sentences,
// its own word for five and for numbers between twenty and a hundred, its own
// full stop; and a pack with the clips that the inventory asks for says it.
func TestInventedLanguage(t *testing.T) {
	g, err := ParseGrammar(invented(t))
	if err != nil {
		t.Fatal(err)
	}
	at := func(n int, counter string) CallRequest {
		return CallRequest{Number: queue.Number{Prefix: "A", N: n}, Counter: counter, Language: "qaa-VN"}
	}
	for _, c := range []struct {
		calls []CallRequest
		w     Wording
		want  string
	}{
		{[]CallRequest{at(12, "3")}, Wording{}, "Mal A nu ta do⁘ lo banka ter។"},
		{[]CallRequest{at(125, "24")}, Wording{ByValue: true}, "Mal A ta sen dodek vimo⁘ lo banka dodek kwe។"},
		{[]CallRequest{at(1005, "5"), at(21, "5")}, Wording{ByValue: true}, "Mali A ta mil ro vim, A dodek tamo⁘ lo banka vim។"},
		{[]CallRequest{at(1, "1"), at(2, "2A")}, Wording{}, "Mal A nu nu ta⁘ lo banka ta; ke A nu nu do⁘ lo banka 2A។"},
	} {
		if got := g.calls(c.calls, c.w).Text(); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
	placed := at(7, "3")
	placed.Place = queue.Place{Room: "305", Direction: "left"}
	if got, want := g.repeats([]CallRequest{placed}, Wording{}).Text(), "A nu nu set, banka ter, lir។"; got != want {
		t.Errorf("got  %q\nwant %q", got, want) // It has no word for rooms: they are left out.
	}
	if steps := Plan(g.calls([]CallRequest{at(12, "3"), at(1, "1")}, Wording{}), nil); steps[2].Pause.Milliseconds() != 120 {
		t.Errorf("its mark pauses for %v", steps[2].Pause)
	}

	// Its clips, built into a pack with the grammar beside them.
	dir := filepath.Join(t.TempDir(), "voice")
	specs := LanguageClips(g)
	for _, s := range specs {
		if s.Lang != "qaa" {
			t.Fatalf("%+v is not of the language", s)
		}
	}
	call := at(125, "24")
	need := usedBy(Calls([]CallRequest{call}, Wording{}))
	for _, s := range Inventory(North, nil) {
		if need(s.Key) {
			specs = append(specs, s)
		}
	}
	_, err = voice.Build(t.Context(), dir, voice.Recipe{
		Region: "north", Speaker: &hummer{}, Clips: specs, Files: map[string][]byte{GrammarFile("qaa"): invented(t)},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := opened(t, dir)
	if got := r.Languages(); !slices.Equal(got, []string{"vi", "qaa"}) || r.Complaint() != nil {
		t.Fatalf("the pack speaks %q (%v)", got, r.Complaint())
	}
	s, lacks := r.Announcement([]CallRequest{call}, 1, Wording{})
	if want := "Xin mời số A một hai năm đến quầy số hai mươi tư. Mal A ta do vim⁘ lo banka dodek kwe។"; s.Text() != want || len(lacks) > 0 {
		t.Errorf("%q, lacks %q", s.Text(), lacks)
	}
	if _, report, err := r.Render(t.Context(), s); err != nil || !report.OK() {
		t.Errorf("%+v, %v", report, err)
	}
}

// The clips that the inventory asks for are what calls are put together from,
// and enough for every ticket and counter.
func TestGrammarInventoryIsEnough(t *testing.T) {
	g, err := ParseGrammar(invented(t))
	if err != nil {
		t.Fatal(err)
	}
	lib := libraryOf(LanguageClips(g))
	for n := 1; n <= 9999; n++ {
		for _, w := range []Wording{{}, {ByValue: true}} {
			s := g.calls([]CallRequest{{Number: queue.Number{Prefix: "A", N: n}, Counter: fmt.Sprint(n%99 + 1)}}, w)
			for _, step := range Plan(s, lib) {
				if step.Missing || step.Clip.Pos != step.Pos {
					t.Fatalf("%q: no clip in its place for %+v", s.Text(), step.Key)
				}
			}
		}
	}
	ids := map[string]bool{}
	for _, s := range LanguageClips(g) {
		if ids[s.ID] || strings.ContainsFunc(s.ID, func(c rune) bool { return c > 'z' || c == '/' || c == ' ' }) {
			t.Errorf("id %q", s.ID)
		}
		ids[s.ID] = true
	}
	for k := range maps.Keys(lib) {
		if k.Text == "mil ro" {
			delete(lib, k)
		}
	}
	if got := g.lacking(lib, 5); !slices.Equal(got, []string{"mil ro"}) && !slices.Equal(got, []string{"ro"}) {
		t.Errorf("a missing piece is reported as %q", got)
	}
}

// The numerals of a grammar can say what Vietnamese needs: written as data it
// reads every number like the code. So can a language that works like it.
func TestVietnameseAsData(t *testing.T) {
	digits := map[string]string{}
	for d := range 10 {
		digits[fmt.Sprint(d)] = digitWord(d)
	}
	unit := map[string]string{"1": "mốt", "4": "tư", "5": "lăm"}
	behind := func(group uint64) []restSpec { // A first group of three that is spoken in full.
		return []restSpec{
			{Below: 10 * group, Say: "không trăm linh {rest}"}, {Below: 100 * group, Say: "không trăm {rest}"}, {Below: 1000 * group, Say: "{rest}"},
		}
	}
	spec := numeralsSpec{Minus: "âm", Words: digits, Rules: []numeralRuleSpec{
		{From: 10, Unit: 10, Say: "mười", Rests: []restSpec{{Say: "{rest}", Forms: map[string]string{"5": "lăm"}}}},
		{From: 20, Unit: 10, Say: "{count} mươi", Rests: []restSpec{{Say: "{rest}", Forms: unit}}},
		{From: 100, Unit: 100, Say: "{count} trăm", Rests: []restSpec{{Below: 10, Say: "linh {rest}"}, {Say: "{rest}"}}},
		{From: 1000, Unit: 1000, Say: "{count} nghìn", Rests: behind(1)},
		{From: 1e6, Unit: 1e6, Say: "{count} triệu", Rests: append(behind(1), behind(1000)...)},
		{From: 1e9, Unit: 1e9, Say: "{count} tỷ", Rests: append(append(behind(1), behind(1000)...), behind(1e6)...)},
	}}
	n, err := spec.compile()
	if err != nil {
		t.Fatal(err)
	}
	for v := int64(-200); v < 10_000; v++ {
		if got := n.signed(v); got != Words(v, North) {
			t.Fatalf("%d: %q, want %q", v, got, Words(v, North))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(rapid.Int64Range(0, 1e10), rapid.Int64Range(0, 1e18-1)).Draw(t, "n")
		if got := n.signed(v); got != Words(v, North) {
			t.Fatalf("%d: %q, want %q", v, got, Words(v, North))
		}
	})
}

func TestGrammarRefuses(t *testing.T) {
	if _, err := ParseGrammar(invented(t)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, why string }{
		"unknown field":     {`"format": 1`, `"format": 1, "colour": "red"`, "colour"},
		"format":            {`"format": 1`, `"format": 2`, "format 2"},
		"language":          {`"language": "qaa"`, `"language": "../x"`, "language"},
		"no name":           {`"name": "Kaapa"`, `"name": ""`, "name"},
		"nine digits":       {`"nu", `, ``, "9 words"},
		"figures in words":  {`"ta", "do"`, `"ta", "2"`, "numbers as words"},
		"unknown slot":      {`{place}`, `{Place}`, "want {number}"},
		"slot twice":        {`Mal {number}`, `Mal {number} {number}`, "at most once"},
		"open slot":         {`Mal {number}`, `Mal {number`, "want {number}"},
		"no number":         {`Mal {number}`, `Mal`, "has no {number}"},
		"counter":           {`"number": "banka {counter}"`, `"number": "banka"`, "has no {counter}"},
		"letter":            {`"A": "a"`, `"Ω": "o"`, "no letter"},
		"mark":              {`"⁘"`, `"x"`, "no punctuation"},
		"pause":             {`"pause_ms": 120`, `"pause_ms": 12000`, "12000 ms"},
		"missing number":    {`"7": "set", `, ``, "no words for 7"},
		"missing round":     {`"20": "dodek", `, ``, "no word for 20"},
		"unit one":          {`"unit": 10`, `"unit": 1`, "unit 1"},
		"falling rules":     {`"from": 1000`, `"from": 100`, "rising"},
		"no rest":           {`"rests": [{"say": "{rest}", "forms"`, `"rests": [{"below": 3, "say": "{rest}", "forms"`, "no words for 13"},
		"too long":          {`"Kaapa"`, `"` + strings.Repeat("k", 61) + `"`, "name"},
		"long text":         {`lir`, strings.Repeat("lir ", 100), "bytes"},
		"control":           {`lir`, `l\u0007r`, "control"},
		"something follows": {"\n}\n", "\n} {}\n", "follows"},
		"numbers of vi":     {`"language": "qaa"`, `"language": "vi"`, "built in"},
	} {
		text := strings.Replace(string(invented(t)), c.old, c.new, 1)
		if text == string(invented(t)) {
			t.Errorf("%s: nothing changed", name)
			continue
		}
		if g, err := ParseGrammar([]byte(text)); err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v, %v; want %q", name, g, err, c.why)
		}
	}
	if _, err := ParseGrammar(make([]byte, maxGrammar+1)); err == nil {
		t.Error("no bound on the size")
	}
}

// Rules that would need words without end, or never come to one, are refused
// and not followed.
func TestGrammarNumeralsAreBounded(t *testing.T) {
	words := map[string]string{"0": "x", "1": "x", "2": "x", "3": "x", "4": "x", "5": "x", "6": "x", "7": "x", "8": "x", "9": "x"}
	rest := []restSpec{{Say: "{rest}"}}
	for name, rules := range map[string][]numeralRuleSpec{
		"last with round":  {{From: 10, Unit: 10, Say: "{round}", Rests: rest}},
		"rounds for ever":  {{From: 2, Unit: 2, Say: "{round}", Rests: rest}, {From: mostFrom, Unit: 10, Say: "{count}", Rests: rest}},
		"huge unit":        {{From: mostFrom + 1, Unit: mostFrom + 1, Say: "{count}", Rests: rest}},
		"too many rules":   slices.Repeat([]numeralRuleSpec{{From: 10, Unit: 10, Say: "{count}", Rests: rest}}, maxNumeralRules+1),
		"too many rests":   {{From: 10, Unit: 10, Say: "{count}", Rests: slices.Repeat(rest, maxRests+1)}},
		"without any rule": nil,
	} {
		if _, err := (numeralsSpec{Words: words, Rules: rules}).compile(); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	n, err := (numeralsSpec{Words: words, Rules: []numeralRuleSpec{{From: 10, Unit: 2, Say: "{count} y", Rests: rest}}}).compile()
	if err != nil {
		t.Fatal(err)
	}
	if pieces, ok := n.read(1<<64 - 1); !ok || len(pieces) > 400 {
		t.Errorf("%d pieces, %v", len(pieces), ok)
	}
}

// Whatever a pack brings, its grammar is refused or speaks without figures and
// in bounds.
func FuzzParseGrammar(f *testing.F) {
	f.Add(invented(f))
	for _, code := range []string{"vi", "en"} {
		b, err := grammarFiles.ReadFile("grammars/" + GrammarFile(code))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := ParseGrammar(b)
		if err != nil {
			return
		}
		calls := []CallRequest{
			{Number: queue.Number{Prefix: "A", N: 125}, Counter: "24", Place: queue.Place{Room: "201", Floor: "2", Direction: "left"}},
			{Number: queue.Number{Prefix: "B", N: 9999}, Counter: "2A"},
		}
		for _, w := range []Wording{{}, {ByValue: true}} {
			s := g.calls(calls, w)
			if len(s.Parts()) > 100 || len(s.Spoken()) > 100*maxTemplate || strings.ContainsFunc(s.Spoken(), isFigure) {
				t.Fatalf("%d parts: %.500q", len(s.Parts()), s.Spoken())
			}
		}
		for _, spec := range LanguageClips(g) {
			if spec.Text == "" || strings.Join(strings.Fields(spec.Text), " ") != spec.Text {
				t.Fatalf("clip %+v", spec)
			}
		}
	})
}

// The bounds of the file are those of a person's work, and the invented
// language is as JSON what it is as text.
func TestGrammarFileIsPlainJSON(t *testing.T) {
	var any map[string]json.RawMessage
	if err := json.Unmarshal(invented(t), &any); err != nil || len(any) < 8 {
		t.Errorf("%d fields, %v", len(any), err)
	}
}
