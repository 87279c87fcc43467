package ivr

import (
	"context"
	"slices"
)

// languages lists what callers may be offered beside Vietnamese.
func (s *Service) languages() []string {
	if list := s.spoken.Load(); list != nil {
		return *list
	}
	return nil
}

// probe finds out which of the voice's languages the telephone can speak: those
// whose menus come out without a gap. A language that fails half-way through a
// call would be worse than none. It looks once per voice, and reports whether it
// has found any.
func (s *Service) probe(ctx context.Context, set Started) (found bool) {
	if s.config.Languages == nil || s.spoken.Load() != nil {
		return false
	}
	before := s.voices.Load()
	voice, list := s.config.Languages(), []string{}
	for _, l := range languages()[1:] {
		if slices.Contains(voice, l.Code) && s.speaks(ctx, l.Code, set) {
			list = append(list, l.Code)
		}
	}
	if ctx.Err() == nil && before == s.voices.Load() {
		s.spoken.Store(&list)
	}
	return len(list) > 0
}

// speaks reports whether everything can be said that every caller hears in a
// language.
func (s *Service) speaks(ctx context.Context, code string, set Started) bool {
	set.Spoken = []string{code}
	for _, p := range common(code, set) {
		if made, err := s.voice.get(ctx, p.sentence, p.lead); err != nil || made.gaps != nil {
			s.config.Logger.Info("a language of the voice is not offered to callers: it cannot say everything", "language", code, "text", p.sentence.Text())
			return false
		}
	}
	return true
}
