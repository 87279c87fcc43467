package kiosk

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/standing"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// The languages that are always there.
const (
	vietnamese = "vi"
	english    = "en"
)

//go:embed words/*.json
var builtInWords embed.FS

// words are the texts of the screens in one language. They come from a file of
// that language, words/vi.json; %d and %s stand where they stand in Vietnamese.
type words struct {
	Code string `json:"-"`    // BCP 47: the file's name.
	Name string `json:"name"` // Of the language, in itself.

	Welcome         string `json:"welcome"`
	ChooseField     string `json:"choose_field"`
	ChooseProcedure string `json:"choose_procedure"`
	Keys            string `json:"keys"`
	Attract         string `json:"attract"`
	Waiting         string `json:"waiting"`
	Paused          string `json:"paused"`
	NotTaken        string `json:"not_taken"`
	Nobody          string `json:"nobody"`
	OnePerson       string `json:"one_person"`
	People          string `json:"people"`
	Back            string `json:"back"`
	Home            string `json:"home"`
	More            string `json:"more"`
	Less            string `json:"less"`
	Languages       string `json:"languages"`

	YourNumber    string `json:"your_number"`
	Ahead         string `json:"ahead"`
	Wait          string `json:"wait"`
	Minutes       string `json:"minutes"`
	MinutesRange  string `json:"minutes_range"`
	Printing      string `json:"printing"`
	TakePaper     string `json:"take_paper"`
	NotThere      string `json:"not_there"`
	NoPaper       string `json:"no_paper"`
	Photo         string `json:"photo"`
	Scan          string `json:"scan"`
	Lookup        string `json:"lookup"`
	Ask           string `json:"ask"`
	AskHelp       string `json:"ask_help"`
	Have          string `json:"have"`
	Reprint       string `json:"reprint"`
	Done          string `json:"done"`
	Reprinted     string `json:"reprinted"`
	MoreTime      string `json:"more_time"`
	ResetIn       string `json:"reset_in"`
	Seconds       string `json:"seconds"`
	Still         string `json:"still"`
	StillHere     string `json:"still_here"`
	Closed        string `json:"closed"`
	ClosedNext    string `json:"closed_next"`
	OpensAgain    string `json:"opens_again"`
	Hours         string `json:"hours"`
	ErrorTitle    string `json:"error_title"`
	NoNumbersLeft string `json:"no_numbers_left"`
	NoPage        string `json:"no_page"`

	Help        string `json:"help"`
	Chosen      string `json:"chosen"`
	Priority    string `json:"priority"`
	Declared    string `json:"declared"`
	CardRead    string `json:"card_read"`
	CardAsk     string `json:"card_ask"`
	CardNone    string `json:"card_none"`
	CitizenRead string `json:"citizen_read"`
	CitizenAged string `json:"citizen_aged"`
	Hearing     string `json:"hearing"`
	Sight       string `json:"sight"`
	Mobility    string `json:"mobility"`
	Interpreter string `json:"interpreter"`

	Bring      string `json:"bring"`
	Fee        string `json:"fee"`
	Takes      string `json:"takes"`
	TakeNumber string `json:"take_number"`

	Search       string `json:"search"`
	SearchHint   string `json:"search_hint"`
	Results      string `json:"results"`
	NothingFound string `json:"nothing_found"`
	Keyboard     string `json:"keyboard"`
	Space        string `json:"space"`
	Delete       string `json:"delete"`
	Clear        string `json:"clear"`

	HaveNumber   string            `json:"have_number"`
	FindTitle    string            `json:"find_title"`
	FindHelp     string            `json:"find_help"`
	FindField    string            `json:"find_field"`
	FindGo       string            `json:"find_go"`
	FindNothing  string            `json:"find_nothing"`
	TooOften     string            `json:"too_often"`
	ByPhone      string            `json:"by_phone"`
	PhoneHelp    string            `json:"phone_help"`
	TicketNumber string            `json:"ticket_number"`
	PhoneNumber  string            `json:"phone_number"`
	NoMatch      string            `json:"no_match"`
	CheckIn      string            `json:"check_in"`
	CheckedIn    string            `json:"checked_in"`
	PrintPaper   string            `json:"print_paper"`
	GoTo         string            `json:"go_to"`
	States       map[string]string `json:"states"`

	Tools        string `json:"tools"`
	ToolLarge    string `json:"tool_large"`
	ToolContrast string `json:"tool_contrast"`
	ToolLow      string `json:"tool_low"`
	ToolVoice    string `json:"tool_voice"`
	ToolStaff    string `json:"tool_staff"`
	StaffTitle   string `json:"staff_title"`
	StaffComing  string `json:"staff_coming"`
	StaffNone    string `json:"staff_none"`

	SayKey    string `json:"say_key"`
	SayAgain  string `json:"say_again"`
	SayAhead  string `json:"say_ahead"`
	SayNobody string `json:"say_nobody"`

	ScanBad  string `json:"scan_bad"`
	ScanNext string `json:"scan_next"`

	RateTitle   string   `json:"rate_title"`
	RateNumber  string   `json:"rate_number"`
	RateThanks  string   `json:"rate_thanks"`
	RateIdle    string   `json:"rate_idle"`
	RateLate    string   `json:"rate_late"`
	RateCounter string   `json:"rate_counter"`
	RateLevels  []string `json:"rate_levels"` // From 1, the worst, to 5.

	Desk           string              `json:"desk"`  // What to do when nothing else helps.
	Again          string              `json:"again"` // What to do when time may help.
	MachineProblem string              `json:"machine_problem"`
	Errors         map[string][]string `json:"errors"` // Code → what it is, and what to do if that is not Desk.
}

