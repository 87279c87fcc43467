package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page/pagetest"
)

// passedOver is a hall where A002 was called before A001, out of order.
func passedOver(t *testing.T) (b *bench, link string) {
	b = newBench(t)
	own := b.take(takeA)
	b.take(takeA)
	b.post("/counters/1/open", "staff", "").want(t, 200)
	b.post("/counters/1/call", "staff", `{"ticket":"A002","reason":"con nhỏ ốm"}`).want(t, 200)
	return b, b.links.Token("trung-tam", own["id"].(string))
}

// TestWhy: everybody who may ask gets the sentences, staff also the words of
// whoever called.
func TestWhy(t *testing.T) {
	b, link := passedOver(t)
	for token, reason := range map[string]any{
		"staff": "con nhỏ ốm", "admin": "con nhỏ ốm", "kiosk": nil, "channel": nil, link: nil,
	} {
		for _, query := range []string{"", "?of=A002", "?of=a2"} {
			a := b.get("/tickets/A001/why"+query, token)
			x := a.want(t, 200)
			wantMembers(t, "explanation", x, "ticket", "summary", "calls")
			if ticket := x["ticket"].(map[string]any); ticket["number"] != "A001" || ticket["code"] != nil || ticket["url"] != nil {
				t.Errorf("ticket %v", ticket)
			}
			if s := x["summary"].(map[string]any); !strings.Contains(s["vi"].(string), "A001") || !strings.Contains(s["en"].(string), "A001") {
				t.Errorf("summary %v", s)
			}
			calls := x["calls"].([]any)
			if len(calls) != 1 {
				t.Fatalf("%d calls", len(calls))
			}
			c := calls[0].(map[string]any)
			wantMembers(t, "call", c, "number", "counter", "at", "why", "vi", "en", "reason")
			if c["number"] != "A002" || c["counter"] != "1" || c["why"] != "chosen" || c["reason"] != reason {
				t.Errorf("to %s: %v", token, c)
			}
			if vi := c["vi"].(string); !strings.HasPrefix(vi, "Lúc ") || !strings.Contains(vi, "gọi số A002 trước số A001") {
				t.Errorf("%q", vi)
			}
			if reason == nil && strings.Contains(string(a.body), "con nhỏ") {
				t.Errorf("%s learns the staff's words: %s", token, a.body)
			}
		}
	}
	b.get("/tickets/A001/why", "board").wantProblem(t, queue.CodeForbidden)
	b.get("/tickets/A001/why", "").wantProblem(t, queue.CodeUnauthorized)
	b.get("/tickets/A999/why", "staff").wantProblem(t, queue.CodeUnknownTicket)
	b.get("/tickets/A001/why?of=A999", "staff").wantProblem(t, queue.CodeUnknownTicket)
}

// TestWhyByLink: the holder of a link learns of the own ticket alone, and
// cannot try lookup codes.
func TestWhyByLink(t *testing.T) {
	b, link := passedOver(t)
	b.get("/tickets/A002/why", link).wantProblem(t, queue.CodeForbidden)
	b.get("/tickets/A999/why", link).wantProblem(t, queue.CodeForbidden)
	for _, of := range []string{"123456789", "7", "x"} {
		b.get("/tickets/A001/why?of="+of, link).wantProblem(t, queue.CodeBadRequest)
	}
	b.get("/tickets/A001/why?of="+strings.Repeat("A", 65), link).wantProblem(t, queue.CodeBadRequest)
}

// TestWhyIsLimited for each caller alone.
func TestWhyIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // Where nothing is given back meanwhile.
		b, link := passedOver(t)
		limited := 0
		for i := range replayBurst + 5 {
			a := b.do(call{method: "GET", path: at + "/tickets/A001/why", token: "kiosk", header: map[string]string{callerHeader: fmt.Sprint("part", i)}})
			if a.status != 200 {
				if p := a.wantProblem(t, queue.CodeRateLimited); !strings.Contains(p["hint"].(string), "replays") || a.header.Get("Retry-After") != "2" {
					t.Errorf("%v, Retry-After %q", p, a.header.Get("Retry-After"))
				}
				limited++
			}
		}
		if limited == 0 {
			t.Errorf("%d explanations at once, none refused", replayBurst+5)
		}
		b.get("/tickets/A001/why", "staff").want(t, 200)
		b.get("/tickets/A001/why", link).want(t, 200)
	})
}

