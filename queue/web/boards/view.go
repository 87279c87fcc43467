package boards

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// deskView is what the page shows.
type deskView struct {
	Version string
	Boards  []boardRow
	Board   *boardForm // The one that is being changed; nil = none.
	Media   []mediaRow
	Chosen  string // Id of Board, or empty.
	Done    string
	Wrong   string
}

type boardRow struct {
	ID, Name, Address string
	Open              int
	Chosen            bool
}

// boardForm is one board as it is edited.
type boardForm struct {
	queue.BoardSetup
	DigitMM            float64
	TickerText, TextEN string
	Counters           []choice
	Services           []choice
	Parts              []choice
	Zones              []choice
	Playlist           []playRow
}

// choice is one thing that may be chosen.
type choice struct {
	ID, Name  string
	On        bool
	Direction string // Of a counter: which way, seen from the board.
}

type mediaRow struct {
	Medium
	Path  string
	Size  string
	Video bool
}

type playRow struct {
	mediaRow
	Order, Seconds string
}

// done are the words for what was just done.
func done() page.Phrases {
	return page.Phrases{
		"save":   {"Đã lưu. Các màn hình đang mở tự đổi theo trong nửa phút.", "Saved. Screens that are open follow within half a minute."},
		"new":    {"Đã thêm bảng. Mở địa chỉ của bảng trên màn hình là dùng được.", "The board was added. Open its address on the screen."},
		"remove": {"Đã xóa bảng. Màn hình còn mở sẽ hiện toàn bộ sảnh.", "The board was removed. Screens still open show the whole hall."},
		"upload": {"Đã nhận tệp. Đưa vào danh sách phát bằng cách ghi thứ tự rồi bấm Lưu.", "The file is here. Give it a place in a playlist and save."},
		"forget": {"Đã xóa tệp.", "The file was deleted."},
	}
}

// show writes the page: with what was typed when it could not be saved.
func (d *Desk) show(w http.ResponseWriter, r *http.Request, status int, typed *queue.BoardSetup, wrong error) {
	now, err := d.Setup.Setup(r.Context())
	if err != nil {
		http.Error(w, "Chưa đọc được cài đặt. Xin thử lại. / The settings cannot be read. Please try again.", http.StatusServiceUnavailable)
		return
	}
	l := page.Language(r)
	v := deskView{Version: now.Version, Done: done().In(l, r.URL.Query().Get("done")), Chosen: r.URL.Query().Get("board")}
	if wrong != nil {
		v.Wrong, v.Done = wrong.Error(), ""
	}
	if typed != nil {
		v.Chosen = typed.ID
	}
	open := d.Open()
	for _, b := range now.Setup.Boards {
		v.Boards = append(v.Boards, boardRow{b.ID, b.Name, Address(b.ID), open[b.ID], b.ID == v.Chosen})
		if b.ID == v.Chosen {
			if typed != nil {
				b = *typed
			}
			v.Board = formOf(l, now.Setup, b, d.Media.All())
		}
	}
	if v.Board == nil {
		v.Chosen = ""
	}
	for _, m := range d.Media.All() {
		v.Media = append(v.Media, rowOf(m))
	}
	d.kit.Render(w, r, status, "boards", page.View{Title: l.T("Bảng hiển thị", "Boards"), Data: v})
}

// Address is where a board is.
func Address(id string) string { return "/board?name=" + url.QueryEscape(id) }

func rowOf(m Medium) mediaRow {
	return mediaRow{Medium: m, Path: m.Path(), Size: fmt.Sprintf("%.1f MB", float64(m.Bytes)/(1<<20)), Video: m.Video()}
}

// formOf shows a board with everything that could be chosen for it.
func formOf(l page.Lang, s queue.Setup, b queue.BoardSetup, media []Medium) *boardForm {
	f := &boardForm{BoardSetup: b, DigitMM: DigitHeight(b), TickerText: strings.Join(b.Ticker, "\n"), TextEN: strings.Join(b.TickerEN, "\n")}
	for _, c := range s.Counters {
		f.Counters = append(f.Counters, choice{c.ID, c.Name, slices.Contains(b.Counters, c.ID), b.Directions[c.ID]})
	}
	for _, each := range s.Services {
		f.Services = append(f.Services, choice{each.ID, l.T(each.Name, each.NameEN), slices.Contains(b.Services, each.ID), ""})
	}
	names := partNames()
	for _, p := range Parts() {
		f.Parts = append(f.Parts, choice{p, names.In(l, p), !slices.Contains(b.Hide, p), ""})
	}
	for _, z := range s.Zones {
		f.Zones = append(f.Zones, choice{z.ID, z.Name, z.ID == b.Zone, ""})
	}
	for _, m := range media {
		row := playRow{mediaRow: rowOf(m)}
		if i := slices.IndexFunc(b.Playlist, func(p queue.BoardMedium) bool { return p.File == m.ID }); i >= 0 {
			row.Order = strconv.Itoa(i + 1)
			if n := b.Playlist[i].Seconds; n > 0 {
				row.Seconds = strconv.Itoa(n)
			}
		}
		f.Playlist = append(f.Playlist, row)
	}
	return f
}

