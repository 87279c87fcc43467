package announce

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

func TestPlaces(t *testing.T) {
	upstairs := queue.Place{Room: "201", Floor: "2", Direction: "left"}
	for _, c := range []struct {
		counter string
		place   queue.Place
		w       Wording
		vi, en  string // Behind the number.
	}{
		{"3", upstairs, Wording{}, "đến quầy số ba, phòng hai không một, tầng hai, bên trái", "please go to counter three, room two zero one, floor two, on the left."},
		{"3", queue.Place{Direction: "right"}, Wording{}, "đến quầy số ba, bên phải", "please go to counter three, on the right."},
		{"3", queue.Place{Direction: "ahead"}, Wording{}, "đến quầy số ba, phía trước", "please go to counter three, straight ahead."},
		{"3", queue.Place{Floor: "24", Direction: "back"}, Wording{Region: South}, "đến quầy số ba, tầng hai mươi bốn, phía sau", "please go to counter three, floor twenty four, at the back."},
		{"3", queue.Place{Room: "12"}, Wording{}, "đến quầy số ba, phòng mười hai", "please go to counter three, room twelve."},
		{"3", queue.Place{Room: "05"}, Wording{}, "đến quầy số ba, phòng không năm", "please go to counter three, room zero five."},
		{"3", queue.Place{Room: "1205"}, Wording{}, "đến quầy số ba, phòng một hai không năm", "please go to counter three, room one two zero five."},
		{"3", queue.Place{Room: "B2"}, Wording{}, "đến quầy số ba, phòng B2", "please go to counter three, room B2."},
		{"3", queue.Place{Room: "Phòng 201", Floor: "Lầu 1"}, Wording{}, "đến quầy số ba, Phòng hai không một, Lầu một", "please go to counter three, room two zero one, floor one."},
		{"3", queue.Place{Room: "Hội trường"}, Wording{}, "đến quầy số ba, phòng Hội trường", "please go to counter three, room Hội trường."},
		{"3", queue.Place{Floor: "trệt"}, Wording{}, "đến quầy số ba, tầng trệt", "please go to counter three, floor trệt."},
		{"3", queue.Place{Floor: "-1"}, Wording{}, "đến quầy số ba, tầng âm một", "please go to counter three, floor -1."},
		{"2A", upstairs, Wording{}, "đến quầy 2A, phòng hai không một, tầng hai, bên trái", "please go to counter 2A, room two zero one, floor two, on the left."},
		{"Quầy hồ sơ", queue.Place{}, Wording{}, "đến Quầy hồ sơ", "please go to counter Quầy hồ sơ."},
		{"3", queue.Place{Direction: "up", Room: "  "}, Wording{}, "đến quầy số ba", "please go to counter three."},
	} {
		calls := []CallRequest{{Number: queue.Number{Prefix: "A", N: 12}, Counter: c.counter, Place: c.place}}
		if got, want := Calls(calls, c.w).Text(), "Xin mời số A không một hai "+c.vi; got != want {
			t.Errorf("%+v: %q, want %q", c.place, got, want)
		}
		if got, want := CallsIn("en", calls, c.w).Text(), "Number A zero one two, "+c.en; got != want {
			t.Errorf("%+v: %q, want %q", c.place, got, want)
		}
		if got, want := Repeats(calls, c.w).Text(), "Số A không một hai, "+strings.TrimPrefix(c.vi, "đến "); got != want {
			t.Errorf("repeat %+v: %q, want %q", c.place, got, want)
		}
	}
}

// bursts are calls to several counters, as a busy minute has them.
func TestBursts(t *testing.T) {
	at := func(number, counter string) CallRequest {
		return CallRequest{Number: mustNumber(t, number), Counter: counter}
	}
	for _, c := range []struct {
		calls          []CallRequest
		call, repeat   string
		inEnglish      string
		repeatsEnglish string
	}{
		{
			[]CallRequest{at("A012", "3"), at("A013", "3"), at("A014", "3")},
			"Xin mời số A không một hai, A không một ba, A không một bốn đến quầy số ba",
			"Số A không một hai, A không một ba, A không một bốn, quầy số ba",
			"Numbers A zero one two, A zero one three, A zero one four, please go to counter three.",
			"Numbers A zero one two, A zero one three, A zero one four, counter three.",
		},
		{
			[]CallRequest{at("A012", "3"), at("B001", "5")},
			"Xin mời số A không một hai đến quầy số ba; số B không không một đến quầy số năm",
			"Số A không một hai, quầy số ba; số B không không một, quầy số năm",
			"Number A zero one two, please go to counter three; number B zero zero one, counter five.",
			"Number A zero one two, counter three; number B zero zero one, counter five.",
		},
		{ // Order is kept: what is not next to each other is not joined.
			[]CallRequest{at("A012", "3"), at("B001", "5"), at("B002", "5"), at("A013", "3")},
			"Xin mời số A không một hai đến quầy số ba; số B không không một, B không không hai đến quầy số năm; số A không một ba đến quầy số ba",
			"Số A không một hai, quầy số ba; số B không không một, B không không hai, quầy số năm; số A không một ba, quầy số ba",
			"Number A zero one two, please go to counter three; numbers B zero zero one, B zero zero two, counter five; number A zero one three, counter three.",
			"Number A zero one two, counter three; numbers B zero zero one, B zero zero two, counter five; number A zero one three, counter three.",
		},
	} {
		for _, s := range []struct{ got, want string }{
			{Calls(c.calls, Wording{}).Text(), c.call},
			{Repeats(c.calls, Wording{}).Text(), c.repeat},
			{CallsIn("en", c.calls, Wording{}).Text(), c.inEnglish},
			{RepeatsIn("en-GB", c.calls, Wording{}).Text(), c.repeatsEnglish},
		} {
			if s.got != s.want {
				t.Errorf("got  %q\nwant %q", s.got, s.want)
			}
		}
	}
	moved := at("A013", "3")
	moved.Place.Floor = "2" // The counter was moved between the two calls.
	if got, want := Calls([]CallRequest{at("A012", "3"), moved}, Wording{}).Text(),
		"Xin mời số A không một hai đến quầy số ba; số A không một ba đến quầy số ba, tầng hai"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if s := Calls(nil, Wording{}); !s.IsZero() {
		t.Errorf("no calls are %q", s.Text())
	}
}

