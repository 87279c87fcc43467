//go:build e2e

package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"
)

const base = "/offices/" + office

// TestTwoCountersPressAtOnce is where peers give one ticket to two counters.
func TestTwoCountersPressAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, "", nil)
	const rounds = 30
	for range 2*rounds + 10 {
		s.take("A")
	}
	seen := map[string]bool{}
	for _, c := range []string{"1", "2"} {
		s.must(http.StatusOK, "POST", base+"/counters/"+c+"/open", "staff", nil, nil)
	}
	for round := range rounds {
		var got [2]ticket
		var press sync.WaitGroup
		ready := make(chan struct{})
		for i, c := range []string{"1", "2"} {
			press.Go(func() {
				<-ready
				status, text, err := s.try("POST", base+"/counters/"+c+"/next", "staff", "", nil)
				if err != nil || status != http.StatusOK {
					t.Errorf("next: %d %v %s", status, err, text)
					return
				}
				if err := json.Unmarshal(text, &got[i]); err != nil {
					t.Error(err)
				}
			})
		}
		close(ready)
		press.Wait()
		for _, g := range got {
			if seen[g.ID] {
				t.Fatalf("round %d: ticket %s was given twice", round, g.Number)
			}
			seen[g.ID] = true
			s.must(http.StatusOK, "POST", base+"/tickets/"+g.ID+"/finish", "staff", nil, nil)
		}
	}
	if len(seen) != 2*rounds {
		t.Errorf("%d different tickets, want %d", len(seen), 2*rounds)
	}
}

