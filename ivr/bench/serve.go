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
	Heap       uint64 `json:"heap"`   // Bytes alive after a collection.
	Stacks     uint64 `json:"stacks"` // Bytes of goroutines.
	Calls      int    `json:"calls"`
	Files      int    `json:"files"` // Open file descriptors; −1 where the system does not tell.
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
// line of JSON, and an Inside for every line it reads.
func Serve(ctx context.Context, in io.Reader, out io.Writer, maxCalls int, office *Office) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	prompt := speechLike(promptTime)
	s, err := sip.Listen(sip.Config{
		Addr: "127.0.0.1:0", MaxCalls: maxCalls, Drain: time.Millisecond,
		Answer: func(ctx context.Context, c *sip.Call) {
			if c.Called() == numberOffice && office != nil {
				office.Answer(ctx, c)
				return
			}
			loop(c, prompt)
		},
	})
	if err != nil {
		return err
	}
	w := json.NewEncoder(out)
	if err := w.Encode(Hello{SIP: s.Addr().String()}); err != nil {
		return fmt.Errorf("tell the address: %w", err)
	}
	go func() {
		defer cancel()
		for lines := bufio.NewScanner(in); lines.Scan(); {
			if w.Encode(inside(s, office)) != nil {
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
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	in := Inside{Goroutines: runtime.NumGoroutine(), Heap: m.HeapAlloc, Stacks: m.StackInuse, Calls: s.Calls(), Files: openFiles()}
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
