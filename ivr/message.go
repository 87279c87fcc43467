package ivr

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/queue"
)

// The messages that are written to callers, as the files of the folder languages
// name them.
const (
	MessageNear   = "near"   // The turn is near.
	MessageCalled = "called" // A counter calls.
	MessageTaken  = "taken"  // The number that was taken by telephone.
)

// messageMost is how long a written message may be, in UTF-16 units: two parts
// of a short message that is sent as UCS-2 (3GPP TS 23.040), which all
// Vietnamese letters need. Without their marks the same message is one part of
// 160 letters of GSM 7-bit, should a sender prefer that.
const messageMost = 134

// Message is what is written to a citizen about a ticket: who writes, the
// number, and what to do; no link and nothing to answer. A long name of the
// office is cut, the rest never.
func Message(language, id string, o queue.Info, t queue.Ticket) string {
	s := speechIn(language, o, queue.PhoneSetup{})
	text := strings.NewReplacer("{number}", t.Number.String(), "{counter}", t.Counter, "{code}", t.Code).Replace(s.Messages[id])
	name := o.Name
	if s.Code != vietnamese && o.NameEN != "" {
		name = o.NameEN
	}
	if name = shortened(name, messageMost-units(": "+text), s.Code == vietnamese); name == "" {
		return upperFirst(text)
	}
	return name + ": " + text
}

// shortened keeps as many whole words of a name as fit; empty if that is none.
// What tells one office from another stands at the end in Vietnamese: "… xã Tân
// Phú".
func shortened(name string, most int, keepEnd bool) string {
	const dots = "..."
	if units(name) <= most {
		return name
	}
	words := strings.Fields(name)
	for len(words) > 1 {
		short := ""
		if keepEnd {
			words = words[1:]
			short = dots + strings.Join(words, " ")
		} else {
			words = words[:len(words)-1]
			short = strings.Join(words, " ") + dots
		}
		if units(short) <= most {
			return short
		}
	}
	return ""
}

// units is how long a text is in UTF-16, by which short messages are counted.
func units(s string) int { return len(utf16.Encode([]rune(s))) }

// upperFirst writes a text as a sentence begins.
func upperFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}
