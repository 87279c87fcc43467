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
// prompt, slowBreath for callers who need more time. Either with the pause
// stays below the 900 ms after which a listener, or the test telephone, takes
// the speech for finished.
const (
	breath     = 100 * time.Millisecond
	slowBreath = 350 * time.Millisecond
)

// speech makes sentences in one language, with the office's own texts where it
// has some.
type speech struct {
	language
	own  map[string]string // By prompt id.
	w    announce.Wording
	slow bool // Longer pauses.
}

// speechIn gives the speech of an office in a language.
func speechIn(code string, o queue.Info, p queue.PhoneSetup) speech {
	l := languageOf(code)
	return speech{language: l, own: p.Prompts[l.Code], w: wording(o)}
}

// say speaks a prompt.
func (s speech) say(id string) announce.Sentence {
	if own := s.text(id); own != s.byID[id] {
		return s.phrase(own)
	}
	return s.said[id]
}

// text is a prompt as the office says it.
func (s speech) text(id string) string {
	if own := strings.TrimSpace(s.own[id]); own != "" {
		return own
	}
	return s.byID[id]
}

// phrase speaks any text of this language.
func (s speech) phrase(text string) announce.Sentence {
	if s.Code == vietnamese {
		return announce.Phrase(text)
	}
	return announce.PhraseIn(s.Code, text, s.w)
}

// join says several things one after another with a breath between them. What
// does not end as a sentence does gets its full stop.
func (s speech) join(parts ...announce.Sentence) announce.Sentence {
	return s.joined(breath, parts)
}

// list is join for the lines of a menu: they are short and alike, and the pause
// of a full stop is enough between them.
func (s speech) list(lines []announce.Sentence) announce.Sentence { return s.joined(0, lines) }

func (s speech) joined(pause time.Duration, parts []announce.Sentence) announce.Sentence {
	if s.slow {
		pause = slowBreath
	}
	var all []announce.Sentence
	for _, p := range parts {
		if p.IsZero() {
			continue
		}
		switch last := len(all) - 1; {
		case last < 0:
		case !isSentence(all[last]):
			all[last] = announce.Then(all[last].Ending(voice.Final), announce.Pause(pause))
		case pause > 0:
			all = append(all, announce.Pause(pause))
		}
		all = append(all, p)
	}
	return announce.Join(all...)
}

// isSentence reports whether a sentence is marked as one.
func isSentence(s announce.Sentence) bool {
	text := s.Text()
	last, _ := utf8.DecodeLastRuneInString(text)
	return strings.ContainsRune(".!?…", last)
}

// prompts says several prompts.
func (s speech) prompts(ids ...string) announce.Sentence {
	var parts []announce.Sentence
	for _, id := range ids {
		parts = append(parts, s.say(id))
	}
	return s.join(parts...)
}

// last says something before we hang up.
func (s speech) last(parts ...announce.Sentence) announce.Sentence {
	return s.join(append(parts, s.say("goodbye"))...)
}

// hello greets with the office's name, and tells that the office is only tried
// out, if it is, and until when it is open today.
func (s speech) hello(set *setting) announce.Sentence {
	greeting := s.say("greeting-plain")
	if name := s.officeName(set.office); name != "" {
		greeting = s.phrase(s.text("greeting") + " " + name + ".")
	}
	return s.join(greeting, s.onTrial(set.office), s.openUntil(set))
}

// onTrial tells that numbers mean nothing; nothing where they do.
func (s speech) onTrial(o queue.Info) announce.Sentence {
	if !o.Trial {
		return announce.Sentence{}
	}
	return s.say("on-trial")
}

func (s speech) officeName(o queue.Info) string {
	if s.Code != vietnamese && o.NameEN != "" {
		return o.NameEN
	}
	return lowerFirst(o.Name)
}

// openUntil tells when the office closes today; nothing where it never does or
// that is not known.
func (s speech) openUntil(set *setting) announce.Sentence {
	spans, always, known := set.today()
	if always || !known || len(spans) == 0 || !set.office.Open {
		return announce.Sentence{}
	}
	closes, err := announce.ParseClock(spans[len(spans)-1].To)
	if err != nil {
		return announce.Sentence{}
	}
	return announce.Join(s.say("open-until"), s.clock(closes))
}

// hours tells when the office works today.
func (s speech) hours(set *setting) announce.Sentence {
	spans, always, known := set.today()
	switch {
	case !known:
		return s.say("call-in-hours")
	case always:
		return s.say("hours-always")
	case len(spans) == 0:
		return s.join(s.say("hours-none"), s.reopens(set.office.Opens, set.now))
	}
	var list []announce.ClockSpan
	for _, span := range spans {
		from, err1 := announce.ParseClock(span.From)
		to, err2 := announce.ParseClock(span.To)
		if err1 == nil && err2 == nil {
			list = append(list, announce.ClockSpan{From: from, To: to})
		}
	}
	return announce.Join(s.say("hours"), s.spans(list))
}

// reopens tells when the office opens next; nothing while that is not known.
func (s speech) reopens(at, now time.Time) announce.Sentence {
	if at.IsZero() || now.IsZero() {
		return announce.Sentence{}
	}
	return announce.Join(s.say("reopens"), s.when(at.In(now.Location()), now))
}

// closed explains that the office is closed, and when to call again.
func (s speech) closed(opens, now time.Time) announce.Sentence {
	return s.join(s.say("closed-office"), s.reopens(opens, now), s.say("call-in-hours"))
}

