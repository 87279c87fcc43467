package ops

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// listData is what the list shows.
type listData struct {
	Trunks  []page.Row
	Trouble bool // A trunk is down.
	Live    []callRow
	Over    []callRow
	Ringing []callRow
	Today   dayRow
	Days    []dayRow // Before today.
	At      string
	lang    page.Lang
}

// Words gives the words of a trunk's row.
func (d listData) Words(r page.Row) [2]string {
	label, value := r.Words(d.lang)
	return [2]string{label, value}
}

// callRow is one call.
type callRow struct {
	Key, Began, Lasted string
	Caller, Where      string
	Language           string
	Numbers            string
	How                string // It ended.
	Level              page.Level
	Quality            string
	Sound              page.Level // Of Quality.
	Out                bool
}

// dayRow is the figures of one day.
type dayRow struct {
	Day                                            string
	Answered, Called, Taken, Kept, Abandoned, Lost int
	Mean                                           string
	Where                                          []placeRow
}

type placeRow struct {
	Place string
	N     int
}

func (p *Page) view(l page.Lang) listData {
	s := p.Calls.Snapshot()
	d := listData{At: s.At.In(p.Location()).Format("15:04:05"), lang: l}
	if p.Trunks != nil {
		d.Trunks = p.Trunks()
	}
	for _, row := range d.Trunks {
		d.Trouble = d.Trouble || row.Level == page.Fail
	}
	rows := func(calls []Call) (out []callRow) {
		for _, c := range calls {
			out = append(out, p.row(l, c, s.At))
		}
		return out
	}
	d.Live, d.Over, d.Ringing = rows(s.Live), rows(s.Over), rows(s.Ringing)
	for i, day := range s.Days {
		row := p.day(l, day)
		if i == 0 {
			d.Today = row
		} else {
			d.Days = append(d.Days, row)
		}
	}
	return d
}

func (p *Page) row(l page.Lang, c Call, now time.Time) callRow {
	r := callRow{
		Key: c.Key, Began: p.clock(c.Began, now), Lasted: lasted(c.Lasted(now)), Caller: c.Caller, Where: placeWords(l, c.Where),
		Language: languageWords(l, c.Language), Out: c.Out,
	}
	if r.Caller == "" {
		r.Caller = l.T("không rõ", "unknown")
	}
	var numbers []string
	for _, n := range c.Numbers {
		if n.Kept {
			numbers = append(numbers, n.Number)
		} else {
			numbers = append(numbers, n.Number+l.T(" (chưa giữ)", " (not kept)"))
		}
	}
	r.Numbers = strings.Join(numbers, ", ")
	if c.Quality != nil {
		r.Quality, r.Sound = qualityWords(l, *c.Quality)
	}
	r.How = howWords(l, c)
	if c.Failed > 0 {
		r.Level = page.Warn
	}
	return r
}

// qualityWords says how the sound is; what a caller finds annoying is marked.
func qualityWords(l page.Lang, q media.Quality) (string, page.Level) {
	const annoying, lossy = 3.6, 0.05 // Many users are dissatisfied below (ITU-T G.107 annex B).
	loss, mos, who := q.FarLost, q.FarMOS, l.T("người gọi nghe", "caller hears")
	if !q.Reported {
		loss, mos, who = q.Lost, q.MOS, l.T("ta nghe", "we hear")
	}
	if mos == 0 {
		return "", page.Note
	}
	words := fmt.Sprintf("%s: %s %.0f %%, MOS %.1f", who, l.T("mất", "loss"), 100*loss, mos)
	if mos < annoying || loss > lossy {
		return words, page.Warn
	}
	return words, page.Note
}

// howWords says how a call ended.
func howWords(l page.Lang, c Call) string {
	kept := slices.ContainsFunc(c.Numbers, func(n Number) bool { return n.Kept })
	switch {
	case c.Phase == Ringing:
		return l.T("không được trả lời", "not answered")
	case c.Phase == Live && c.Failed > 0:
		return l.T("đang nói, có lỗi", "talking, with a fault")
	case c.Phase == Live:
		return l.T("đang nói", "talking")
	case kept:
		return l.T("đã giữ số", "number kept")
	case c.Left:
		return l.T("người gọi gác máy", "caller hung up")
	}
	return l.T("đã kết thúc", "ended")
}

