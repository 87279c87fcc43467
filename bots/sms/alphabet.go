package sms

import (
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038 §6.2.1);
// a letter of the extension takes two places. Escape is left out.
const (
	basic     = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extension = "\f^{}\\[~]|€"
)

// Places in one part, and in each of several joined ones, which begin with a
// header (3GPP TS 23.040 §9.2.3.24.1).
const (
	basicOne, basicMore     = 160, 153
	unicodeOne, unicodeMore = 70, 67
)

// Plain gives a text without marks: "Mời số A012" becomes "Moi so A012". What the
// GSM alphabet has nothing for becomes a question mark.
func Plain(text string) string {
	text = strings.NewReplacer("đ", "d", "Đ", "D", "–", "-", "—", "-", "…", "...", "“", `"`, "”", `"`, "‘", "'", "’", "'", "\u00a0", " ").Replace(text)
	var b strings.Builder
	for _, r := range norm.NFD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case strings.ContainsRune(basic, r) || strings.ContainsRune(extension, r):
			b.WriteRune(r)
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}

// Parts counts the parts that a text is sent in; wide reports whether it needs
// UCS-2.
func Parts(text string) (parts int, wide bool) {
	places := 0
	for _, r := range text {
		switch {
		case strings.ContainsRune(basic, r):
			places++
		case strings.ContainsRune(extension, r):
			places += 2
		default:
			return divided(len(utf16.Encode([]rune(text))), unicodeOne, unicodeMore), true
		}
	}
	return divided(places, basicOne, basicMore), false
}

func divided(places, one, more int) int {
	if places <= one {
		return 1
	}
	return (places + more - 1) / more
}
