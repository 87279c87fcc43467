package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The test program is also the measured one, started again.
const modeVariable = "XINMOI_BENCH_MODE"

func TestMain(m *testing.M) {
	mode, n, child := strings.Cut(os.Getenv(modeVariable), " ")
	if !child {
		os.Exit(m.Run())
	}
	streams, err := strconv.Atoi(n)
	switch {
	case err != nil:
	case mode == ModeBare:
		err = Bare(context.Background(), os.Stdin, os.Stdout, streams)
	case mode == ModeSoak:
		err = ServeSoak(context.Background(), os.Stdin, os.Stdout, streams)
	default:
		err = Serve(context.Background(), os.Stdin, os.Stdout, streams, nil)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func again(ctx context.Context, mode string, n int) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d", modeVariable, mode, n))
	cmd.Stderr = os.Stderr
	return cmd
}

// A small run measures everything and sees what it should: every packet, every
// key, every call. How fast is for a machine of its own.
func TestTwentyCalls(t *testing.T) {
	const calls = 20
	r, err := Run(t.Context(), Config{Command: again, Calls: calls, Rate: 40, Duration: 2 * time.Second, Office: -1})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	t.Log(text.String())
	// A loaded machine may stall, but sound goes on afterwards.
	if want := calls * 50 * 2; r.Server.Packets < want/2 || r.Server.Packets > want*3/2 {
		t.Errorf("%d packets heard, %d are sent in that time", r.Server.Packets, want)
	}
	if r.Bare.Packets < calls*50/2 {
		t.Errorf("%d packets of the bare sender", r.Bare.Packets)
	}
	if r.Keys < calls*9/10 {
		t.Errorf("%d keys of %d were followed by silence", r.Keys, calls)
	}
	if r.Server.Core <= 0 || r.Short <= 0 || r.MemoryMB <= r.IdleMB || r.ProgramMB <= 0 || r.OwnMB <= r.IdleOwnMB || r.HeapMB <= 0 || r.HeapMB >= r.OwnMB || r.RawRate <= 0 || r.Setup.P99 <= 0 || r.Silence.P99 <= 0 {
		t.Errorf("something was not measured: %+v", r)
	}
	for _, ratio := range r.Ratios {
		if !strings.Contains(text.String(), ratio.Name) {
			t.Errorf("%q is not told", ratio.Name)
		}
	}
}

func TestShortSoak(t *testing.T) {
	s, err := RunSoak(t.Context(), Config{Command: again}, 300, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if s.Calls != 300 || s.Failed > 0 || s.End.Calls > 0 || s.End.Files > s.Start.Files || s.End.Ports > 0 {
		t.Errorf("%+v", s)
	}
	var text strings.Builder
	if err := s.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	t.Log(text.String())
}

// What grows is found.
func TestGrowthIsAFault(t *testing.T) {
	healthy := Soak{Calls: 10, Start: Inside{Goroutines: 7, Files: 9}, End: Inside{Goroutines: 7, Files: 9}, Samples: []Observed{
		{Calls: 1, Seconds: 5, Resident: 10 << 20}, {Calls: 5, Seconds: 60, Resident: 50 << 20, Inside: Inside{Heap: 8 << 20}}, {Calls: 10, Seconds: 90, Resident: 52 << 20, Inside: Inside{Heap: 8 << 20}},
	}}
	if f := healthy.faults(); len(f) > 0 {
		t.Errorf("faults of a healthy server: %q", f)
	}
	for name, spoil := range map[string]func(*Soak){
		"goroutines": func(s *Soak) { s.End.Goroutines++ },
		"files":      func(s *Soak) { s.End.Files++ },
		"calls":      func(s *Soak) { s.End.Calls = 1 },
		"failed":     func(s *Soak) { s.Failed = 1 },
		"memory":     func(s *Soak) { s.Samples[2].Resident *= 2 },
		"heap":       func(s *Soak) { s.Samples[2].Heap *= 2 },
		"ports":      func(s *Soak) { s.End.Ports = 1 },
		"heap left":  func(s *Soak) { s.End.Heap = 9 << 20 },
	} {
		s := healthy
		s.Samples = append([]Observed{}, healthy.Samples...)
		spoil(&s)
		if len(s.faults()) != 1 {
			t.Errorf("%s: %q", name, s.faults())
		}
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []Config{{}, {Command: again, Calls: -1}, {Command: again, Rate: 1e6}, {Command: again, Duration: time.Millisecond}} {
		if c.Validate() == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}

func TestHistogram(t *testing.T) {
	h := &histogram{}
	if h.at(0.5) != 0 {
		t.Error("something in nothing")
	}
	for i := range 1000 {
		h.add(time.Duration(i+1) * 100 * time.Microsecond)
	}
	h.add(time.Hour)
	for share, want := range map[float64]float64{0.5: 50.1, 0.99: 99.1, 1: 200} {
		if got := h.at(share); got < want-0.11 || got > want+0.11 {
			t.Errorf("%g: %g, want %g", share, got, want)
		}
	}
}
