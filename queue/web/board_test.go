package web_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/boards"
)

// arrange puts boards in force, and a place to counter 1.
func (h *hallOf) arrange(all ...queue.BoardSetup) {
	h.Helper()
	view, err := h.engine.Setup(h.ctx)
	if err != nil {
		h.Fatal(err)
	}
	view.Setup.Boards = all
	view.Setup.Counters[0].Place = queue.Place{Floor: "2", Direction: "right"}
	if _, err := h.engine.Configure(h.ctx, queue.ConfigureRequest{Setup: view.Setup}); err != nil {
		h.Fatal(err)
	}
}

func TestBoardsOfTheirOwn(t *testing.T) {
	h := open(t, nil)
	h.arrange(
		queue.BoardSetup{ID: "dat", Counters: []string{"2"}, Services: []string{"B"}, Distance: 30, Diagonal: 43, Zone: "tang-2", Ticker: []string{"Xin giữ trật tự <i>"}, TickerEN: []string{"Quiet please"}},
		queue.BoardSetup{ID: "en", Language: "en", Hide: []string{boards.PartRecent, boards.PartWaiting, boards.PartWhere, boards.PartClock}},
		queue.BoardSetup{ID: "cua", Directions: map[string]string{"1": "left"}},
	)
	for _, c := range []string{"1", "2"} {
		h.set(c, queue.Opened)
		h.take("B", false)
		h.take("A", false)
		h.next(c)
	}
	for _, tc := range []struct {
		path        string
		wants, want []string // There and absent.
	}{
		{"/board", []string{`data-counter="1"`, `data-counter="2"`, `class="turn right"`, "tầng 2, bên phải", "Hộ tịch", `data-digit="37.5"`, `data-diagonal="1397"`, `data-stream="/board/stream?lang=vi"`, "Mời vào quầy"}, []string{`id="ticker"`, `id="media"`, "type=\"module\"", "desk"}},
		{"/board?name=dat", []string{`data-counter="2"`, "Đất đai", `data-digit="75"`, `data-diagonal="1092"`, `data-zone="tang-2"`, "Xin giữ trật tự &lt;i&gt;", "name=dat"}, []string{`data-counter="1"`, "Hộ tịch"}},
		{"/board?name=dat&lang=en", []string{"Quiet please", "Land"}, []string{"Xin giữ", "Đất đai"}},
		{"/board?name=en", []string{`lang="en"`, "Please come in", "lang=en"}, []string{`class="recent"`, `class="waiting"`, `class="turn`, `id="clock"`}},
		{"/board?name=en&lang=vi", []string{"Mời vào quầy"}, []string{"Please come in"}},
		{"/board?name=cua", []string{`class="turn left"`, "tầng 2, bên trái"}, []string{`class="turn right"`}},
		{"/board?counter=2", []string{`class="desk called"`, "Quầy số 2", "Đất đai", "counter=2"}, []string{`data-counter="1"`, `class="waiting"`, `class="recent"`}},
		{"/board/counter/2?lang=en", []string{`class="desk called"`, "Counter 2", "Please come in"}, nil},
	} {
		a := ask(h.public, "GET", tc.path, nil)
		a.wants(t, 200, tc.wants...)
		a.lacks(t, tc.want...)
	}
	for _, path := range []string{"/board?name=none", "/board?counter=9", "/board/counter/x"} {
		ask(h.public, "GET", path, nil).wants(t, 404, "Chưa có bảng này", "Xin kiểm tra địa chỉ")
	}
}

func TestCounterBoardSaysWhatTheCounterDoes(t *testing.T) {
	h := open(t, nil)
	ask(h.public, "GET", "/board/counter/1", nil).wants(t, 200, "desk closed", "Đóng")
	h.set("1", queue.Opened)
	ask(h.public, "GET", "/board/counter/1", nil).wants(t, 200, "Sẵn sàng")
	h.set("1", queue.Paused)
	ask(h.public, "GET", "/board/counter/1", nil).wants(t, 200, "Tạm dừng")
}

