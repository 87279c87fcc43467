package kiosk

import (
	"context"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/escpos/vprinter"
	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue"
)

// How long people take, after the keystroke-level model (Card, Moran, Newell
// 1983): to think before a touch, and to reach for what is touched.
const (
	thinking = 1350 * time.Millisecond
	reaching = 1100 * time.Millisecond
	typing   = 500 * time.Millisecond // One letter on a screen's keyboard.
)

// walkIn is one person at the screen of a hall.
type walkIn struct {
	h     *hall
	page  string
	since time.Time // The first touch.
}

// touches thinks, reaches and goes where a link leads.
func (p *walkIn) touches(link string) {
	p.h.t.Helper()
	time.Sleep(thinking + reaching) // In the bubble, here and below: no time passes.
	if p.since.IsZero() {
		p.since = time.Now()
	}
	p.page = p.h.get(link).Body.String()
}

// links lists where the page's tiles lead.
func (p *walkIn) links() (all []string) {
	for _, m := range regexp.MustCompile(`class="tile" href="([^"]+)"`).FindAllStringSubmatch(p.page, -1) {
		all = append(all, html.UnescapeString(m[1]))
	}
	return all
}

// takes touches the button that takes a number, twice if clumsy, and waits for
// the paper.
func (p *walkIn) takes(rng *rand.Rand) (number string, wait time.Duration) {
	p.h.t.Helper()
	time.Sleep(thinking + reaching)
	choices := regexp.MustCompile(`name="(procedure|service)" value="([^"]+)"`).FindAllStringSubmatch(p.page, -1)
	key := regexp.MustCompile(`name="key" value="([A-Z2-7]+)"`).FindStringSubmatch(p.page)
	if len(choices) == 0 || key == nil {
		p.h.t.Fatalf("nothing to take on %s", p.page)
	}
	form := url.Values{"key": {key[1]}, "lang": {"vi"}, choices[0][1]: {choices[0][2]}}
	w := p.h.post("/kiosk/take", form)
	if rng.IntN(10) == 0 { // A second touch, before the page has changed.
		if again := p.h.post("/kiosk/take", form); again.Header().Get("Location") != w.Header().Get("Location") {
			p.h.t.Errorf("a second touch leads to %s", again.Header().Get("Location"))
		}
	}
	if w.Code != http.StatusSeeOther {
		p.h.t.Fatalf("%d %s", w.Code, w.Body)
	}
	for {
		p.page = p.h.get(w.Header().Get("Location")).Body.String()
		if strings.Contains(p.page, "Mời quý khách lấy phiếu") {
			break
		}
		if !strings.Contains(p.page, "Đang in phiếu") {
			p.h.t.Fatalf("no paper: %s", p.page)
		}
		time.Sleep(time.Second) // The page looks again by itself.
	}
	m := regexp.MustCompile(`class="number[^"]*"[^>]*>\s*([A-Z]\d{3})`).FindStringSubmatch(p.page)
	return m[1], time.Since(p.since)
}

// Sixty people come to one machine one after the other, as fast as people are,
// with a printer as fast as printers are: within ten minutes all have paper,
// each within ten seconds of the first touch. Time is the bubble's; only what
// the people and the printer take passes in it.
func TestSixtyPeopleInTenMinutes(t *testing.T) {
	if racing {
		t.Skip("draws sixty papers: not with -race")
	}
	open(t, queue.CommuneCentre(), func(h *hall) {
		h.paper.Inject(vprinter.Faults{Rate: 30_000}) // 150 mm a second, and the knife.
		rng, began := rand.New(rand.NewPCG(60, 6)), time.Now()
		numbers, slowest := map[string]bool{}, time.Duration(0)
		for i := range 60 {
			p := &walkIn{h: h, page: h.get("/kiosk").Body.String()}
			if i > 0 && rng.IntN(3) == 0 { // Who was here before has left the number on the screen.
				time.Sleep(thinking + reaching)
			}
			if rng.IntN(8) == 0 {
				p.touches("/kiosk/search")
				time.Sleep(4 * typing)
				p.page = h.get("/kiosk/search?q=" + url.QueryEscape([]string{"khai tu", "ket hon", "dat dai"}[rng.IntN(3)])).Body.String()
			} else {
				fields := p.links()
				p.touches(fields[rng.IntN(len(fields))])
			}
			if more := p.links(); len(more) > 0 && !strings.Contains(p.page, `class="tile" type="submit"`) {
				p.touches(more[0])
			}
			number, wait := p.takes(rng)
			if numbers[number] {
				t.Errorf("%s was given twice", number)
			}
			numbers[number] = true
			if slowest = max(slowest, wait); wait > 10*time.Second {
				t.Errorf("person %d waited %v from the first touch to the paper", i+1, wait)
			}
			time.Sleep(reaching) // Takes the paper and says that it is done.
		}
		all := time.Since(began)
		t.Logf("60 people in %v, the slowest %v from the first touch to the paper", all, slowest)
		if all > 10*time.Minute || len(numbers) != 60 || h.paper.Count() != 60 {
			t.Errorf("%v for %d numbers on %d papers", all, len(numbers), h.paper.Count())
		}
	})
}

// wire notes when a ticket's first byte goes to the printer: more than a
// question about its status.
type wire struct {
	printer.Conn
	mu    *sync.Mutex
	first *time.Time
}

func (w wire) Write(b []byte) (int, error) {
	w.mu.Lock()
	if len(b) > 256 && w.first.IsZero() {
		*w.first = time.Now()
	}
	w.mu.Unlock()
	return w.Conn.Write(b)
}

// Printing begins before the browser has an answer, and so before anything can
// move on its page: with a printer so slow that the page with the moving
// "printing" is shown, the first bytes are on the wire since the touch.
func TestPrintingBeginsBeforeThePage(t *testing.T) {
	open(t, queue.CommuneCentre(), func(h *hall) {
		var mu sync.Mutex
		var first time.Time
		slow := printer.New(printer.Config{Name: "slow", Open: func(ctx context.Context) (printer.Conn, error) {
			c, err := h.paper.Open(ctx)
			return wire{c, &mu, &first}, err
		}})
		h.kiosk.cfg.Printer = slow
		h.paper.Inject(vprinter.Faults{Rate: 6_000})
		touched := time.Now()
		w := h.post("/kiosk/take", url.Values{"key": {strings.Repeat("A", 26)}, "procedure": {"khai-sinh"}, "lang": {"vi"}})
		answered := time.Since(touched)
		page := h.get(w.Header().Get("Location")).Body.String()
		h.expect(page, "Đang in phiếu", `class="say busy"`)
		mu.Lock()
		defer mu.Unlock()
		began := first.Sub(touched)
		t.Logf("the first bytes went out %v after the touch, the page with what moves %v after it", began, answered)
		if first.IsZero() || began >= answered || answered < answerPatience {
			t.Error(fmt.Sprint("printing began ", began, " after the touch, the page came ", answered, " after it"))
		}
		for strings.Contains(page, "Đang in phiếu") {
			time.Sleep(time.Second)
			page = h.get(w.Header().Get("Location")).Body.String()
		}
	})
}
