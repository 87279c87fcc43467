package appointment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anishathalye/porcupine"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is an office with its bookings, in a bubble of simulated time that
// begins on Saturday 1 January 2000, 07:00 in Viet Nam.
type world struct {
	*testing.T
	ctx    context.Context
	book   *Book
	office queue.Office
	path   string
	setup  queue.Setup
	told   []Notice
	rung   []int
	fails  error // Of the teller.
}

// Tell implements Teller.
func (w *world) Tell(_ context.Context, n Notice) error {
	if w.fails != nil {
		return w.fails
	}
	w.told = append(w.told, n)
	return nil
}

func (w *world) kinds() (all []NoticeKind) {
	for _, n := range w.told {
		all = append(all, n.Kind)
	}
	return all
}

// weekdays works Monday to Friday; three places of A a half-hour.
func weekdays() queue.Setup {
	s := queue.CommuneCentre()
	for d := time.Monday; d <= time.Friday; d++ {
		s.Hours = append(s.Hours, queue.Hours{Day: d, From: "07:30", To: "11:30"}, queue.Hours{Day: d, From: "13:30", To: "17:00"})
	}
	return s
}

func run(t *testing.T, setup queue.Setup, s Settings, test func(w *world)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), FileName)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		engine, err := queue.NewEngine(ctx, queue.Config{Setup: setup, Store: &memory.Store{}, Links: queue.NewLinks([]byte("0123456789abcdef"), "http://10.0.0.1")})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{T: t, ctx: ctx, office: engine, path: path, setup: setup}
		w.open()
		if err := w.book.SetSettings(ctx, s); err != nil {
			t.Fatal(err)
		}
		var parts sync.WaitGroup
		parts.Go(func() { _ = engine.Run(ctx) })
		test(w)
		cancel()
		parts.Wait()
		if err := w.book.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (w *world) open() {
	w.Helper()
	var err error
	w.book, err = Open(w.ctx, w.path, Config{
		Setup: func(context.Context) (queue.Setup, error) { return w.setup, nil }, Office: w.office, Secret: []byte("secret"), Teller: w,
		Ring: func(_ context.Context, n int) { w.rung = append(w.rung, n) },
	})
	if err != nil {
		w.Fatal(err)
	}
}

// until lets time pass, doing what becomes due on the way as Run does.
func (w *world) until(clock string) {
	w.Helper()
	end := local(w, clock)
	for {
		next, err := w.book.Advance(w.ctx)
		if err != nil {
			w.Fatal(err)
		}
		if next.IsZero() || next.After(end) {
			break
		}
		time.Sleep(max(time.Until(next), time.Millisecond))
	}
	time.Sleep(time.Until(end))
	if _, err := w.book.Advance(w.ctx); err != nil {
		w.Fatal(err)
	}
}

func (w *world) ask(clock, phone string) Request {
	w.Helper()
	return Request{Service: "A", Start: local(w, clock), Channel: queue.Web, Contact: "tel:" + phone}
}

func (w *world) make(clock, phone string) Booking {
	w.Helper()
	b, err := w.book.Book(w.ctx, w.ask(clock, phone))
	if err != nil {
		w.Fatal(err)
	}
	return b
}

func (w *world) act(b Booking, a Action, r ActRequest) Booking {
	w.Helper()
	r.Ref, r.Action = b.ID, a
	out, err := w.book.Act(w.ctx, r)
	if err != nil {
		w.Fatal(err)
	}
	return out
}

func (w *world) want(b Booking, s State) Booking {
	w.Helper()
	got, err := w.book.Find(w.ctx, b.Code)
	if err != nil || got.State != s {
		w.Fatalf("it is %s, want %s (%v)", got.State, s, err)
	}
	return got
}

func (w *world) refused(err error, code queue.Code) {
	w.Helper()
	if queue.ErrorCode(err) != code {
		w.Errorf("%v, want %s", err, code)
	}
}

func three() Settings { return Settings{Services: map[string]Service{"A": {Places: 3}}} }

func automatic(s Settings) Settings { s.Automatic = true; return s }