// tongues are the words of every language.
type tongues struct {
	byCode map[string]words
	order  []string // Vietnamese, English, then the others by code.
}

// maxWords bounds the file of one language.
const maxWords = 256 << 10

// loadTongues reads the languages built in and those of more, which may be nil.
// What a language lacks is shown in English.
func loadTongues(more fs.FS) (tongues, error) {
	sub, err := fs.Sub(builtInWords, "words")
	if err != nil {
		return tongues{}, fmt.Errorf("kiosk words: %w", err)
	}
	t := tongues{byCode: map[string]words{}}
	for _, dir := range []fs.FS{sub, more} {
		if err := t.read(dir); err != nil {
			return tongues{}, err
		}
	}
	t.sort()
	return t, nil
}

func (t *tongues) read(dir fs.FS) error {
	if dir == nil {
		return nil
	}
	names, err := fs.Glob(dir, "*.json")
	if err != nil {
		return fmt.Errorf("kiosk words: %w", err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(dir, name)
		if err != nil {
			return fmt.Errorf("kiosk words: %w", err)
		}
		w, err := parseWords(strings.TrimSuffix(name, ".json"), b)
		if err != nil {
			return err
		}
		if old, ok := t.byCode[w.Code]; ok {
			w = filled(w, old) // An office may say a few things in its own way.
		} else if en, ok := t.byCode[english]; ok {
			w = filled(w, en)
		}
		t.byCode[w.Code] = w
	}
	return nil
}

// parseWords reads one language. Unknown names are errors: they are typing
// mistakes, and their text would be missing from the screen.
func parseWords(code string, b []byte) (words, error) {
	var w words
	if len(b) > maxWords {
		return w, fmt.Errorf("words of %q: %d bytes, at most %d", code, len(b), maxWords)
	}
	if !isLanguage(code) {
		return w, fmt.Errorf("words: %q is no language: want a file like km.json", code)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return w, fmt.Errorf("words of %q: %w", code, err)
	}
	if n := len(w.RateLevels); n != 0 && n != rateLevels {
		return w, fmt.Errorf("words of %q: %d rate_levels, want %d", code, n, rateLevels)
	}
	w.Code = code
	return w, nil
}

// isLanguage accepts short BCP 47 tags: letters, digits and dashes.
func isLanguage(code string) bool {
	return len(code) >= 2 && len(code) <= 12 && strings.Trim(strings.ToLower(code), "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// filled gives w with what it lacks taken from other.
func filled(w, other words) words {
	to, from := reflect.ValueOf(&w).Elem(), reflect.ValueOf(other)
	for i := range to.NumField() {
		if to.Field(i).IsZero() {
			to.Field(i).Set(from.Field(i))
		}
	}
	w.States, w.Errors = both(other.States, w.States), both(other.Errors, w.Errors)
	return w
}

// both joins two maps; what stands in over wins.
func both[V any](under, over map[string]V) map[string]V {
	out := map[string]V{}
	for _, m := range []map[string]V{under, over} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

func (t *tongues) sort() {
	t.order = t.order[:0]
	for code := range t.byCode {
		t.order = append(t.order, code)
	}
	rank := func(code string) int { return max(0, slices.Index([]string{english, vietnamese}, code)+1) }
	slices.SortFunc(t.order, func(a, b string) int { return cmp.Or(rank(b)-rank(a), strings.Compare(a, b)) })
}

// of gives the words of a language.
func (t tongues) of(code string) words {
	if w, ok := t.byCode[code]; ok {
		return w
	}
	return t.byCode[vietnamese]
}

// language reads the language a screen was opened in; an unknown one is
// Vietnamese.
func (t tongues) language(r *http.Request) string { return t.of(r.FormValue("lang")).Code }

// others lists the languages beside one, with their own names.
func (t tongues) others(code string) (out []words) {
	for _, c := range t.order {
		if c != code {
			out = append(out, t.byCode[c])
		}
	}
	return out
}

// opens says when numbers are given again, on the office's clock.
func (t words) opens(at time.Time) string {
	lang := page.English
	if t.Code == vietnamese {
		lang = page.Vietnamese
	}
	return fmt.Sprintf(t.OpensAgain, lang.When(at))
}

// needWords names what a citizen may need.
func (t words) needWords(need string) string {
	return map[string]string{
		queue.NeedHearing: t.Hearing, queue.NeedSight: t.Sight, queue.NeedMobility: t.Mobility, queue.NeedInterpreter: t.Interpreter,
	}[need]
}

// classWords says what a priority rests on, so that the citizen has the papers
// ready.
func (t words) classWords(ticket queue.Ticket) string {
	switch {
	case ticket.Class != queue.Priority:
		return ""
	case ticket.Entitlement == queue.ByCard:
		return t.CardRead
	case ticket.Entitlement == queue.ByAge:
		return t.CitizenAged
	default:
		return t.Declared
	}
}

// count counts people.
func (t words) count(n int) string {
	switch n {
	case 0:
		return t.Nobody
	case 1:
		return t.OnePerson
	}
	return fmt.Sprintf(t.People, n)
}

// waitWords says an estimated wait; nothing where nobody knows.
func (t words) waitWords(s *queue.Standing) string {
	if t.Code == vietnamese || t.Code == english {
		return standing.Wait(s, t.Code)
	}
	if !standing.Known(s) {
		return ""
	}
	if *s.LowMin > 0 && *s.LowMin != *s.HighMin {
		return fmt.Sprintf(t.MinutesRange, *s.LowMin, *s.HighMin)
	}
	return fmt.Sprintf(t.Minutes, *s.HighMin)
}

// moreWait tells when to be back, what the wait rests on, and that it may be too
// late in the day, as far as it is known and the language has words for it.
func (t words) moreWait(ticket queue.Ticket, now time.Time) (lines []string) {
	if t.Code != vietnamese && t.Code != english {
		return nil
	}
	for _, line := range []string{
		standing.ComeBy(ticket, now, t.Code), standing.Basis(ticket.Standing, t.Code), standing.MayMiss(ticket.Standing, t.Code),
	} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// apology says what went wrong and what to do next, for people, and the HTTP
// status that goes with it.
func (t words) apology(code queue.Code) (status int, what, next string) {
	status, known := statusOf(code)
	e := t.Errors[string(code)]
	switch {
	case !known || len(e) == 0:
		return status, t.MachineProblem, t.Again
	case len(e) == 1:
		return status, e[0], t.Desk
	}
	return status, e[0], e[1]
}

func statusOf(code queue.Code) (status int, known bool) {
	status, known = map[queue.Code]int{
		queue.CodeOfficeClosed: http.StatusConflict, queue.CodeServiceClosed: http.StatusConflict, queue.CodeServiceFull: http.StatusConflict,
		queue.CodeChannelFull: http.StatusConflict, queue.CodeIssuingStopped: http.StatusConflict, queue.CodePersonLimit: http.StatusConflict,
		queue.CodeCardNeeded: http.StatusConflict, queue.CodeCardInvalid: http.StatusConflict, queue.CodeWrongState: http.StatusConflict,
		queue.CodeClockWrong: http.StatusServiceUnavailable, queue.CodeUnavailable: http.StatusServiceUnavailable, queue.CodeFenced: http.StatusServiceUnavailable,
		queue.CodeUnknownService: http.StatusNotFound, queue.CodeUnknownOffice: http.StatusNotFound, queue.CodeUnknownTicket: http.StatusNotFound,
		queue.CodeBadRequest: http.StatusBadRequest, queue.CodeKeyReused: http.StatusBadRequest,
		queue.CodeRateLimited: http.StatusTooManyRequests, queue.CodeForbidden: http.StatusForbidden, queue.CodeUnauthorized: http.StatusForbidden,
	}[code]
	if !known {
		return http.StatusInternalServerError, false
	}
	return status, true
}
