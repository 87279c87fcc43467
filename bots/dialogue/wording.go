package dialogue

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/notice"
)

// ChooseLanguage gives the language to talk in: the chosen one, else by the
// channel's hint (a BCP 47 tag): Vietnamese where the hint says so or says
// nothing, English to everybody else.
func ChooseLanguage(chosen, hint string) string {
	if chosen == "vi" || chosen == "en" {
		return chosen
	}
	if hint == "" || strings.HasPrefix(strings.ToLower(hint), "vi") {
		return "vi"
	}
	return "en"
}

// maxServices bounds the buttons of one menu.
const maxServices = 12

// maxLabel bounds a button's label, in characters.
const maxLabel = 40

// Render words a message. clock is the office's time of day ("09:41"), shown
// on cards; empty leaves it out.
func Render(m Message, clock string) Text {
	w := wordsOf(m.Language)
	t := Text{Body: w.onTrial(m, "\n") + w.body(m), Buttons: w.buttons(m), Silent: silent(m.Kind)}
	if m.Kind == Card && clock != "" {
		t.Body += "\n" + fmt.Sprintf(w.updated, clock)
	}
	return t
}

func silent(k Kind) bool {
	return k == Done || k == Joined || k == Rated || k == LanguageSet || k == ShortMenu
}

// words is everything said in one language. The verbs of the formats are
// named where they are filled in.
type words struct {
	text    map[Kind]string // {office} {number} {service} {counter} are filled in.
	labels  labels
	visit   visitLabels
	card    cardWords
	updated string // Clock.
	choose  string // Below a numbered menu.

	number, serving, servedAt string // Number; list of the next; number and counter.

	brief     map[Kind]brief // For channels that pay by the letter; {standing} {wait} {warning} {served} {opens} {code} {url} as well.
	oneWay    map[Kind]brief // For who cannot answer.
	briefHeld brief          // A card of a number that the person held already.
	opens     string         // When numbers are given again.
	trial     string         // Before a number that means nothing.
}

// onTrial is what stands before a number that means nothing, and what parts it
// from the rest; empty before all others.
func (w words) onTrial(m Message, gap string) string {
	if !m.trial() {
		return ""
	}
	return w.trial + gap
}

type labels struct{ refresh, cancel, sure, keep, take, help, remind, minutes, otherLanguage, otherCode string }

// cardWords words a ticket as it stands.
type cardWords struct {
	number, held, service string // Number; number; service.
	next, near, ahead     string // –; count; count.
	unknown               string // –
	called, serving       string // Counter.
	parked, completed     string
	missed, missedAt      string // –; counter.
	cancelled, expired    string
	code, url             string // Code; address.
}

func wordsOf(language string) words {
	w, text, short, l := vietnamese(), visitVietnamese(), visitBriefVietnamese(), visitLabelsVietnamese()
	if language == "en" {
		w, text, short, l = english(), visitEnglish(), visitBriefEnglish(), visitLabelsEnglish()
	}
	maps.Copy(w.text, text)
	maps.Copy(w.brief, short)
	w.visit = l
	return w
}

// textOf is what a message says, before its facts are filled in.
func (w words) textOf(m Message) string {
	if own, ok := w.visit.own.text[m.Kind]; ok && len(m.Scale) > 0 {
		return own
	}
	return w.text[m.Kind]
}

func (w words) body(m Message) string {
	if m.Kind == Card && len(m.Slips) == 1 {
		body := w.cardBody(m)
		if m.Consent {
			body += "\n" + w.visit.consent
		}
		return body
	}
	if m.Kind == Enquiry {
		return w.enquiryBody(m)
	}
	var s Slip
	if len(m.Slips) > 0 {
		s = m.Slips[0]
	}
	var numbers []string
	for _, slip := range m.Slips {
		numbers = append(numbers, slip.Number)
	}
	ahead := ""
	if s.Ahead != nil {
		ahead = strings.Split(w.place(s), "\n")[0]
	}
	text := strings.NewReplacer("{office}", m.Office, "{number}", strings.Join(numbers, ", "), "{service}", s.Service,
		"{counter}", s.Counter, "{where}", s.where(), "{place}", ahead, "{wait}", strings.TrimSpace(s.wait())).Replace(w.textOf(m))
	if m.Opens != "" {
		text += " " + fmt.Sprintf(w.opens, m.Opens)
	}
	if m.Kind == Forgotten {
		text += w.farewell(m.Slips)
	}
	text = strings.NewReplacer("{level}", levelText(m), "{scale}", scaleText(m.Scale), "{text}", m.Text).Replace(text)
	if m.Kind == HelpText {
		text += m.Text
	}
	if m.Consent {
		text += "\n" + w.visit.consent
	}
	return strings.TrimSpace(text)
}

