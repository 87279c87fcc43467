package booking

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// chat is somebody who talks with the topic of an office that is always open.
type chat struct {
	*testing.T
	topic dialogue.Topic
	book  *appointment.Book
	setup queue.Setup
	last  dialogue.Answer
	keys  int
}

func newChat(t *testing.T, s appointment.Settings) *chat {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	setup := queue.CommuneCentre()
	engine, err := queue.NewEngine(ctx, queue.Config{Setup: setup, Store: &memory.Store{}})
	if err != nil {
		t.Fatal(err)
	}
	c := &chat{T: t, setup: setup}
	now := func(context.Context) (queue.Setup, error) { return setup, nil }
	if c.book, err = appointment.Open(ctx, filepath.Join(t.TempDir(), appointment.FileName), appointment.Config{Setup: now, Office: engine, Secret: []byte("s")}); err != nil {
		t.Fatal(err)
	}
	if err := c.book.SetSettings(ctx, s); err != nil {
		t.Fatal(err)
	}
	if c.topic, err = Topic(Config{Book: c.book, Setup: now}); err != nil {
		t.Fatal(err)
	}
	var run sync.WaitGroup
	run.Go(func() { _ = engine.Run(ctx) })
	t.Cleanup(func() { cancel(); run.Wait(); _ = c.book.Close() })
	return c
}

func (c *chat) now() time.Time { return time.Now().In(appointment.NewCalendar(c.setup).Zone()) }

// say asks the topic as the conversation would, and looks at what holds for every
// answer.
func (c *chat) say(arg string) string {
	c.Helper()
	c.keys++
	return c.letter("letter-"+strconv.Itoa(c.keys), arg)
}

// letter is say for a letter with an id of its own.
func (c *chat) letter(key, arg string) string {
	c.Helper()
	q := dialogue.Question{Arg: arg, Language: "vi", Channel: queue.Telegram, Chat: "4711", Now: c.now(), Key: key}
	a, err := c.topic.Answer(c.Context(), q)
	if err != nil || a.Body == "" || len(a.Ask) > 40 || len(a.Offers) > 12 {
		c.Fatalf("%q: %+v, %v", arg, a, err)
	}
	for _, o := range a.Offers {
		if o.Label == "" || len(o.Arg) > 40 {
			c.Errorf("%q offers %+v", arg, o)
		}
	}
	c.last = a
	return a.Body
}

// press presses a button of the latest answer.
func (c *chat) press(label string) string {
	c.Helper()
	for _, o := range c.last.Offers {
		if strings.HasPrefix(o.Label, label) {
			return c.say(o.Arg)
		}
	}
	c.Fatalf("no button %q in %+v", label, c.last)
	return ""
}

func (c *chat) want(body string, words ...string) {
	c.Helper()
	for _, w := range words {
		if !strings.Contains(body, w) {
			c.Errorf("%q, want %q in it", body, w)
		}
	}
}

func (c *chat) mine() []appointment.Booking {
	c.Helper()
	all, err := c.book.Mine(c.Context(), "telegram:4711")
	if err != nil {
		c.Fatal(err)
	}
	return all
}

// From service to yes by buttons; seen, moved, kept after all, cancelled; what is
// held is told and erased.
func TestConversation(t *testing.T) {
	c := newChat(t, appointment.Settings{Automatic: true})
	c.want(c.say(""), "muốn hẹn làm việc gì")
	c.want(c.press("A ·"), "ngày nào")
	tomorrow := c.last.Offers[1]
	c.want(c.say(tomorrow.Arg), "mấy giờ")
	c.want(c.press("Xem thêm"), "mấy giờ")
	c.want(c.say(c.last.Offers[0].Arg), "Đúng không?")
	c.want(c.say(c.last.Ask+" khong"), "mấy giờ")
	first := c.last.Offers[0]
	c.want(c.say(first.Arg), "Hẹn đến "+first.Label)
	c.want(c.say(c.last.Ask+" co"), "Đã ghi lịch hẹn", first.Label, "Đã xác nhận", "Mã hẹn")
	if all := c.mine(); len(all) != 1 || all[0].Channel != queue.Telegram || all[0].State != appointment.Confirmed {
		t.Fatalf("%+v", all)
	}
	c.want(c.say(""), "Lịch hẹn: "+first.Label)
	c.press("Đổi giờ")
	c.say(c.last.Offers[2].Arg)
	moved := c.last.Offers[1]
	c.say(moved.Arg)
	c.want(c.press("Đúng"), "Đã đổi giờ", moved.Label)
	c.press("Hủy hẹn")
	c.want(c.press("Giữ lại"), "vẫn được giữ")
	held, err := c.topic.Held(t.Context(), dialogue.Question{Language: "vi", Channel: queue.Telegram, Chat: "4711"})
	if err != nil || len(held) != 1 {
		t.Errorf("%v, %v", held, err)
	}
	c.press("Hủy hẹn")
	yes := c.last.Ask + " co"
	c.want(c.say(yes), "Đã hủy")
	c.want(c.say(yes), "Đã hủy") // The letter came twice.
	if len(c.mine()) != 0 {
		t.Errorf("%+v", c.mine())
	}
	c.say("a mai 9h30")
	c.say(c.last.Ask + " co")
	if err := c.topic.Forget(t.Context(), dialogue.Question{Channel: queue.Telegram, Chat: "4711"}); err != nil || len(c.mine()) != 0 {
		t.Errorf("%v, %+v", err, c.mine())
	}
}

