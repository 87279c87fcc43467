package ivr

import (
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// Every language says everything, in the order of Vietnamese.
func TestLanguagesAreWhole(t *testing.T) {
	files, err := languageFiles.ReadDir("languages")
	if err != nil || len(files) != len(languages()) {
		t.Fatalf("%d files for %d languages, %v", len(files), len(languages()), err)
	}
	vi := languages()[0]
	for _, file := range files {
		l, err := readLanguage(strings.TrimSuffix(file.Name(), ".json"))
		if err != nil || l.Code+".json" != file.Name() || l.Name == "" {
			t.Errorf("%s: %q %q, %v", file.Name(), l.Code, l.Name, err)
			continue
		}
		if len(l.Prompts) != len(vi.Prompts) || len(l.byID) != len(l.Prompts) {
			t.Errorf("%s: %d prompts, %d of them different, want %d", l.Code, len(l.Prompts), len(l.byID), len(vi.Prompts))
			continue
		}
		for i, p := range l.Prompts {
			if p.ID != vi.Prompts[i].ID || strings.TrimSpace(p.Text) == "" || p.Text != strings.TrimSpace(p.Text) {
				t.Errorf("%s: prompt %d is %q %q, want %s", l.Code, i, p.ID, p.Text, vi.Prompts[i].ID)
			}
			if l.Code == vietnamese && (p.About[0] == "" || p.About[1] == "") {
				t.Errorf("nobody knows what %s is", p.ID)
			}
			if strings.HasSuffix(p.Text, ".") != strings.HasSuffix(vi.Prompts[i].Text, ".") {
				t.Errorf("%s: %q and %q do not go on alike", l.Code, p.Text, vi.Prompts[i].Text)
			}
		}
		if l.Code == vietnamese {
			continue
		}
		if c := l.Calendar; len(c.Weekdays) != 7 || len(c.Months) != 12 || len(c.Parts) != 5 || c.Today == "" || c.Tomorrow == "" || c.From == "" || c.To == "" {
			t.Errorf("%s: calendar %+v", l.Code, c)
		}
	}
	if languageOf("en-GB").Code != "en" || languageOf("km").Code != vietnamese || languageOf("").Code != vietnamese {
		t.Error("a language is not found by its tag")
	}
	if Prompts("en")[0].About != Prompts("vi")[0].About {
		t.Error("an English prompt does not say when it is said")
	}
}

// Times in a language of its own data.
func TestEnglishTimes(t *testing.T) {
	s := speechIn("en", queue.Info{}, queue.PhoneSetup{})
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for at, want := range map[time.Time]string{
		now.Add(8 * time.Hour): "5 in the afternoon today", now.Add(22*time.Hour + 30*time.Minute): "7 30 in the morning tomorrow",
		now.AddDate(0, 0, 7).Add(5 * time.Minute): "9 oh 5 in the morning on Monday, 30 November",
	} {
		if got := s.when(at, now).Text(); got != want {
			t.Errorf("%v: %q, want %q", at, got, want)
		}
	}
	if got := s.when(now.Add(30*time.Minute), now).Spoken(); got != "nine thirty in the morning today" {
		t.Errorf("spoken %q", got)
	}
	got := s.spans([]announce.ClockSpan{{From: announce.At(7, 30), To: announce.At(11, 30)}, {From: announce.At(13, 0), To: announce.At(24, 0)}}).Text()
	if want := "from 7 30 in the morning to 11 30 in the morning, and from 1 in the afternoon to 12 at night"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, p := range s.when(now, now).Parts() {
		if p.Lang != "en" {
			t.Errorf("%q is said in %q", p.Text, p.Lang)
		}
	}
}

// The office's own words are said in place of the program's; what is blank is not.
func TestOwnTexts(t *testing.T) {
	started := testStarted()
	started.Setup.Phone.Prompts = map[string]map[string]string{"vi": {"greeting": "A lô, đây là", "press": " "}, "en": {"greeting": "Hi, this is"}}
	_, actions := talk(t, started)
	if got := brief(actions[0]); !strings.HasPrefix(got, "A lô, đây là trung tâm") || !strings.Contains(got, "chứng thực, bấm phím một") {
		t.Errorf("said %q", got)
	}
}

// has tells which clips a voice has that was built with some phrases.
type has map[voice.Key]bool

func (h has) Has(k voice.Key) bool { return h[k] }

// A voice built with Phrases says every conversation without a synthesiser:
// what a text adds must be listed there.
func TestPhrasesAreComplete(t *testing.T) {
	setup := morning().Setup
	setup.Name = testInfo().Name
	for _, v := range testServices() {
		setup.Services = append(setup.Services, v.Service)
	}
	setup.Phone.Languages = nil
	clips := has{}
	for _, spec := range announce.Inventory(announce.North, Phrases(setup)) {
		clips[spec.Key] = true
	}
	for name, c := range conversations() {
		c.started.Setup.Phone.Languages, c.started.Info.Region = nil, "north"
		if strings.HasPrefix(name, "english") || name == "topic" {
			continue
		}
		d := NewDialogue("vi")
		for _, in := range append([]Input{c.started}, c.inputs...) {
			var actions []Action
			d, actions = d.Step(in)
			for _, a := range actions {
				say, ok := a.(Say)
				if !ok {
					continue
				}
				for _, step := range announce.Plan(say.Sentence, clips) {
					if step.Missing {
						t.Errorf("%s: no clip for %q in %q", name, step.Text, say.Sentence.Text())
					}
				}
			}
		}
	}
}

// A language that cannot be spoken does not end the call.
func TestMuteLanguageFallsBack(t *testing.T) {
	d, actions := talk(t, morning(), Key{'7'}, Mute{})
	if d.Ended() || len(actions) != 1 || !strings.HasPrefix(brief(actions[0]), "Làm thủ tục") || d.Language() != "vi" {
		t.Errorf("said %q in %s", briefs(actions), d.Language())
	}
	d, actions = talk(t, morning(), Key{'7'}, Key{'1'}, Taken{testTicket()}, Mute{})
	if d.Ended() || !strings.HasPrefix(brief(actions[0]), "Số của quý vị là:") {
		t.Errorf("said %q in %s", briefs(actions), d.Language())
	}
}