// farewell tells a person who wants to be forgotten how to follow a number
// that still waits.
func (w words) farewell(slips []Slip) string {
	var b strings.Builder
	for _, s := range slips {
		fmt.Fprintf(&b, "\n\n"+w.card.number, s.Number)
		w.writeKeys(&b, s)
	}
	return b.String()
}

func (w words) cardBody(m Message) string {
	s := m.Slips[0]
	var b strings.Builder
	head := w.card.number
	if m.Held {
		head = w.card.held
	}
	fmt.Fprintf(&b, head, s.Number)
	if s.Service != "" {
		fmt.Fprintf(&b, "\n"+w.card.service, s.Service)
	}
	b.WriteString("\n" + w.standing(s))
	if s.State.Open() {
		w.writeKeys(&b, s)
	}
	return b.String()
}

func (w words) writeKeys(b *strings.Builder, s Slip) {
	if s.Code != "" {
		fmt.Fprintf(b, "\n"+w.card.code, spaced(s.Code))
	}
	if s.URL != "" {
		fmt.Fprintf(b, "\n"+w.card.url, s.URL)
	}
}

// where is ", phòng 201, tầng 2", or nothing if the office does not say.
func (s Slip) where() string {
	if s.Where == "" {
		return ""
	}
	return ", " + s.Where
}

// standing words a ticket's state.
func (w words) standing(s Slip) string {
	switch s.State {
	case queue.Called:
		return fmt.Sprintf(w.card.called, s.Counter, s.where())
	case queue.Serving:
		return fmt.Sprintf(w.card.serving, s.Counter)
	case queue.Parked:
		return w.card.parked
	case queue.Completed:
		return w.card.completed
	case queue.NoShow:
		if s.Counter == "" {
			return w.card.missed
		}
		return fmt.Sprintf(w.card.missedAt, s.Counter)
	case queue.Cancelled:
		return w.card.cancelled
	case queue.Expired:
		return w.card.expired
	default:
		return w.place(s)
	}
}

func (w words) place(s Slip) string {
	if s.Ahead == nil {
		return w.card.unknown
	}
	var text string
	switch {
	case *s.Ahead == 0:
		text = w.card.next
	case *s.Ahead <= notice.NearAhead:
		text = fmt.Sprintf(w.card.near, *s.Ahead)
	default:
		text = fmt.Sprintf(w.card.ahead, *s.Ahead)
	}
	return text + s.wait()
}

// wait is what is known of the wait, each on a line of its own.
func (s Slip) wait() string {
	var b strings.Builder
	for _, line := range []string{told(s), brackets(s.Basis), s.Warning} {
		if line != "" {
			b.WriteString("\n" + line)
		}
	}
	return b.String()
}

// told is the wait in one sentence, with when to come and to set out.
func told(s Slip) string {
	text := s.Wait
	for _, more := range []string{s.ComeBy, s.SetOut} {
		if more != "" && text != "" {
			text += "; " + more
		}
	}
	return sentence(text)
}

// sentence begins a phrase with a capital and ends it with a stop.
func sentence(phrase string) string {
	first, size := utf8.DecodeRuneInString(phrase)
	if phrase == "" {
		return ""
	}
	return string(unicode.ToUpper(first)) + phrase[size:] + "."
}

func brackets(phrase string) string {
	if phrase == "" {
		return ""
	}
	return "(" + phrase + ")"
}

