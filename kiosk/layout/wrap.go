package layout

import (
	"strings"

	"golang.org/x/image/font"
)

// maxText bounds the characters looked at in one text.
const maxText = 400

// wrap breaks text at spaces into at most n lines no wider than room dots; the
// last line ends in "…" where something was left out. Empty text gives no
// line. Letters and marks are composed first.
func wrap(f font.Face, text string, room, n int) []string {
	words := strings.Fields(nfc(limit(text)))
	var lines []string
	for len(words) > 0 && len(lines) < n {
		count := fitting(f, words, room)
		line := strings.Join(words[:count], " ")
		words = words[count:]
		if len(words) > 0 && len(lines) == n-1 {
			line += "…"
		}
		lines = append(lines, cutTo(f, line, room))
	}
	return lines
}

// balance wraps text into as few lines as wrap does, but of similar length, so
// that no single word is left on the last one.
func balance(f font.Face, text string, room, n int) []string {
	const step = 16
	best := wrap(f, text, room, n)
	if len(best) < 2 || strings.HasSuffix(best[len(best)-1], "…") {
		return best
	}
	for narrow := room - step; narrow >= room/len(best); narrow -= step {
		lines := wrap(f, text, narrow, n+1)
		if len(lines) > len(best) || strings.HasSuffix(lines[len(lines)-1], "…") {
			break
		}
		best = lines
	}
	return best
}

// fitting gives how many words fit on one line, at least one.
func fitting(f font.Face, words []string, room int) int {
	n := 1
	for n < len(words) && font.MeasureString(f, strings.Join(words[:n+1], " ")).Ceil() <= room {
		n++
	}
	return n
}

// cutTo shortens a line until it fits, with "…" at the end.
func cutTo(f font.Face, line string, room int) string {
	if font.MeasureString(f, line).Ceil() <= room {
		return line
	}
	r := []rune(strings.TrimSuffix(line, "…"))
	for len(r) > 0 && font.MeasureString(f, string(r)+"…").Ceil() > room {
		r = r[:len(r)-1]
	}
	return strings.TrimRight(string(r), " ,;:–-") + "…"
}

func limit(s string) string {
	if r := []rune(s); len(r) > maxText {
		return string(r[:maxText])
	}
	return s
}
