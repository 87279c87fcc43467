package ivr_test

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/audio"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/phone"
	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hum speaks every sentence as 600 ms of a tone at the level of speech, so
// that a call takes seconds and needs no voice.
func hum(context.Context, announce.Sentence) ([]int16, error) {
	samples := make([]int16, 4800)
	for i := range samples {
		samples[i] = int16(3600 * math.Sin(2*math.Pi*300*float64(i)/8000))
	}
	return samples, nil
}

// start runs an office with a telephone on loopback and gives its SIP address.
func start(t *testing.T) (queue.Office, *ivr.Service, string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	office, err := queue.NewEngine(ctx, queue.Config{Setup: queue.CommuneCentre(), Store: new(memory.Store)})
	if err != nil {
		t.Fatal(err)
	}
	service := ivr.New(ivr.Config{Office: office, Render: hum})
	server, err := sip.Listen(sip.Config{
		Addr:   "127.0.0.1:0",
		Answer: func(ctx context.Context, c *sip.Call) { service.Answer(ctx, c) },
		Drain:  time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 3)
	for _, run := range []func(context.Context) error{office.Run, service.Run, server.Run} {
		go func() { done <- run(ctx) }()
	}
	t.Cleanup(func() {
		cancel()
		for range 3 {
			if err := <-done; err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
	})
	return office, service, "sip:" + server.Addr().String()
}

// eventually waits for something that another goroutine does.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if ok() {
			return
		}
		<-tick.C
	}
	t.Fatal("waited 10 s in vain")
}

// settled gives the figures once no call is running.
func settled(t *testing.T, s *ivr.Service) ivr.Status {
	t.Helper()
	eventually(t, func() bool { return s.Status().CallsNow == 0 })
	return s.Status()
}

// TestCall is the whole way: a telephone calls over UDP and TCP, takes a number
// by two keys, and the office has a waiting ticket.
func TestCall(t *testing.T) {
	for name, suffix := range map[string]string{"udp": "", "tcp": ";transport=tcp"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			office, service, uri := start(t)
			path := filepath.Join(t.TempDir(), "heard.wav")
			var out bytes.Buffer
			err := phone.Run(t.Context(), phone.Options{URI: uri + suffix, From: "0912345678", Press: "1,1", Record: path}, &out)
			if err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			t.Log(out.String())
			for _, want := range []string{"answered after", "pressed 1", "far end hung up", "recorded"} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in the log", want)
				}
			}
			ticket, err := office.Ticket(t.Context(), "A1")
			if err != nil || ticket.State != queue.Waiting || ticket.Channel != queue.Phone {
				t.Errorf("ticket %+v, %v, want A001 waiting by phone", ticket, err)
			}
			checkRecording(t, path)
			if got := settled(t, service); got.CallsToday != 1 || got.TicketsToday != 1 {
				t.Errorf("status %+v", got)
			}
		})
	}
}

// checkRecording finds the hum in what the telephone heard.
func checkRecording(t *testing.T, path string) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pcm, err := audio.DecodeWAV(file)
	if err != nil {
		t.Fatal(err)
	}
	if pcm.Duration() < 4*time.Second || pcm.Peak() < 0.08 {
		t.Errorf("recorded %v with peak %.3f", pcm.Duration(), pcm.Peak())
	}
	if hum, other := audio.Tone(pcm, 300), audio.Tone(pcm, 1234); hum < 10*other {
		t.Errorf("hum %.5f, another tone %.5f", hum, other)
	}
}

// TestCallHeardToItsEnd: staying on the line keeps the number.
func TestCallHeardToItsEnd(t *testing.T) {
	t.Parallel()
	office, _, uri := start(t)
	var out bytes.Buffer
	if err := phone.Run(t.Context(), phone.Options{URI: uri, Press: "2"}, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if ticket, err := office.Ticket(t.Context(), "B1"); err != nil || ticket.State != queue.Waiting {
		t.Errorf("ticket %+v, %v, want B001 waiting", ticket, err)
	}
}

// TestCallAbandoned: a caller who leaves while the number is read does not
// keep it.
func TestCallAbandoned(t *testing.T) {
	t.Parallel()
	office, service, uri := start(t)
	call, err := sip.Dial(t.Context(), sip.DialConfig{URI: uri})
	if err != nil {
		t.Fatal(err)
	}
	if err := call.SendDigit(t.Context(), '1'); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		_, err := office.Ticket(t.Context(), "A1")
		return err == nil
	})
	if err := call.Hangup(t.Context()); err != nil {
		t.Error(err)
	}
	ticket, err := office.Ticket(t.Context(), "A1")
	if err != nil || ticket.State != queue.Held {
		t.Errorf("ticket %+v, %v, want A001 held", ticket, err)
	}
	if got := settled(t, service); got.TicketsToday != 0 {
		t.Errorf("status %+v", got)
	}
}

func TestNobodyAnswers(t *testing.T) {
	for _, uri := range []string{"", "mailto:a@b", "sip:"} {
		if err := phone.Run(t.Context(), phone.Options{URI: uri}, &bytes.Buffer{}); err == nil {
			t.Errorf("%q was answered", uri)
		}
	}
}