// TestEightClientsTakeNumbers wants 800 different, consecutive numbers.
func TestEightClientsTakeNumbers(t *testing.T) {
	t.Parallel()
	s := start(t, "", nil)
	s.token("kiosk")
	const clients, each = 8, 100
	var mu sync.Mutex
	seen := map[string]bool{}
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for range each {
				status, text, err := s.try("POST", base+"/tickets", "kiosk", "", map[string]any{"service": "B", "channel": "kiosk"})
				var tk ticket
				if err != nil || status != http.StatusCreated || json.Unmarshal(text, &tk) != nil {
					t.Errorf("take: %d %v %s", status, err, text)
					return
				}
				mu.Lock()
				if seen[tk.Number] {
					t.Errorf("number %s was given twice", tk.Number)
				}
				seen[tk.Number] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
	for n := 1; n <= clients*each; n++ {
		if number := fmt.Sprintf("B%03d", n); !seen[number] {
			t.Errorf("number %s is missing", number)
		}
	}
}

// kills is how many times TestKillUnderLoad ends the server; "make soak" asks
// for more.
func kills(t *testing.T) int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("XINMOI_KILLS"), "3"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// ledger is what the server has acknowledged.
type ledger struct {
	t  *testing.T
	mu sync.Mutex

	taken  map[string]string // Number → id.
	called map[string]string // Id → counter.
	served map[string]bool   // Ids.
	acks   int
	enough chan struct{} // Closed at the acknowledgement number until.
	until  int
}

func (l *ledger) note(write func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	write()
	if l.acks++; l.acks == l.until {
		close(l.enough)
	}
}

// take takes numbers until the server is gone.
func (l *ledger) take(s *server, client string) {
	for n := 0; ; n++ {
		status, text, err := s.try("POST", base+"/tickets", "kiosk", fmt.Sprintf("%s-%d", client, n), map[string]any{"service": "A", "channel": "kiosk"})
		var tk ticket
		if err != nil || status != http.StatusCreated || json.Unmarshal(text, &tk) != nil {
			return
		}
		l.note(func() {
			if id, twice := l.taken[tk.Number]; twice {
				l.t.Errorf("number %s was given twice, tickets %s and %s", tk.Number, id, tk.ID)
			}
			l.taken[tk.Number] = tk.ID
		})
	}
}

// serve calls and finishes at a counter until the server is gone.
func (l *ledger) serve(s *server, counter string) {
	for {
		status, text, err := s.try("POST", base+"/counters/"+counter+"/next", "staff", "", nil)
		var tk ticket
		switch {
		case err != nil:
			return
		case status == http.StatusNoContent:
			continue
		case status == http.StatusConflict: // In hand since before a kill.
			var busy struct{ Ticket ticket }
			if json.Unmarshal(text, &busy) != nil {
				return
			}
			tk = busy.Ticket
		case status != http.StatusOK || json.Unmarshal(text, &tk) != nil:
			return
		default:
			l.note(func() {
				if other, twice := l.called[tk.ID]; twice {
					l.t.Errorf("ticket %s was given to counters %s and %s", tk.Number, other, counter)
				}
				l.called[tk.ID] = counter
			})
		}
		if status, _, err := s.try("POST", base+"/tickets/"+tk.ID+"/finish", "staff", "", nil); err != nil || status != http.StatusOK {
			return
		}
		l.note(func() { l.served[tk.ID] = true })
	}
}

// TestKillUnderLoad kills the server at random moments while numbers are taken
// and called. Whatever was acknowledged must be there afterwards, nothing
// twice, and no number left out.
func TestKillUnderLoad(t *testing.T) {
	t.Parallel()
	s := start(t, "", nil)
	s.token("kiosk")
	s.token("staff")
	for _, c := range []string{"1", "2"} {
		s.must(http.StatusOK, "POST", base+"/counters/"+c+"/open", "staff", nil, nil)
	}
	l := &ledger{t: t, taken: map[string]string{}, called: map[string]string{}, served: map[string]bool{}}
	rounds := kills(t)
	for round := range rounds {
		l.enough, l.until = make(chan struct{}), l.acks+1+rand.IntN(120)
		var load sync.WaitGroup
		for client := range 6 {
			load.Go(func() { l.take(s, fmt.Sprintf("r%d-c%d", round, client)) })
		}
		load.Go(func() { l.serve(s, "1") })
		load.Go(func() { l.serve(s, "2") })
		select {
		case <-l.enough:
		case <-time.After(patience):
			t.Fatalf("too slow: %d acknowledged\n%s", l.acks, s.output)
		}
		s.kill()
		load.Wait()
		s.run()
	}
	l.check(s)
	t.Logf("%d kills: %d acknowledged (%d numbers, %d calls, %d served), none lost, none twice, no gap", rounds, l.acks, len(l.taken), len(l.called), len(l.served))
}

// check looks everything up, and for gaps, and lets the program itself verify
// the log.
func (l *ledger) check(s *server) {
	l.t.Helper()
	for number, id := range l.taken {
		var tk ticket
		s.must(http.StatusOK, "GET", base+"/tickets/"+id, "staff", nil, &tk)
		_, called := l.called[id]
		if tk.Number != number || (l.served[id] && tk.State != "completed") || (called && tk.State == "waiting") {
			l.t.Errorf("ticket %s was %s (called %v, served %v), is %s %s", id, number, called, l.served[id], tk.Number, tk.State)
		}
	}
	var last ticket
	s.must(http.StatusCreated, "POST", base+"/tickets", "kiosk", map[string]any{"service": "A", "channel": "kiosk"}, &last)
	for n := 1; fmt.Sprintf("A%03d", n) != last.Number; n++ {
		s.must(http.StatusOK, "GET", base+"/tickets/"+fmt.Sprintf("A%03d", n), "staff", nil, nil)
	}
	if out, err := exec.Command(binary(l.t), "verify", "-data", s.data).CombinedOutput(); err != nil {
		l.t.Errorf("verify: %v\n%s", err, out)
	}
}

// TestSameKeySameTicket repeats a request, also after a crash.
func TestSameKeySameTicket(t *testing.T) {
	t.Parallel()
	s := start(t, "", nil)
	body := map[string]any{"service": "A", "channel": "kiosk"}
	take := func() ticket {
		status, text, err := s.try("POST", base+"/tickets", "kiosk", "touch-1", body)
		var tk ticket
		if err != nil || status != http.StatusCreated || json.Unmarshal(text, &tk) != nil {
			t.Fatalf("take: %d %v %s", status, err, text)
		}
		return tk
	}
	first := take()
	s.kill()
	s.run()
	if again := take(); again.ID != first.ID || again.Number != first.Number {
		t.Errorf("the same key gave %s, then %s", first.Number, again.Number)
	}
	if status, text, _ := s.try("POST", base+"/tickets", "kiosk", "touch-1", map[string]any{"service": "B", "channel": "kiosk"}); status != http.StatusUnprocessableEntity {
		t.Errorf("another request under the key: %d %s", status, text)
	}
}
