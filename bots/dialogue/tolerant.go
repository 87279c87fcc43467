package dialogue

import (
	"strings"
	"unicode/utf8"
)

// short spells out what people abbreviate, folded word by folded word.
func short() map[string]string {
	return map[string]string{
		"ls": "lay so", "lsoo": "lay so", "tg": "tro giup", "hd": "huong dan", "stt": "so thu tu",
		"k": "khong", "ko": "khong", "kh": "khong", "hk": "khong", "hong": "khong", "hok": "khong", "kg": "khong", "khg": "khong",
		"dc": "duoc", "dk": "duoc", "uh": "vang", "u": "vang", "uhm": "vang", "da": "da", "oke": "ok", "okie": "ok", "oki": "ok", "okay": "ok", "yep": "yes", "y": "yes",
		"ng": "nguoi", "bn": "bao nhieu", "bnhieu": "bao nhieu", "t": "toi", "m": "minh", "e": "em", "r": "roi", "mk": "minh", "p": "phut", "ph": "phut", "mins": "minutes",
		"sdt": "so dien thoai", "dt": "dien thoai", "pls": "", "plz": "", "nhe": "", "nha": "", "nhaa": "", "voi": "", "a": "a", "ad": "", "shop": "", "oi": "", "vs": "",
	}
}

// spellOut replaces abbreviations and drops the words of politeness after them.
// A text that is one abbreviation of something else stays.
func spellOut(folded string) string {
	words := strings.Fields(folded)
	table := short()
	var out []string
	for _, w := range words {
		full, ok := table[w]
		if !ok {
			full = w
		}
		if full != "" {
			out = append(out, full)
		}
	}
	if len(out) == 0 {
		return folded
	}
	return strings.Join(out, " ")
}

// emoji reads a text that is nothing but signs: a thumb, a ticket, some stars.
func emoji(text string) (Intent, bool) {
	stars, rest := 0, strings.TrimSpace(text)
	for _, sign := range []string{"⭐", "🌟", "★"} {
		stars += strings.Count(rest, sign)
		rest = strings.ReplaceAll(rest, sign, "")
	}
	rest = strings.Trim(strings.ReplaceAll(rest, "\ufe0f", ""), " ")
	if stars >= 1 && stars <= 5 && rest == "" {
		return Intent{Rate, string(rune('0' + stars))}, true
	}
	if stars > 0 || rest == "" || utf8.RuneCountInString(rest) > 4 {
		return Intent{}, false
	}
	for _, s := range []struct {
		signs  string
		intent Intent
	}{
		{"👍👌✅🆗", Intent{Yes, ""}}, {"👎❌🚫", Intent{No, ""}}, {"🎫🎟", Intent{Take, ""}}, {"❓❔⏳⌛⏰", Intent{Where, ""}}, {"🆘", Intent{Help, ""}},
		{"😀😃😄😍🥰😊", Intent{Rate, "5"}}, {"🙂", Intent{Rate, "4"}}, {"😐", Intent{Rate, "3"}}, {"🙁☹😕", Intent{Rate, "2"}}, {"😠😡🤬", Intent{Rate, "1"}},
	} {
		if all(rest, s.signs) {
			return s.intent, true
		}
	}
	return Intent{}, false
}

// all reports whether a text has no other signs than these, and skin colours.
func all(text, signs string) bool {
	for _, r := range text {
		if !strings.ContainsRune(signs, r) && (r < 0x1F3FB || r > 0x1F3FF) {
			return false
		}
	}
	return true
}

// leastTypo is the length of a phrase, without spaces, in which one mistake is
// forgiven: in shorter ones it makes another word.
const leastTypo = 5

// mistyped finds the one phrase that a text is but for one wrong, missing,
// doubled or swapped letter. What cannot be taken back is never guessed.
func mistyped(folded string) (action Action, arg string, ok bool) {
	tight := strings.ReplaceAll(folded, " ", "")
	if len(tight) < leastTypo-1 || len(tight) > 24 {
		return "", "", false
	}
	for _, p := range phrases() {
		want := strings.ReplaceAll(p.text, " ", "")
		if len(want) < leastTypo || p.action == Forget || p.action == Yes || p.action == No || !oneOff(tight, want) {
			continue
		}
		if ok && (action != p.action || arg != p.arg) {
			return "", "", false // It may mean two things.
		}
		action, arg, ok = p.action, p.arg, true
	}
	return action, arg, ok
}

// oneOff reports whether one mistake makes b of a.
func oneOff(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		swapped := i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		return i == len(a) || swapped || a[i+1:] == b[i+1:]
	}
	return a[i:] == b[i+1:]
}
