package ivr

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// A language of the voice is offered when the telephone can say its menus
// whole, is looked at anew with every voice, and never when the voice lacks it.
func TestSpokenLanguages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		voice := []string{"vi", "en"}
		b.config.Languages = func() []string { return voice }
		gaps := ""
		b.voice.err = func(text string) error {
			if gaps != "" && strings.Contains(text, gaps) {
				return fmt.Errorf("%w: %s", ErrPartial, gaps)
			}
			return nil
		}
		for _, step := range []struct {
			gaps  string
			voice []string
			want  []string
		}{
			{"To repeat", []string{"vi", "en"}, nil}, {"", []string{"vi"}, nil}, {"", []string{"vi", "en"}, []string{"en"}}, {"", nil, nil},
		} {
			gaps, voice = step.gaps, step.voice
			b.VoiceChanged()
			if got := b.languages(); len(got) > 0 {
				t.Errorf("a new voice speaks %q before anybody has heard it", got)
			}
			b.prepare(t.Context())
			if got := b.languages(); !slices.Equal(got, step.want) && len(got)+len(step.want) > 0 {
				t.Errorf("gaps %q, voice %q: offers %q, want %q", step.gaps, step.voice, got, step.want)
			}
		}
		b.VoiceChanged()
		voice = []string{"vi", "en"}
		b.prepare(t.Context())
		b.line.script[hello] = press("7")
		b.line.script["For Hộ tịch, chứng thực, press one."] = leave
		b.Answer(t.Context(), b.line)
		if got := strings.Join(b.line.log, "|"); !strings.Contains(got, "English press seven.") || !strings.Contains(got, "press 7") || !strings.Contains(got, "leaves") {
			t.Errorf("the line heard %s", got)
		}
	})
}
