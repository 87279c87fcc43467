package webhook_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/webhook"
	"github.com/xinmoi/xinmoi/bots/zalo"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

const secret = "a-secret-of-this-office"

// mute is Zalo whose messages all arrive at once.
type mute struct {
	*zalo.Adapter
	sent *atomic.Int64
}

func (mute) Caps() bots.Caps {
	return bots.Caps{PerSecond: 1e6, PerChat: time.Millisecond, Form: dialogue.Form{Numbered: true}}
}

func (m mute) Send(context.Context, string, dialogue.Text) (string, error) {
	m.sent.Add(1)
	return "1", nil
}

// office is one that is told of what people write.
type office struct {
	testing.TB
	*queue.Engine
	hook string
	bots *bots.Bots
	sent *atomic.Int64
}

// newOffice makes one; its conversation runs only if told so.
func newOffice(t testing.TB, converses bool) *office {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	e, err := queue.NewEngine(ctx, queue.Config{
		Setup: queue.CommuneCentre(), Store: &memory.Store{}, Links: queue.NewLinks([]byte("secret"), "http://office.example"),
	})
	if err != nil {
		t.Fatal(err)
	}
	z, err := zalo.New(zalo.Config{Token: "1:token", Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	sent := new(atomic.Int64)
	b, err := bots.New(bots.Config{Office: e, Mailbox: filepath.Join(t.TempDir(), "messages.db"), Adapters: []bots.Adapter{mute{z, sent}}})
	if err != nil {
		t.Fatal(err)
	}
	var parts sync.WaitGroup
	parts.Go(func() { _ = e.Run(ctx) })
	if converses {
		parts.Go(func() { _ = b.Run(ctx) })
	}
	server := httptest.NewServer(webhook.Handler(z, b.Receive, nil))
	t.Cleanup(func() { server.Close(); cancel(); parts.Wait(); _ = b.Close() })
	return &office{t, e, server.URL, b, sent}
}

// says brings one event and gives the status of the answer.
func (o *office) says(client *http.Client, person, id, text string) int {
	body := fmt.Appendf(nil, `{"ok":true,"result":{"event_name":"message.text.received","message":{"from":{"id":%q},"chat":{"id":%q,"chat_type":"PRIVATE"},"text":%q,"message_id":%q,"date":%d}}}`,
		person, person, text, id, time.Now().UnixMilli())
	r, err := http.NewRequestWithContext(o.Context(), http.MethodPost, o.hook, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("X-Bot-Api-Secret-Token", secret)
	res, err := client.Do(r)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode
}

// handled waits until everything that came is decided.
func (o *office) handled() { o.Helper(); o.await(func(s bots.Status) bool { return s.Unread == 0 }) }

// answered waits until every answer has gone out as well.
func (o *office) answered() {
	o.Helper()
	o.await(func(s bots.Status) bool { return s.Unread == 0 && s.Waiting == 0 })
}

func (o *office) await(done func(bots.Status) bool) {
	o.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	for look := time.NewTicker(300 * time.Millisecond); ; { // Looking costs what is measured.
		if done(o.bots.Status(ctx)[0]) {
			look.Stop()
			return
		}
		select {
		case <-ctx.Done():
			o.Fatalf("not handled: %+v", o.bots.Status(context.Background()))
		case <-look.C:
		}
	}
}

// One join that comes a hundred times, from many sides at once and later again,
// is one number.
func TestAReplayedJoin(t *testing.T) {
	o := newOffice(t, true)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 20}}
	defer client.CloseIdleConnections()
	var asked sync.WaitGroup
	statuses := make(chan int, 100)
	for range 20 {
		asked.Go(func() {
			for range 5 {
				statuses <- o.says(client, "lan", "the-join", "lấy số A")
			}
		})
	}
	asked.Wait()
	close(statuses)
	for s := range statuses {
		if s != http.StatusOK {
			t.Errorf("status %d", s)
		}
	}
	o.answered()
	if s := o.says(client, "lan", "the-join", "lấy số A"); s != http.StatusOK {
		t.Errorf("later again: %d", s)
	}
	o.answered()
	if _, err := o.Ticket(t.Context(), "A001"); err != nil {
		t.Error(err)
	}
	if got, err := o.Ticket(t.Context(), "A002"); queue.ErrorCode(err) != queue.CodeUnknownTicket {
		t.Errorf("a second number: %+v, %v", got, err)
	}
	if n := o.sent.Load(); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// processorTime is how long processors have worked for this process.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkWebhooks brings webhooks over 40 connections and tells how many a
// second were durable and taken, how late that was told, how many a second the
// conversation decided, and how many answers a second went out; "alone" is
// without a conversation beside it.
func BenchmarkWebhooks(b *testing.B) {
	for name, text := range map[string]string{"alone": "trợ giúp", "help": "trợ giúp", "join": "lấy số A"} {
		b.Run(name, func(b *testing.B) {
			o := newOffice(b, name != "alone")
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 40}}
			defer client.CloseIdleConnections()
			var next atomic.Int64
			late := make([][]time.Duration, 40)
			b.ResetTimer()
			began, before := time.Now(), processorTime()
			var all sync.WaitGroup
			for c := range late {
				all.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						at := time.Now()
						if s := o.says(client, fmt.Sprint("person-", n), fmt.Sprint("message-", n), text); s != http.StatusOK {
							b.Errorf("status %d", s)
							return
						}
						late[c] = append(late[c], time.Since(at))
					}
				})
			}
			all.Wait()
			taken := time.Since(began)
			if name == "alone" {
				b.ReportMetric(float64(b.N)/taken.Seconds(), "taken/s")
				return
			}
			o.handled()
			decided, work := time.Since(began), processorTime()-before
			o.answered()
			answered := time.Since(began)
			b.StopTimer()
			times := slices.Sorted(slices.Values(slices.Concat(late...)))
			at := func(share float64) float64 {
				return float64(times[int(share*float64(len(times)-1))].Microseconds()) / 1000
			}
			b.ReportMetric(float64(b.N)/taken.Seconds(), "taken/s")
			b.ReportMetric(float64(b.N)/decided.Seconds(), "decided/s")
			b.ReportMetric(float64(work.Microseconds())/float64(b.N), "processor-µs/decided") // With who sends, and half of the answers beside.
			b.ReportMetric(float64(b.N)/answered.Seconds(), "answered/s")
			b.ReportMetric(at(0.5), "p50-ms")
			b.ReportMetric(at(0.99), "p99-ms")
			b.ReportMetric(at(1), "most-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}
