package ivr

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
)

// breath is added to the pause of a full stop between the sentences of one
// prompt. Both together stay below the 900 ms after which a listener, or the
// test telephone, takes the speech for finished.
const breath = 200 * time.Millisecond

// join says several things one after another with a breath between them.
func (t texts) join(parts ...announce.Sentence) announce.Sentence {
	var all []announce.Sentence
	for i, p := range parts {
		if i > 0 {
			all = append(all, announce.Pause(breath))
		}
		all = append(all, p)
	}
	return announce.Join(all...)
}

// welcome greets in one sentence and offers the first page.
func (t texts) welcome(o queue.Info, list []option) announce.Sentence {
	hello := announce.Phrase(t.greetingPlain)
	if o.Name != "" {
		hello = announce.Phrase(t.greeting + " " + lowerFirst(o.Name) + ".")
	}
	return t.join(hello, t.menu(list, 0))
}

// menu offers a page in full: "Để làm thủ tục …, bấm phím một. Đất đai, bấm
// phím hai." Only the first line has its carrier; the others are clear from it
// and the menu is shorter.
func (t texts) menu(list []option, page int) announce.Sentence {
	var lines []announce.Sentence
	before := t.forService
	for _, o := range list {
		lines = append(lines, t.line(before, t.pressKey, o))
		before = ""
	}
	lines = append(lines, key(t.forRepeat, repeatKey))
	if page > 0 {
		lines = append(lines, announce.Phrase(t.forBack))
	}
	return t.join(lines...)
}

// shortMenu offers a page in few words: "Hộ tịch, phím một."
func (t texts) shortMenu(list []option) announce.Sentence {
	var lines []announce.Sentence
	for _, o := range list {
		lines = append(lines, t.line("", t.keyShort, o))
	}
	return t.join(lines...)
}

// line is one option; an option without a name is the next page.
func (t texts) line(before, press string, o option) announce.Sentence {
	what := t.forMore + ","
	if o.name != "" {
		what = naming(before, o.name)
	}
	return announce.Join(announce.Phrase(what), key(press, o.key))
}

// naming puts a name into the running sentence: "Để làm thủ tục hộ tịch,".
func naming(before, name string) string {
	if before == "" {
		return name + ","
	}
	return before + " " + lowerFirst(name) + ","
}

// key says what to do with a key: "bấm phím một."
func key(before string, n int) announce.Sentence {
	return announce.Join(announce.Phrase(before), announce.Phrase(digitName(n)+"."))
}

func digitName(n int) string { return announce.Words(int64(n), announce.North) }

// closedNow tells that the chosen service gives no numbers now.
func (t texts) closedNow(name string) announce.Sentence {
	return announce.Join(announce.Phrase(naming(t.serviceName, name)), announce.Phrase(t.serviceClosed))
}

// number reads a number for the first time, figure by figure.
func (t texts) number(n queue.Number) announce.Sentence {
	return announce.Join(announce.Phrase(t.yourNumber), fullStop(announce.NumberSlow(n)))
}

// offer reads it again, tells who is ahead and how to keep it. An office that
// reads numbers by value lets the caller hear here what the hall will hear.
func (t texts) offer(ticket queue.Ticket, o queue.Info) announce.Sentence {
	read := announce.NumberSlow(ticket.Number)
	if o.ByValue {
		read = announce.Number(ticket.Number, wording(o))
	}
	parts := []announce.Sentence{announce.Join(announce.Phrase(t.again), fullStop(read))}
	parts = append(parts, t.standing(ticket, o)...)
	keep := announce.Join(announce.Phrase(t.keepKey), announce.Phrase(digitName(1)+","), announce.Phrase(t.keepStay))
	return t.join(append(parts, keep)...)
}

// standing tells how many are ahead; nothing while that is not known.
func (t texts) standing(ticket queue.Ticket, o queue.Info) []announce.Sentence {
	switch {
	case ticket.Standing == nil:
		return nil
	case ticket.Standing.Ahead <= 0:
		return []announce.Sentence{announce.Phrase(t.nobodyAhead)}
	}
	return []announce.Sentence{announce.Join(
		announce.Phrase(t.ahead),
		announce.Cardinal(int64(ticket.Standing.Ahead), wording(o)).Ending(voice.NonFinal),
		announce.Phrase(t.people),
	)}
}

// farewell ends a call whose number is kept. A caller who did not hear the
// offer to its end hears number and standing here instead.
func (t texts) farewell(ticket queue.Ticket, o queue.Info, heard bool) announce.Sentence {
	parts := []announce.Sentence{announce.Phrase(t.kept)}
	if !heard {
		number := fullStop(announce.NumberSlow(ticket.Number))
		parts = append([]announce.Sentence{announce.Join(announce.Phrase(t.keptNumber), number)}, t.standing(ticket, o)...)
	}
	return t.join(append(parts, announce.Phrase(t.beThere), announce.Phrase(t.goodbye))...)
}

// lastOffer offers one service, or the office itself.
func (t texts) lastOffer(way option) announce.Sentence {
	return t.join(t.line(t.wayOut, t.pressKey, way), announce.Phrase(t.orVisit))
}

// last says something before we hang up.
func (t texts) last(phrases ...string) announce.Sentence {
	var parts []announce.Sentence
	for _, p := range append(phrases, t.goodbye) {
		parts = append(parts, announce.Phrase(p))
	}
	return t.join(parts...)
}

// refusal explains why the office gave no number, and what to do. Voices are
// recorded once: a new code is said by the nearest sentence they have.
func (t texts) refusal(code queue.Code) announce.Sentence {
	switch code {
	case queue.CodeOfficeClosed:
		return t.last(t.closedOffice)
	case queue.CodeServiceClosed, queue.CodeUnknownService, queue.CodeServiceFull, queue.CodeIssuingStopped:
		return t.last(t.closedService, t.visit)
	case queue.CodeChannelFull, queue.CodeCardNeeded, queue.CodeCardInvalid: // At the desk there may be one.
		return t.last(t.notAllowed, t.visit)
	case queue.CodePersonLimit, queue.CodeRateLimited:
		return t.last(t.tooMany, t.visit)
	case queue.CodeForbidden, queue.CodeUnauthorized, queue.CodeBadRequest, queue.CodeKeyReused:
		return t.last(t.notAllowed, t.visit)
	}
	return t.last(t.unavailable)
}

// fullStop ends a number as a sentence does.
func fullStop(s announce.Sentence) announce.Sentence {
	return announce.Join(s.Ending(voice.Final), announce.Pause(announce.PauseSentence))
}

// wording is how this office says numbers.
func wording(o queue.Info) announce.Wording {
	region, err := announce.ParseRegion(o.Region)
	if err != nil {
		region = announce.North // What cannot be read must not silence the telephone.
	}
	return announce.Wording{Region: region, ByValue: o.ByValue}
}

// lowerFirst writes a name as it stands inside a sentence; a word in capitals
// ("BHXH") stays.
func lowerFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	next, _ := utf8.DecodeRuneInString(s[size:])
	if r == utf8.RuneError || unicode.IsUpper(next) {
		return s
	}
	return strings.ToLower(string(r)) + s[size:]
}

// sentenceKey tells sentences apart that sound different.
func sentenceKey(s announce.Sentence) string {
	var b strings.Builder
	for _, p := range s.Parts() {
		fmt.Fprintf(&b, "%s/%v/%d;", strings.Join(p.Words, " "), p.Pos, p.Pause)
	}
	return b.String()
}
