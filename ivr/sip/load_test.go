//go:build unix

package sip

import (
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/ivr/media"
)

// Many calls at once: every one is answered, every key arrives, all end.
// XINMOI_TEST_CALLS sets another number, for measuring.
func TestManyCalls(t *testing.T) {
	n := 60
	if s := os.Getenv("XINMOI_TEST_CALLS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	rec := newRecorder(sine(440, time.Minute))
	rec.calls, rec.inputs = make(chan *Call, n), make(chan media.Input, 10*n)
	s := serve(t, Config{Answer: rec.answer, MaxCalls: n})
	far := serve(t, Config{Answer: rec.answer, MaxCalls: n})
	var calls []*Call
	var setup []time.Duration
	for range n {
		start := time.Now()
		c, err := far.Dial(t.Context(), DialConfig{URI: "sip:1022@" + s.Addr().String()})
		if err != nil {
			t.Fatal(err)
		}
		setup, calls = append(setup, time.Since(start)), append(calls, c)
	}
	eventually(t, "all calls", func() bool { return s.Calls() == n })
	cpu, start := cpuTime(), time.Now()
	var pressing sync.WaitGroup
	for _, c := range calls {
		pressing.Go(func() {
			for _, d := range "7#" {
				if err := c.SendDigit(t.Context(), d); err != nil {
					t.Error(err)
				}
			}
		})
	}
	pressing.Wait()
	got := map[rune]int{}
	for range 2 * n {
		got[receive(t, rec.inputs, "key").Digit]++
	}
	if got['7'] != n || got['#'] != n {
		t.Errorf("keys %v, want %d of each", got, n)
	}
	slices.Sort(setup)
	t.Logf("%d calls, both sides here: %.1f %% of a core per 100 calls, %d goroutines, set up in %v (median) %v (99 %%)", n,
		100*(cpuTime()-cpu).Seconds()/time.Since(start).Seconds()*100/float64(n), runtime.NumGoroutine(), setup[n/2], setup[n*99/100])
	var ending sync.WaitGroup
	for _, c := range calls {
		ending.Go(func() { hangup(t, c) })
	}
	ending.Wait()
	eventually(t, "no calls", func() bool { return s.Calls() == 0 && far.Calls() == 0 })
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
