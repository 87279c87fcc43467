package announce

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

func TestCallInEnglish(t *testing.T) {
	for _, c := range []struct {
		number, counter string
		byValue         bool
		call, repeat    string
	}{
		{"A012", "3", false, "Number A zero one two, please go to counter three.", "Number A zero one two, counter three."},
		{"A012", "03", true, "Number A twelve, please go to counter three.", "Number A twelve, counter three."},
		{"B1105", "24", true, "Number B one thousand one hundred and five, please go to counter twenty four.", "Number B one thousand one hundred and five, counter twenty four."},
		{"AB100", "2A", false, "Number AB one zero zero, please go to counter 2A.", "Number AB one zero zero, counter 2A."},
		{"D001", "Tiếp đón", false, "Number D zero zero one, please go to counter Tiếp đón.", "Number D zero zero one, counter Tiếp đón."},
	} {
		w := Wording{Region: South, ByValue: c.byValue}
		n := number(t, c.number)
		if got := CallIn("en", n, c.counter, w).Text(); got != c.call {
			t.Errorf("%s %s: %q, want %q", c.number, c.counter, got, c.call)
		}
		if got := RepeatIn("en", n, c.counter, w).Text(); got != c.repeat {
			t.Errorf("%s %s: %q, want %q", c.number, c.counter, got, c.repeat)
		}
	}
	if got := CallIn("en", number(t, "A012"), "2a", Wording{}).Spoken(); got != "number a zero one two please go to counter two a" {
		t.Errorf("spoken %q", got)
	}
}

func TestLanguageTags(t *testing.T) {
	for tag, english := range map[string]bool{
		"en": true, "en-GB": true, "EN-us": true, " en ": true, "en-Latn-US": true,
		"": false, "vi": false, "vi-VN": false, "fr": false, "eng": false, "e": false, "-en": false, "en_US": false,
	} {
		if got := !CallIn(tag, number(t, "A012"), "3", Wording{}).IsZero(); got != english {
			t.Errorf("%q: English %v, want %v", tag, got, english)
		}
		if got := !RepeatIn(tag, number(t, "A012"), "3", Wording{}).IsZero(); got != english {
			t.Errorf("repeat %q: English %v, want %v", tag, got, english)
		}
	}
	if got := CallLanguages(); !slices.Equal(got, []string{"vi", "en"}) {
		t.Errorf("languages %q", got)
	}
}

// The words of the carriers go on, the number ends its phrase, the counter the
// sentence; the name of a counter and a letter that English lacks are
// Vietnamese.
func TestEnglishPlan(t *testing.T) {
	lib := libraryOf(Inventory(North, nil))
	plan := func(s Sentence) []string {
		var got []string
		for _, s := range Plan(s, lib) {
			if s.Missing {
				t.Errorf("no clip for %+v", s.Key)
			}
			got = append(got, s.Clip.Lang+":"+s.Clip.Text+"/"+string(s.Clip.Pos))
		}
		return got
	}
	got := plan(CallIn("en", number(t, "A012"), "3", Wording{}))
	want := []string{"en:number/n", "en:a/n", "en:zero/n", "en:one/n", "en:two/c", "en:please go to counter/n", "en:three/f"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	got = plan(RepeatIn("en", queue.Number{Prefix: "Đ", N: 7}, "hai", Wording{ByValue: true}))
	want = []string{"en:number/n", ":đê/n", "en:seven/c", "en:counter/n", ":hai/f"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	if a, b := (voice.Key{Text: "a", Pos: voice.NonFinal}), (voice.Key{Text: "a", Pos: voice.NonFinal, Lang: "en"}); !lib[a] || !lib[b] {
		t.Error("the Vietnamese and the English A are not two clips")
	}
}

// Every call is said in English from clips alone, with few joints.
func TestEnglishInventoryCoversEverything(t *testing.T) {
	lib, l := libraryOf(Inventory(North, nil)), builtIn().list[1]
	if missing := l.lacking(lib, maxUncovered); len(missing) > 0 {
		t.Errorf("no clips for %v", missing)
	}
	for n := 1; n <= 99; n++ {
		if steps := Plan(l.spokenNumber(int64(n), Wording{}), lib); len(steps) == 0 {
			t.Errorf("counter %d", n)
		}
	}
	for n := 1; n <= 999_999; n += 499 { // As large as a ticket's number gets.
		for _, step := range Plan(l.number(queue.Number{Prefix: "A", N: n}, Wording{ByValue: true}), lib) {
			if step.Missing {
				t.Fatalf("%d: nothing says %q", n, step.Text)
			}
		}
	}
	delete(lib, voice.Key{Text: "k", Pos: voice.NonFinal, Lang: "en"})
	if got := l.lacking(lib, maxUncovered); !slices.Equal(got, []string{"k"}) {
		t.Errorf("a missing letter is reported as %q", got)
	}
}

func TestThen(t *testing.T) {
	first, second := Phrase("một"), Phrase("hai.")
	s := Then(first.WithChime(), second)
	if s.Text() != "một. hai." || !s.Chimes() {
		t.Errorf("%q, chime %v", s.Text(), s.Chimes())
	}
	if again := Then(s, second); again.Text() != "một. hai. hai." {
		t.Errorf("%q", again.Text())
	}
	if first.Text() != "một" {
		t.Error("the first sentence was changed")
	}
	var pause time.Duration
	for _, step := range Plan(s, nil)[:1] {
		pause = step.Pause
	}
	if pause != PauseSentence {
		t.Errorf("a breath of %v between the sentences, want %v", pause, PauseSentence)
	}
	if got := Then(first, Sentence{}); got.Text() != "một" || len(got.Parts()) != 1 {
		t.Errorf("with nothing behind it: %q", got.Text())
	}
	if got := Then(Sentence{}, second); got.Text() != "hai." {
		t.Errorf("with nothing before it: %q", got.Text())
	}
}

// Whatever a counter is called, English words are ASCII, and the rest is
// spoken as Vietnamese: no figures reach a synthesiser.
func FuzzCallIn(f *testing.F) {
	f.Add("en", "3", 12)
	f.Add("en-GB", "2A", 105)
	f.Add("EN", "Quầy {number}.{counter}", 1)
	f.Fuzz(func(t *testing.T, tag, counter string, n int) {
		s := CallIn(tag, queue.Number{Prefix: "Đ", N: n}, counter, Wording{ByValue: n%2 == 0})
		for _, p := range s.Parts() {
			for _, c := range strings.Join(p.Words, "") {
				if !unicode.IsLetter(c) && !unicode.IsMark(c) || p.Lang != "" && c > unicode.MaxASCII {
					t.Fatalf("%q %q is spoken with %q in %+v", tag, counter, c, p)
				}
			}
		}
		if !s.IsZero() && !strings.HasPrefix(s.Text(), "Number") {
			t.Errorf("%q", s.Text())
		}
	})
}