// mustNumber is number where a parameter hides that name.
func mustNumber(t testing.TB, s string) queue.Number { t.Helper(); return number(t, s) }

// Only the last words fall; what another clause follows goes on.
func TestBurstIntonation(t *testing.T) {
	place := queue.Place{Floor: "2", Direction: "left"}
	calls := []CallRequest{
		{Number: number(t, "A012"), Counter: "3", Place: place}, {Number: number(t, "A013"), Counter: "5"},
	}
	lib := libraryOf(Inventory(North, nil))
	for tag, want := range map[string][]string{
		"vi": {
			"xin mời số/n", "a/n", "không/n", "một/n", "hai/c", "đến quầy số/n", "ba/c", "tầng/n", "hai/c", "bên trái/c",
			"số/n", "a/n", "không/n", "một/n", "ba/c", "đến quầy số/n", "năm/f",
		},
		"en": {
			"number/n", "a/n", "zero/n", "one/n", "two/c", "please go to counter/n", "three/c", "floor/n", "two/c", "on the left/c",
			"number/n", "a/n", "zero/n", "one/n", "three/c", "counter/n", "five/f",
		},
	} {
		s := Calls(calls, Wording{})
		if tag != "vi" {
			s = CallsIn(tag, calls, Wording{})
		}
		var got []string
		for _, step := range Plan(s, lib) {
			if step.Missing || step.Clip.Pos != step.Pos {
				t.Errorf("%s: no clip in its place for %+v", tag, step.Key)
			}
			got = append(got, step.Text+"/"+string(step.Pos))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q\nwant %q", tag, got, want)
		}
	}
}

// Every number is said once, in order, whatever the burst.
func TestBurstsLoseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		calls := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) CallRequest {
			return CallRequest{
				Number:   queue.Number{Prefix: rapid.StringMatching("[A-Z]{1,2}").Draw(t, "prefix"), N: rapid.IntRange(1, 9999).Draw(t, "n")},
				Counter:  rapid.SampledFrom([]string{"1", "2", "2A", "Tiếp đón"}).Draw(t, "counter"),
				Place:    queue.Place{Floor: rapid.SampledFrom([]string{"", "2"}).Draw(t, "floor")},
				Language: rapid.SampledFrom([]string{"", "vi", "en", "en-GB", "fr"}).Draw(t, "language"),
			}
		}), 1, 8).Draw(t, "calls")
		w := Wording{ByValue: rapid.Bool().Draw(t, "value")}
		r := NewRenderer(RendererConfig{Voice: nil})
		reading := rapid.IntRange(1, 3).Draw(t, "reading")
		s, lacks := r.Announcement(calls, reading, w)
		if s.Chimes() != (reading == 1) {
			t.Fatalf("reading %d, chime %v", reading, s.Chimes())
		}
		rest := s.Text()
		for _, c := range calls {
			_, after, found := strings.Cut(rest, Spell(c.Number, w))
			if !found {
				t.Fatalf("%s is not said in its place in %q", Spell(c.Number, w), s.Text())
			}
			rest = after
		}
		for _, lang := range lacks { // Without a voice nothing further can be said.
			if lang != "en" && lang != "fr" {
				t.Fatalf("lacks %q", lacks)
			}
		}
	})
}

