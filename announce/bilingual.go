package announce

import (
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// packSpeech is what a voice brings beside its sound: languages and number
// words.
type packSpeech struct {
	grammars Grammars
	switches Switches
	err      error // Why some of it cannot be used.
}

// speechOf reads what a voice brings; nil is no voice.
func speechOf(p *voice.Pack) *packSpeech {
	s := &packSpeech{grammars: BuiltIn()}
	if p == nil {
		return s
	}
	if s.grammars, s.err = PackGrammars(p.Speaks(), p.File); s.err != nil {
		return s
	}
	s.switches, s.err = NewSwitches(p.Manifest().Switches)
	return s
}

// Complaint tells why a grammar or the switches of the voice in use cannot be
// used; nil if all is well. Calls are made all the same, with the built-in ones.
func (r *Renderer) Complaint() error { return r.speechNow().err }

// Grammars gives the languages that the voice in use knows, whether or not it
// has all clips for them (see Languages).
func (r *Renderer) Grammars() Grammars { return r.speechNow().grammars }

func (r *Renderer) speechNow() *packSpeech {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.speech
}

// Announcement is everything that is said of one call or of a burst of them, as
// one announcement: on the first reading the chime and the whole sentence, on
// later ones the short form without a chime; in Vietnamese, and behind it in
// each further language of the tickets, for those tickets only. lacks lists the
// languages that the voice cannot say: their tickets are called in Vietnamese
// only, and completely. Without calls it is empty.
func (r *Renderer) Announcement(calls []CallRequest, reading int, w Wording) (s Sentence, lacks []string) {
	if len(calls) == 0 {
		return Sentence{}, nil
	}
	speech := r.speechNow()
	w.Switches = w.Switches.Or(speech.switches)
	say := (*Grammar).calls
	if reading > 1 {
		say = (*Grammar).repeats
	}
	s = say(speech.grammars.vietnamese(), calls, w)
	for _, code := range furtherLanguages(calls) {
		g, known := speech.grammars.Find(code)
		if !known {
			lacks = append(lacks, code)
			continue
		}
		own := inLanguage(calls, code)
		second := say(g, own, w)
		if !r.speaks(second) {
			second = say(g, withoutPlaces(own), w) // Better than nothing, and complete in Vietnamese.
			if !r.speaks(second) {
				lacks = append(lacks, code)
				continue
			}
		}
		s = Then(s, second)
	}
	s.chime = reading <= 1
	return s, lacks
}

// furtherLanguages lists the languages of tickets beside Vietnamese in the
// order of their calls.
func furtherLanguages(calls []CallRequest) []string {
	var out []string
	for _, c := range calls {
		if code := primaryTag(c.Language); code != "" && code != vietnamese && !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

func inLanguage(calls []CallRequest, code string) []CallRequest {
	var out []CallRequest
	for _, c := range calls {
		if primaryTag(c.Language) == code {
			out = append(out, c)
		}
	}
	return out
}

func withoutPlaces(calls []CallRequest) []CallRequest {
	out := slices.Clone(calls)
	for i := range out {
		out[i].Place = queue.Place{}
	}
	return out
}

// CallFor is the first Announcement of one call. lacks is the code of the
// ticket's language if the voice cannot say it.
func (r *Renderer) CallFor(tag string, n queue.Number, counter string, w Wording) (s Sentence, lacks string) {
	return r.announce(tag, n, counter, 1, w)
}

// RepeatFor is the second reading of CallFor, without a chime.
func (r *Renderer) RepeatFor(tag string, n queue.Number, counter string, w Wording) (s Sentence, lacks string) {
	return r.announce(tag, n, counter, 2, w)
}

func (r *Renderer) announce(tag string, n queue.Number, counter string, reading int, w Wording) (Sentence, string) {
	s, lacks := r.Announcement([]CallRequest{{Number: n, Counter: counter, Language: tag}}, reading, w)
	return s, strings.Join(lacks, "")
}

// speaks reports whether every word of a sentence has a clip, or is Vietnamese
// and can be synthesised as in the sentence before: a call in a second
// language is said whole or not at all.
func (r *Renderer) speaks(s Sentence) bool { return r.sounds().clips.saysWhole(s) }

func (c *clipStore) saysWhole(s Sentence) bool {
	for _, step := range Plan(s, library(c.pack)) {
		if step.Missing && (step.Lang != "" || c.synth == nil) {
			return false
		}
	}
	return true
}

// Languages lists what calls can be spoken in with the voice in use: "vi" and
// the further languages it has all clips for. Empty without a voice. The
// caller must not change it.
func (r *Renderer) Languages() []string {
	r.mu.RLock()
	pack, known, speech := r.pack, r.languages, r.speech
	r.mu.RUnlock()
	if pack == nil || known != nil {
		return known
	}
	known = append(known, vietnamese)
	for _, g := range speech.grammars.further() {
		if slices.Contains(pack.Speaks(), g.code) && len(g.lacking(pack, 1)) == 0 {
			known = append(known, g.code)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pack == pack {
		r.languages = known
	}
	return known
}

// Then says a second sentence after a first one, as one announcement: the first
// ends with a full stop and a breath. An empty one changes nothing.
func Then(first, second Sentence) Sentence {
	if len(first.parts) == 0 || len(second.parts) == 0 {
		return Join(first, second)
	}
	out := Join(first, Pause(PauseSentence), second)
	if end := &out.parts[len(first.parts)-1]; !strings.HasSuffix(end.Text, ".") {
		end.Text += "."
	}
	return out
}
