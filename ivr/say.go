package ivr

import (
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// Speech makes sentences in the words of the telephone, with the office's own
// texts where it has some, for conversations that we begin (package callout):
// whoever is called hears the same phrases as whoever calls.
type Speech struct{ s speech }

// SpeechIn gives the speech of an office in a language; Vietnamese for all
// that has none yet.
func SpeechIn(code string, o queue.Info, p queue.PhoneSetup) Speech {
	return Speech{speechIn(code, o, p)}
}

// Say says prompts by their ids one after another.
func (s Speech) Say(ids ...string) announce.Sentence { return s.s.prompts(ids...) }

// Phrase says any text of this language, for a Topic that has words of its own.
func (s Speech) Phrase(text string) announce.Sentence { return s.s.phrase(text) }

// Join says sentences with a breath between them.
func (s Speech) Join(parts ...announce.Sentence) announce.Sentence { return s.s.join(parts...) }

// Last says sentences and good-bye.
func (s Speech) Last(parts ...announce.Sentence) announce.Sentence { return s.s.last(parts...) }

// Hello greets with the office's name, and tells that it is only tried out, if it is.
func (s Speech) Hello(o queue.Info) announce.Sentence { return s.s.hello(&setting{office: o}) }

// Number reads a number figure by figure after a prompt.
func (s Speech) Number(before string, n queue.Number) announce.Sentence {
	return announce.Join(s.s.say(before), s.s.digits(n))
}

// Key says what to do with a key after a prompt: "… bấm phím một."
func (s Speech) Key(before string, k rune) announce.Sentence { return s.s.key(before, k) }

// Standing tells how many are ahead, how long that takes and when to be there,
// as far as it is known; now is in the office's zone.
func (s Speech) Standing(t queue.Ticket, now time.Time) announce.Sentence {
	return s.s.standing(t, now)
}

// Counter says which counter to go to.
func (s Speech) Counter(counter string) announce.Sentence {
	return s.s.phrase(s.s.text("go-to") + " " + counter + ".")
}

// Words is the text of a prompt, for a Topic's line of the menu.
func Words(code, id string) string { return languageOf(code).byID[id] }

// Option is one line of a Topic's list: what there is to choose, and its key.
func (s Speech) Option(what announce.Sentence, k rune) announce.Sentence {
	return announce.Join(what.Ending(voice.Continuation), announce.Pause(announce.PauseComma), s.s.key("press", k))
}

// List says the lines of a list, close to one another.
func (s Speech) List(lines ...announce.Sentence) announce.Sentence { return s.s.list(lines) }

// Service is a service's name, in the language of the call if the office has it.
func (s Speech) Service(v queue.Service) announce.Sentence {
	if s.s.Code != vietnamese && v.NameEN != "" {
		return s.s.phrase(v.NameEN)
	}
	return announce.Phrase(v.Name)
}

// Clock says a time of day; t is in the office's zone.
func (s Speech) Clock(t time.Time) announce.Sentence { return s.s.clock(announce.ClockOf(t)) }

// Day says a day to come: "ngày mai", "thứ hai, ngày hai mươi ba tháng mười một".
// Both times are in the office's zone.
func (s Speech) Day(at, now time.Time) announce.Sentence { return s.s.day(at, now) }

// When says a moment to come, after a prompt if there is one: "… chín giờ sáng
// ngày mai".
func (s Speech) When(before string, at, now time.Time) announce.Sentence {
	return announce.Join(s.s.say(before), s.s.when(at, now))
}

// Code reads a code figure by figure after a prompt.
func (s Speech) Code(before, code string) announce.Sentence {
	if s.s.Code == vietnamese {
		return announce.Join(s.s.say(before), announce.Code(code))
	}
	parts := []announce.Sentence{s.s.say(before)}
	for i, k := range code {
		if i > 0 && i%3 == 0 {
			parts = append(parts, announce.Pause(announce.PauseComma))
		}
		parts = append(parts, s.s.phrase(s.s.figure(k)))
	}
	return announce.Join(parts...)
}

// LaterPlaces is how many others a citizen lets go first by one key.
const LaterPlaces = laterPlaces