func TestAnsweredInTime(t *testing.T) {
	run(t, weekdays(), three(), func(w *world) {
		w.until("2000-01-03 15:30") // Monday.
		b := w.make("2000-01-05 08:00", "0912345678")
		if b.State != Requested || !b.AnswerBy.Equal(local(w, "2000-01-04 10:00")) {
			t.Errorf("%s, answer by %v", b.State, b.AnswerBy)
		}
		w.until("2000-01-04 09:00")
		if !slices.Equal(w.rung, []int{1}) {
			t.Errorf("staff were reminded: %v", w.rung)
		}
		w.act(b, Confirm, ActRequest{Staff: true, Actor: "staff:lan"})
		again := w.act(b, Confirm, ActRequest{Staff: true})
		if again.Version != 2 || again.State != Confirmed {
			t.Errorf("confirmed twice: %+v", again)
		}
		w.until("2000-01-05 07:59")
		if want := []NoticeKind{SayRequested, SayConfirmed, SayReminder}; !slices.Equal(w.kinds(), want) {
			t.Errorf("told %v, want %v", w.kinds(), want)
		}
		if at := w.told[2].Booking.Start; !at.Equal(b.Start) || w.told[2].To != "tel:+84912345678" {
			t.Errorf("%+v", w.told[2])
		}
		w.until("2000-01-05 17:01")
		w.want(b, Missed)
		if !slices.Contains(w.kinds(), SayMissed) {
			t.Errorf("told %v", w.kinds())
		}
		events, err := w.book.History(w.ctx, b.Code)
		if err != nil || len(events) != 3 || events[1].Actor != "staff:lan" || events[2].To != Missed {
			t.Errorf("%+v, %v", events, err)
		}
	})
}

func TestLapses(t *testing.T) {
	run(t, weekdays(), three(), func(w *world) {
		w.until("2000-01-07 16:00") // Friday: an hour, then three on Monday.
		b, soon := w.make("2000-01-12 08:00", "0912345678"), w.make("2000-01-10 08:00", "0912345679")
		w.until("2000-01-10 07:59")
		w.want(soon, Requested)
		w.until("2000-01-10 08:00") // Its own time: too late to answer.
		w.want(soon, Lapsed)
		w.until("2000-01-10 10:29")
		w.want(b, Requested)
		w.until("2000-01-10 10:30")
		w.want(b, Lapsed)
		if n := len(w.told); w.told[n-1].Kind != SayLapsed {
			t.Errorf("told %v", w.kinds())
		}
		_, err := w.book.Act(w.ctx, ActRequest{Ref: b.ID, Action: Confirm})
		w.refused(err, queue.CodeWrongState)
	})
}

func TestTwoReminders(t *testing.T) {
	run(t, weekdays(), automatic(three()), func(w *world) {
		w.until("2000-01-03 08:00")
		b := w.make("2000-01-06 10:00", "0912345678")
		w.until("2000-01-05 09:59")
		if len(w.told) != 1 {
			t.Errorf("told %v", w.kinds())
		}
		w.until("2000-01-05 10:00")
		w.until("2000-01-06 07:59")
		if len(w.told) != 2 {
			t.Errorf("told %v", w.kinds())
		}
		moved := w.act(b, Reschedule, ActRequest{Start: local(w, "2000-01-07 08:00")})
		if moved.State != Confirmed || moved.Code != b.Code || moved.Sequence != 1 {
			t.Errorf("%+v", moved)
		}
		w.until("2000-01-06 17:00")
		if want := []NoticeKind{SayConfirmed, SayReminder, SayMoved, SayReminder}; slices.Equal(w.kinds(), want) {
			t.Log("a reminder within the day before is said for the new time")
		}
		w.until("2000-01-07 06:00")
		if last := w.told[len(w.told)-1]; last.Kind != SayReminder || !last.Booking.Start.Equal(moved.Start) {
			t.Errorf("the last thing told: %+v", last)
		}
	})
}

