package announce

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/queue"
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
// clips for calls in the built-in further languages.
func Inventory(r Region, extra []string) []voice.ClipSpec {
	return InventoryOf(Wording{Region: r}, BuiltIn(), extra)
}

// InventoryOf is Inventory for an office's own number words and languages.
func InventoryOf(w Wording, languages Grammars, extra []string) []voice.ClipSpec {
	l := &clipList{seen: map[voice.Key]bool{}, w: w}
	l.letters()
	l.singleWords()
	l.chunks()
	l.figures()
	l.carriers()
	l.readings()
	for i, text := range PhonePhrases() {
		l.phrase(fmt.Sprintf("p.%02d", i), text)
	}
	for _, text := range extra {
		l.phrase("x."+hashed(text), text)
	}
	for _, g := range languages.list {
		l.grammar(g)
	}
	return l.specs
}

// LanguageClips lists the clips with which a language says every call: what
// somebody records who adds a language to a voice.
func LanguageClips(g *Grammar) []voice.ClipSpec {
	l := &clipList{seen: map[voice.Key]bool{}}
	l.grammar(g)
	return l.specs
}

// hashed is a short name for a text.
func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}

// clipList collects specs without doubles.
type clipList struct {
	specs []voice.ClipSpec
	seen  map[voice.Key]bool
	w     Wording
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
func (l *clipList) singleWords() {
	s := l.w.switches()
	words := []string{"mười", "mươi", "mốt", "tư", "lăm", "trăm", s.Odd, s.Thousand, "triệu", s.Billion, "âm", "phẩy"}
	for d := range 10 {
		l.add(fmt.Sprintf("w.%d", d), digitWord(d), voice.Anywhere)
	}
	for i, w := range words {
		l.add(fmt.Sprintf("w.1%02d", i), w, voice.Anywhere)
	}
}

// chunks adds the pieces of numbers that hold together in speech.
func (l *clipList) chunks() {
	s := l.w.switches()
	for d := 1; d <= 9; d++ {
		hundred := digitWord(d) + " trăm"
		l.add(fmt.Sprintf("h.%d00.n", d), hundred, voice.NonFinal)
		l.add(fmt.Sprintf("h.%d00.c", d), hundred, voice.Continuation)
		l.add(fmt.Sprintf("o.%d.c", d), s.Odd+" "+digitWord(d), voice.Continuation)
	}
	l.add("h.000.n", "không trăm", voice.NonFinal)
	for k := 1; k <= maxThousands; k++ {
		thousand := s.Words(int64(k) * 1000)
		l.add(fmt.Sprintf("k.%d.n", k), thousand, voice.NonFinal)
		l.add(fmt.Sprintf("k.%d.c", k), thousand, voice.Continuation)
	}
	for n := 1; n <= maxSpoken; n++ {
		l.add(fmt.Sprintf("n.%02d.c", n), s.Words(int64(n)), voice.Continuation)
		l.add(fmt.Sprintf("n.%02d.f", n), s.Words(int64(n)), voice.Final)
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
func (l *clipList) phrase(id, text string) {
	for i, p := range phrase(text, l.w).parts {
		l.add(fmt.Sprintf("%s.%d", id, i), strings.Join(p.Words, " "), p.Pos)
	}
}

// grammar adds the clips with which a language says every call.
func (l *clipList) grammar(g *Grammar) {
	for k := range g.keys() {
		l.addKey(fmt.Sprintf("%s.%s.%s", g.code, slug(k.Text), k.Pos), k)
	}
}

// slug is an ASCII name for the words of a clip.
func slug(text string) string {
	name := strings.ReplaceAll(text, " ", "-")
	for _, c := range name {
		if c != '-' && (c < 'a' || c > 'z') {
			return hashed(text)
		}
	}
	if len(name) > 40 {
		return hashed(text)
	}
	return name
}

// keys gives, some of them more than once, what a language's calls are put
// together from. Of Vietnamese it is the fixed text only.
func (g *Grammar) keys() iter.Seq[voice.Key] {
	return func(yield func(voice.Key) bool) {
		going := true
		add := func(text string, positions ...voice.Position) {
			for _, pos := range positions {
				going = going && yield(voice.Key{Text: text, Pos: pos, Lang: g.lang()})
			}
		}
		g.carrierKeys(add)
		if g.code != vietnamese {
			g.wordKeys(add)
			g.numberKeys(add)
		}
	}
}

// carrierKeys adds the fixed text of all sentences and places.
func (g *Grammar) carrierKeys(add func(string, ...voice.Position)) {
	for _, f := range []*forms{&g.call, &g.repeat} {
		for _, counter := range []string{"1", "A"} {
			for _, side := range []string{"", "left", "right", "ahead", "back"} {
				one := CallRequest{Counter: counter, Place: queue.Place{Room: "1", Floor: "1", Direction: side}}
				other := one
				other.Counter += "B"
				for _, calls := range [][]CallRequest{{one}, {one, one}, {one, other}, {one, other, other}} {
					out := &filler{g: g, bare: true}
					g.sayTo(out, f, calls, Wording{})
					for _, p := range out.sentence().parts {
						if p.Lang != langSlot {
							add(strings.Join(p.Words, " "), p.Pos)
						}
					}
				}
			}
		}
	}
}

// wordKeys adds letters and figures.
func (g *Grammar) wordKeys(add func(string, ...voice.Position)) {
	for _, c := range letterOrder {
		if name := g.letter[c]; name != "" {
			add(name, voice.NonFinal)
		}
	}
	for _, word := range g.digits {
		add(word, voice.NonFinal, voice.Continuation, voice.Final)
	}
}

// numberKeys adds the pieces of numbers by value: the last one ends a ticket's
// number, up to 99 also a counter's.
func (g *Grammar) numberKeys(add func(string, ...voice.Position)) {
	if g.nums == nil {
		return
	}
	for _, n := range numeralSamples() {
		pieces, _ := g.nums.read(n)
		for i, piece := range pieces {
			switch {
			case i < len(pieces)-1:
				add(piece, voice.NonFinal)
			case n <= maxSpoken:
				add(piece, voice.Continuation, voice.Final)
			default:
				add(piece, voice.Continuation)
			}
		}
	}
}

// lacking lists, up to a number, what calls in a language need and lib has no
// clip for.
func (g *Grammar) lacking(lib Library, most int) []string {
	var out []string
	asked := map[voice.Key]bool{}
	for k := range g.keys() {
		if asked[k] {
			continue
		}
		asked[k] = true
		part := Part{Words: strings.Fields(k.Text), Pos: k.Pos, Lang: k.Lang}
		for _, step := range Plan(Sentence{parts: []Part{part}}, lib) {
			if step.Missing && len(out) < most && !slices.Contains(out, step.Text) {
				out = append(out, step.Text)
			}
		}
	}
	return out
}

// readings adds what times, dates, durations and money are read with, in the
// places where they stand.
func (l *clipList) readings() {
	s := l.w.switches()
	add := func(text string, positions ...voice.Position) {
		for _, pos := range positions {
			l.add(fmt.Sprintf("r.%s.%s", hashed(text), pos), text, pos)
		}
	}
	const n, c, f = voice.NonFinal, voice.Continuation, voice.Final
	for hour := 1; hour <= 12; hour++ {
		add(s.Words(int64(hour))+" giờ", n, c)
	}
	for month := time.January; month <= time.December; month++ {
		add(monthWords(month, s), n, c)
	}
	for day := time.Sunday; day <= time.Saturday; day++ {
		add(Weekday(day).Spoken(), c)
	}
	for _, text := range []string{"từ", "và từ", "đến", "khoảng", "ngày", "ngày " + s.FirstDays, "lúc", s.Thousand, "triệu", s.Billion} {
		add(text, n)
	}
	for _, text := range []string{"sáng", "trưa", "chiều", "tối", "đêm", "phút", "đồng"} {
		add(text, n, c, f)
	}
	for _, text := range []string{"hôm nay", "ngày mai", s.Thousand + " đồng", "triệu đồng", s.Billion + " đồng", "sắp đến lượt", "chưa đầy một phút"} {
		add(text, c, f)
	}
}
