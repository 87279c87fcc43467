package hooks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var key = []byte("0123456789abcdef")

func TestSignature(t *testing.T) {
	now := time.Unix(1_795_320_000, 0)
	body := []byte(`{"office":"x"}`)
	header := Sign(key, body, now)
	if err := Verify(key, body, header, now.Add(Window)); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		body, header string
		now          time.Time
		want         error
	}{
		"other body": {`{"office":"y"}`, header, now, ErrSignature},
		"old":        {string(body), header, now.Add(Window + time.Second), ErrOld},
		"future":     {string(body), header, now.Add(-Window - time.Second), ErrOld},
		"other time": {string(body), strings.Replace(header, "t=1795320000", "t=1795320001", 1), now, ErrSignature},
		"empty":      {string(body), "", now, ErrSignature},
		"no time":    {string(body), header[strings.Index(header, ",")+1:], now, ErrSignature},
		"not hex":    {string(body), "t=1795320000,v1=zz", now, ErrSignature},
		"long":       {string(body), header + strings.Repeat(",x=y", 200), now, ErrSignature},
	} {
		if err := Verify(key, []byte(c.body), c.header, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if Verify([]byte("another key 1234"), body, header, now) == nil {
		t.Error("another key signs as well")
	}
}

// FuzzVerify: no header is believed but one that Sign would have made.
func FuzzVerify(f *testing.F) {
	now := time.Unix(1_795_320_000, 0)
	f.Add(Sign(key, []byte("x"), now))
	f.Add("t=9223372036854775807,v1=00")
	f.Add("t=,v1=")
	f.Fuzz(func(t *testing.T, header string) {
		err := Verify(key, []byte("x"), header, now)
		sum := Sign(key, []byte("x"), now)
		if err == nil && !strings.Contains(strings.ToLower(header), sum[strings.Index(sum, "v1="):]) && !strings.Contains(header, "t=") {
			t.Errorf("%q is believed", header)
		}
	})
}

// The example of HOOKS.md is this package's receiver_test.go, word for word.
func TestReceiver(t *testing.T) {
	doc, err := os.ReadFile("HOOKS.md")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("receiver_test.go")
	if err != nil {
		t.Fatal(err)
	}
	shown := string(code[bytes.Index(code, []byte("func receive(")):])
	if !strings.Contains(string(doc), "```go\n"+shown+"```") {
		t.Error("the example in HOOKS.md is not the one that is tested")
	}
	if n := strings.Count(shown, "\n"); n > 25 {
		t.Errorf("the example has %d lines", n)
	}
}

func TestValidate(t *testing.T) {
	good := Target{Name: "camera", URL: "https://192.168.1.60/x", Secret: key, Kinds: []queue.Kind{queue.TicketCalled}}
	if err := Validate([]Target{good}); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Target){
		"name":     func(t *Target) { t.Name = "Camera 1" },
		"scheme":   func(t *Target) { t.URL = "ftp://x/" },
		"file":     func(t *Target) { t.URL = "file:///etc/passwd" },
		"no host":  func(t *Target) { t.URL = "http:///x" },
		"password": func(t *Target) { t.URL = "http://a:b@x/" },
		"key":      func(t *Target) { t.Secret = key[:15] },
		"kind":     func(t *Target) { t.Kinds = []queue.Kind{"ticket_called", "x"} },
	} {
		bad := good
		change(&bad)
		if Validate([]Target{bad}) == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if Validate([]Target{good, good}) == nil || Validate(make([]Target, maxTargets+1)) == nil {
		t.Error("double or too many")
	}
}

func TestReachable(t *testing.T) {
	for address, want := range map[string]bool{
		"192.168.1.60:80": true, "10.0.0.1:443": true, "127.0.0.1:9000": true, "[::1]:80": true, "203.0.113.5:443": true,
		"169.254.169.254:80": false, "[fe80::1]:80": false, "224.0.0.1:80": false, "0.0.0.0:80": false, "255.255.255.255:80": false,
		"[::ffff:169.254.169.254]:80": false, "nonsense": false,
	} {
		if got := reachable(address) == nil; got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

// Nothing about a person leaves the office.
func TestPublic(t *testing.T) {
	full := queue.Ticket{
		ID: "12", Code: "123456789", Number: queue.Number{Prefix: "A", N: 12}, Service: "A", State: queue.Called, Counter: "3", Class: queue.Priority,
		Language: "km", Needs: []string{"hearing"}, Reason: "bí mật", URL: "http://x/t/y", Entitlement: queue.ByAge, Procedure: "khai-tu", Channel: queue.Phone,
	}
	for _, kind := range Kinds() {
		e := queue.Event{Seq: 9, Kind: kind, Counter: "3", Reason: "bí mật", Actor: "tel", Ticket: &full}
		out, ok := public(e)
		text, err := json.Marshal(out)
		if !ok || err != nil {
			t.Fatalf("%s: %v %v", kind, ok, err)
		}
		for _, secret := range []string{"123456789", "bí mật", "km", "hearing", "priority", "/t/", "age", "khai-tu", "tel", "phone"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s tells %q: %s", kind, secret, text)
			}
		}
	}
	for _, kind := range []queue.Kind{queue.OfficeConfigured, queue.CardIssued, queue.TicketRated} {
		if _, ok := public(queue.Event{Kind: kind}); ok {
			t.Errorf("%s is told", kind)
		}
	}
}

// fakeOffice is a log that grows.
type fakeOffice struct {
	queue.Office
	mu     sync.Mutex
	events []queue.Event
	more   chan struct{}
}

func (o *fakeOffice) add(kinds ...queue.Kind) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, k := range kinds {
		seq := int64(len(o.events) + 1)
		o.events = append(o.events, queue.Event{Seq: seq, Kind: k, Ticket: &queue.Ticket{Number: queue.Number{Prefix: "A", N: int(seq)}}})
	}
	if o.more != nil {
		close(o.more)
	}
	o.more = make(chan struct{})
}

func (o *fakeOffice) Info(context.Context) (queue.Info, error) { return queue.Info{ID: "x"}, nil }

func (o *fakeOffice) Board(context.Context) (queue.Board, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return queue.Board{Seq: int64(len(o.events))}, nil
}

func (o *fakeOffice) Events(ctx context.Context, after int64) iter.Seq2[queue.Event, error] {
	return func(yield func(queue.Event, error) bool) {
		for {
			o.mu.Lock()
			list, more := slices.Clone(o.events[after:]), o.more
			o.mu.Unlock()
			for _, e := range list {
				if !yield(e, nil) {
					return
				}
				after = e.Seq
			}
			select {
			case <-more:
			case <-ctx.Done():
				yield(queue.Event{}, ctx.Err())
				return
			}
		}
	}
}

// receiver is the other end.
type receiver struct {
	t      *testing.T
	mu     sync.Mutex
	status int // 0 = it takes everything.
	got    []int64
	bodies map[string]string // By delivery.
	tries  int
}

func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
	if err := Verify(key, body, req.Header.Get(SignatureHeader), time.Now()); err != nil {
		r.t.Error(err)
	}
	answer := &http.Response{StatusCode: 204, Body: io.NopCloser(strings.NewReader("")), Request: req}
	id := req.Header.Get(DeliveryHeader)
	if old, again := r.bodies[id]; again && old != string(body) {
		r.t.Errorf("delivery %s is another one:\n%s\n%s", id, old, body)
	}
	r.bodies[id] = string(body)
	if r.status != 0 {
		answer.StatusCode = r.status
		return answer, nil
	}
	var b Body
	if err := json.Unmarshal(body, &b); err != nil {
		r.t.Error(err)
	}
	for _, e := range b.Events {
		r.got = append(r.got, e.Seq)
	}
	return answer, nil
}