// slow is an office that takes its time to explain.
type slow struct {
	failing
	now, most *atomic.Int64
	until     chan struct{}
}

func (s slow) Explain(ctx context.Context, _, _ string) (queue.Explanation, error) {
	n := s.now.Add(1)
	defer s.now.Add(-1)
	for old := s.most.Load(); n > old && !s.most.CompareAndSwap(old, n); old = s.most.Load() {
	}
	select {
	case <-s.until:
	case <-ctx.Done():
	}
	return queue.Explanation{Ticket: queue.Ticket{Number: queue.Number{Prefix: "A", N: 1}}}, nil
}

// TestTwoExplanationsAtOnce: others wait a little, and are then told to come
// back.
func TestTwoExplanationsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		office := slow{now: &atomic.Int64{}, most: &atomic.Int64{}, until: make(chan struct{})}
		s := New(Config{Offices: map[string]queue.Management{"trung-tam": office}, Tokens: testTokens()})
		client := pagetest.Serve(t, &http.Server{Handler: s})
		errs := make(chan error)
		ask := func(token string) {
			_, err := NewClient("http://xinmoi.test", "trung-tam", token, client).Explain(t.Context(), "A001", "")
			errs <- err
		}
		for _, token := range []string{"token-staff", "token-admin", "token-kiosk", "token-channel"} {
			go ask(token)
		}
		begun := time.Now()
		for range 2 {
			if err := <-errs; queue.ErrorCode(err) != queue.CodeRateLimited {
				t.Errorf("one too many got %v", err)
			}
		}
		if waited := time.Since(begun); waited != replayWait {
			t.Errorf("waited for %s, want %s", waited, replayWait)
		}
		go ask("token-kiosk")
		synctest.Wait()
		close(office.until) // Whoever waits gets its turn.
		for range 3 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if most := office.most.Load(); most != replayAtOnce {
			t.Errorf("%d at once, want %d", most, replayAtOnce)
		}
		if len(s.replays.places) != 0 {
			t.Errorf("%d places are still taken", len(s.replays.places))
		}
	})
}

// TestExplanationsSurviveTheWire, so that a client's sentences are the same.
func TestExplanationsSurviveTheWire(t *testing.T) {
	zone := time.FixedZone("", 7*60*60)
	rapid.Check(t, func(t *rapid.T) {
		want := queue.Explanation{Ticket: tickets().Draw(t, "own").Public()}
		want.Ticket.Standing = nil
		for range rapid.IntRange(0, 3).Draw(t, "calls") {
			want.Calls = append(want.Calls, queue.Precedence{
				Ticket:  queue.Ticket{Number: queue.Number{Prefix: "B", N: rapid.IntRange(1, 999).Draw(t, "n")}},
				Counter: rapid.SampledFrom([]string{"1", "12"}).Draw(t, "counter"), At: instants().Draw(t, "at"),
				Why:    rapid.SampledFrom([]queue.Why{queue.WhyChosen, queue.WhyClass, queue.WhyEarlier, queue.WhyHelp}).Draw(t, "why"),
				Reason: rapid.SampledFrom([]string{"", "lý do"}).Draw(t, "reason"),
				Own:    time.Duration(rapid.Int64Range(-1e12, 1e14).Draw(t, "own")), Other: time.Duration(rapid.Int64Range(0, 1e14).Draw(t, "other")),
				Rate: rapid.Float64Range(0.25, 4).Draw(t, "rate"),
			})
		}
		raw, err := json.Marshal(toWhy(want, zone, true))
		if err != nil {
			t.Fatal(err)
		}
		var j whyJSON
		if err := json.Unmarshal(raw, &j); err != nil {
			t.Fatal(err)
		}
		got, err := j.explanation()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
		for _, c := range toWhy(want, zone, false).Calls {
			if c.Reason != nil {
				t.Fatalf("the staff's words get out: %v", *c.Reason)
			}
		}
	})
}