// name is what an office calls something, in a language: it may have it in
// Vietnamese only.
type name struct{ text, code string }

// choice is one line of a menu: "Hộ tịch, bấm phím một."
func (s speech) choice(before string, n name, press string, k rune) announce.Sentence {
	return announce.Join(s.naming(before, n), s.key(press, k))
}

// naming puts a name into the running sentence: "Làm thủ tục hộ tịch,".
func (s speech) naming(before string, n name) announce.Sentence {
	switch {
	case n.code != s.Code && before != "":
		return announce.Join(s.say(before), announce.Phrase(n.text+","))
	case n.code != s.Code:
		return announce.Phrase(n.text + ",")
	case before == "":
		return s.phrase(n.text + ",")
	case s.Code == vietnamese:
		return s.phrase(s.text(before) + " " + lowerFirst(n.text) + ",")
	}
	return s.phrase(s.text(before) + " " + n.text + ",")
}

// key says what to do with a key: "bấm phím một."
func (s speech) key(before string, n rune) announce.Sentence {
	return announce.Join(s.say(before), s.phrase(s.figure(n)+"."))
}

// figure is the word of a key.
func (s speech) figure(n rune) string { return announce.CardinalIn(s.Code, int64(n-'0'), s.w).Text() }

// comma is key in the middle of a sentence: "bấm phím một,".
func (s speech) comma(before string, n rune) announce.Sentence {
	return announce.Join(s.say(before), s.phrase(s.figure(n)+","))
}

// digits reads a number slowly, as to somebody who writes it down.
func (s speech) digits(n queue.Number) announce.Sentence {
	return announce.NumberSlowIn(s.Code, n)
}

// number reads a number for the first time, figure by figure.
func (s speech) number(n queue.Number) announce.Sentence {
	return announce.Join(s.say("your-number"), s.digits(n))
}

// offer reads it again, tells who is ahead and how to keep it. An office that
// reads numbers by value lets the caller hear here what the hall will hear.
func (s speech) offer(t queue.Ticket, byValue bool, now time.Time) announce.Sentence {
	read := s.digits(t.Number)
	if byValue {
		read = announce.NumberIn(s.Code, t.Number, s.w)
	}
	keep := announce.Join(s.comma("keep-key", '1'), s.say("keep-stay"))
	return s.join(announce.Join(s.say("again"), read), s.standing(t, now), keep)
}

// standing tells how many are ahead, how long that takes and when to be there,
// as far as it is known.
func (s speech) standing(t queue.Ticket, now time.Time) announce.Sentence {
	if t.Standing == nil {
		return announce.Sentence{}
	}
	return s.join(s.ahead(t.Standing.Ahead), s.interval(t.Standing), s.comeBy(t.Standing, now), s.mayMiss(t.Standing))
}

func (s speech) ahead(n int) announce.Sentence {
	if one := s.One["people"]; n == 1 && one != "" {
		return s.phrase(one)
	}
	if n <= 0 {
		return s.say("nobody-ahead")
	}
	return announce.Join(s.say("ahead"), announce.CardinalIn(s.Code, int64(n), s.w).Ending(voice.NonFinal), s.say("people"))
}

// leastWait is the wait, in minutes, below which no figure is promised.
const leastWait = 5

// interval tells the expected wait in minutes: "khoảng mười đến hai mươi phút".
func (s speech) interval(st *queue.Standing) announce.Sentence {
	if st.LowMin == nil || st.HighMin == nil || *st.HighMin < leastWait {
		return announce.Sentence{}
	}
	minutes := func(n int) announce.Sentence {
		return announce.CardinalIn(s.Code, int64(n), s.w).Ending(voice.NonFinal)
	}
	if *st.LowMin < 1 || *st.LowMin >= *st.HighMin {
		return announce.Join(s.say("wait-about"), minutes(*st.HighMin), s.say("minutes"))
	}
	return announce.Join(s.say("wait-about"), minutes(*st.LowMin), s.say("wait-to"), minutes(*st.HighMin), s.say("minutes"))
}

// comeBy tells when to be there, where there is time to go home or to start
// from there.
func (s speech) comeBy(st *queue.Standing, now time.Time) announce.Sentence {
	const worth = 5 * time.Minute
	if now.IsZero() || st.ComeBy.Sub(now) < worth {
		return announce.Sentence{}
	}
	return announce.Join(s.say("come-by"), s.clock(announce.ClockOf(st.ComeBy.In(now.Location()))))
}

// mayMiss warns who may well not be called before the office closes.
func (s speech) mayMiss(st *queue.Standing) announce.Sentence {
	if !st.MayMiss {
		return announce.Sentence{}
	}
	return s.say("may-miss")
}

// farewell ends a call whose number is kept. A caller who did not hear the
// offer to its end hears number and standing here instead.
func (s speech) farewell(t queue.Ticket, heard bool, now time.Time) announce.Sentence {
	return s.join(s.keptWords(t, heard, now), s.say("be-there"), s.say("goodbye"))
}

// keptWords tells that a number is kept.
func (s speech) keptWords(t queue.Ticket, heard bool, now time.Time) announce.Sentence {
	if heard {
		return s.say("kept")
	}
	return s.join(announce.Join(s.say("kept-number"), s.digits(t.Number)), s.standing(t, now), s.say("kept"))
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
		fmt.Fprintf(&b, "%s/%s/%v/%d;", p.Lang, strings.Join(p.Words, " "), p.Pos, p.Pause)
	}
	return b.String()
}
