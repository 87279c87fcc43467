package dialogue

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/xinmoi/xinmoi/queue"
)

// Action is what a person wants.
type Action string

// The actions.
const (
	Start    Action = "start"   // Opens the conversation.
	Take     Action = "take"    // Wants a number; the argument names a service, if any.
	Where    Action = "where"   // Asks how long still; the argument may be a number.
	Cancel   Action = "cancel"  // Wants to give the number back; asked once more.
	Sure     Action = "sure"    // Gives it back, was asked.
	Keep     Action = "keep"    // Does not want to give it back after all.
	Yes      Action = "yes"     // Answers the open question.
	No       Action = "no"      // Answers the open question.
	Refresh  Action = "refresh" // Wants the shown ticket brought up to date.
	Travel   Action = "travel"  // Is so far away; the argument is "20", "1234-" with a ticket, or "1234-20".
	Help     Action = "help"
	Language Action = "lang" // The argument is "vi" or "en".
	Forget   Action = "forget"
	Later    Action = "later"   // Will be late; the argument may be a ticket.
	Here     Action = "here"    // Has come to the hall; the argument is the code read there, if any.
	Rate     Action = "rate"    // Says how it was: "4", "1234-4", or "1234-2-slow" with a reason.
	Follow   Action = "follow"  // Wants to follow a paper ticket: its link's token or its lookup code.
	Watch    Action = "watch"   // At how many ahead to be told: "5", "1234-" to be asked, "1234-5".
	Phone    Action = "phone"   // Gives a telephone number for when the chat cannot be reached, or takes it back with "0".
	Deaf     Action = "deaf"    // Does not hear well: nothing by voice alone; "0" takes it back.
	MyData   Action = "data"    // Asks what is held about the person.
	Other    Action = "topic"   // Something of a Topic: its name, a dash, an argument.
	Unknown  Action = "unknown" // The argument is the folded text; it may name a service.
)

// Intent is what was understood.
type Intent struct {
	Action Action
	Arg    string // Service, ticket or language; for text, folded by Fold.
}

// maxText bounds, in bytes, what of a text is looked at; longer texts are not commands.
const maxText = 200

// Understand reads a text the way people type: with or without diacritics, in
// any case, with a leading slash or "@bot", with any spaces and punctuation.
func Understand(text string) Intent {
	if len(text) > maxText {
		return Intent{Action: Unknown}
	}
	if strings.TrimSpace(text) == "?" {
		return Intent{Action: Where}
	}
	if i, ok := reference(text); ok {
		return i
	}
	if i, ok := emoji(text); ok {
		return i
	}
	folded := Fold(text)
	if i, ok := plain(folded); ok {
		return i
	}
	if utf8.RuneCountInString(folded) > 1 { // One letter is the letter of a service.
		if i, ok := plain(spellOut(folded)); ok {
			return i
		}
		if action, arg, ok := mistyped(folded); ok {
			return Intent{Action: action, Arg: arg}
		}
	}
	return Intent{Action: Unknown, Arg: folded}
}

// plain reads folded words that mean just what they say.
func plain(folded string) (Intent, bool) {
	if action, arg, ok := command(folded); ok {
		return Intent{Action: action, Arg: arg}, true
	}
	if minutes := figures(folded); isMinutes(minutes) {
		return Intent{Action: Travel, Arg: minutes}, true
	}
	if level, ok := opinion(folded); ok {
		return Intent{Action: Rate, Arg: level}, true
	}
	for _, text := range []string{folded, figures(folded)} {
		if number, err := queue.ParseNumber(text); err == nil {
			return Intent{Action: Where, Arg: number.String()}, true
		}
	}
	return Intent{}, false
}

// isMinutes reports whether a text is nothing but minutes, as an answer to how
// long the way is: "20 phut".
func isMinutes(folded string) bool {
	_, unit, ok := strings.Cut(strings.TrimLeft(folded, "0123456789"), " ")
	if !ok || folded[0] < '0' || folded[0] > '9' {
		return false
	}
	return unit == "phut" || unit == "min" || unit == "minutes"
}

// phrase is a command in folded words.
type phrase struct {
	text   string
	action Action
	arg    string
	open   bool // May be followed by an argument.
}

