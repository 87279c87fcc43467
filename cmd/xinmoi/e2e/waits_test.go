//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// lived makes a data directory of an office that has worked on the days before
// today: somebody comes every four minutes, four counters take some minutes for
// each.
func lived(t *testing.T, days int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Skip("no time zones on this machine")
	}
	today := time.Now().In(zone)
	var now time.Time
	past := &pastStore{Store: &memory.Store{}}
	engine, err := queue.NewEngine(t.Context(), queue.Config{
		Setup: queue.CommuneCentre(), Store: past, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	do := func(c queue.Command) queue.Answer { return engine.Together(t.Context(), c)[0] }
	for n := days; n > 0; n-- {
		now = time.Date(today.Year(), today.Month(), today.Day()-n, 7, 30, 0, 0, zone)
		engine.Together(t.Context())
		workDay(t, do, &now)
	}
	if err := db.Append(t.Context(), past.all); err != nil {
		t.Fatal(err)
	}
	return dir
}

// pastStore gathers what an office writes, so that it reaches the disk at once.
type pastStore struct {
	*memory.Store
	all queue.Batch
}

func (s *pastStore) Append(ctx context.Context, b queue.Batch) error {
	s.all.Office = b.Office
	s.all.Events, s.all.Ended = append(s.all.Events, b.Events...), append(s.all.Ended, b.Ended...)
	return s.Store.Append(ctx, b)
}

// workDay lives through one morning.
func workDay(t *testing.T, do func(queue.Command) queue.Answer, now *time.Time) {
	t.Helper()
	counters := []string{"1", "2", "3", "4"}
	hand, until := map[string]string{}, map[string]int{}
	for _, c := range counters {
		do(queue.SetCounterRequest{Counter: c, State: queue.Opened})
	}
	for minute := range 240 {
		*now = now.Add(time.Minute)
		if minute < 180 && minute%4 != 0 {
			if a := do(queue.TakeRequest{Service: []string{"A", "B", "A", "C", "D"}[minute%5], Channel: queue.Kiosk}); a.Err != nil {
				t.Fatal(a.Err)
			}
		}
		for i, c := range counters {
			if hand[c] != "" && minute >= until[c] {
				do(queue.ActRequest{Ticket: hand[c], Action: queue.Finish})
				hand[c] = ""
			}
			if hand[c] == "" {
				hand[c], until[c] = do(queue.CounterRequest{Counter: c}).Ticket.ID, minute+4+(minute+3*i)%5
			}
		}
	}
	for _, c := range counters {
		do(queue.ActRequest{Ticket: hand[c], Action: queue.Finish})
		do(queue.SetCounterRequest{Counter: c, State: queue.Closed})
	}
}

// TestWaits has a full hall before closing time: whoever takes a number learns
// how long it takes, that it may be too late, and when to set out; then no
// further numbers are given, until staff give them again.
func TestWaits(t *testing.T) {
	t.Parallel()
	browsing(t)
	s := start(t, lived(t, 3), voiceConfig(t, "[speaker]\noutput = \"off\"\n"))
	zone := time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)
	if time.Now().In(zone).Hour() >= 21 { // Of the same day there are more than two hours left elsewhere.
		zone = time.FixedZone("Etc/UTC", 0)
	}
	closing := time.Now().In(zone).Add(2 * time.Hour).Format("15:04")
	s.configure(func(setup map[string]any) {
		setup["time_zone"] = zone.String()
		setup["rules"] = body{"stop_too_late": true}
		hours := []any{}
		for day := range 7 {
			hours = append(hours, body{"day": day, "from": "00:00", "to": closing})
		}
		setup["hours"] = hours
	})
	for _, c := range []string{"1", "2"} {
		s.must(http.StatusOK, "POST", base+"/counters/"+c+"/open", "staff", nil, nil)
		s.must(http.StatusCreated, "POST", base+"/tickets", "kiosk", body{"service": "A", "channel": "kiosk"}, nil)
		s.must(http.StatusOK, "POST", base+"/counters/"+c+"/next", "staff", nil, nil)
	}
	var last struct {
		URL      string
		Standing struct {
			Ahead   int
			LowMin  *int      `json:"low_min"`
			HighMin *int      `json:"high_min"`
			ComeBy  time.Time `json:"come_by"`
			MayMiss bool      `json:"may_miss"`
		}
	}
	stopped := false
	for range 240 {
		_, text, err := s.try("POST", base+"/tickets", "kiosk", "", body{"service": "A", "channel": "web"})
		if err != nil {
			t.Fatal(err)
		}
		if stopped = strings.Contains(string(text), "issuing_stopped"); stopped {
			break
		}
		if err := json.Unmarshal(text, &last); err != nil {
			t.Fatal(err)
		}
	}
	at := last.Standing
	if at.LowMin == nil || at.HighMin == nil || *at.HighMin <= *at.LowMin || at.ComeBy.IsZero() || !at.MayMiss {
		t.Errorf("with %d ahead two hours before closing: %+v", at.Ahead, at)
	}
	s.await("numbers not to be given for ever", patience, func() bool {
		var services []struct {
			ID   string
			Open bool
		}
		s.must(http.StatusOK, "GET", base+"/services", "", nil, &services)
		return stopped || len(services) > 0 && services[0].ID == "A" && !services[0].Open
	})
	s.refused("issuing_stopped", "POST", base+"/tickets", "kiosk", body{"service": "A", "channel": "web"})
	s.must(http.StatusOK, "POST", base+"/issuing", "admin", body{"service": "A", "stopped": false}, nil)
	s.must(http.StatusCreated, "POST", base+"/tickets", "kiosk", body{"service": "A", "channel": "web"}, nil)

	day := time.Now().In(zone).AddDate(0, 0, -1).Format(time.DateOnly)
	browse(t, s, "waits.mjs", map[string]any{
		"base": "http://" + s.http, "admin": "http://" + s.http + "/admin?token=" + s.token("admin"), "ticket": last.URL, "day": day,
		"next": time.Now().In(zone).Format(time.DateOnly),
	}, nil, "axe ticket-waits", "axe ticket-leaves", "axe ticket-english", "axe what-if", "axe what-if-replayed", "axe what-if-plan", "narrow")
}
