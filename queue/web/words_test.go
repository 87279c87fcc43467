package web

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Every state, class, channel and error a person can meet has words of its
// own in both languages.
func TestEverythingHasWords(t *testing.T) {
	seen := map[both]string{}
	check := func(what string, b both) {
		t.Helper()
		if b.VI == "" || b.EN == "" || b.VI == what || (b.EN == what && what != "kiosk") {
			t.Errorf("%s: words %q, %q", what, b.VI, b.EN)
		}
		if other, ok := seen[b]; ok {
			t.Errorf("%s and %s have the same words %q", what, other, b.VI)
		}
		seen[b] = what
	}
	for _, s := range queue.States() {
		check(string(s), stateWords(s))
	}
	clear(seen)
	for _, s := range []queue.CounterState{queue.Opened, queue.Paused, queue.Closed} {
		check(string(s), counterWords(s))
	}
	clear(seen)
	for _, c := range []queue.Class{queue.Appointment, queue.Priority} {
		check(string(c), classWords(c))
	}
	for _, e := range []queue.Entitlement{queue.Declared, queue.ByCard, queue.Confirmed, queue.Refused} {
		check(string(e), entitlementWords(e))
	}
	for _, n := range needs() {
		check(n, needWords(n))
	}
	clear(seen)
	for k, b := range deedWords() {
		check(string(k), b)
	}
	clear(seen)
	for _, c := range queue.Channels() {
		check(string(c), channelWords(c))
	}
	for code, s := range consoleErrors() {
		check(string(code)+" title", s.title)
		check(string(code)+" next", s.next)
	}
}

// Whatever the console's scripts say has words, and nothing has words in vain.
func TestConsoleScriptsHaveWords(t *testing.T) {
	used := map[string]bool{"open": true, "reopen": true, "next": true, "start": true, "finish": true} // T[step()]
	for _, name := range []string{"console", "sheets", "facts"} {
		body, err := fs.ReadFile(static, "static/"+name+".js")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\bT\.([a-z_]+)`).FindAllStringSubmatch(string(body), -1) {
			used[m[1]] = true
			if b := consoleWords()[m[1]]; b.VI == "" || b.EN == "" {
				t.Errorf("%s.js says %q, which has no words", name, m[1])
			}
		}
	}
	for key := range consoleWords() {
		if !used[key] {
			t.Errorf("nothing says %q", key)
		}
	}
}

func TestAdviceHasANextStep(t *testing.T) {
	for _, s := range queue.States() {
		for _, l := range []page.Lang{page.Vietnamese, page.English} {
			_, next := advice(l, queue.Ticket{State: s}, nil, "Q")
			if !strings.HasSuffix(next, ".") {
				t.Errorf("%s in %s: %q", s, l, next)
			}
		}
	}
	_, undelivered := advice(page.Vietnamese, queue.Ticket{State: queue.Cancelled, Reason: queue.ReasonUndelivered}, nil, "")
	_, withdrawn := advice(page.Vietnamese, queue.Ticket{State: queue.Cancelled}, nil, "")
	if undelivered == withdrawn {
		t.Error("a number that lapsed reads like one that was cancelled")
	}
}

func TestBoardSize(t *testing.T) {
	for n, want := range map[int]string{0: "few", 4: "few", 5: "some", 8: "some", 9: "many", 40: "many"} {
		if got := boardSize(n); got != want {
			t.Errorf("%d counters: %s, want %s", n, got, want)
		}
	}
}

func TestBoardLong(t *testing.T) {
	for _, tc := range []struct{ number, counter, want string }{
		{"A012", "3", ""}, {"", "12", ""}, {"A012", "12", " long"}, {"A1105", "3", " long"},
	} {
		if got := long([]seatRow{{Number: "A001", Counter: "1"}, {Number: tc.number, Counter: tc.counter}}); got != tc.want {
			t.Errorf("%s at %s: %q", tc.number, tc.counter, got)
		}
	}
}

func FuzzReadings(f *testing.F) {
	for _, s := range []string{"12", "a012", "", "0", "99999999999999999999", "A-1", "１２"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		for _, ref := range readings(typed, []string{"A", "B"}) {
			n, err := queue.ParseNumber(ref)
			if err != nil || n.String() != ref {
				t.Errorf("%q is read as %q: %v", typed, ref, err)
			}
		}
	})
}

func FuzzFrame(f *testing.F) {
	f.Add("a\nb\r\n\n: c\u2028")
	f.Fuzz(func(t *testing.T, s string) {
		out := string(page.Frame("x", 1, map[string]string{"html": s}))
		if strings.Count(out, "\n") != 4 || !strings.HasSuffix(out, "\n\n") || strings.ContainsRune(out, '\r') {
			t.Errorf("%q breaks the event: %q", s, out)
		}
	})
}
