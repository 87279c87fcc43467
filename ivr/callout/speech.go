package callout

import (
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
)

// message is all that the words of one call depend on. The phrases are those
// of the telephone (ivr/languages), so every voice has them, an office can put
// its own in their place, and they exist in every language that callers can
// choose.
type message struct {
	speech  ivr.Speech
	office  queue.Info
	purpose book.Purpose
	ticket  queue.Ticket
	now     time.Time // When the call began, in the office's zone.
}

// first says who calls, that nothing will be asked for, and what for.
func (m message) first() announce.Sentence {
	return m.speech.Join(m.speech.Hello(m.office), m.speech.Say("call-honest"), m.news("your-number"))
}

// second says it once more.
func (m message) second() announce.Sentence { return m.news("again") }

// news is the number, how many are ahead or which counter calls, and what to
// do. Without an interval the citizen is to come at once.
func (m message) news(intro string) announce.Sentence {
	s := m.speech
	if m.purpose == book.Called {
		return s.Join(s.Say("state-called"), s.Number(intro, m.ticket.Number), s.Counter(m.ticket.Counter))
	}
	return s.Join(s.Number(intro, m.ticket.Number), s.Standing(m.ticket, m.now), s.Say("call-near"))
}

// keys says what can be pressed. A number that a counter calls can not be
// given back by telephone: the counter waits for its holder.
func (m message) keys() announce.Sentence {
	s := m.speech
	parts := []announce.Sentence{s.Key("call-coming", '1'), s.Key("do-later", '2')}
	if m.cancels() {
		parts = append(parts, s.Key("do-cancel", '3'))
	}
	return s.Join(append(parts, s.Key("for-repeat", '9'))...)
}

func (m message) cancels() bool { return m.purpose == book.Near }

// sure asks before a number is given back.
func (m message) sure() announce.Sentence {
	s := m.speech
	return s.Join(s.Number("sure-cancel", m.ticket.Number), s.Key("sure-yes", '3'), s.Key("sure-no", '1'))
}

// last says prompts before we hang up.
func (m message) last(prompts ...string) announce.Sentence {
	return m.speech.Last(m.speech.Say(prompts...))
}

func (m message) confirmed() announce.Sentence {
	if m.purpose == book.Called {
		return m.last("call-thanks")
	}
	return m.last("call-thanks", "kept", "be-there")
}

// all lists every sentence that may be needed, in the order in which they are:
// they are rendered before the telephone rings.
func (m message) all() []announce.Sentence {
	return []announce.Sentence{
		m.first(), m.keys(), m.second(), m.confirmed(), m.last("done-later", "will-call"), m.last("not-now", "be-there"), m.sure(),
		m.last("state-cancelled"), m.last("not-done"), m.last("kept", "be-there"), m.last("state-over"), m.last(), m.speech.Say("wait"),
	}
}
