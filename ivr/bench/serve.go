package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"time"

	"github.com/xinmoi/xinmoi/announce/rtp"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/sip"
)

// Hello is the first line that a measured process writes.
type Hello struct {
	SIP   string   `json:"sip,omitempty"`   // Address of the server.
	Ports []uint16 `json:"ports,omitempty"` // Of the bare sender.
}

// Inside is what a server tells about itself.
type Inside struct {
	Goroutines int    `json:"goroutines"`
	Heap       uint64 `json:"heap"`    // Bytes alive after a collection.
	Garbage    uint64 `json:"garbage"` // Bytes that the heap held beyond these before it: no longer needed, or room.
	Stacks     uint64 `json:"stacks"`  // Bytes of goroutines.
	Calls      int    `json:"calls"`
	Files      int    `json:"files"` // Open file descriptors; −1 where the system does not tell.
	Ports      int    `json:"ports"` // Sockets on the ports for sound of a soak.
	Taken      int    `json:"taken"` // Numbers that the office gave out.
}

// Office is a conversation with something behind it.
type Office struct {
	Answer func(context.Context, *sip.Call)
	Taken  func() int // Numbers given out so far.
}

// The numbers that are called.
const (
	numberLoop   = "loop"   // A prompt without end, stopped by any key.
	numberOffice = "office" // The real conversation.
)

// The prompt of the loop.
const (
	promptTime = 10 * time.Second
	replayTime = 500 * time.Millisecond // From a key to the next prompt.
)

// Serve is the server under test: it answers calls on a free loopback port
// until in ends. Calls to "loop" hear a prompt without end that any key stops;
// office, which may be nil, answers those to "office". It writes a Hello as a
// line of JSON, and an Inside for every line it reads; see profiler for what else
// a line may ask.
func Serve(ctx context.Context, in io.Reader, out io.Writer, maxCalls int, office *Office) error {
	return serve(ctx, in, out, sip.Config{MaxCalls: maxCalls}, office)
}

// The ports for sound of a soak: so few that each has many calls, so many that
// a stall of ten seconds takes them not all. Another program may have some of them.
const (
	soakFirst, soakLast = 20000, 25999
)

// ServeSoak is Serve with sound on a range of ports.
func ServeSoak(ctx context.Context, in io.Reader, out io.Writer, maxCalls int) error {
	return serve(ctx, in, out, sip.Config{MaxCalls: maxCalls, RTPPorts: [2]uint16{soakFirst, soakLast}}, nil)
}

func serve(ctx context.Context, in io.Reader, out io.Writer, cfg sip.Config, office *Office) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	prompt := speechLike(promptTime)
	cfg.Addr, cfg.Drain = "127.0.0.1:0", time.Millisecond
	cfg.Answer = func(ctx context.Context, c *sip.Call) {
		if c.Called() == numberOffice && office != nil {
			office.Answer(ctx, c)
			return
		}
		loop(c, prompt)
	}
	s, err := sip.Listen(cfg)
	if err != nil {
		return err
	}
	w := json.NewEncoder(out)
	if err := w.Encode(Hello{SIP: s.Addr().String()}); err != nil {
		return fmt.Errorf("tell the address: %w", err)
	}
	go func() {
		defer cancel()
		var p profiler
		for lines := bufio.NewScanner(in); lines.Scan(); {
			if p.do(lines.Text()) != nil || w.Encode(inside(s, office)) != nil {
				return
			}
		}
	}()
	_ = s.Run(ctx) // Its error is that of ctx.
	return nil
}

// loop plays a prompt again and again; a key stops it for a moment.
func loop(c *sip.Call, p *rtp.Prompt) {
	again := time.NewTimer(0)
	defer again.Stop()
	for {
		select {
		case in, ok := <-c.Inputs():
			switch {
			case !ok || in.Kind == media.HungUp:
				return
			case in.Kind == media.Digit:
				c.Stop()
				again.Reset(replayTime)
			default:
				c.Play(p)
			}
		case <-again.C:
			c.Play(p)
		}
	}
}

func inside(s *sip.Server, office *Office) Inside {
	var before, m runtime.MemStats
	runtime.ReadMemStats(&before)
	runtime.GC()
	runtime.ReadMemStats(&m)
	held := before.HeapSys - before.HeapReleased
	in := Inside{Goroutines: runtime.NumGoroutine(), Heap: m.HeapAlloc, Garbage: held - min(held, m.HeapAlloc), Stacks: m.StackInuse, Calls: s.Calls(), Files: openFiles(), Ports: socketsWithin(soakFirst, soakLast)}
	if office != nil {
		in.Taken = office.Taken()
	}
	return in
}

// openFiles counts file descriptors where the system lists them.
func openFiles() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(list)
}

// speechLike is sound without a silent moment, so that silence is ours.
func speechLike(d time.Duration) *rtp.Prompt {
	samples := make([]int16, int(d.Seconds()*rtp.SampleRate))
	for i := range samples {
		t := 2 * math.Pi * float64(i) / rtp.SampleRate
		samples[i] = int16(4000*math.Sin(220*t) + 2000*math.Sin(660*t+1) + 1500*math.Sin(1100*t+2))
	}
	return rtp.NewPrompt(samples)
}
