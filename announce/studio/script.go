package studio

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/voice"
)

// Line is one clip of the script: the sentence to read, with the words that
// are kept in the middle.
type Line struct {
	ID     string
	Key    voice.Key
	Group  string // Id of its Group.
	Before string // "Xin mời số"; empty = the sentence begins with the target.
	Target string // "hai mươi lăm"
	After  string // ", đến quầy số ba."
	Hint   string // What is printed where the target is a letter: "B".
}

// Text is the sentence without marks.
func (l Line) Text() string { return joinText(joinText(l.Before, l.Target), l.After) }

// Alone reports whether nothing but the target is read.
func (l Line) Alone() bool { return syllables(l.Before) == 0 && syllables(l.After) == 0 }

// joinText puts a space between two texts unless the second begins with a mark.
func joinText(a, b string) string {
	if a == "" || b == "" || strings.ContainsAny(b[:1], ",.") {
		return a + b
	}
	return a + " " + b
}

// Group is a stretch of the script that is read in the same tone.
type Group struct {
	ID             string
	Name, NameEN   string
	Essential      bool // Every call needs it; the rest may be left to the placeholder voice.
	HowTo, HowToEN string
}

// Groups lists the stretches of the script in reading order.
func Groups() []Group {
	return []Group{
		{"calls", "Câu gọi", "Carriers", true, "Đọc như đang gọi khách trong phòng chờ.", "Read as if calling people in the hall."},
		{"letters", "Chữ cái", "Letters", true, "Đọc liền với số đứng sau.", "Run on into the number."},
		{"middle", "Số giữa cụm", "Numbers that go on", true, "Giọng đi ngang, đọc liền với số sau.", "Keep the voice level; run on into the next number."},
		{"pause", "Số trước dấu phẩy", "Numbers before a comma", true, "Ngắt nhẹ sau số, giọng chưa xuống.", "A short pause after the number; the voice stays up."},
		{"end", "Số cuối câu", "Numbers that end a sentence", true, "Xuống giọng: câu đã hết.", "Let the voice fall: the sentence is over."},
		{"time", "Thời gian, tiền, đơn vị", "Times, money, units", false, "Đọc như đang trả lời khách.", "Read as if answering somebody."},
		{"phone", "Câu nói trong điện thoại", "Telephone sentences", false, "Đọc chậm, rõ, thân thiện.", "Slow, clear and friendly."},
		{"words", "Từ rời (dự phòng)", "Single words (last resort)", false, "Đọc cả câu tự nhiên; máy sẽ cắt lấy từ.", "Read the whole sentence naturally; the word is cut out."},
		{"other", "Ngôn ngữ khác", "Other languages", false, "Chỉ thu nếu người đọc nói được.", "Only if the speaker speaks it."},
	}
}

// Script lists what is read for a voice of a region, grouped by position so
// that the tone stays the same from sentence to sentence; extra is the
// office's own phrases, as for announce.Inventory.
func Script(r announce.Region, extra []string) []Line {
	order := map[string]int{}
	for i, g := range Groups() {
		order[g.ID] = i
	}
	var lines []Line
	for _, spec := range announce.Inventory(r, extra) {
		lines = append(lines, line(spec))
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return order[a.Group] - order[b.Group] })
	return lines
}

// line makes the sentence for one clip.
func line(spec voice.ClipSpec) Line {
	l := Line{ID: spec.ID, Key: spec.Key, Target: spec.Text, Group: groupOf(spec)}
	l.Before, l.After = carrier(spec, l.Group)
	if first, n := utf8.DecodeRuneInString(l.Target); l.Before == "" {
		l.Target = string(unicode.ToUpper(first)) + l.Target[n:]
	}
	if rest, ok := strings.CutPrefix(spec.ID, "let."); ok {
		l.Hint = rest
		if rest == "DD" {
			l.Hint = "Đ"
		}
	}
	return l
}

// groupOf files a clip by the kind in its id ("n.25.c") and its position.
func groupOf(spec voice.ClipSpec) string {
	if spec.Lang != "" {
		return "other"
	}
	kind, _, _ := strings.Cut(spec.ID, ".")
	switch kind {
	case "car":
		return "calls"
	case "let":
		return "letters"
	case "w":
		return "words"
	case "p", "x":
		return "phone"
	case "n", "h", "k", "o", "d":
		return map[voice.Position]string{voice.NonFinal: "middle", voice.Initial: "middle", voice.Continuation: "pause", voice.Final: "end"}[spec.Pos]
	}
	return "time"
}

// carrier gives what stands before and behind a clip's words in the sentence
// to read: the place that the clip will have in a call, or one like it.
func carrier(spec voice.ClipSpec, group string) (before, after string) {
	if c, ok := ownCarriers()[group+"/"+spec.Text+"/"+string(spec.Pos)]; ok {
		return c[0], c[1]
	}
	switch group {
	case "letters":
		return "Xin mời số", "hai mươi lăm, đến quầy số ba."
	case "calls":
		return callCarrier(spec.Text)
	case "middle", "pause", "end":
		return numberCarrier(spec)
	case "other":
		return "", map[voice.Position]string{voice.NonFinal: "two five.", voice.Continuation: ", counter three."}[spec.Pos]
	}
	switch spec.Pos {
	case voice.NonFinal, voice.Initial:
		return "", "hai mươi lăm."
	case voice.Continuation:
		return "", ", bấm phím ba."
	case voice.Anywhere:
		return "hai mươi", "hai mươi."
	}
	return "", "."
}