func (p *Page) day(l page.Lang, d Day) dayRow {
	row := dayRow{
		Day: d.Day, Answered: d.Answered, Called: d.Called, Taken: d.Taken, Kept: d.Kept, Abandoned: d.Abandoned(), Lost: d.Failed,
	}
	if day, err := time.Parse(time.DateOnly, d.Day); err == nil {
		row.Day = day.Format(l.T("02/01", "2 January"))
	}
	if d.Ended > 0 {
		row.Mean = lasted(d.Mean())
	}
	for _, place := range slices.SortedFunc(maps.Keys(d.Left), func(a, b string) int {
		return cmp.Or(cmp.Compare(d.Left[b], d.Left[a]), cmp.Compare(a, b))
	}) {
		row.Where = append(row.Where, placeRow{placeWords(l, place), d.Left[place]})
	}
	return row
}

// clock is a time of day, with the day where it is not today.
func (p *Page) clock(t, now time.Time) string {
	t, now = t.In(p.Location()), now.In(p.Location())
	if t.Format(time.DateOnly) != now.Format(time.DateOnly) {
		return t.Format("02/01 15:04:05")
	}
	return t.Format("15:04:05")
}

// lasted is a length: 0:07, 12:30.
func lasted(d time.Duration) string {
	s := int(d.Round(time.Second) / time.Second)
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

func languageWords(l page.Lang, tag string) string {
	switch primary, _, _ := strings.Cut(tag, "-"); primary {
	case "":
		return ""
	case "vi":
		return l.T("Tiếng Việt", "Vietnamese")
	case "en":
		return l.T("Tiếng Anh", "English")
	}
	return tag
}

// placeWords says a place of the dialogue in the words of the page; the
// dialogue names it in English, with the keys that led there: "menu 5.1".
func placeWords(l page.Lang, place string) string {
	name, keys := place, ""
	if i := strings.LastIndexByte(place, ' '); i >= 0 && strings.Trim(place[i+1:], "0123456789.") == "" {
		name, keys = place[:i], place[i:]
	}
	words := map[string]string{
		"start": "lời chào", "menu": "danh mục", "own tickets": "các số của mình", "ticket": "số của mình", "cancel?": "hỏi hủy số",
		"code": "nhập mã", "asking": "đang tra cứu", "connecting": "đang chuyển máy", "operator": "nhân viên", "way out": "lối ra",
		"general": "số chung", "taking": "đang lấy số", "number": "nghe số", "offer": "giữ số", "keeping": "đang giữ số",
		"call back?": "hỏi gọi lại", "call back": "hẹn gọi lại", "rating": "đánh giá",
		"erase?": "hỏi xóa số điện thoại", "erasing": "đang xóa số điện thoại", "topic": "việc khác", "closing": "lời chào cuối", "end": "kết thúc", others: "nơi khác",
	}
	if vi, known := words[name]; known {
		return l.T(vi, name) + keys
	}
	return place
}

// traceData is what one call's page shows.
type traceData struct {
	callRow
	Ongoing bool
	CallID  string
	Dropped int
	Entries []entryRow
}

// entryRow is one line of a trace.
type entryRow struct {
	After, Kind, Text string
	Message           string // Of SIP: the whole, behind its first line.
	Level             page.Level
}

func (p *Page) traceView(l page.Lang, c Call) traceData {
	d := traceData{callRow: p.row(l, c, p.Calls.now()), Ongoing: c.Ended.IsZero(), CallID: c.ID, Dropped: c.Dropped}
	for _, e := range c.Trace {
		vi, en := kindWords(e.Kind)
		row := entryRow{After: fmt.Sprintf("%+.2f s", e.At.Sub(c.Began).Seconds()), Kind: l.T(vi, en), Text: e.Text}
		switch e.Kind {
		case KindReceived, KindSent:
			row.Text, _, _ = strings.Cut(e.Text, "\n")
			row.Message = e.Text
		case ivr.MomentMenu, ivr.MomentLeft, ivr.MomentEnded:
			row.Text = placeWords(l, e.Text)
		case ivr.MomentFailed, KindLost:
			row.Level = page.Fail
		}
		d.Entries = append(d.Entries, row)
	}
	return d
}
