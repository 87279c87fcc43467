package announce

import (
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
)

// CallFor is the whole announcement of a call for a ticket's language: the
// chime, Vietnamese, and behind it the ticket's language where it is another
// (a BCP 47 tag, empty = Vietnamese). lacks is the code of that language if the
// voice cannot say it: then the call is in Vietnamese only, and complete.
func (r *Renderer) CallFor(tag string, n queue.Number, counter string, w Wording) (s Sentence, lacks string) {
	s, lacks = r.followed(Call(n, counter, w), tag, CallIn(tag, n, counter, w))
	return s.WithChime(), lacks
}

// RepeatFor is the second reading of CallFor, without a chime.
func (r *Renderer) RepeatFor(tag string, n queue.Number, counter string, w Wording) (s Sentence, lacks string) {
	return r.followed(Repeat(n, counter, w), tag, RepeatIn(tag, n, counter, w))
}

// followed puts the sentence in the ticket's language behind the Vietnamese
// one, as one announcement.
func (r *Renderer) followed(first Sentence, tag string, second Sentence) (Sentence, string) {
	primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	switch {
	case primary == "" || primary == "vi":
		return first, ""
	case second.IsZero() || !r.speaks(second):
		return first, primary
	}
	return Then(first, second), ""
}

// speaks reports whether every word of a sentence has a clip, or is Vietnamese
// and can be synthesised as in the sentence before: a call in a second
// language is said whole or not at all.
func (r *Renderer) speaks(s Sentence) bool {
	for _, step := range Plan(s, library(r.Voice())) {
		if step.Missing && (step.Lang != "" || r.synth == nil) {
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
	pack, known := r.pack, r.languages
	r.mu.RUnlock()
	if pack == nil || known != nil {
		return known
	}
	known = append(known, "vi")
	for _, l := range languages() {
		if slices.Contains(pack.Manifest().Speaks(), l.code) && len(l.lacking(pack, 1)) == 0 {
			known = append(known, l.code)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pack == pack {
		r.languages = known
	}
	return known
}

// lacking lists, up to a number, what calls in a language need and lib has no
// clip for.
func (l language) lacking(lib Library, most int) []string {
	var out []string
	l.samples(func(s Sentence) {
		for _, step := range Plan(s, lib) {
			if step.Missing && len(out) < most && !slices.Contains(out, step.Text) {
				out = append(out, step.Text)
			}
		}
	})
	return out
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