func partNames() page.Phrases {
	return page.Phrases{
		PartRecent:  {"Các số đã gọi", "Earlier calls"},
		PartWaiting: {"Số người chờ và thời gian chờ", "How many wait, and how long"},
		PartNext:    {"Các số sắp đến lượt", "Numbers whose turn is near"},
		PartWhere:   {"Phòng, tầng, hướng đi của quầy", "Room, floor and direction of the counters"},
		PartClock:   {"Ngày giờ", "Date and time"},
	}
}

// line is one line of text, without space around it.
func line(s string) string { return strings.Join(strings.Fields(s), " ") }

// lines are the lines of a text that say something.
func lines(s string) (all []string) {
	for each := range strings.Lines(s) {
		if each = line(each); each != "" {
			all = append(all, each)
		}
	}
	return all
}

// readBoard reads a board from its form. The office checks the rest.
func readBoard(f url.Values, media []Medium) (queue.BoardSetup, error) {
	b := queue.BoardSetup{
		ID: f.Get("id"), Name: line(f.Get("name")), Language: f.Get("language"), Zone: f.Get("zone"),
		Counters: f["counter"], Services: f["service"], Ticker: lines(f.Get("ticker")), TickerEN: lines(f.Get("ticker_en")),
	}
	for _, p := range Parts() {
		if !slices.Contains(f["part"], p) {
			b.Hide = append(b.Hide, p)
		}
	}
	var err error
	if b.Distance, err = number(f.Get("distance"), "khoảng cách đọc (reading distance)"); err != nil {
		return b, err
	}
	if b.Diagonal, err = number(f.Get("diagonal"), "đường chéo màn hình (diagonal of the screen)"); err != nil {
		return b, err
	}
	for name, values := range f {
		if counter, ok := strings.CutPrefix(name, "direction."); ok && values[0] != "" {
			if b.Directions == nil {
				b.Directions = map[string]string{}
			}
			b.Directions[counter] = values[0]
		}
	}
	b.Playlist, err = readPlaylist(f, media)
	return b, err
}

// number reads a size; nothing is 0, the usual one. People write 1,5.
func number(text, what string) (float64, error) {
	text = strings.ReplaceAll(strings.TrimSpace(text), ",", ".")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != n || n < 0 {
		return 0, fmt.Errorf("%s: %.20q không phải một số; ghi như 15 hoặc 7,5 (is not a number; write 15 or 7.5)", what, text)
	}
	return n, nil
}

// readPlaylist puts what has a place into the order of the places.
func readPlaylist(f url.Values, media []Medium) ([]queue.BoardMedium, error) {
	type placed struct {
		at float64
		queue.BoardMedium
	}
	var chosen []placed
	for _, m := range media {
		at, err := number(f.Get("order."+m.ID), "thứ tự (place) "+m.Name)
		if err != nil {
			return nil, err
		}
		if at == 0 {
			continue
		}
		seconds, err := number(f.Get("seconds."+m.ID), "số giây (seconds) "+m.Name)
		if err != nil {
			return nil, err
		}
		if seconds > maxSeconds {
			return nil, fmt.Errorf("số giây (seconds) %s: %g: tối đa %d (at most %d)", m.Name, seconds, maxSeconds, maxSeconds)
		}
		chosen = append(chosen, placed{at, queue.BoardMedium{File: m.ID, Seconds: int(seconds)}})
	}
	slices.SortStableFunc(chosen, func(a, b placed) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	var list []queue.BoardMedium
	for _, c := range chosen {
		list = append(list, c.BoardMedium)
	}
	return list, nil
}

const maxSeconds = 3600 // Of one picture or video; the office checks the same.
