package announce

import (
	"strconv"
	"strings"

	"github.com/xinmoi/xinmoi/announce/voice"
)

// Money says an amount in đồng: "năm mươi nghìn đồng"; for people "50.000
// đồng". There are no smaller coins.
func Money(amount int64, w Wording) Sentence {
	return words(Grouped(amount)+" đồng", w.switches().Words(amount)+" đồng", voice.Continuation, 0)
}

// Grouped writes a number as in Vietnam, with points between thousands:
// "1.250.000".
func Grouped(n int64) string {
	figures := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, figures = "-", figures[1:]
	}
	var groups []string
	for len(figures) > 3 {
		groups = append([]string{figures[len(figures)-3:]}, groups...)
		figures = figures[:len(figures)-3]
	}
	return sign + strings.Join(append([]string{figures}, groups...), ".")
}
