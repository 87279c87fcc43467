package dialogue

import (
	"fmt"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
)

// brief is a message for who pays by the letter: what must be said, and what is
// added while it fits, in this order: the lead before it, the rest after it.
type brief struct {
	lead string
	must string
	more []string
}

// brief words a message in a sentence or two; one that has no brief wording
// says what it always says.
func (f Form) brief(m Message) string {
	w := wordsOf(m.Language)
	b, ok := w.brief[m.Kind]
	if m.Kind == Card && m.Held {
		b = w.briefHeld
	}
	if own, has := w.visit.own.brief[m.Kind]; has && len(m.Scale) > 0 {
		b, ok = own, true
	}
	if !ok {
		return f.Shorten(w.onTrial(m, " ") + w.body(m))
	}
	return f.fill(w, b, m)
}

// oneWay words a message for who cannot answer; what asks for no answer says
// what it always says.
func (f Form) oneWay(m Message) string {
	w := wordsOf(m.Language)
	if b, ok := w.oneWay[m.Kind]; ok {
		return f.fill(w, b, m)
	}
	return f.Shorten(w.onTrial(m, " ") + w.body(m))
}

// fill fills a wording with the facts of a message, as much as fits.
func (f Form) fill(w words, b brief, m Message) string {
	fill := w.filler(m)
	lead, text := fill.Replace(b.lead), w.onTrial(m, " ")+fill.Replace(b.must)
	if !f.fits(lead + text) {
		lead = ""
	}
	for _, more := range b.more {
		for _, piece := range w.pieces(m, more, fill) {
			if f.fits(lead + text + piece) {
				text += piece
			}
		}
	}
	return f.Shorten(lead + text)
}

// services stands, among what is added, for the services, one by one.
const services = "{services}"

// pieces gives what is added for one entry; nothing if what it tells is not known.
func (w words) pieces(m Message, more string, fill *strings.Replacer) (all []string) {
	if more == services {
		for _, s := range m.Services {
			all = append(all, " "+s.ID+" "+shorten(s.Name, maxLabel)+";")
		}
		return all
	}
	if text := fill.Replace(more); !strings.Contains(text, missing) {
		all = append(all, text)
	}
	return all
}

// missing stands where something is not known.
const missing = "\x00"

// filler fills the facts of a message into its brief wording.
func (w words) filler(m Message) *strings.Replacer {
	known := func(s string) string {
		if s == "" {
			return missing
		}
		return s
	}
	var s Slip
	var numbers []string
	for _, slip := range m.Slips {
		numbers = append(numbers, slip.Number)
	}
	if len(m.Slips) > 0 {
		s = m.Slips[0]
	}
	standing := strings.Split(w.standing(s), "\n")[0]
	opens := ""
	if m.Opens != "" {
		opens = fmt.Sprintf(w.opens, m.Opens)
	}
	code := ""
	if s.Code != "" {
		code = fmt.Sprintf(w.card.code, spaced(s.Code))
	}
	wait, warning := "", ""
	if s.State == queue.Waiting || s.State == queue.Held {
		wait, warning = told(s), s.Warning
	}
	return strings.NewReplacer("{office}", m.Office, "{level}", levelText(m), "{scale}", scaleText(m.Scale), "{number}", strings.Join(numbers, ", "), "{service}", s.Service,
		"{counter}", s.Counter, "{where}", s.where(), "{standing}", standing, "{wait}", known(wait), "{warning}", known(warning),
		"{served}", known(w.served(m)), "{opens}", known(opens), "{code}", known(code), "{url}", known(s.URL))
}