// Reminders that the office changes count for bookings that stand, too.
func TestChangedReminders(t *testing.T) {
	run(t, weekdays(), automatic(three()), func(w *world) {
		w.until("2000-01-03 08:00")
		w.make("2000-01-06 10:00", "0912345678")
		s := automatic(three())
		s.RemindMinutes = []int{30}
		if err := w.book.SetSettings(w.ctx, s); err != nil {
			t.Fatal(err)
		}
		w.until("2000-01-06 09:29")
		if n := len(w.told); n != 1 {
			t.Errorf("told %v: the old reminders are over", w.kinds())
		}
		w.until("2000-01-06 09:30")
		if want := []NoticeKind{SayConfirmed, SayReminder}; !slices.Equal(w.kinds(), want) {
			t.Errorf("told %v, want %v", w.kinds(), want)
		}
	})
}

// A program that slept through several reminders says one.
func TestRemindersAreNotHeaped(t *testing.T) {
	run(t, weekdays(), automatic(three()), func(w *world) {
		w.until("2000-01-03 08:00")
		w.make("2000-01-06 10:00", "0912345678")
		time.Sleep(time.Until(local(t, "2000-01-06 09:00")))
		w.until("2000-01-06 09:30")
		if want := []NoticeKind{SayReminder}; !slices.Equal(w.kinds(), want) { // The confirmation is two days old news.
			t.Errorf("told %v, want %v", w.kinds(), want)
		}
	})
}

func TestTellerTriesAgain(t *testing.T) {
	run(t, weekdays(), automatic(three()), func(w *world) {
		w.until("2000-01-03 08:00")
		w.fails = errors.New("no network")
		w.make("2000-01-06 10:00", "0912345678")
		w.until("2000-01-03 09:00")
		w.fails = nil
		w.until("2000-01-03 09:11")
		if want := []NoticeKind{SayConfirmed}; !slices.Equal(w.kinds(), want) {
			t.Errorf("told %v", w.kinds())
		}
		w.fails = ErrNoWay
		w.make("2000-01-06 10:00", "0912345679")
		w.until("2000-01-03 10:00")
		w.fails = nil
		w.until("2000-01-03 12:00")
		if len(w.told) != 1 {
			t.Errorf("who cannot be reached is tried again: %v", w.kinds())
		}
	})
}