// spaced groups a code in threes, the way it is read out.
func spaced(code string) string {
	if len(code) != 9 {
		return code
	}
	return code[:3] + " " + code[3:6] + " " + code[6:]
}

func (w words) buttons(m Message) [][]Button {
	switch m.Kind {
	case Welcome:
		return append(w.serviceButtons(m), []Button{w.help(), w.otherLanguage()})
	case Choose, Lapsed, NoTicket, TooOld, CancelDone:
		return w.serviceButtons(m)
	case ShortMenu:
		return [][]Button{{w.takeAny(), w.help()}, {w.otherLanguage()}}
	case HelpText, LanguageSet:
		return [][]Button{{w.takeAny(), w.otherLanguage()}}
	case Card:
		return w.cardButtons(m.Slips)
	case AskTravel:
		return w.travelButtons(m.Slips)
	case AskCancel:
		return w.askButtons(m.Slips)
	case WhichCancel:
		return w.whichButtons(m.Slips)
	default:
		return w.visitButtons(m)
	}
}

func (w words) serviceButtons(m Message) (rows [][]Button) {
	for _, s := range m.Services[:min(len(m.Services), maxServices)] {
		label := s.ID + " · " + s.Name
		rows = append(rows, []Button{{shorten(label, maxLabel), Intent{Take, s.ID}}})
	}
	return rows
}

func (w words) cardButtons(slips []Slip) [][]Button {
	if len(slips) != 1 || !slips[0].State.Open() {
		return nil
	}
	row := []Button{{w.labels.refresh, Intent{Refresh, slips[0].Ticket}}}
	if s := slips[0].State; s == queue.Waiting || s == queue.Held || s == queue.Parked {
		row = append(row, Button{w.labels.cancel, Intent{Cancel, slips[0].Ticket}})
	}
	rows := [][]Button{row}
	if more := w.moreButtons(slips[0]); len(more) > 0 {
		rows = append(rows, more)
	}
	if slips[0].Travels {
		rows = append(rows, []Button{{w.labels.remind, Intent{Travel, slips[0].Ticket + "-"}}})
	}
	return rows
}

// travelButtons offers some lengths of the way, in minutes.
func (w words) travelButtons(slips []Slip) [][]Button {
	if len(slips) != 1 {
		return nil
	}
	var row []Button
	for _, minutes := range []int{10, 20, 30, 45, 60} {
		row = append(row, Button{fmt.Sprintf(w.labels.minutes, minutes), Intent{Travel, fmt.Sprintf("%s-%d", slips[0].Ticket, minutes)}})
	}
	return [][]Button{row}
}

func (w words) askButtons(slips []Slip) [][]Button {
	if len(slips) != 1 {
		return nil
	}
	return [][]Button{{
		{fmt.Sprintf(w.labels.sure, slips[0].Number), Intent{Sure, slips[0].Ticket}},
		{w.labels.keep, Intent{Keep, slips[0].Ticket}},
	}}
}

func (w words) whichButtons(slips []Slip) (rows [][]Button) {
	for _, s := range slips[:min(len(slips), maxServices)] {
		rows = append(rows, []Button{{fmt.Sprintf(w.labels.sure, s.Number), Intent{Cancel, s.Ticket}}})
	}
	return rows
}

func (w words) takeAny() Button { return Button{w.labels.take, Intent{Take, ""}} }
func (w words) help() Button    { return Button{w.labels.help, Intent{Help, ""}} }
func (w words) otherLanguage() Button {
	return Button{w.labels.otherLanguage, Intent{Language, w.labels.otherCode}}
}

// shorten cuts a label to n characters, with a sign that it was cut.
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// Print identifies what a card shows, but for the clock: two equal prints
// need no edit.
func Print(t Text) string {
	var b strings.Builder
	b.WriteString(t.Body)
	for _, row := range t.Buttons {
		for _, button := range row {
			b.WriteString("\x00" + strconv.Quote(button.Label) + button.Intent.Payload())
		}
	}
	return b.String()
}
