package web

import (
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// A board that the voice does not reach shows its words.
func TestBoardSaysWhatTheLoudspeakerSays(t *testing.T) {
	s := queue.Seat{Number: queue.Number{Prefix: "A", N: 105}, Counter: "3"}
	c := queue.Counter{ID: "3", Place: queue.Place{Floor: "2"}}
	for want, got := range map[string]string{
		"Xin mời số A một không năm đến quầy số ba, tầng hai":            said(page.Vietnamese, queue.Info{Region: "north"}, c, s),
		"Xin mời số A một trăm lẻ năm đến quầy số ba, tầng hai":          said(page.Vietnamese, queue.Info{Region: "south", ByValue: true}, c, s),
		"Xin mời số A một trăm linh năm đến quầy số ba, tầng hai":        said(page.Vietnamese, queue.Info{Region: "moon", ByValue: true}, c, s),
		"Number A one zero five, please go to counter three, floor two.": said(page.English, queue.Info{}, c, s),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	l := page.Vietnamese
	w := &Web{}
	h := hall{board: queue.Board{Serving: []queue.Seat{{Number: s.Number, Counter: "3", State: queue.Called}, {Number: s.Number, Counter: "4", State: queue.Serving}}}}
	for _, id := range []string{"3", "4"} {
		h.counters = append(h.counters, queue.CounterView{Counter: queue.Counter{ID: id}, State: queue.Opened})
	}
	if d := w.boardView(boardKey{lang: l}, h); d.Seats[0].Said == "" || d.Seats[1].Said != "" {
		t.Errorf("seats %+v", d.Seats)
	}
}