// Who asks without a live connection gets the same as with one.
func TestLatest(t *testing.T) {
	h := open(t, nil)
	h.set("1", queue.Opened)
	h.take("A", false)
	h.next("1")
	var got struct {
		Board    struct{ HTML, Version string }
		At       int64
		OffsetS  int `json:"offset_s"`
		Build    string
		AgeMS    int `json:"age_ms"`
		Unwanted string
	}
	a := ask(h.public, "GET", "/board/latest?lang=en&counter=1", nil)
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != 200 || a.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v: %v", a.status, a.header, err)
	}
	if !strings.Contains(got.Board.HTML, "Please come in") || !strings.Contains(got.Board.HTML, "desk") || got.OffsetS != 7*60*60 || got.At == 0 {
		t.Errorf("%+v", got)
	}
	whole := ask(h.public, "GET", "/board/counter/1?lang=en", nil)
	whole.wants(t, 200, `data-version="`+got.Board.Version+`"`, got.Board.HTML)
}

// Boards of names and counters live, too, and hear when their settings change.
func TestSpecialBoardsAreLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		h.arrange(queue.BoardSetup{ID: "dat", Counters: []string{"2"}})
		for _, c := range []string{"1", "2"} {
			h.set(c, queue.Opened)
		}
		stop := h.run()
		named := listen(h.ctx, h.public, "/board/stream?name=dat&lang=vi")
		twin := listen(h.ctx, h.public, "/board/stream?name=dat&lang=vi")
		desk := listen(h.ctx, h.public, "/board/stream?counter=1&lang=en")
		first := until(t, named, "board", `data-counter=\"2\"`)
		until(t, twin, "board", "")
		until(t, desk, "board", "Ready")
		if got := h.web.Screens(); got["dat"] != 2 || got[""] != 1 {
			t.Errorf("screens %v", got)
		}
		h.take("B", false)
		h.next("2")
		called := until(t, named, "board", "B001")
		if again := until(t, twin, "board", "B001"); again.data != called.data {
			t.Error("two of one kind differ")
		}
		if strings.Contains(called.data, `data-counter=\"1\"`) || strings.Contains(until(t, desk, "board", "").data, "B001") {
			t.Error("a board shows the other's counter")
		}
		version := regexp.MustCompile(`"version":"(\w+)"`)
		h.arrange(queue.BoardSetup{ID: "dat", Counters: []string{"2"}, Ticker: []string{"mới"}})
		for {
			e := until(t, named, "board", "")
			if version.FindString(e.data) != version.FindString(first.data) {
				break
			}
		}
		h.arrange() // Removed while it hangs: it shows everything.
		until(t, named, "board", `data-counter=\"1\"`)
		stop()
		for _, c := range []<-chan sse{named, twin, desk} {
			for range c { // Ends: the server lets go.
			}
		}
		synctest.Wait()
		if got := h.web.Screens(); len(got) != 0 {
			t.Errorf("screens %v after the end", got)
		}
	})
}

// The numbers whose turn is near are those that are called next.
func TestNextNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, nil)
		h.set("1", queue.Opened)
		stop := h.run()
		board := listen(h.ctx, h.public, "/board/stream?lang=vi")
		for range 5 {
			h.take("A", false)
		}
		h.take("A", true) // Held: nobody's turn.
		e := until(t, board, "board", "A003")
		for _, want := range []string{"A001, A002, A003"} {
			if !strings.Contains(e.data, want) {
				e = until(t, board, "board", want)
			}
		}
		if strings.Contains(e.data, "A004,") {
			t.Error("more than the next few")
		}
		if tk := h.next("1"); tk.Number.String() != "A001" {
			t.Errorf("%s was called", tk.Number)
		}
		until(t, board, "board", "A002, A003, A004")
		stop()
	})
}

// What the page's scripts look for is in the page.
func TestBoardScriptsFindTheirPlaces(t *testing.T) {
	h := open(t, nil)
	h.set("1", queue.Opened)
	body := ask(h.public, "GET", "/board", nil).body
	script := ask(h.public, "GET", regexp.MustCompile(`/static/web/board\.js\?v=\w+`).FindString(body), nil).body
	optional := []string{"picture", "video", "media", "ticker"}
	for _, m := range regexp.MustCompile(`getElementById\('(\w+)'\)`).FindAllStringSubmatch(script, -1) {
		if !slices.Contains(optional, m[1]) && !strings.Contains(body, `id="`+m[1]+`"`) {
			t.Errorf("no %q in the page", m[1])
		}
	}
	for _, word := range []string{"import ", "=>", "let ", "const ", "`"} {
		if strings.Contains(script, word) {
			t.Errorf("the script has %q, which TV browsers of 2015 do not know", word)
		}
	}
}
