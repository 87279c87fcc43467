package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
	"github.com/xinmoi/xinmoi/queue/whatif"
)

// busyMorning fills a store with one day: a number a minute for an hour, and
// one counter that takes two minutes for each.
func busyMorning(t *testing.T) (data string, db *sqlite.DB) {
	t.Helper()
	data = t.TempDir()
	db, err := sqlite.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	now := time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC)
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: db, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	staff := queue.Meta{Caller: "staff"}
	do := func(c queue.Command) queue.Ticket {
		a := e.Together(t.Context(), c)[0]
		if a.Err != nil && queue.ErrorCode(a.Err) != queue.CodeNobodyWaiting {
			t.Fatal(a.Err)
		}
		return a.Ticket
	}
	do(queue.SetCounterRequest{Meta: staff, Counter: "1", State: queue.Opened})
	for minute := range 121 {
		if minute < 60 {
			do(queue.TakeRequest{Meta: staff, Service: "A", Channel: queue.Kiosk})
		}
		if minute%2 == 0 {
			if minute > 0 {
				do(queue.ActRequest{Meta: staff, Ticket: queue.Number{Prefix: "A", N: minute / 2}.String(), Action: queue.Finish})
			}
			do(queue.CounterRequest{Meta: staff, Counter: "1"})
		}
		now = now.Add(time.Minute)
	}
	return data, db
}

func TestWhatIf(t *testing.T) {
	data, _ := busyMorning(t) // Still open, as beside a running server.
	before, err := os.ReadFile(filepath.Join(data, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(args ...string) (string, int) {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"whatif", "-data", data, "-day", "2026-11-23"}, args...), streams{&out, &errs})
		return out.String() + errs.String(), code
	}
	const slow, none = "29.5 / 29.0 / 56.0 / 59.0", "0.0 / 0.0 / 0.0 / 0.0"
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, slow + "  " + slow + "  " + slow},
		{[]string{"-add-counter", "a"}, slow + "  " + slow + "  " + none},
		{[]string{"-service-minutes", "A=1"}, slow + "  " + slow + "  " + none},
		{[]string{"-add-counter", "B"}, slow + "  " + slow + "  " + slow},
		{[]string{"-remove-counter", "1"}, "never called     0                          0                          60"},
		{[]string{"-rates", "1:1:1"}, "1:1:1 (đã dùng 1:3:3)"},
	} {
		got, code := ask(c.args...)
		if code != exitOK || !strings.Contains(got, c.want) {
			t.Errorf("%v: exit %d, no %q in:\n%s", c.args, code, c.want, got)
		}
	}
	for want, args := range map[string][]string{
		`counter "2" was not open`: {"-remove-counter", "2"}, `no service "Z"`: {"-add-counter", "Z"}, "outside 1:1 to 1:4": {"-rates", "1:9:9"},
	} {
		if got, code := ask(args...); code != exitFailed || !strings.Contains(got, want) {
			t.Errorf("%v: exit %d, no %q in:\n%s", args, code, want, got)
		}
	}
	after, err := os.ReadFile(filepath.Join(data, sqlite.FileName))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the store has changed, %v", err)
	}
}

// Whatever is typed, the change read from it says the same when typed again.
func FuzzReadChange(f *testing.F) {
	f.Add("1:2:2", "A,B", "07:30", "11:30", "3", "A=4,B=7.5")
	f.Add("1:9", "", "", "", "3,,4", "A=NaN")
	f.Add(" 1: 3 :3", "a b", "", "x", "", "a=1e300")
	f.Fuzz(func(t *testing.T, rates, add, from, to, remove, minutes string) {
		c, err := readChange(rates, add, from, to, remove, minutes)
		if err != nil {
			return
		}
		for service, d := range c.Minutes {
			if d <= 0 || d > 24*time.Hour || service != strings.ToUpper(service) {
				t.Errorf("%q: %s takes %v", minutes, service, d)
			}
		}
		again, err := readChange(rates, strings.Join(first(c.Add).Services, ","), from, to, strings.Join(c.Remove, ","), "")
		if err != nil || again.Rates != c.Rates || !slices.Equal(again.Remove, c.Remove) || !slices.Equal(first(again.Add).Services, first(c.Add).Services) {
			t.Errorf("%+v became %+v, %v", c, again, err)
		}
	})
}

func first(shifts []whatif.Shift) (s whatif.Shift) {
	if len(shifts) > 0 {
		s = shifts[0]
	}
	return s
}
