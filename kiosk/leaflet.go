package kiosk

import (
	"strings"

	"github.com/xinmoi/xinmoi/queue"
)

// informs reports whether there is anything to tell of a procedure before a
// number is taken.
func informs(p queue.Procedure) bool { return p.Bring != "" || p.Fee != "" || p.Takes != "" }

// fact is one thing to know, with its heading.
type fact struct {
	Title string
	Lines []string
}

// facts gives what there is to know of a procedure in a language; what is not
// said there is said in Vietnamese.
func (t words) facts(l queue.Procedure) (all []fact) {
	for _, f := range []struct{ title, vi, en string }{{t.Bring, l.Bring, l.BringEN}, {t.Fee, l.Fee, l.FeeEN}, {t.Takes, l.Takes, l.TakesEN}} {
		text := f.vi
		if t.Code != vietnamese && f.en != "" {
			text = f.en
		}
		var lines []string
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line)
			}
		}
		if len(lines) > 0 {
			all = append(all, fact{f.title, lines})
		}
	}
	return all
}
