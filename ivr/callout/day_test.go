package callout

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
)

// deed is one thing that happens on a simulated day.
type deed struct {
	After time.Duration
	Kind  string
	Who   int // Citizen or counter.
}

// manner is how a citizen's telephone behaves all day.
type manner struct {
	Rings time.Duration
	Fails book.Outcome
	Hello time.Duration
	Keys  string // Pressed when asked, one per call.
}

// day is a drawn day: when the office takes calls, who lives there, what happens.
type day struct {
	From, To string
	Manners  []manner
	Deeds    []deed
	Texts    bool
}

func drawDay(t *rapid.T) day {
	d := day{
		From: rapid.SampledFrom([]string{"", "07:30"}).Draw(t, "from"), To: rapid.SampledFrom([]string{"", "09:00"}).Draw(t, "to"),
		Texts: rapid.Bool().Draw(t, "texts"),
	}
	for i := range 5 {
		name := fmt.Sprint("citizen ", i)
		d.Manners = append(d.Manners, manner{
			Rings: rapid.SampledFrom([]time.Duration{0, time.Second, 12 * time.Second, 27 * time.Second}).Draw(t, name+" rings"),
			Fails: rapid.SampledFrom([]book.Outcome{"", "", "", book.Busy, book.Declined, book.Unreachable, book.TrunkDown}).Draw(t, name+" fails"),
			Hello: rapid.SampledFrom([]time.Duration{0, 700 * time.Millisecond, 4 * time.Second}).Draw(t, name+" hello"),
			Keys:  rapid.SampledFrom([]string{"", "1", "2", "21", "3", "33", "9991"}).Draw(t, name+" keys"),
		})
	}
	kinds := []string{"take", "take", "take", "next", "next", "next", "next", "cancel", "check in", "crash", "restart", "forget", "night"}
	for range rapid.IntRange(5, 30).Draw(t, "deeds") {
		d.Deeds = append(d.Deeds, deed{
			After: time.Duration(rapid.SampledFrom([]int{0, 1, 7, 40, 200}).Draw(t, "after")) * time.Second,
			Kind:  rapid.SampledFrom(kinds).Draw(t, "kind"), Who: rapid.IntRange(0, 4).Draw(t, "who"),
		})
	}
	return d
}

func numberOf(who int) string { return fmt.Sprintf("+8491234567%d", who) }

// oracle knows what may be done and checks every call as it is made.
type oracle struct {
	w         *world
	mu        sync.Mutex
	wishes    map[string][]string // Number → tickets.
	forgotten map[string]bool     // Tickets whose wish was withdrawn.
	calls     map[string]int      // Date and number → calls.
	here      map[string]bool     // Tickets whose holders have come.
}

// know notes what has happened.
func (o *oracle) know(note func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	note()
}

// mayRing checks a call in the moment in which it is made.
func (o *oracle) mayRing(number string, at time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.w.t
	key := at.In(o.w.town.zone).Format(time.DateOnly) + number
	o.calls[key]++
	if most := 6; o.calls[key] > most && o.w.town.citizen(number).failsWith() != book.TrunkDown {
		t.Errorf("%s: call %d today", number, o.calls[key])
	}
	due := slices.ContainsFunc(o.wishes[number], func(id string) bool {
		tk := o.w.office.ticket(id)
		gone := over(tk) && at.Sub(tk.FinishedAt) >= time.Millisecond // In one instant, telephone and office may overtake each other.
		return !gone && !o.forgotten[id] && !o.here[id] && (over(tk) || tk.State == queue.Called || tk.State == queue.Waiting && tk.Standing.Ahead <= 3)
	})
	if !due {
		t.Errorf("%s is called at %s although nothing is due", number, at)
		for _, id := range o.wishes[number] {
			tk := o.w.office.ticket(id)
			t.Logf("%s %s %+v forgotten %v here %v wish %+v", id, tk.State, tk.Standing, o.forgotten[id], o.here[id], o.w.wishOf(id))
		}
	}
}

func (c *citizen) failsWith() book.Outcome {
	if c == nil || c.fails == nil {
		return ""
	}
	return c.fails.Outcome
}

