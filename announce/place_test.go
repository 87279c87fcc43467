package announce

import (
	"testing"

	"github.com/xinmoi/xinmoi/queue"
)

func TestWhere(t *testing.T) {
	for _, c := range []struct {
		place queue.Place
		tag   string
		want  string
	}{
		{queue.Place{}, "vi", ""},
		{queue.Place{Room: "201", Floor: "2", Direction: "left"}, "vi", "phòng 201, tầng 2, bên trái"},
		{queue.Place{Room: "201", Floor: "2", Direction: "left"}, "en-GB", "room 201, floor 2, on the left"},
		{queue.Place{Floor: " 2 "}, "km", "tầng 2"},
		{queue.Place{Room: "Phòng họp", Direction: "back"}, "", "Phòng họp, phía sau"},
		{queue.Place{Direction: "up"}, "vi", ""},
	} {
		if got := Where(c.place, c.tag); got != c.want {
			t.Errorf("%+v in %q: %q, want %q", c.place, c.tag, got, c.want)
		}
	}
}