// phrases lists the commands; a longer one stands before its own beginning.
func phrases() []phrase {
	return append(visitPhrases(), []phrase{
		{"start", Start, "", true}, {"bat dau", Start, "", false}, {"menu", Start, "", false},
		{"xin chao", Start, "", false}, {"hello", Start, "", false},
		{"cho toi lay so", Take, "", true}, {"toi muon lay so", Take, "", true}, {"xin lay so", Take, "", true},
		{"lay so thu tu", Take, "", true}, {"lay so", Take, "", true}, {"xin so", Take, "", true}, {"boc so", Take, "", true},
		{"take a number", Take, "", true}, {"take number", Take, "", true}, {"get number", Take, "", true}, {"take", Take, "", true},
		{"toi o dau", Where, "", true}, {"toi dang o dau", Where, "", true}, {"o dau", Where, "", true}, {"vi tri", Where, "", true},
		{"con bao lau", Where, "", false}, {"con may nguoi", Where, "", false}, {"den luot chua", Where, "", false}, {"den luot toi chua", Where, "", false},
		{"where am i", Where, "", true}, {"where", Where, "", true}, {"status", Where, "", true},
		{"huy so", Cancel, "", true}, {"huy", Cancel, "", true}, {"bo so", Cancel, "", true}, {"tra so", Cancel, "", true}, {"cancel", Cancel, "", true},
		{"nhac gio di", Travel, "", true}, {"nhac toi", Travel, "", true}, {"nhac", Travel, "", true}, {"toi cach", Travel, "", true},
		{"remind me", Travel, "", true}, {"remind", Travel, "", true},
		{"giu lai", Keep, "", false}, {"giu so", Keep, "", false}, {"keep", Keep, "", false},
		{"co", Yes, "", false}, {"dong y", Yes, "", false}, {"vang", Yes, "", false}, {"ok", Yes, "", false}, {"yes", Yes, "", false},
		{"khong", No, "", false}, {"thoi", No, "", false}, {"no", No, "", false},
		{"tro giup", Help, "", false}, {"giup", Help, "", false}, {"giup toi", Help, "", false}, {"huong dan", Help, "", false}, {"help", Help, "", false},
		{"english", Language, "en", false}, {"tieng anh", Language, "en", false}, {"en", Language, "en", false},
		{"tieng viet", Language, "vi", false}, {"vietnamese", Language, "vi", false}, {"vi", Language, "vi", false},
		{"stop", Forget, "", false}, {"ngung", Forget, "", false}, {"ngung nhan tin", Forget, "", false}, {"tu choi", Forget, "", false}, {"huy dang ky", Forget, "", false},
		{"lay", Take, "", true}, {"so", Where, "", true},
		{"quen toi", Forget, "", false}, {"quen", Forget, "", false}, {"xoa du lieu", Forget, "", false}, {"forget me", Forget, "", false}, {"forget", Forget, "", false},
	}...)
}

// command finds the phrase that the text is, or begins with where an argument
// may follow. Spaces do not count ("layso", "lay  so"), but an argument glued
// to a phrase does not either ("laysoa" is not a command: too easily a word).
func command(folded string) (action Action, arg string, ok bool) {
	tight := strings.ReplaceAll(folded, " ", "")
	for _, p := range phrases() {
		if tight == strings.ReplaceAll(p.text, " ", "") {
			return p.action, p.arg, true
		}
	}
	for _, p := range phrases() {
		if !p.open {
			continue
		}
		for _, head := range []string{p.text, strings.ReplaceAll(p.text, " ", "")} {
			if rest, found := strings.CutPrefix(folded, head+" "); found {
				return p.action, rest, true
			}
		}
	}
	return "", "", false
}

// Fold gives the words of a text without case, diacritics, punctuation, a
// leading slash and a "@name": "/LấySố@bot  A!" becomes "layso a". It never
// changes a text twice.
func Fold(text string) string {
	var words []string
	for _, word := range strings.Fields(strings.ToValidUTF8(text, " ")) {
		if name := strings.IndexByte(word, '@'); name > 0 {
			word = word[:name]
		}
		words = append(words, strings.Fields(foldWord(word))...)
	}
	return strings.Join(words, " ")
}

func foldWord(word string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'đ' || r == 'Đ':
			return 'd'
		case unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		default:
			return ' '
		}
	}, norm.NFD.String(word))
}

// payloadVersion stands in front of every button's payload, so that buttons
// of older programs, which stay pressable for ever, are told apart.
const payloadVersion = "v1"

// MaxPayload is the longest payload any channel carries, in bytes (Bot API,
// InlineKeyboardButton.callback_data).
const MaxPayload = 64

// Payload is what a button carries: "v1:cancel:1234".
func (i Intent) Payload() string { return payloadVersion + ":" + string(i.Action) + ":" + i.Arg }

// ParsePayload reads a pressed button; anything else than what Payload wrote
// is Unknown.
func ParsePayload(payload string) Intent {
	version, rest, _ := strings.Cut(payload, ":")
	action, arg, ok := strings.Cut(rest, ":")
	if !ok || version != payloadVersion || len(payload) > MaxPayload {
		return Intent{Action: Unknown}
	}
	switch a := Action(action); a {
	case Start, Take, Where, Cancel, Sure, Keep, Refresh, Travel, Help, Language, Forget, Later, Here, Rate, Watch, Other:
		return Intent{Action: a, Arg: arg}
	default:
		return Intent{Action: Unknown}
	}
}