// live lives one day.
func live(t *testing.T, d day) {
	w := newWorld(t, func(s *queue.Setup) { s.Phone.Callback.From, s.Phone.Callback.To = d.From, d.To }, Rules{AtOnce: 2})
	defer w.close()
	if d.Texts {
		w.stop()
		w.config.Texter = &letters{}
		w.start()
	}
	o := &oracle{w: w, wishes: map[string][]string{}, forgotten: map[string]bool{}, calls: map[string]int{}, here: map[string]bool{}}
	w.town.check = o.mayRing
	for i, m := range d.Manners {
		c := &citizen{rings: m.Rings, hello: m.Hello, presses: map[string]string{}}
		if m.Fails != "" && m.Rings > 0 {
			c.fails = &Failure{Outcome: m.Fails, Code: 499}
		}
		for j, k := range m.Keys {
			c.presses[[]string{"bấm phím một", "Quý vị muốn hủy số", "Xin nhắc lại", "không bao giờ"}[j%4]] = string(k)
		}
		w.town.lives(numberOf(i), c)
	}
	w.office.open("1")
	var tickets []string
	crashes := 0
	for _, e := range d.Deeds {
		time.Sleep(e.After)
		synctest.Wait()
		switch e.Kind {
		case "take":
			tk := w.office.take("A")
			tickets = append(tickets, tk.ID)
			number := numberOf(e.Who)
			o.know(func() { o.wishes[number] = append(o.wishes[number], tk.ID) })
			w.wish(tk, number)
		case "next":
			w.office.next("1")
		case "cancel", "check in":
			if i := e.Who; i < len(tickets) {
				id := tickets[len(tickets)-1-i]
				if w.office.ticket(id).State == queue.Waiting {
					o.know(func() { o.here[id] = true })
					w.office.act(id, map[string]queue.Action{"cancel": queue.Cancel, "check in": queue.CheckIn}[e.Kind])
				}
			}
		case "forget":
			for _, id := range o.wishes[numberOf(e.Who)] {
				o.know(func() { o.forgotten[id] = true })
			}
			if err := w.caller.Forget(t.Context(), numberOf(e.Who)); err != nil {
				t.Error(err)
			}
		case "crash":
			crashes++
			path := filepath.Join(t.TempDir(), book.FileName)
			snapshot(t, w.path, path)
			w.stop()
			w.path = path
			w.start()
		case "restart":
			w.stop()
			w.start()
		case "night":
			if e.Who == 0 {
				time.Sleep(3 * time.Hour)
			}
		}
	}
	o.settle(tickets, crashes)
}

// settle ends the day and checks what is left.
func (o *oracle) settle(tickets []string, crashes int) {
	w, t := o.w, o.w.t
	time.Sleep(30 * time.Minute)
	var noted int
	turned := false // What was noted on a day before is gone.
	for _, id := range tickets {
		tk := w.office.ticket(id)
		if tk.State == queue.Waiting {
			w.office.act(id, queue.Cancel)
		} else if tk.State == queue.Called {
			w.office.act(id, queue.Finish)
		}
	}
	time.Sleep(time.Minute)
	for _, id := range tickets {
		got, ok, err := w.book.WishFor(t.Context(), id)
		if err != nil || !ok && w.office.ticket(id).Day == w.caller.today() {
			t.Errorf("wish of %s: %v, %v", id, ok, err)
		}
		if !ok {
			turned = true
			continue
		}
		if got.State != book.Done || got.Result == "" || got.Telephone != "" {
			t.Errorf("wish not ended: %+v", got)
		}
		list := w.attempts(id)
		rounds := map[string]int{}
		for _, a := range list {
			if a.Outcome == "" {
				t.Errorf("attempt without an end: %+v", a)
			}
			if a.Outcome.Rings() {
				rounds[fmt.Sprint(a.Purpose, a.Round)]++
			}
			if rounds[fmt.Sprint(a.Purpose, a.Round)] > 2 || a.Purpose == book.Called && rounds[fmt.Sprint(a.Purpose, a.Round)] > 1 {
				t.Errorf("too many attempts: %+v", list)
			}
		}
		noted += len(list)
	}
	rings := len(w.town.calls())
	if rings > noted && !turned {
		t.Errorf("%d calls reached the network, %d are noted", rings, noted)
	}
	if crashes == 0 && noted > rings {
		t.Errorf("%d calls are noted, %d reached the network", noted, rings)
	}
	if w.town.atOnce() > 2 {
		t.Errorf("%d calls at once", w.town.atOnce())
	}
	for _, n := range []string{"91234567"} {
		if w.onDisk(n) {
			t.Errorf("telephone numbers are still on the disk")
		}
	}
}

// TestDays lives many days against the oracle.
func TestDays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := drawDay(rt)
		synctest.Test(t, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("on this day: %#v", d)
				}
			}()
			live(t, d)
		})
	})
}