// A burst in several languages says each ticket's own after Vietnamese, and no
// other ticket.
func TestAnnouncementLanguages(t *testing.T) {
	a := CallRequest{Number: number(t, "A012"), Counter: "3"}
	b := CallRequest{Number: number(t, "B001"), Counter: "5", Language: "en-GB"}
	c := CallRequest{Number: number(t, "C007"), Counter: "5", Language: "km"}
	all := []CallRequest{a, b, c}
	vi := Calls(all, Wording{})
	en := CallsIn("en", []CallRequest{b}, Wording{})
	r := opened(t, packOf(t, &hummer{}, usedBy(vi, en, Repeats(all, Wording{}))))
	s, lacks := r.Announcement(all, 1, Wording{})
	if want := vi.Text() + ". Number B zero zero one, please go to counter five."; s.Text() != want || !slices.Equal(lacks, []string{"km"}) || !s.Chimes() {
		t.Errorf("%q, lacks %q", s.Text(), lacks)
	}
	s, lacks = r.Announcement(all[:1], 2, Wording{})
	if s.Text() != "Số A không một hai, quầy số ba" || len(lacks) > 0 || s.Chimes() {
		t.Errorf("%q, lacks %q", s.Text(), lacks)
	}
	// A voice without words for places says the call without them.
	b.Place = queue.Place{Floor: "2", Direction: "left"}
	s, lacks = r.Announcement([]CallRequest{b}, 1, Wording{})
	if want := "Xin mời số B không không một đến quầy số năm, tầng hai, bên trái. Number B zero zero one, please go to counter five."; s.Text() != want || len(lacks) > 0 {
		t.Errorf("%q, lacks %q", s.Text(), lacks)
	}
	if s, lacks := r.Announcement(nil, 1, Wording{}); !s.IsZero() || lacks != nil {
		t.Errorf("no calls: %q, %q", s.Text(), lacks)
	}
}

// What a voice says of its words and languages holds for every call with it.
func TestVoiceBringsSwitchesAndWords(t *testing.T) {
	files := fstest.MapFS{"grammar.vi.json": {Data: []byte(`{"format": 1, "language": "vi", "name": "Tiếng Việt",
		"call": {"one": "Mời công dân có số thứ tự {number} | đến {counter}{place}"},
		"repeat": {"one": "Số {number}, {counter}"},
		"counter": {"number": "cửa số {counter}", "name": "cửa {counter}"}, "place": {}}`)}}
	grammars, err := PackGrammars([]string{"vi", "en", "km"}, files.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	call := CallRequest{Number: number(t, "A024"), Counter: "4", Place: queue.Place{Room: "1"}}
	s := grammars.vietnamese().calls([]CallRequest{call}, Wording{ByValue: true, Switches: Switches{Four: "bốn"}})
	if got, want := s.Text(), "Mời công dân có số thứ tự A hai mươi bốn đến cửa số bốn"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := grammars.Codes(); !slices.Equal(got, []string{"vi", "en"}) {
		t.Errorf("languages %q", got)
	}
	for name, body := range map[string]string{"grammar.km.json": `{`, "grammar.en.json": string(files["grammar.vi.json"].Data)} {
		files[name] = &fstest.MapFile{Data: []byte(body)}
	}
	grammars, err = PackGrammars([]string{"vi", "en", "km"}, files.ReadFile)
	if err == nil || !strings.Contains(err.Error(), "grammar.km.json") || !strings.Contains(err.Error(), "grammar.en.json") {
		t.Errorf("damaged grammars: %v", err)
	}
	if s := grammars.vietnamese().calls([]CallRequest{call}, Wording{}); !strings.HasPrefix(s.Text(), "Mời công dân") {
		t.Errorf("a damaged grammar took a good one with it: %q", s.Text())
	}
}

func TestNewSwitches(t *testing.T) {
	got, err := NewSwitches(map[string]string{"odd": "lẻ", "thousand": "ngàn", "four": "tư", "billion": "tỉ", "first_days": "mùng"})
	if err != nil || got != (Switches{"lẻ", "ngàn", "tư", "tỉ", "mùng"}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []map[string]string{{"odds": "lẻ"}, {"odd": "nghìn"}} {
		if got, err := NewSwitches(bad); err == nil || got != (Switches{}) {
			t.Errorf("%v: %+v, %v", bad, got, err)
		}
	}
}

// Whatever an office writes, no figure reaches a synthesiser, and the counter
// is said.
func FuzzCalls(f *testing.F) {
	f.Add("3", "201", "2", "left", 12)
	f.Add("Quầy {number}", "phòng ", "lầu ٣", "|", 0)
	f.Add("quầy", "tầng 1.5", "-0", "right", -4)
	f.Fuzz(func(t *testing.T, counter, room, floor, side string, n int) {
		calls := []CallRequest{
			{Number: queue.Number{Prefix: "Đ", N: n}, Counter: counter, Place: queue.Place{Room: room, Floor: floor, Direction: side}},
			{Number: queue.Number{Prefix: "A", N: 1}, Counter: "7"},
		}
		for _, s := range []Sentence{Calls(calls, Wording{ByValue: n%2 == 0}), RepeatsIn("en", calls, Wording{})} {
			for _, p := range s.Parts() {
				for _, c := range strings.Join(p.Words, "") {
					if !unicode.IsLetter(c) && !unicode.IsMark(c) {
						t.Fatalf("%q is spoken in %+v", c, p)
					}
				}
			}
			if last := s.Parts()[len(s.Parts())-1]; last.Pos != voice.Final || last.Pause != 0 {
				t.Fatalf("ends with %+v", last)
			}
		}
	})
}