// callCarrier is the rest of a call around one of its fixed parts.
func callCarrier(text string) (before, after string) {
	switch {
	case strings.HasPrefix(text, "đến ") || strings.HasPrefix(text, "chuyển ") || strings.HasPrefix(text, "quầy"):
		before = "Xin mời số A hai mươi lăm,"
		if strings.HasSuffix(text, "số") {
			return before, "hai mươi ba."
		}
		return before, "hướng dẫn."
	case strings.HasSuffix(text, "số") || strings.HasSuffix(text, "số thứ tự") || strings.HasSuffix(text, " là"):
		return "", "hai mươi lăm, đến quầy số ba."
	}
	return "", "số hai mươi lăm."
}

// numberCarrier is the call around a number or a piece of one.
func numberCarrier(spec voice.ClipSpec) (before, after string) {
	figure := strings.HasPrefix(spec.ID, "d.")
	switch spec.Pos {
	case voice.NonFinal, voice.Initial:
		if figure {
			return "Xin mời số A", "hai ba, đến quầy số ba."
		}
		return "Xin mời số", "hai mươi lăm, đến quầy số ba."
	case voice.Continuation:
		if strings.HasPrefix(spec.ID, "o.") {
			return "Xin mời số một trăm", ", đến quầy số ba."
		}
		return "Xin mời số", ", đến quầy số ba."
	}
	return "Xin mời số A hai mươi lăm, đến quầy số", "."
}

// ownCarriers has sentences of their own for words that would sound wrong in
// the common ones; by group, text and position.
func ownCarriers() map[string][2]string {
	return map[string][2]string{
		"calls/phía trước quý vị còn/n":        {"", "mười hai người."},
		"calls/thời gian chờ dự kiến khoảng/n": {"", "mười lăm phút."},
		"calls/bấm phím/n":                     {"", "hai."},
		"middle/không trăm/n":                  {"Xin mời số một nghìn", "hai mươi lăm, đến quầy số ba."},
		"time/người/n":                         {"Còn hai", "đang chờ."},
		"time/người/f":                         {"Còn mười hai", "."},
		"time/phút/n":                          {"Còn hai", "nữa."},
		"time/phút/f":                          {"Thời gian chờ khoảng mười hai", "."},
		"time/giờ/n":                           {"Lúc hai", "mười lăm."},
		"time/giờ/f":                           {"Cơ quan mở cửa lúc hai", "."},
		"time/rưỡi/n":                          {"Lúc hai giờ", "chiều."},
		"time/rưỡi/f":                          {"Cơ quan mở cửa lúc hai giờ", "."},
		"time/giây/n":                          {"Còn hai", "nữa."},
		"time/giây/f":                          {"Còn mười hai", "."},
		"time/sáng/n":                          {"Lúc tám giờ", "mai."},
		"time/sáng/f":                          {"Cơ quan mở cửa lúc tám giờ", "."},
		"time/trưa/n":                          {"Lúc mười hai giờ", "mai."},
		"time/trưa/f":                          {"Cơ quan nghỉ lúc mười hai giờ", "."},
		"time/chiều/n":                         {"Lúc hai giờ", "mai."},
		"time/chiều/f":                         {"Cơ quan mở cửa lúc hai giờ", "."},
		"time/tối/n":                           {"Lúc bảy giờ", "mai."},
		"time/tối/f":                           {"Cơ quan đóng cửa lúc bảy giờ", "."},
		"time/ngày/n":                          {"Hẹn quý vị", "hai mươi."},
		"time/ngày/f":                          {"Thời hạn là hai mươi", "."},
		"time/tháng/n":                         {"Hẹn quý vị ngày hai mươi", "hai."},
		"time/tháng/f":                         {"Thời hạn là hai", "."},
		"time/đồng/n":                          {"Lệ phí hai mươi nghìn", "một bản."},
		"time/đồng/f":                          {"Lệ phí là hai mươi nghìn", "."},
		"time/hôm nay/f":                       {"Cơ quan nghỉ ngày", "."},
		"time/đã quá lượt xin liên hệ quầy hướng dẫn/f": {"Số hai mươi", "."},
		"words/không/a": {"Số hai", "hai ba."},
		"words/mươi/a":  {"Số hai", "hai."},
		"words/mốt/a":   {"Số hai mươi", "và hai."},
		"words/tư/a":    {"Số hai mươi", "và hai."},
		"words/lăm/a":   {"Số hai mươi", "và hai."},
		"words/bốn/a":   {"Số hai", "hai ba."},
		"words/trăm/a":  {"Số hai", "hai mươi."},
		"words/linh/a":  {"Số hai trăm", "hai."},
		"words/lẻ/a":    {"Số hai trăm", "hai."},
		"words/nghìn/a": {"Số hai", "hai trăm."},
		"words/ngàn/a":  {"Số hai", "hai trăm."},
		"words/triệu/a": {"Số hai", "hai trăm."},
		"words/tỷ/a":    {"Số hai", "hai trăm."},
		"words/âm/a":    {"Số", "hai mươi."},
		"words/phẩy/a":  {"Số hai", "hai."},
	}
}

// syllables counts what is spoken in a text: Vietnamese writes every syllable
// apart. A single capital letter is one.
func syllables(text string) int {
	return len(strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(" -,.…;:!?", c) }))
}
