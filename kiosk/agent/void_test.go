package agent_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/kiosk/agent"
	"github.com/xinmoi/xinmoi/queue"
)

// beats is a kiosk that tells the same until it is told to forget.
type beats struct {
	mu   sync.Mutex
	beat agent.Beat
	done []string
}

func (b *beats) tell() agent.Beat {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.beat
}

func (b *beats) hear(a agent.Answer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = a.Done
}

func (b *beats) heard() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.done, " ")
}

func (b *beats) set(beat agent.Beat) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.beat = beat
}

// alarms are those of the desk, in Vietnamese.
func alarms(d *agent.Desk) string {
	var b strings.Builder
	for _, a := range d.Alarms() {
		b.WriteString(a[0] + "\n")
	}
	return b.String()
}

// A paper that is void rings with machine, number, time and what to do, until
// staff say that it is done; then the kiosk forgets it, and a later one rings
// again.
func TestVoidPapersRingUntilTheyAreDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		at := time.Date(2026, 11, 23, 2, 14, 0, 0, time.UTC)
		void := agent.Beat{Machine: "Máy cửa chính", ID: "m", State: "ready", Refused: []string{"B009"}, Orphans: []agent.Orphan{{Number: "A007", At: at}, {Number: "A008", At: at, Another: true}}}
		k := &beats{beat: void}
		line := agent.Line{Base: "http://queue", Token: "k", HTTP: &http.Client{Transport: straight{d.Beats()}}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- line.Report(ctx, k.tell, k.hear, slog.New(slog.DiscardHandler)) }()
		synctest.Wait()
		for _, want := range []string{"Máy cửa chính", "A007 (", "A008 (", "bản sao lưu", "cấp số mới", "nay là của người khác", "B009", "bằng tay"} {
			if !strings.Contains(alarms(d), want) {
				t.Errorf("no %q in\n%s", want, alarms(d))
			}
		}
		page := func(method, path string, form url.Values) string {
			r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			d.Admin().ServeHTTP(w, r)
			return w.Body.String()
		}
		if got := page(http.MethodGet, agent.Prefix, nil); !strings.Contains(got, "Đã giải quyết hết các phiếu của Máy cửa chính") {
			t.Errorf("no button in %s", got)
		}
		page(http.MethodPost, agent.Prefix+"/done", url.Values{"machine": {"Máy cửa chính"}})
		if got := alarms(d); got != "" {
			t.Errorf("it still rings: %s", got)
		}
		time.Sleep(15 * time.Second) // In the bubble, here and below: no time passes.
		if got := k.heard(); got != "B009 A007 A008" {
			t.Errorf("the kiosk hears of %q", got)
		}
		k.set(agent.Beat{Machine: "Máy cửa chính", ID: "m", State: "ready"})
		time.Sleep(15 * time.Second)
		k.set(void)
		time.Sleep(15 * time.Second)
		if got := alarms(d); !strings.Contains(got, "A007") {
			t.Errorf("the next time it does not ring: %s", got)
		}
		page(http.MethodPost, agent.Prefix+"/done", url.Values{"machine": {"nobody"}})
		cancel()
		<-done
	})
}

// Staff have dealt with it: the kiosk forgets it, over a restart too.
func TestDismissedPapersAreForgotten(t *testing.T) {
	apart(t, 3, func(d *distant, open func() (*agent.Office, func())) {
		o, end := open()
		d.set(true, false)
		got, err := o.Take(context.Background(), touch("one"))
		if err != nil {
			t.Fatal(err)
		}
		confirm(t, o, got)
		if _, err := d.Office.Act(context.Background(), queue.ActRequest{Ticket: got.ID, Action: queue.Cancel}); err != nil {
			t.Fatal(err)
		}
		d.set(false, false)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if len(o.Refused()) != 1 {
			t.Fatalf("refused %v", o.Refused())
		}
		o.Dismiss([]string{"Z999"})
		o.Dismiss([]string{got.Number.String()})
		end()
		o, end = open()
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if len(o.Refused())+len(o.Orphans()) > 0 {
			t.Errorf("refused %v, orphans %v", o.Refused(), o.Orphans())
		}
		end()
	})
}

// A machine that was heard of and is refused since rings with its name; one
// that nobody knows does not.
func TestMachineShutOutRings(t *testing.T) {
	d := newDesk(t)
	post := func(h http.Handler, path, body string) {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
	}
	post(d.Beats(), agent.BeatPath, `{"machine":"Máy cửa chính","state":"ready"}`)
	post(d.Public(), "/kiosk/agent/pair", `{"machine":"Máy lạ","again":true}`)
	post(d.Public(), "/kiosk/agent/pair", `{"machine":"Máy cửa chính"}`)
	if got := alarms(d); got != "" {
		t.Errorf("strangers ring: %s", got)
	}
	post(d.Public(), "/kiosk/agent/pair", `{"machine":"Máy cửa chính","again":true}`)
	if got := alarms(d); !strings.Contains(got, "Máy cửa chính") || !strings.Contains(got, "nhập mã") || !strings.Contains(got, agent.Prefix) {
		t.Errorf("alarms: %s", got)
	}
	post(d.Beats(), agent.BeatPath, `{"machine":"Máy cửa chính","state":"cover open"}`)
	if got := alarms(d); strings.Contains(got, "nhập mã") {
		t.Errorf("a stranger speaks for a machine that is heard of: %s", got)
	}
}