// A letter that is delivered twice acts once, whatever came between.
func TestDeliveredTwice(t *testing.T) {
	c := newChat(t, appointment.Settings{Automatic: true})
	c.say("a mai 9h")
	c.say(c.last.Ask + " co")
	b := c.mine()[0]
	move := func(to time.Time) string {
		return opMove + " " + b.Code + " " + to.In(c.now().Location()).Format(stampLayout) + " co"
	}
	wished, later := b.Start.Add(30*time.Minute), b.Start.Add(time.Hour)
	c.want(c.letter("once", move(wished)), "Đã đổi giờ")
	if _, err := c.book.Act(t.Context(), appointment.ActRequest{Ref: b.ID, Action: appointment.Reschedule, Staff: true, Start: later}); err != nil {
		t.Fatal(err)
	}
	c.want(c.letter("once", move(wished)), later.In(c.now().Location()).Format("15:04"))
	if all := c.mine(); len(all) != 1 || !all[0].Start.Equal(later) {
		t.Errorf("the letter that came twice has moved it again: %+v", all)
	}
	c.want(c.letter("twice", move(wished)), "Đã đổi giờ")
	if all := c.mine(); !all[0].Start.Equal(wished) {
		t.Errorf("another letter moves nothing: %+v", all)
	}
	for range 2 {
		c.want(c.letter("gone", opCancel+" "+b.Code+" co"), "Đã hủy")
	}
}

// What is not possible says what to do instead, and a stranger's booking is not
// told.
func TestRefused(t *testing.T) {
	c := newChat(t, appointment.Settings{PersonMost: 1, Services: map[string]appointment.Service{"B": {Off: true}}})
	c.want(c.say("b"), "lấy số")
	c.want(c.say(".d XYZ"), "lấy số")
	c.say("a mai 9h")
	stamp := c.last.Ask
	c.want(c.say(stamp+" co"), "Chờ cán bộ xác nhận")
	c.want(c.say("a mai 10h"), "Đúng không")
	c.want(c.say(c.last.Ask+" co"), "hủy một lịch trước", "Lịch hẹn: 09:00")
	other, err := c.book.Book(t.Context(), appointment.Request{Service: "A", Start: c.mine()[0].Start, Channel: queue.Web, Contact: "tel:0912345678"})
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range []string{opShow, opCancel, opMoveDay, opIn} {
		if body := c.say(op + " " + other.Code); !strings.Contains(body, "đã thay đổi") {
			t.Errorf("%s of a stranger: %q", op, body)
		}
	}
	c.want(c.say(opHere+" 123456"), "Chưa nhận khách", "lấy số")
	c.want(c.say(".ok A 202001010900 co"), "hết chỗ")
	if err := c.book.SetSettings(t.Context(), appointment.Settings{Off: true}); err != nil {
		t.Fatal(err)
	}
	c.want(c.say(opServices), "không nhận đặt hẹn")
}

// Who says to have come gets a ticket of the booked class, which the chat follows.
func TestHere(t *testing.T) {
	c := newChat(t, appointment.Settings{Automatic: true})
	c.want(c.say(opHere), "chưa có lịch hẹn")
	start := time.Now().Truncate(30 * time.Minute)
	if _, err := c.book.Book(t.Context(), appointment.Request{Service: "A", Start: start, Channel: queue.Staff, Contact: "telegram:4711"}); err != nil {
		t.Fatal(err)
	}
	c.want(c.say(opHere), "có mặt")
	if f := c.last.Follow; f == nil || f.Class != queue.Appointment || f.Channel != queue.Telegram || f.Presence != queue.Present {
		t.Errorf("%+v", f)
	}
}

func TestWishes(t *testing.T) {
	setup := queue.CommuneCentre()
	k := talk{setup: setup, calendar: appointment.NewCalendar(setup), l: page.Vietnamese}
	k.Now = time.Date(2026, 11, 22, 10, 0, 0, 0, k.calendar.Zone())
	for text, want := range map[string]string{
		"a": "A  ", "A 24/11 9h": "A 24/11/2026 0900", "a ngày 24/11 lúc 9 giờ 30": "A 24/11/2026 0930", "a mai 14h": "A 23/11/2026 1400", "a hôm nay": "A 22/11/2026 ",
		"a 3/2": "A 03/02/2027 ", "a 24/11 25h": "A 24/11/2026 ", "a 99/99 9h": "A  ", "a 31/6 9h": "A  ", "cua toi": "-", "": "-", "z mai": "-",
	} {
		w, ok := k.wish(strings.Fields(dialogue.Fold(text)))
		got := "-"
		if ok {
			day := ""
			if !w.day.IsZero() {
				day = w.day.Format("02/01/2006")
			}
			got = w.service + " " + day + " " + w.clock
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Whatever is typed or pressed, there is an answer, and nothing is booked that
// was not agreed to.
func TestAnything(t *testing.T) {
	c := newChat(t, appointment.Settings{})
	rapid.Check(t, func(r *rapid.T) {
		words := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]string{
			opServices, opDays, opTimes, opBook, opShow, opCancel, opMoveDay, opMoveTime, opMove, opIn, opHere, "a", "A", "mai", "24", "11", "20261124", "202611240900", "999999999", "-1", "khong",
		}), rapid.StringMatching(`[a-z0-9]{0,12}`)), 0, 6).Draw(r, "words")
		c.say(strings.Join(words, " "))
		if len(c.mine()) > 0 && !strings.Contains(strings.Join(words, " ")+" ", " "+yes+" ") {
			r.Fatalf("booked by %q", words)
		}
	})
}