func (r *receiver) set(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) want(seqs ...int64) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.got, seqs) {
		r.t.Errorf("got %v, want %v", r.got, seqs)
	}
}

// run starts a sender on a file; stop ends it as a restart would.
func run(t *testing.T, path string, o queue.Office, r *receiver, kinds ...queue.Kind) (s *Sender, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s, err := Open(ctx, Config{Office: o, Path: path, Targets: []Target{{Name: "camera", URL: "http://camera/x", Secret: key, Kinds: kinds, Alarms: true}}})
	if err != nil {
		t.Fatal(err)
	}
	s.client = &http.Client{Transport: r}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Run(ctx) }()
	return s, func() {
		cancel()
		<-done
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What happens after the start is told in order, what fails is told again, and
// a restart goes on where it was; what was not asked for is left out.
func TestSender(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	synctest.Test(t, func(t *testing.T) {
		o, r := &fakeOffice{}, &receiver{t: t, bodies: map[string]string{}}
		o.add(queue.TicketIssued, queue.TicketCalled) // Before anybody listened.
		_, stop := run(t, path, o, r, queue.TicketCalled)
		synctest.Wait()
		o.add(queue.TicketIssued, queue.TicketCalled, queue.TicketCalled)
		synctest.Wait()
		r.want(4, 5)
		r.set(500)
		o.add(queue.TicketCalled)
		time.Sleep(time.Hour)
		r.want(4, 5)
		if r.tries < 10 || r.tries > 200 {
			t.Errorf("%d tries in an hour", r.tries)
		}
		stop()
		o.add(queue.TicketStarted, queue.TicketCalled)
		r.set(0)
		_, stop = run(t, path, o, r, queue.TicketCalled)
		synctest.Wait()
		r.want(4, 5, 6, 8)
		stop()
	})
}

// A target that fails for days is switched off, also over restarts, and goes on
// where it left off when it is switched on.
func TestSwitchedOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	synctest.Test(t, func(t *testing.T) {
		o, r := &fakeOffice{}, &receiver{t: t, bodies: map[string]string{}, status: 301}
		o.add(queue.DayOpened)
		s, stop := run(t, path, o, r)
		synctest.Wait()
		o.add(queue.TicketCalled)
		time.Sleep(36 * time.Hour)
		if st := s.States()[0]; st.Off || !strings.Contains(st.Failed, "301") {
			t.Errorf("after a day %+v", st)
		}
		stop()
		s, stop = run(t, path, o, r)
		time.Sleep(37 * time.Hour)
		if st := s.States()[0]; !st.Off {
			t.Errorf("after three days %+v", st)
		}
		rows := s.Panel().Rows(t.Context())
		if len(rows) != 1 || rows[0].Level != "fail" {
			t.Errorf("%+v", rows)
		}
		stop()
		s, stop = run(t, path, o, r)
		before := r.tries
		time.Sleep(24 * time.Hour)
		if r.tries != before {
			t.Errorf("%d tries while switched off", r.tries-before)
		}
		r.set(0)
		if err := s.SwitchOn(t.Context()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		r.want(2)
		if st := s.States()[0]; st.Off || st.Failed != "" || st.Seq != 2 {
			t.Errorf("switched on: %+v", st)
		}
		stop()
	})
}

// A target that refuses what it is sent is not pestered for days: unless it only
// asks for patience, it is switched off in an hour, and says why.
func TestRefusing(t *testing.T) {
	for status, off := range map[int]bool{404: true, 410: true, 422: true, 408: false, 429: false, 500: false} {
		synctest.Test(t, func(t *testing.T) {
			o, r := &fakeOffice{}, &receiver{t: t, bodies: map[string]string{}, status: status}
			o.add(queue.DayOpened)
			s, stop := run(t, filepath.Join(t.TempDir(), FileName), o, r)
			defer stop()
			synctest.Wait()
			o.add(queue.TicketCalled)
			time.Sleep(40 * time.Minute)
			if s.States()[0].Off {
				t.Errorf("%d: switched off at once", status)
			}
			time.Sleep(40 * time.Minute)
			if s.States()[0].Off != off {
				t.Errorf("%d: %+v", status, s.States()[0])
			}
			if row := s.Panel().Rows(t.Context())[0]; off && !strings.Contains(row.Value, strconv.Itoa(status)) {
				t.Errorf("it is not said why: %+v", row)
			}
		})
	}
}

func TestAlarm(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	o, r := &fakeOffice{}, &receiver{t: t, bodies: map[string]string{}}
	s, stop := run(t, path, o, r)
	defer stop()
	if !s.TakesAlarms() {
		t.Error("no alarms")
	}
	if err := s.Alarm(t.Context(), "x", "x/alarm/1", Alarm{ID: 1, Step: "raised", VI: "hết giấy"}); err != nil {
		t.Error(err)
	}
	if !strings.Contains(r.bodies["x/alarm/1"], "hết giấy") {
		t.Errorf("%v", r.bodies)
	}
	r.set(503)
	if s.Alarm(t.Context(), "x", "x/alarm/2", Alarm{}) == nil {
		t.Error("a refusal is no error")
	}
}

// A redirect is an answer, not a way into the network.
func TestNoRedirect(t *testing.T) {
	c := newClient()
	if err := c.CheckRedirect(nil, nil); !errors.Is(err, http.ErrUseLastResponse) {
		t.Error(err)
	}
}
