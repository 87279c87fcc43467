package api

import (
	"bufio"
	"context"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page/pagetest"
)

// listen opens an event stream; the reader ends with the test.
func (b *bench) listen(query, token string, header map[string]string) *streamReader {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, "GET", b.http.URL+at+"/events"+query, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer token-"+token)
	}
	res, err := b.http.Client().Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { cancel(); res.Body.Close() })
	if got := res.Header.Get("Content-Type"); res.StatusCode != 200 || got != "text/event-stream" {
		b.t.Fatalf("events: %d %q", res.StatusCode, got)
	}
	return newStreamReader(res.Body, nil)
}

func TestEventStream(t *testing.T) {
	b := newBench(t)
	in := b.listen("?after=0", "", nil)
	taken := b.take(`{"service":"A","channel":"phone","person":"tel:+84912345678"}`)
	link := strings.TrimPrefix(taken["url"].(string), "http://xinmoi.test/t/")
	seq := 0
	for {
		m, err := in.next()
		if err != nil {
			t.Fatal(err)
		}
		seq++
		e := answerOf{body: []byte(m.data)}.object(t)
		wantMembers(t, "event", e, "seq", "at", "kind", "counter", "ticket")
		if m.id != strconv.Itoa(seq) || m.event != e["kind"] {
			t.Errorf("message %d: id %q, event %q, data %s", seq, m.id, m.event, m.data)
		}
		for _, secret := range []string{taken["code"].(string), link, "912345678"} {
			if strings.Contains(m.data, secret) {
				t.Errorf("the log tells anyone %q: %s", secret, m.data)
			}
		}
		if m.event == string(queue.TicketIssued) {
			if ticket := e["ticket"].(map[string]any); ticket["id"] != taken["id"] || ticket["code"] != nil {
				t.Errorf("issued: %v", ticket)
			}
			return
		}
	}
}

func TestEventStreamResumes(t *testing.T) {
	b := newBench(t)
	b.take(`{"service":"A","channel":"kiosk"}`)
	last := b.seq()
	b.take(`{"service":"A","channel":"kiosk"}`)
	after := strconv.FormatInt(last, 10)
	for name, in := range map[string]*streamReader{
		"after":         b.listen("?after="+after, "", nil),
		"Last-Event-ID": b.listen("", "", map[string]string{"Last-Event-ID": after}),
		"both":          b.listen("?after=1", "", map[string]string{"Last-Event-ID": after}),
	} {
		if m, err := in.next(); err != nil || m.id != strconv.FormatInt(last+1, 10) {
			t.Errorf("%s %s: first message %+v, %v", name, after, m, err)
		}
	}
}

func TestDrainEndsStreams(t *testing.T) {
	b := newBench(t)
	in := b.listen("?after="+strconv.FormatInt(b.seq(), 10), "", nil)
	b.server.Drain()
	if m, err := in.next(); err == nil {
		t.Errorf("a message while draining: %+v", m)
	}
	b.get("/events", "").wantProblem(t, queue.CodeUnavailable)
	b.get("/board", "").want(t, 200)
}

func TestStreamsOfStrangersAreBounded(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxStreams = 1 })
	b.listen("?after=0", "", nil)
	b.get("/events", "").wantProblem(t, queue.CodeUnavailable)
	b.listen("?after=0", "board", nil) // Devices are not counted.
}

func TestReasonsAreForDevices(t *testing.T) {
	b := newBench(t)
	b.post("/counters/1/open", "staff", "")
	b.post("/counters/1/pause", "staff", `{"reason":"đi họp"}`)
	after := "?after=" + strconv.FormatInt(b.seq()-1, 10)
	for token, want := range map[string]any{"": nil, "board": nil, "staff": "đi họp"} {
		m, err := b.listen(after, token, nil).next()
		if err != nil {
			t.Fatal(err)
		}
		if e := (answerOf{body: []byte(m.data)}).object(t); e["reason"] != want {
			t.Errorf("with token %q the reason of %v is %v, want %v", token, e["kind"], e["reason"], want)
		}
	}
}

// silent is an office where nothing happens.
type silent struct{ failing }

func (silent) Events(ctx context.Context, _ int64) iter.Seq2[queue.Event, error] {
	return func(yield func(queue.Event, error) bool) {
		<-ctx.Done()
		yield(queue.Event{}, queue.Errorf(queue.CodeUnavailable, "%w", ctx.Err()))
	}
}

func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Offices: map[string]queue.Management{"trung-tam": silent{}}})
		client := pagetest.Serve(t, &http.Server{Handler: s})
		res, err := client.Get("http://xinmoi.test" + at + "/events")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		begun := time.Now()
		var beats []time.Duration
		for lines := bufio.NewScanner(res.Body); len(beats) < 3 && lines.Scan(); {
			if strings.HasPrefix(lines.Text(), ":") {
				beats = append(beats, time.Since(begun))
			}
		}
		for i, beat := range beats {
			if want := time.Duration(i+1) * 12 * time.Second; beat != want {
				t.Errorf("heartbeat %d after %v, want %v", i+1, beat, want)
			}
		}
		s.Drain()
	})
}

// TestDeadLine: a server that falls silent without closing is noticed.
func TestDeadLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := pagetest.Serve(t, &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		})})
		begun := time.Now()
		office := NewClient("http://xinmoi.test", "trung-tam", "", client)
		var err error
		for _, err = range office.Events(t.Context(), 0) {
		}
		if queue.ErrorCode(err) != queue.CodeUnavailable || !strings.Contains(err.Error(), "no sign of life") {
			t.Errorf("a dead line is reported as %v", err)
		}
		if took := time.Since(begun); took != silence {
			t.Errorf("noticed after %v, want %v", took, silence)
		}
	})
}

// TestSlowReader: a reader that does not read is cut off, and the office
// waits for nobody.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Offices: map[string]queue.Management{"trung-tam": silent{}}})
		l := pagetest.Listen()
		server := &http.Server{Handler: s}
		go func() { _ = server.Serve(l) }()
		defer server.Close()
		here, err := l.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := here.Write([]byte("GET " + at + "/events HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(writeTimeout + time.Second) // The bubble's clock: nothing was read.
		synctest.Wait()
		if n := s.streams.Load(); n != 0 {
			t.Errorf("%d streams are still open", n)
		}
		here.Close()
	})
}
