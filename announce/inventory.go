package announce

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/xinmoi/xinmoi/announce/voice"
)

// maxSpoken is the highest counter with a clip of its own and the highest
// number below a hundred; maxThousands the highest thousand.
const (
	maxSpoken    = 99
	maxThousands = 9
)

// Inventory lists the clips of a whole voice of a region: single words, number
// chunks, counters at the end of a sentence, figures, and phrases for the
// loudspeaker and the phone; extra adds an office's own phrases, such as the
// names of its services. A text and position appears once. The clips alone
// say every letter, number up to 9999 and counter up to 99. Last come the
// clips for calls in further languages.
func Inventory(r Region, extra []string) []voice.ClipSpec {
	l := &clipList{seen: map[voice.Key]bool{}}
	l.letters()
	l.singleWords(r)
	l.chunks(r)
	l.figures()
	l.carriers()
	for i, text := range PhonePhrases() {
		l.phrase(fmt.Sprintf("p.%02d", i), text, r)
	}
	for _, text := range extra {
		sum := sha256.Sum256([]byte(text))
		l.phrase("x."+hex.EncodeToString(sum[:4]), text, r)
	}
	for _, lang := range languages() {
		l.language(lang)
	}
	return l.specs
}

// clipList collects specs without doubles.
type clipList struct {
	specs []voice.ClipSpec
	seen  map[voice.Key]bool
}

func (l *clipList) add(id, text string, pos voice.Position) {
	l.addKey(id, voice.Key{Text: text, Pos: pos})
}

func (l *clipList) addKey(id string, k voice.Key) {
	if k.Text == "" || l.seen[k] {
		return
	}
	l.seen[k] = true
	l.specs = append(l.specs, voice.ClipSpec{ID: id, Key: k})
}

// letters adds the names of letters as they begin a number.
func (l *clipList) letters() {
	for _, c := range letterOrder {
		id := string(c)
		if c == 'Đ' {
			id = "DD" // File names are ASCII.
		}
		l.add("let."+id, letterName(c), voice.NonFinal)
	}
}

// singleWords adds what every number can be put together from, if need be.
func (l *clipList) singleWords(r Region) {
	words := []string{"mười", "mươi", "mốt", "tư", "lăm", "trăm", r.odd(), r.thousand(), "triệu", "tỷ", "âm", "phẩy"}
	for d := range 10 {
		l.add(fmt.Sprintf("w.%d", d), digitWord(d), voice.Anywhere)
	}
	for i, w := range words {
		l.add(fmt.Sprintf("w.1%02d", i), w, voice.Anywhere)
	}
}

// chunks adds the pieces of numbers that hold together in speech.
func (l *clipList) chunks(r Region) {
	for d := 1; d <= 9; d++ {
		hundred := digitWord(d) + " trăm"
		l.add(fmt.Sprintf("h.%d00.n", d), hundred, voice.NonFinal)
		l.add(fmt.Sprintf("h.%d00.c", d), hundred, voice.Continuation)
		l.add(fmt.Sprintf("o.%d.c", d), r.odd()+" "+digitWord(d), voice.Continuation)
	}
	l.add("h.000.n", "không trăm", voice.NonFinal)
	for k := 1; k <= maxThousands; k++ {
		thousand := Words(int64(k)*1000, r)
		l.add(fmt.Sprintf("k.%d.n", k), thousand, voice.NonFinal)
		l.add(fmt.Sprintf("k.%d.c", k), thousand, voice.Continuation)
	}
	for n := 1; n <= maxSpoken; n++ {
		l.add(fmt.Sprintf("n.%02d.c", n), Words(int64(n), r), voice.Continuation)
		l.add(fmt.Sprintf("n.%02d.f", n), Words(int64(n), r), voice.Final)
	}
}

// figures adds digits as they are read one by one.
func (l *clipList) figures() {
	for d := range 10 {
		l.add(fmt.Sprintf("d.%d.n", d), digitWord(d), voice.NonFinal)
		l.add(fmt.Sprintf("d.%d.c", d), digitWord(d), voice.Continuation)
		l.add(fmt.Sprintf("d.%d.f", d), digitWord(d), voice.Final)
	}
}

// carriers adds what calls and answers are built around.
func (l *clipList) carriers() {
	for i, text := range []string{
		"xin mời số", "mời số", "mời công dân có số thứ tự", "đến quầy số", "đến cửa số", "đến phòng số",
		"đến bàn số", "chuyển sang quầy số", "xin nhắc lại", "lần cuối", "chuẩn bị", "số ưu tiên",
		"số", "quầy số", "đến quầy", "quầy", "số thứ tự của quý vị là", "hiện đang phục vụ số",
		"phía trước quý vị còn", "thời gian chờ dự kiến khoảng", "bấm phím",
	} {
		l.add(fmt.Sprintf("car.%02d", i), text, voice.NonFinal)
	}
	for i, text := range strings.Fields("người phút giờ rưỡi giây sáng trưa chiều tối ngày tháng năm đồng") {
		l.add(fmt.Sprintf("ivr.%02d.n", i), text, voice.NonFinal)
		l.add(fmt.Sprintf("ivr.%02d.f", i), text, voice.Final)
	}
	for i, text := range []string{
		"hôm nay", "ngày mai", "thứ hai", "thứ ba", "thứ tư", "thứ năm", "thứ sáu", "thứ bảy", "chủ nhật",
		"đã quá lượt xin liên hệ quầy hướng dẫn",
	} {
		l.add(fmt.Sprintf("day.%02d.f", i), text, voice.Final)
	}
}

// phrase adds the parts of a written phrase.
func (l *clipList) phrase(id, text string, r Region) {
	for i, p := range phrase(text, r).parts {
		l.add(fmt.Sprintf("%s.%d", id, i), strings.Join(p.Words, " "), p.Pos)
	}
}
