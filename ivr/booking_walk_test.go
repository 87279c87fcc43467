package ivr_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/booking"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
)

// bookings are an office's appointments that never change, so that a walk meets
// the same answer wherever it asks: every day from the 23rd on has the same free
// half-hours, a booking is always made, and mine are whose they are.
type bookings struct {
	settings appointment.Settings
	days     int
	hours    []int // Of the free half-hours, in the office's zone.
	mine     []appointment.Booking
	fails    error // Of whatever changes something.
}

const caller = "tel:+84912345678"

func zone() *time.Location { return time.FixedZone("+07", 7*60*60) }

func at(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, zone()) }

func (b bookings) Settings(context.Context) (appointment.Settings, error) { return b.settings, nil }

func (b bookings) Slots(_ context.Context, _, from string, days int, _ bool) (out []appointment.Day, err error) {
	for i := range b.days {
		d := appointment.Day{Date: at(23+i, 0).Format(time.DateOnly)}
		for _, h := range b.hours {
			d.Slots = append(d.Slots, appointment.Slot{Start: at(23+i, h), Free: 1})
		}
		if d.Date >= from && len(out) < days {
			out = append(out, d)
		}
	}
	return out, nil
}

func (b bookings) Mine(context.Context, string) ([]appointment.Booking, error) { return b.mine, nil }

func (b bookings) Find(_ context.Context, ref string) (appointment.Booking, error) {
	for _, v := range b.mine {
		if v.Code == ref {
			return v, nil
		}
	}
	return appointment.Booking{}, queue.Errorf(appointment.CodeUnknownBooking, "none")
}

func (b bookings) Book(_ context.Context, r appointment.Request) (appointment.Booking, error) {
	state := appointment.Requested
	if b.settings.Automatic {
		state = appointment.Confirmed
	}
	return appointment.Booking{ID: "9", Code: "123456784", Start: r.Start, State: state}, b.fails
}

func (b bookings) Act(_ context.Context, r appointment.ActRequest) (appointment.Booking, error) {
	if r.Key == "" {
		return appointment.Booking{}, errors.New("cannot be asked again when its answer is lost")
	}
	v, _ := b.Find(context.Background(), r.Ref)
	if r.Action == appointment.Reschedule {
		v.Start = r.Start
	}
	return v, b.fails
}

func (b bookings) CheckIn(context.Context, string, queue.Channel) (queue.Ticket, error) {
	return queue.Ticket{ID: "7", Number: queue.Number{Prefix: "A", N: 12}, Standing: &queue.Standing{Ahead: 2}}, b.fails
}

func own(code string, start time.Time, s appointment.State) appointment.Booking {
	return appointment.Booking{ID: code[:1], Code: code, Service: "A", Start: start, State: s, Contact: caller}
}

