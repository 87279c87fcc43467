package agent_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue"
)

// clerk is an office that remembers what it was told.
type clerk struct {
	queue.Office
	mu        sync.Mutex
	confirmed []string
	err       error
}

func (c *clerk) say(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

func (c *clerk) Take(context.Context, queue.TakeRequest) (queue.Ticket, error) {
	return queue.Ticket{ID: "7", Number: queue.Number{Prefix: "A", N: 12}, State: queue.Held}, nil
}

func (c *clerk) Act(_ context.Context, r queue.ActRequest) (queue.Ticket, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.confirmed = append(c.confirmed, r.Ticket)
	}
	return queue.Ticket{ID: r.Ticket}, c.err
}

// paperless is a printer with one answer.
type paperless struct {
	outcome printer.Outcome
	err     error
}

func (p paperless) Print(context.Context, printer.Job) (printer.Outcome, error) {
	return p.outcome, p.err
}

func (paperless) Status() printer.Status { return printer.Status{} }

func openJournal(t *testing.T, path string) *agent.Journal {
	t.Helper()
	j, err := agent.OpenJournal(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// What a crash leaves in the journal after a ticket was taken and printed with
// one outcome.
func TestWhatTheJournalLeaves(t *testing.T) {
	for _, tt := range []struct {
		name    string
		print   paperless
		confirm error
		asked   bool // The kiosk confirmed before the crash.
		left    bool
	}{
		{"printed, not confirmed", paperless{printer.Printed, nil}, nil, false, true},
		{"printed and confirmed", paperless{printer.Printed, nil}, nil, true, false},
		{"printed, the office away", paperless{printer.Printed, nil}, queue.Errorf(queue.CodeUnavailable, "away"), true, true},
		{"printed, cancelled meanwhile", paperless{printer.Printed, nil}, queue.Errorf(queue.CodeWrongState, "cancelled"), true, false},
		{"unknown", paperless{printer.Unknown, &printer.Fault{Kind: printer.FaultLost}}, nil, false, true},
		{"surely not printed", paperless{printer.Failed, &printer.Fault{Kind: printer.FaultNotReady}}, nil, false, false},
		{"the paper ended inside", paperless{printer.Failed, &printer.Fault{Kind: printer.FaultNotReady, Sent: 900}}, nil, false, true},
		{"on the screen, the office away", paperless{printer.Failed, &printer.Fault{Kind: printer.FaultNotReady}}, queue.Errorf(queue.CodeUnavailable, "away"), true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal")
			j, c := openJournal(t, path), &clerk{}
			office := j.Office(c)
			if _, err := office.Take(t.Context(), queue.TakeRequest{Hold: true}); err != nil {
				t.Fatal(err)
			}
			_, _ = j.Printer(tt.print).Print(t.Context(), printer.Job{Name: "A012"})
			if c.say(tt.confirm); tt.asked {
				_, _ = office.Act(t.Context(), queue.ActRequest{Ticket: "7", Action: queue.Confirm})
			}
			if err := os.WriteFile(path, append(read(t, path), `{"ticket":"8","step":"sen`...), 0o600); err != nil { // Torn by a power cut.
				t.Fatal(err)
			}
			again := openJournal(t, path)
			if left := again.Left(); (len(left) == 1) != tt.left || len(left) > 1 {
				t.Fatalf("left %+v", left)
			}
		})
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// What was left is confirmed as soon as the office is there, once.
func TestJournalSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "journal")
		at := time.Now().Add(-time.Minute).Format(time.RFC3339)
		old := time.Now().Add(-30 * time.Hour).Format(time.RFC3339)
		text := `{"ticket":"5","number":"A003","at":"` + at + `","step":"sending"}
{"ticket":"6","number":"A004","at":"` + at + `","step":"sending"}
{"ticket":"6","number":"A004","at":"` + at + `","step":"failed"}
{"ticket":"2","number":"B001","at":"` + old + `","step":"told"}
`
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		j, c := openJournal(t, path), &clerk{err: queue.Errorf(queue.CodeUnavailable, "away")}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- j.Run(ctx, c, "kiosk") }()
		time.Sleep(10 * time.Second) // In the bubble: no time passes.
		synctest.Wait()
		if len(j.Left()) != 1 {
			t.Fatalf("left %+v", j.Left())
		}
		c.say(nil)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if strings.Join(c.confirmed, " ") != "5" || len(j.Left()) != 0 || len(j.Recovered()) != 1 {
			t.Errorf("confirmed %v, left %v", c.confirmed, j.Left())
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if left := openJournal(t, path).Left(); len(left) != 0 {
			t.Errorf("after a restart: %+v", left)
		}
	})
}

// FuzzJournal: whatever a broken disk gives back, the kiosk starts.
func FuzzJournal(f *testing.F) {
	f.Add([]byte(`{"ticket":"5","number":"A003","at":"2026-11-21T08:00:00Z","step":"sending"}`))
	f.Add([]byte("{\n\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "journal")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := agent.OpenJournal(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		left := j.Left()
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := agent.OpenJournal(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if len(again.Left()) != len(left) {
			t.Fatalf("left %d, then %d", len(left), len(again.Left()))
		}
	})
}
