package ivr

import (
	"time"

	"github.com/xinmoi/xinmoi/announce"
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

// Join says sentences with a breath between them.
func (s Speech) Join(parts ...announce.Sentence) announce.Sentence { return s.s.join(parts...) }

// Last says sentences and good-bye.
func (s Speech) Last(parts ...announce.Sentence) announce.Sentence { return s.s.last(parts...) }

// Hello greets with the office's name.
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

// LaterPlaces is how many others a citizen lets go first by one key.
const LaterPlaces = laterPlaces
