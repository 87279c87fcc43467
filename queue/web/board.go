package web

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/boards"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

const (
	boardRecent = 8 // Earlier calls that the hall sees.
	boardNext   = 3 // Numbers of each service that are told to be ready.
)

// boardData is what the hall may see; no codes, no names of people.
type boardData struct {
	Open     bool
	Size     string // few, some, many, and "long": how large the digits are where no script measures the screen.
	Seats    []seatRow
	Recent   []seatRow
	Services []nextRow
	Notices  []Notice
	Parts    map[string]bool // Which parts are shown.
	Media    bool            // A playlist takes the place beside the seats.
	Desk     *deskData       // The board of one counter; nil = of the hall.
}

// seatRow is one counter of the board, or one earlier call.
type seatRow struct {
	Key     string // Number, counter and time of the call: a new key is a new call.
	Number  string
	Counter string // Printed number of the counter.
	Name    string // What it is called, for screen readers.
	State   string // Of the ticket, or of the counter when it has none.
	Words   string // State in words.
	Calling bool   // Called, not yet at the counter.
	At      string // Time of the call.
	Said    string // What the loudspeaker says, while it is called.
	Turn    string // Which way to go from here: left, right, ahead, back; empty = not told.
	Where   string // "tầng 2, bên trái"
}

// nextRow is a service with the numbers that are next in its line.
type nextRow struct {
	serviceRow
	Next []string
}

// deskData is what hangs over one counter.
type deskData struct {
	Seat     seatRow
	Services []string // What is done here.
	Next     []string
}

// boardView says what a board shows of the hall.
func (w *Web) boardView(k boardKey, h hall) boardData {
	b, l := h.boardSetup(k.name), k.lang
	d := boardData{Open: h.info.Open, Parts: boards.Shown(b), Media: len(b.Playlist) > 0}
	d.Services = w.nextRows(l, b, h)
	serving := map[string]queue.Seat{}
	for _, s := range h.board.Serving {
		serving[s.Counter] = s
	}
	for _, c := range h.counters {
		if k.counter != "" && c.ID == k.counter {
			d.Desk = w.deskBoard(l, b, h, c)
		}
		s, busy := serving[c.ID]
		if shows(b.Counters, c.ID) && (busy || c.State != queue.Closed) {
			d.Seats = append(d.Seats, w.seatOf(l, b, h, c, s))
		}
	}
	d.Recent = w.recent(l, b, h)
	d.Size = boardSize(len(d.Seats)) + long(d.Seats)
	if h.info.Trial {
		d.Notices = append(d.Notices, Notice{Text: l.T("CHẠY THỬ – số đang gọi không có giá trị", "TRIAL – the numbers called mean nothing"), Emergency: true})
	}
	if w.Notices != nil {
		d.Notices = append(d.Notices, w.Notices()...)
	}
	return d
}

// seatOf is one counter with the number in its hand, or without one.
func (w *Web) seatOf(l page.Lang, b queue.BoardSetup, h hall, c queue.CounterView, s queue.Seat) seatRow {
	at := c.Place
	at.Direction = cmp.Or(b.Directions[c.ID], at.Direction)
	row := idle(l, c)
	if !s.Number.IsZero() {
		row = w.seat(l, c.Counter, s)
		if row.Calling {
			row.Said = said(l, h.info, c.Counter, s)
		}
	}
	row.Turn, row.Where = at.Direction, announce.Where(at, l.T("vi", "en"))
	return row
}

// recent lists earlier calls, without those that are still shown at a counter.
func (w *Web) recent(l page.Lang, b queue.BoardSetup, h hall) (rows []seatRow) {
	seen := map[string]bool{}
	for _, s := range h.board.Serving {
		seen[seatKey(s)] = true
	}
	for _, s := range h.board.Recent {
		if len(rows) < boardRecent && !seen[seatKey(s)] && shows(b.Counters, s.Counter) {
			seen[seatKey(s)] = true
			rows = append(rows, w.seat(l, queue.Counter{ID: s.Counter}, s))
		}
	}
	return rows
}

// nextRows tells of every line of a board how many wait, how long, and whose
// turn is near.
func (w *Web) nextRows(l page.Lang, b queue.BoardSetup, h hall) []nextRow {
	rows := []nextRow{}
	for _, s := range w.serviceRows(l, h.services) {
		if shows(b.Services, s.ID) {
			rows = append(rows, nextRow{s, h.next[s.ID]})
		}
	}
	return rows
}

// deskBoard is what hangs over one counter.
func (w *Web) deskBoard(l page.Lang, b queue.BoardSetup, h hall, c queue.CounterView) *deskData {
	d := &deskData{}
	var s queue.Seat
	for _, busy := range h.board.Serving {
		if busy.Counter == c.ID {
			s = busy
		}
	}
	d.Seat = w.seatOf(l, b, h, c, s)
	if s.Number.IsZero() && c.State == queue.Closed {
		d.Seat.Words = counterWords(queue.Closed).in(l)
	}
	for _, s := range h.services {
		if slices.Contains(c.Services, s.ID) {
			d.Services = append(d.Services, l.T(s.Name, s.NameEN))
		}
		if len(c.Services) == 1 && c.Services[0] == s.ID {
			d.Next = h.next[s.ID]
		}
	}
	return d
}

// plainWidth is the characters of number and counter together that fit beside
// each other at full size ("A012" and "3"); after 999 or from counter 10 on
// there are more.
const plainWidth = 5