// bookingOffice is the office of the transcripts with appointments: it is Monday
// the 23rd, nine o'clock.
func bookingOffice(t *testing.T, b bookings) ivr.Started {
	t.Helper()
	in := ivr.Morning()
	for _, v := range in.Services {
		in.Setup.Services = append(in.Setup.Services, v.Service)
	}
	in.Setup.TimeZone = "Asia/Ho_Chi_Minh"
	in.Setup.Phone.Menu = []queue.PhoneOption{{Key: "1", Kind: booking.Name}}
	now := in.Now
	topic, err := booking.New(booking.Config{
		Book: b, Setup: func(context.Context) (queue.Setup, error) { return in.Setup, nil }, Now: func() time.Time { return now }, Writes: func(string) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	in.Topics = []ivr.Topic{topic}
	return in
}

func bookingOffices() map[string]bookings {
	morning, day := []int{8, 9, 10}, []int{8, 9, 10, 11, 13, 14, 15}
	several := []appointment.Booking{
		own("1", at(23, 10), appointment.Confirmed), own("2", at(24, 8), appointment.Requested), own("3", at(25, 8), appointment.Listed),
		own("4", at(26, 8), appointment.Confirmed), own("5", at(27, 8), appointment.Confirmed),
	}
	away, often, full, limit := queue.Errorf(queue.CodeUnavailable, "away"), queue.Errorf(queue.CodeRateLimited, "too often"), queue.Errorf(appointment.CodeSlotFull, "full"), queue.Errorf(appointment.CodeBookingLimit, "enough")
	return map[string]bookings{
		"few days":       {days: 2, hours: morning},
		"many days":      {days: 6, hours: day, settings: appointment.Settings{Automatic: true}},
		"nothing free":   {},
		"one":            {days: 1, hours: morning, mine: several[:1]},
		"several":        {days: 1, hours: morning[:1], mine: several},
		"full meanwhile": {days: 1, hours: morning[:1], mine: several[1:2], fails: full},
		"limit":          {days: 1, hours: morning[:1], fails: limit},
		"often":          {days: 1, hours: morning[:1], mine: several[:2], fails: often},
		"away":           {days: 1, hours: morning[:1], mine: several[:1], fails: away},
	}
}

// walkBooking goes through everything that a caller can press, from every state
// that can be met, and looks at what is said there. How many turns a call has,
// what silence and a hang-up lead to and what happens to keys that are not the
// topic's is the telephone's own, whose walk (TestEveryState) has a topic too.
func walkBooking(t *testing.T, in ivr.Started, number string) (seen map[string]bool, turns int) {
	t.Helper()
	topic, speech := in.Topics[0], ivr.SpeechIn("vi", in.Info, in.Setup.Phone)
	seen = map[string]bool{}
	ways := map[string][]string{} // State → those that it leads to; "" = the menu.
	var visit func(state, keys string) string
	visit = func(state, keys string) string {
		turns++
		reply, err := topic.Turn(t.Context(), ivr.Turn{Key: "k", Number: number, Language: "vi", Speech: speech, Keys: keys, State: state})
		if err != nil {
			return "" // "It could not be done", and the menu.
		}
		if reply.Digits == 0 {
			return ""
		}
		if reply.Digits != 1 || reply.Say.IsZero() || reply.State == "" || !strings.Contains(reply.Say.Text(), "phím") {
			t.Fatalf("state %s, key %s: %q, %d keys, then %q", state, keys, reply.Say.Text(), reply.Digits, reply.State)
		}
		if next := reply.State; !seen[next] {
			seen[next] = true
			for _, k := range "12345678*" {
				ways[next] = append(ways[next], visit(next, string(k)))
			}
		}
		return reply.State
	}
	visit("", "")
	for state := range seen { // Everybody can leave: nothing leads round in circles alone.
		if !leaves(ways, state, map[string]bool{}) {
			t.Errorf("there is no way out of %s", state)
		}
	}
	return seen, turns
}

func leaves(ways map[string][]string, state string, been map[string]bool) bool {
	if state == "" {
		return true
	}
	if been[state] {
		return false
	}
	been[state] = true
	for _, next := range ways[state] {
		if leaves(ways, next, been) {
			return true
		}
	}
	return false
}

// Every state of the booking × every key: nothing is a dead end.
func TestEveryStateOfBooking(t *testing.T) {
	var all strings.Builder
	for name, b := range bookingOffices() {
		seen, turns := walkBooking(t, bookingOffice(t, b), strings.TrimPrefix(caller, "tel:"))
		t.Logf("%s: %d states, %d turns", name, len(seen), turns)
		for state := range seen {
			all.WriteString(state)
		}
	}
	for _, step := range []string{"which", "own", "sure", "service", "day", "part", "clock", "check"} {
		if !strings.Contains(all.String(), `"step":"`+step+`"`) {
			t.Errorf("the walk never came to %q", step)
		}
	}
	if seen, _ := walkBooking(t, bookingOffice(t, bookings{days: 1, hours: []int{8}}), ""); len(seen) > 0 {
		t.Errorf("a caller without a number came to %v", seen)
	}
}

// The transcripts are in testdata/transcripts/booking, as those of the telephone
// are beside them.
func TestBookingTranscripts(t *testing.T) {
	offices := bookingOffices()
	for name, c := range map[string]struct{ title, office, keys string }{
		"book":       {"A first appointment: service, day, morning or afternoon, time, and yes", "many days", "112121"},
		"other_time": {"Another day, another time, and a step back", "many days", "1151*11122*2"},
		"requested":  {"An office whose staff answer", "few days", "11111"},
		"own":        {"Who has one hears it, and moves it", "one", "12121"},
		"cancel":     {"Cancelled, after a second thought", "one", "13113" + "3"},
		"check_in":   {"Who has come gets the number", "one", "11"},
		"several":    {"A telephone of a household", "several", "1514"},
		"full":       {"Somebody was quicker", "full meanwhile", "12111"},
		"limit":      {"Enough appointments", "limit", "11111"},
		"often":      {"Somebody who books and moves without end is told to call later", "often", "1141111" + "112111"},
		"none":       {"No time is free", "nothing free", "11"},
		"wrong":      {"A key that means nothing, and silence", "few days", "18.-.-"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", "transcripts", "booking", name+".txt")
			got := ivr.TopicTranscript(t, c.title, bookingOffice(t, offices[c.office]), c.keys)
			if ivr.Updating() {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil || got != string(want) {
				t.Errorf("%v; got\n%s\nwant\n%s", err, got, want)
			}
		})
	}
}
