//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
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

// TestKillUnderLoad kills the server while numbers are taken; whatever was
// acknowledged must be there afterwards.
func TestKillUnderLoad(t *testing.T) {
	t.Parallel()
	s := start(t, "", nil)
	s.token("kiosk")
	s.token("staff")
	acknowledged := map[string]string{} // Number → id.
	for round := range 3 {
		var mu sync.Mutex
		var load sync.WaitGroup
		enough := make(chan struct{})
		for client := range 8 {
			load.Go(func() {
				for n := 0; ; n++ {
					key := fmt.Sprintf("r%d-c%d-%d", round, client, n)
					status, text, err := s.try("POST", base+"/tickets", "kiosk", key, map[string]any{"service": "A", "channel": "kiosk"})
					if err != nil || status != http.StatusCreated {
						return // Killed.
					}
					var tk ticket
					if json.Unmarshal(text, &tk) != nil {
						return
					}
					mu.Lock()
					if id, twice := acknowledged[tk.Number]; twice {
						t.Errorf("number %s was given twice, tickets %s and %s", tk.Number, id, tk.ID)
					}
					acknowledged[tk.Number] = tk.ID
					if len(acknowledged) == 150*(round+1) {
						close(enough)
					}
					mu.Unlock()
				}
			})
		}
		select {
		case <-enough:
		case <-time.After(time.Minute):
			t.Fatalf("too slow: %d tickets\n%s", len(acknowledged), s.output)
		}
		s.kill()
		load.Wait()
		s.run()
	}
	for number, id := range acknowledged {
		var tk ticket
		s.must(http.StatusOK, "GET", base+"/tickets/"+id, "staff", nil, &tk)
		if tk.Number != number || tk.State != "waiting" {
			t.Errorf("ticket %s was %s, is %s %s", id, number, tk.Number, tk.State)
		}
	}
	t.Logf("%d tickets acknowledged over 3 kills, all there", len(acknowledged))
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