func long(seats []seatRow) string {
	for _, s := range seats {
		if len(s.Number)+len(s.Counter) > plainWidth {
			return " long"
		}
	}
	return ""
}

// boardSize keeps the digits legible where no script measures the screen: from
// 30 m with up to eight counters, and from 19 m with more (long numbers take a
// fifth off), on a 55" screen (0.634 mm/px at 1080p).
func boardSize(seats int) string {
	switch {
	case seats <= 4:
		return "few"
	case seats <= 8:
		return "some"
	default:
		return "many"
	}
}

func seatKey(s queue.Seat) string {
	return s.Number.String() + "@" + s.Counter + "@" + strconv.FormatInt(s.CalledAt.UnixMilli(), 10)
}

func (w *Web) seat(l page.Lang, c queue.Counter, s queue.Seat) seatRow {
	return seatRow{
		Key: seatKey(s), Number: s.Number.String(), Counter: s.Counter, Name: counterName(c).in(l),
		State: string(s.State), Words: stateWords(s.State).in(l), Calling: s.State == queue.Called, At: w.clock(s.CalledAt),
	}
}

// said is a call in the words of the loudspeaker, for boards that it does not
// reach.
func said(l page.Lang, o queue.Info, c queue.Counter, s queue.Seat) string {
	region, err := announce.ParseRegion(o.Region)
	if err != nil {
		region = announce.North // As the loudspeaker takes it.
	}
	calls, w := []announce.CallRequest{{Number: s.Number, Counter: s.Counter, Place: c.Place}}, announce.Wording{Region: region, ByValue: o.ByValue}
	if further := announce.CallsIn(l.T("vi", "en"), calls, w); !further.IsZero() {
		return further.Text()
	}
	return announce.Calls(calls, w).Text()
}

func idle(l page.Lang, c queue.CounterView) seatRow {
	words := both{"Sẵn sàng", "Ready"}
	if c.State == queue.Paused {
		words = counterWords(queue.Paused)
	}
	return seatRow{Counter: c.ID, Name: counterName(c.Counter).in(l), State: string(c.State), Words: words.in(l)}
}

// boardPage is a board as it comes from the server: whole, and with what the
// script needs to keep it true.
type boardPage struct {
	boardData
	Version    string // Of its settings; the page loads itself anew when they change.
	Stream     string // Where its live connection is.
	Latest     string // The same for browsers without live connections.
	Zone       string // Whose calls it sounds.
	DigitMM    float64
	DiagonalMM float64
	Ticker     []string
	Playlist   string // JSON, for the script.
	First      *boards.Item
	Live, Main string // Addresses of the scripts.
}

func (w *Web) board(rw http.ResponseWriter, r *http.Request) {
	h, err := w.look(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	k, ok := w.boardKey(r, h)
	if !ok {
		w.problem(rw, r, http.StatusNotFound, sorry{
			both{"Chưa có bảng này", "There is no such board"},
			both{"Xin kiểm tra địa chỉ: tên bảng đặt ở trang Quản trị → Bảng hiển thị, số quầy như trên biển quầy.", "Please check the address: boards are named under Administration → Boards, counters as on their signs."},
		})
		return
	}
	b := h.boardSetup(k.name)
	p := boardPage{
		boardData: w.boardView(k, h), Version: boardVersion(b), Zone: b.Zone, DigitMM: boards.DigitHeight(b), DiagonalMM: boards.Diagonal(b),
		Stream: k.address("/board/stream"), Latest: k.address("/board/latest"), Ticker: ticker(k.lang, b),
		Live: w.kit.Asset("live.js"), Main: w.assets.Path("board.js"),
	}
	media := w.Media.Playlist(b)
	if list, err := json.Marshal(media); err == nil && len(media) > 0 {
		p.Playlist, p.First = string(list), &media[0]
	}
	p.Media = len(media) > 0
	v := w.view(r, both{"Bảng gọi số", "Now serving"}, p)
	v.Lang, v.Body, v.Bare = k.lang, "board", true
	if o := h.info; o.Name != "" {
		v.Office = k.lang.T(o.Name, o.NameEN)
	}
	v.Styles = []string{w.assets.Path("board.css")}
	w.render(rw, r, http.StatusOK, "board", v)
}

// latest gives what the live connection would send now.
func (w *Web) latest(rw http.ResponseWriter, r *http.Request) {
	h, err := w.look(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	k, _ := w.boardKey(r, h)
	f, err := w.boardFrame(k, h)
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	now := w.Now()
	_, offset := now.In(w.zone()).Zone()
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(rw).Encode(map[string]any{ // A board that went away sees nothing.
		"board": f, "at": now.UnixMilli(), "offset_s": offset, "age_ms": 0, "build": w.build,
	})
}

// boardFrame is what a board is sent when the hall changes.
type boardFrame struct {
	HTML    string `json:"html"`
	Version string `json:"version"` // Of the board's settings.
}

func (w *Web) boardFrame(k boardKey, h hall) (boardFrame, error) {
	html, err := w.kit.Fragment("board", "hall", page.View{Lang: k.lang, Data: w.boardView(k, h)})
	return boardFrame{string(html), boardVersion(h.boardSetup(k.name))}, err
}

// medium serves a picture or a video of a playlist.
func (w *Web) medium(rw http.ResponseWriter, r *http.Request) {
	if !w.Media.Serve(rw, r, r.PathValue("file")) {
		w.notFound(rw, r)
	}
}