func TestRefusals(t *testing.T) {
	run(t, weekdays(), three(), func(w *world) {
		w.until("2000-01-03 08:00")
		for name, c := range map[string]struct {
			change func(*Request)
			want   queue.Code
		}{
			"too soon":        {func(r *Request) { r.Start = local(t, "2000-01-03 08:30") }, CodeSlotInvalid},
			"too far":         {func(r *Request) { r.Start = local(t, "2000-01-18 08:30") }, CodeSlotInvalid},
			"at noon":         {func(r *Request) { r.Start = local(t, "2000-01-04 12:00") }, CodeSlotInvalid},
			"off the grid":    {func(r *Request) { r.Start = local(t, "2000-01-04 08:10") }, CodeSlotInvalid},
			"on Saturday":     {func(r *Request) { r.Start = local(t, "2000-01-08 08:00") }, CodeSlotInvalid},
			"no service":      {func(r *Request) { r.Service = "Z" }, queue.CodeUnknownService},
			"no procedure":    {func(r *Request) { r.Procedure = "zzz" }, queue.CodeUnknownService},
			"wrong procedure": {func(r *Request) { r.Procedure = "dat-dai" }, queue.CodeUnknownService},
			"no contact":      {func(r *Request) { r.Contact = "" }, queue.CodeBadRequest},
			"short number":    {func(r *Request) { r.Contact = "tel:113" }, queue.CodeBadRequest},
		} {
			r := w.ask("2000-01-04 08:00", "0912345678")
			c.change(&r)
			_, err := w.book.Book(w.ctx, r)
			if queue.ErrorCode(err) != c.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		b := w.make("2000-01-04 08:00", "0912 345 678")
		w.make("2000-01-04 08:30", "0912345678")
		_, err := w.book.Book(w.ctx, w.ask("2000-01-04 09:00", "+84912345678"))
		w.refused(err, CodeBookingLimit)
		_, err = w.book.Act(w.ctx, ActRequest{Ref: b.ID, Action: Decline})
		w.refused(err, queue.CodeBadRequest)
		_, err = w.book.Act(w.ctx, ActRequest{Ref: b.ID, Action: Confirm, Version: 9})
		w.refused(err, queue.CodeStaleVersion)
		w.act(b, Decline, ActRequest{Staff: true, Reason: "hết cán bộ"})
		w.make("2000-01-04 09:00", "+84912345678") // What is over does not count.
		for _, ref := range []string{"", "999", "123456789", "x"} {
			_, err := w.book.Find(w.ctx, ref)
			w.refused(err, CodeUnknownBooking)
		}
	})
}

func TestRequestKeys(t *testing.T) {
	run(t, weekdays(), three(), func(w *world) {
		w.until("2000-01-03 08:00")
		r := w.ask("2000-01-04 08:00", "0912345678")
		r.Meta = queue.Meta{Key: "k", Caller: "web"}
		one, err := w.book.Book(w.ctx, r)
		two, err2 := w.book.Book(w.ctx, r)
		if err != nil || err2 != nil || one.ID != two.ID {
			t.Errorf("%v %v, %v %v", one.ID, err, two.ID, err2)
		}
		r.Contact = "tel:0987654321"
		_, err = w.book.Book(w.ctx, r)
		w.refused(err, queue.CodeKeyReused)
	})
}

// What is done under a key is done once, also where it has been changed since.
func TestActKeys(t *testing.T) {
	run(t, weekdays(), three(), func(w *world) {
		w.until("2000-01-03 08:00")
		b := w.make("2000-01-04 08:00", "0912345678")
		move := ActRequest{Meta: queue.Meta{Key: "k", Caller: "phone"}, Ref: b.Code, Action: Reschedule, Start: local(t, "2000-01-04 09:00")}
		if one, err := w.book.Act(w.ctx, move); err != nil || !one.Start.Equal(move.Start) {
			t.Fatalf("%+v, %v", one, err)
		}
		w.act(b, Reschedule, ActRequest{Start: local(t, "2000-01-04 10:00"), Staff: true})
		two, err := w.book.Act(w.ctx, move)
		if err != nil || !two.Start.Equal(local(t, "2000-01-04 10:00")) || w.free("2000-01-04", 9, 0) != 3 {
			t.Errorf("the first answer was lost, and it was moved again: %v, %v", two.Start, err)
		}
		move.Action = Cancel
		_, err = w.book.Act(w.ctx, move)
		w.refused(err, queue.CodeKeyReused)
		move.Key = strings.Repeat("k", maxKey+1)
		_, err = w.book.Act(w.ctx, move)
		w.refused(err, queue.CodeBadRequest)
		full := ActRequest{Meta: queue.Meta{Key: "f", Caller: "phone"}, Ref: b.Code, Action: Reschedule, Start: local(t, "2000-01-03 07:00")}
		for range 2 { // A refusal is not remembered.
			_, err = w.book.Act(w.ctx, full)
			w.refused(err, CodeSlotInvalid)
		}
	})
}

// A booking moves whole or not at all.
func TestRescheduleIsAtomic(t *testing.T) {
	run(t, weekdays(), three(), func(w *world) {
		w.until("2000-01-03 08:00")
		b := w.make("2000-01-04 08:00", "0911111111")
		w.act(b, Confirm, ActRequest{Staff: true})
		for i := range 3 {
			w.make("2000-01-04 09:00", fmt.Sprintf("092222222%d", i))
		}
		_, err := w.book.Act(w.ctx, ActRequest{Ref: b.ID, Action: Reschedule, Start: local(t, "2000-01-04 09:00")})
		w.refused(err, CodeSlotFull)
		if got := w.want(b, Confirmed); !got.Start.Equal(b.Start) {
			t.Errorf("it is at %v", got.Start)
		}
		if free := w.free("2000-01-04", 8, 0); free != 2 {
			t.Errorf("%d places free at the old time", free)
		}
		got := w.act(b, Reschedule, ActRequest{Start: local(t, "2000-01-04 10:00")})
		if got.State != Requested || w.free("2000-01-04", 8, 0) != 3 || w.free("2000-01-04", 10, 0) != 2 {
			t.Errorf("moved: %s, %d and %d free", got.State, w.free("2000-01-04", 8, 0), w.free("2000-01-04", 10, 0))
		}
	})
}

func (w *world) free(day string, hour, minute int) int {
	w.Helper()
	days, err := w.book.Slots(w.ctx, "A", day, 1, false)
	if err != nil {
		w.Fatal(err)
	}
	for _, s := range days[0].Slots {
		if at := s.Start.In(NewCalendar(w.setup).Zone()); at.Hour() == hour && at.Minute() == minute {
			return s.Free
		}
	}
	return -1
}

func TestWaitingList(t *testing.T) {
	s := automatic(three())
	s.Services["A"] = Service{Places: 1}
	run(t, weekdays(), s, func(w *world) {
		w.until("2000-01-03 08:00")
		first := w.make("2000-01-04 08:00", "0911111111")
		_, err := w.book.Book(w.ctx, w.ask("2000-01-04 08:00", "0922222222"))
		w.refused(err, CodeSlotFull)
		r := w.ask("2000-01-04 08:00", "0922222222")
		r.List = true
		listed, err := w.book.Book(w.ctx, r)
		if err != nil || listed.State != Listed {
			t.Fatalf("%s, %v", listed.State, err)
		}
		w.act(first, Cancel, ActRequest{})
		got := w.want(listed, Confirmed)
		if !got.Start.Equal(first.Start) || w.free("2000-01-04", 8, 0) != 0 {
			t.Errorf("at %v", got.Start)
		}
		third, err := w.book.Book(w.ctx, Request{Service: "A", Start: first.Start, Contact: "tel:0933333333", List: true})
		if err != nil {
			t.Fatal(err)
		}
		w.until("2000-01-04 07:00") // Too late for somebody to hear of it and come …
		w.act(got, Cancel, ActRequest{})
		if now := w.want(third, Confirmed); !now.Start.Equal(local(t, "2000-01-04 09:00")) { // … but other times of the day are free.
			t.Errorf("at %v", now.Start)
		}
		if !slices.Contains(w.kinds(), SayPromoted) {
			w.until("2000-01-04 07:01")
		}
		if !slices.Contains(w.kinds(), SayPromoted) {
			t.Errorf("told %v", w.kinds())
		}
	})
}

// A vaccination takes a chair at its time and a bed in the half-hour after.
func TestResources(t *testing.T) {
	s := automatic(Settings{
		Resources: []Resource{{ID: "chair", Places: 4}, {ID: "bed", Places: 2}},
		Services:  map[string]Service{"A": {Places: 9, Needs: []Need{{Resource: "chair"}, {Resource: "bed", After: 1, Lasts: 2}}}},
	})
	run(t, weekdays(), s, func(w *world) {
		w.until("2000-01-03 08:00")
		w.make("2000-01-04 08:00", "0911111111")
		w.make("2000-01-04 08:00", "0922222222")
		if got := []int{w.free("2000-01-04", 7, 30), w.free("2000-01-04", 8, 0), w.free("2000-01-04", 8, 30), w.free("2000-01-04", 9, 0)}; !slices.Equal(got, []int{0, 0, 0, 2}) {
			t.Errorf("free %v: the two beds are in use from 8:30 to 9:30", got)
		}
		_, err := w.book.Book(w.ctx, w.ask("2000-01-04 08:30", "0933333333"))
		w.refused(err, CodeSlotFull)
	})
}

func TestOverbookedByMeasure(t *testing.T) {
	s := automatic(three())
	s.Overbook, s.Services["A"] = true, Service{Places: 2}
	run(t, weekdays(), s, func(w *world) {
		w.until("2000-01-03 08:00")
		if got := w.free("2000-01-14", 8, 0); got != 2 {
			t.Errorf("nothing is known: %d places", got)
		}
		for i := range 15 {
			w.make("2000-01-03 "+[]string{"09:00", "09:30", "10:00", "10:30", "11:00", "13:30", "14:00", "14:30"}[i/2], fmt.Sprintf("09%08d", i))
		}
		w.until("2000-01-03 17:30") // Nobody came.
		if got, want := w.free("2000-01-14", 8, 0), Overbooked(2, NoShowShare(15, 0)); got != want || got <= 2 {
			t.Errorf("%d places, want %d", got, want)
		}
	})
}

func TestCheckInGivesOneTicket(t *testing.T) {
	run(t, weekdays(), automatic(three()), func(w *world) {
		w.until("2000-01-03 08:00")
		b := w.make("2000-01-03 10:00", "0912345678")
		later := w.make("2000-01-04 10:00", "0912345678")
		_, err := w.book.CheckIn(w.ctx, later.Code, queue.Kiosk)
		w.refused(err, CodeNotToday)
		w.until("2000-01-03 09:50")
		ids := make([]string, 20)
		var all sync.WaitGroup
		for i := range ids {
			all.Go(func() {
				got, err := w.book.CheckIn(w.ctx, b.Code, []queue.Channel{queue.Kiosk, queue.Web, queue.Phone}[i%3])
				if err != nil {
					t.Error(err)
				}
				ids[i] = got.ID
			})
		}
		all.Wait()
		slices.Sort(ids)
		if len(slices.Compact(ids)) != 1 {
			t.Fatalf("tickets %v", ids)
		}
		got, err := w.office.Ticket(w.ctx, ids[0])
		if err != nil || got.Class != queue.Appointment || !got.Slot.Equal(b.Start) || got.Presence != queue.Present {
			t.Errorf("%+v, %v", got, err)
		}
		if now := w.want(b, CheckedIn); now.Ticket != ids[0] || now.Contact != "" {
			t.Errorf("%+v", now)
		}
		_, err = w.book.Act(w.ctx, ActRequest{Ref: b.ID, Action: Cancel})
		w.refused(err, queue.CodeWrongState)
	})
}

// broken takes tickets, but its answers are lost.
type broken struct {
	queue.Office
	lost int
}

func (b *broken) Take(ctx context.Context, r queue.TakeRequest) (queue.Ticket, error) {
	t, err := b.Office.Take(ctx, r)
	if err == nil && b.lost > 0 {
		b.lost--
		return queue.Ticket{}, queue.Errorf(queue.CodeUnavailable, "the line was cut")
	}
	return t, err
}

// A check-in that was cut off is finished, by itself, with the same ticket.
func TestCheckInIsFinished(t *testing.T) {
	run(t, weekdays(), automatic(three()), func(w *world) {
		w.until("2000-01-03 08:00")
		office := &broken{Office: w.office, lost: 2}
		w.book.cfg.Office = office
		b := w.make("2000-01-03 10:00", "0912345678")
		_, err := w.book.CheckIn(w.ctx, b.Code, queue.Kiosk)
		w.refused(err, queue.CodeUnavailable)
		_, err = w.book.Act(w.ctx, ActRequest{Ref: b.ID, Action: Cancel})
		w.refused(err, queue.CodeWrongState) // A ticket may be there.
		if err := w.book.Close(); err != nil {
			t.Fatal(err)
		}
		w.office = office
		w.open()
		w.until("2000-01-03 08:02")
		w.until("2000-01-03 08:04")
		now := w.want(b, CheckedIn)
		tk, err := w.book.CheckIn(w.ctx, b.Code, queue.Web)
		if err != nil || tk.ID != now.Ticket || tk.Number.N != 1 {
			t.Errorf("%+v, %v", tk, err)
		}
	})
}

// Refused by the office, nobody is left half checked in.
func TestCheckInRefused(t *testing.T) {
	run(t, weekdays(), automatic(three()), func(w *world) {
		w.until("2000-01-03 06:00")
		b := w.make("2000-01-03 10:00", "0912345678")
		_, err := w.book.CheckIn(w.ctx, b.Code, queue.Web)
		w.refused(err, queue.CodeOfficeClosed)
		w.act(b, Cancel, ActRequest{})
	})
}

// A telephone number is gone from the disk when nothing more is to be told.
func TestErased(t *testing.T) {
	run(t, weekdays(), three(), func(w *world) {
		w.until("2000-01-03 08:00")
		b := w.make("2000-01-04 08:00", "0912345678")
		onDisk := func() (found bool) {
			for _, end := range []string{"", "-wal"} {
				raw, _ := os.ReadFile(w.path + end)
				found = found || bytes.Contains(raw, []byte("912345678"))
			}
			return found
		}
		if !onDisk() {
			t.Fatal("this test sees nothing")
		}
		w.act(b, Cancel, ActRequest{Staff: true, Reason: "x"})
		if err := w.book.Erase(w.ctx); err != nil {
			t.Fatal(err)
		}
		if got := w.want(b, Cancelled); got.Contact == "" {
			t.Error("erased before it was told")
		}
		w.until("2000-01-03 08:01")
		if err := w.book.Erase(w.ctx); err != nil {
			t.Fatal(err)
		}
		if got := w.want(b, Cancelled); got.Contact == "" {
			t.Error("erased while the notice may still come back")
		}
		w.until("2000-01-04 08:01")
		if err := w.book.Erase(w.ctx); err != nil {
			t.Fatal(err)
		}
		if got := w.want(b, Cancelled); got.Contact != "" || onDisk() {
			t.Errorf("contact %q, on the disk %v", got.Contact, onDisk())
		}
	})
}

// Run wakes for what is due, without anybody asking.
func TestRun(t *testing.T) {
	run(t, weekdays(), three(), func(w *world) {
		ctx, cancel := context.WithCancel(w.ctx)
		done := make(chan error, 1)
		time.Sleep(time.Until(local(t, "2000-01-03 08:00")))
		go func() { done <- w.book.Run(ctx) }()
		b := w.make("2000-01-04 08:00", "0912345678")
		time.Sleep(time.Until(local(t, "2000-01-03 14:01")))
		w.want(b, Lapsed)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := w.kinds(); !slices.Equal(got, []NoticeKind{SayRequested, SayLapsed}) {
			t.Errorf("told %v", got)
		}
	})
}

// input is what one client did to the one half-hour.
type input struct {
	cancel bool
	id     int // Of the client.
}

// 200 clients book the last places at once: exactly as many have one as there
// are. A few who also give theirs back may leave some free. Either history has
// an order in which every answer was right.
func TestLastPlace(t *testing.T) {
	t.Run("200 book", func(t *testing.T) { lastPlace(t, 200, false) })
	t.Run("10 book and cancel", func(t *testing.T) { lastPlace(t, 10, true) })
}

func lastPlace(t *testing.T, clients int, cancels bool) {
	const places = 3
	setup := queue.CommuneCentre()
	book, err := Open(t.Context(), filepath.Join(t.TempDir(), FileName), Config{
		Setup: func(context.Context) (queue.Setup, error) { return setup, nil }, Office: struct{ queue.Office }{}, Secret: []byte("s"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := book.SetSettings(t.Context(), automatic(Settings{NoList: true, Services: map[string]Service{"A": {Places: places}}})); err != nil {
		t.Fatal(err)
	}
	noon, _ := NewCalendar(setup).Date(NewCalendar(setup).Day(time.Now().AddDate(0, 0, 3)))
	var mu sync.Mutex
	var history []porcupine.Operation
	begin, start := time.Now(), make(chan struct{})
	do := func(id int, in input, f func() error) error {
		from := time.Since(begin)
		err := f()
		mu.Lock()
		defer mu.Unlock()
		history = append(history, porcupine.Operation{ClientId: id, Input: in, Call: int64(from), Output: err == nil, Return: int64(time.Since(begin))})
		return err
	}
	var all sync.WaitGroup
	for id := range clients {
		all.Go(func() {
			<-start
			var b Booking
			err := do(id, input{false, id}, func() (err error) {
				b, err = book.Book(t.Context(), Request{Service: "A", Start: noon, Contact: fmt.Sprintf("tel:09%08d", id)})
				return err
			})
			if err != nil && queue.ErrorCode(err) != CodeSlotFull {
				t.Error(err)
			}
			if err == nil && cancels && id%2 == 0 {
				_ = do(id, input{true, id}, func() error {
					_, err := book.Act(t.Context(), ActRequest{Ref: b.ID, Action: Cancel})
					return err
				})
			}
		})
	}
	close(start)
	all.Wait()
	model := porcupine.Model{
		Init: func() any { return 0 },
		Step: func(state, in, out any) (bool, any) {
			taken := state.(int)
			switch ok := out.(bool); {
			case in.(input).cancel:
				return ok && taken > 0, taken - 1
			case ok:
				return taken < places, taken + 1
			default:
				return taken == places, taken
			}
		},
	}
	if !porcupine.CheckOperations(model, history) {
		t.Error("no order explains the answers")
	}
	list, err := book.List(t.Context(), noon, noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	have := 0
	for _, b := range list {
		if b.State.HasPlace() {
			have++
		}
	}
	if have > places || have < places && !cancels {
		t.Errorf("%d have a place, there are %d", have, places)
	}
}

// Whatever people do in whatever order, no pool is ever fuller than it may be,
// and who has a place holds one.
func TestNeverTooFull(t *testing.T) {
	setup := queue.CommuneCentre()
	book, err := Open(t.Context(), filepath.Join(t.TempDir(), FileName), Config{
		Setup: func(context.Context) (queue.Setup, error) { return setup, nil }, Office: struct{ queue.Office }{}, Secret: []byte("s"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	}()
	rapid.Check(t, func(r *rapid.T) {
		ctx := context.Background()
		s := Settings{Automatic: rapid.Bool().Draw(r, "automatic"), PersonMost: 50, Resources: []Resource{{ID: "bed", Places: 2}}, Services: map[string]Service{
			"A": {Places: 2, Needs: []Need{{Resource: "bed", Lasts: 2}}}, "B": {Places: 1, Needs: []Need{{Resource: "bed", After: 1}}},
		}}
		if err := errors.Join(book.SetSettings(ctx, s), book.do(ctx, "DELETE FROM booking; DELETE FROM sqlite_sequence")); err != nil {
			r.Fatal(err)
		}
		noon, _ := NewCalendar(setup).Date(NewCalendar(setup).Day(time.Now().AddDate(0, 0, 3)))
		made := 0
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			start := noon.Add(time.Duration(rapid.IntRange(0, 2).Draw(r, "slot")) * SlotLength)
			if made == 0 || rapid.Bool().Draw(r, "book") {
				if _, err := book.Book(ctx, Request{Service: rapid.SampledFrom([]string{"A", "B"}).Draw(r, "service"), Start: start, Contact: "tel:0912345678", List: rapid.Bool().Draw(r, "list")}); err == nil {
					made++
				}
				continue
			}
			a := rapid.SampledFrom([]Action{Confirm, Decline, Cancel, Reschedule}).Draw(r, "action")
			_, _ = book.Act(ctx, ActRequest{Ref: fmt.Sprint(rapid.IntRange(1, made).Draw(r, "id")), Action: a, Start: start, Reason: "x"})
		}
		for pool, limit := range map[string]int{"service:A": 2, "service:B": 1, "resource:bed": 2} {
			var most int
			if err := book.file.QueryRow("SELECT coalesce(max(n), 0) FROM (SELECT sum(units) AS n FROM held WHERE pool = ? GROUP BY start)", pool).Scan(&most); err != nil || most > limit {
				r.Fatalf("%s holds %d of %d (%v)", pool, most, limit, err)
			}
		}
		var odd int
		if err := book.file.QueryRow(`SELECT count(*) FROM booking WHERE (state IN ('requested', 'confirmed', 'checked_in')) !=
			EXISTS (SELECT 1 FROM held WHERE held.booking = booking.id AND held.pool = 'service:' || service AND held.start = booking.start)`).Scan(&odd); err != nil || odd != 0 {
			r.Fatalf("%d bookings without the place that they have, or with one that they have not (%v)", odd, err)
		}
	})
}
