package dialogue

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Degree is one answer to how it was that the office has decided on. People
// answer by its place, the worst is 1; Level is where it stands on the common
// scale of 1 to 5.
type Degree struct {
	Label string `json:"label"`
	Level int    `json:"level"`
}

// scale is what the office has decided to offer, the worst first, in the
// language of the chat; none = the usual five, which are their own places.
func (f Facts) scale() (list []Degree) {
	if len(f.Office.Rating.Levels) == 0 {
		return nil
	}
	for _, l := range f.Office.Rating.Scale() {
		label := l.Name
		if f.Language == "en" {
			label = cmp.Or(l.NameEN, l.Name)
		}
		list = append(list, Degree{label, l.Level})
	}
	return list
}

// rates reports whether a message of a kind speaks of how it was.
func rates(k Kind) bool { return k == Done || k == AskRate || k == AskReason || k == Rated }

// degreeIn finds the level that an answer gives: the name of one that the office
// offers, its place, or a usual word.
func (f Facts) degreeIn(text string) (level int, ok bool) {
	folded, scale := Fold(text), f.scale()
	if i := slices.IndexFunc(scale, func(d Degree) bool { return Fold(d.Label) == folded }); i >= 0 {
		return scale[i].Level, true
	}
	if said, ok := opinion(folded); ok {
		return f.common(said)
	}
	if len(scale) == 0 {
		n, err := strconv.Atoi(onlyDigits(figures(folded)))
		return n, err == nil && f.offered(n)
	}
	if n, err := strconv.Atoi(figures(folded)); err == nil && n >= 1 && n <= len(scale) {
		return scale[n-1].Level, true
	}
	return 0, false
}

// common finds the level that is offered for one of the common scale: itself, or
// the other that is as good or as bad.
func (f Facts) common(said string) (level int, ok bool) {
	n, err := strconv.Atoi(said)
	if err != nil {
		return 0, false
	}
	for _, n := range []int{n, map[int]int{1: 2, 2: 1, 4: 5, 5: 4}[n]} {
		if f.offered(n) {
			return n, true
		}
	}
	return 0, false
}

// rating reads what was understood of an answer as one of the levels that the
// office offers. Words and smiles stand on the common scale; figures are places.
func (f Facts) rating(i Intent, folded string) Intent {
	t := f.unrated()
	if t == nil || len(f.scale()) == 0 || i.Action != Rate && (i.Action != Unknown || len(f.openTickets()) > 0) {
		return i
	}
	level, ok := f.degreeIn(folded)
	if !ok && i.Action == Rate && folded == "" { // A smile, or stars.
		level, ok = f.common(i.Arg)
	}
	_, opined := opinion(folded)
	switch {
	case ok:
		return Intent{Rate, t.ID + "-" + strconv.Itoa(level)}
	case i.Action == Rate && (opined || folded == ""):
		return Intent{Rate, t.ID + "-0"} // Not offered: asked again.
	}
	return i
}

// offered reports whether a level is one that a button may carry.
func (f Facts) offered(level int) bool {
	scale := f.scale()
	return level >= 1 && level <= 5 && (len(scale) == 0 || slices.ContainsFunc(scale, func(d Degree) bool { return d.Level == level }))
}

// scaleText is "1 Chưa hài lòng, 2 Hài lòng".
func scaleText(scale []Degree) string {
	words := make([]string, len(scale))
	for i, d := range scale {
		words[i] = fmt.Sprintf("%d %s", i+1, d.Label)
	}
	return strings.Join(words, ", ")
}

// levelText is what the level of a message is called: by the office's own word,
// if it has one.
func levelText(m Message) string {
	for _, d := range m.Scale {
		if d.Level == m.Level && rates(m.Kind) {
			return "“" + d.Label + "”"
		}
	}
	return strconv.Itoa(m.Level)
}

// scaleButtons are the office's own answers.
func (m Message) scaleButtons() (rows [][]Button) {
	for i, d := range m.Scale {
		rows = append(rows, []Button{{shorten(fmt.Sprintf("%d – %s", i+1, d.Label), maxLabel), Intent{Rate, m.Slips[0].Ticket + "-" + strconv.Itoa(d.Level)}}})
	}
	return rows
}

// ownScale is what is said of an office's own scale in place of the usual words:
// whole, and for who pays by the letter.
type ownScale struct {
	text  map[Kind]string
	brief map[Kind]brief
}

func ownScaleVietnamese() ownScale {
	return ownScale{
		text: map[Kind]string{
			AskRate: "Số {number}: anh/chị hài lòng thế nào? Xin chọn, hoặc nhắn một số: {scale}.",
			Done:    "Số {number} đã xong. Xin cảm ơn anh/chị. Anh/chị hài lòng thế nào? Nhắn một số: {scale}.",
		},
		brief: map[Kind]brief{
			AskRate: {must: "Số {number}: đánh giá, nhắn một số: {scale}."},
			Done:    {must: "Số {number} đã xong. Xin cảm ơn.", more: []string{" Đánh giá, nhắn: {scale}."}},
		},
	}
}

func ownScaleEnglish() ownScale {
	return ownScale{
		text: map[Kind]string{
			AskRate: "Number {number}: how satisfied are you? Choose, or write a number: {scale}.",
			Done:    "Number {number} is done. Thank you for coming. How satisfied are you? Write a number: {scale}.",
		},
		brief: map[Kind]brief{
			AskRate: {must: "{number}: to rate, send a number: {scale}."},
			Done:    {must: "{number} is done. Thank you.", more: []string{" To rate, send: {scale}."}},
		},
	}
}
