package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// boardRecent is how many earlier calls the hall sees.
const boardRecent = 6

// boardReload is how often browsers without modules load the board anew.
const boardReload = 10 * time.Second

// boardData is what the hall may see; no codes, no names of people.
type boardData struct {
	Open     bool
	Size     string // few, some, many, and "long": decides how large the digits are.
	Seats    []seatRow
	Recent   []seatRow
	Services []serviceRow
	Notices  []Notice
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
}

func (w *Web) boardView(l page.Lang, h hall) boardData {
	d := boardData{Open: h.info.Open, Services: w.serviceRows(l, h.services)}
	serving := map[string]queue.Seat{}
	shown := map[string]bool{}
	for _, s := range h.board.Serving {
		serving[s.Counter] = s
		shown[seatKey(s)] = true
	}
	for _, c := range h.counters {
		if s, ok := serving[c.ID]; ok {
			row := w.seat(l, c.Counter, s)
			if row.Calling {
				row.Said = said(l, h.info, c.Counter, s)
			}
			d.Seats = append(d.Seats, row)
		} else if c.State != queue.Closed {
			d.Seats = append(d.Seats, idle(l, c))
		}
	}
	for _, s := range h.board.Recent {
		if len(d.Recent) == boardRecent {
			break
		}
		if !shown[seatKey(s)] {
			shown[seatKey(s)] = true
			d.Recent = append(d.Recent, w.seat(l, queue.Counter{ID: s.Counter}, s))
		}
	}
	d.Size = boardSize(len(d.Seats)) + long(d.Seats)
	if w.Notices != nil {
		d.Notices = w.Notices()
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

// boardSize keeps the digits legible from 30 m with up to eight counters, and
// from 19 m with more (long numbers take a fifth off), on a 55" screen (0.634 mm/px at 1080p; comfortable
// distance in m = 0.4 × height of the digits in mm).
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

func (w *Web) board(rw http.ResponseWriter, r *http.Request) {
	h, err := w.look(r.Context())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	l := page.Language(r)
	v := w.view(r, both{"Bảng gọi số", "Now serving"}, w.boardView(l, h))
	v.Body, v.Bare, v.Refresh = "board", true, boardReload
	v.Styles = []string{w.assets.Path("board.css")}
	// The loudspeaker's module is not ours; where it is missing the board
	// shows the calls in silence.
	v.Scripts = []string{w.assets.Path("board.js"), "/announce/player.js"}
	w.render(rw, r, http.StatusOK, "board", v)
}
