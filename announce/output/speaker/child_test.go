package speaker

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fakeCard plays on the clock of a test.
type fakeCard struct {
	mu   sync.Mutex
	lost error
	gaps bool
}

func (f *fakeCard) play(ctx context.Context, samples []byte) (bool, error) {
	timer := time.NewTimer(durationOf(len(samples)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-timer.C:
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.gaps, f.lost
	}
}

func (f *fakeCard) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lost
}

func (f *fakeCard) lose() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost = ErrDevice
}

// served is a player under test and what is said to and by it.
type served struct {
	t    *testing.T
	in   *io.PipeWriter
	out  *bufio.Scanner
	done chan error
}

func startServe(t *testing.T, card device, opens error) *served {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	s := &served{t: t, in: inW, out: bufio.NewScanner(outR), done: make(chan error, 1)}
	go func() {
		s.done <- serve(t.Context(), inR, outW, func(context.Context) (device, error) { return card, opens })
		_ = outW.Close()
		_ = inR.Close() // As the end of the process does.
	}()
	return s
}

func (s *served) ask(q request) {
	s.t.Helper()
	if _, err := s.in.Write(appendRequest(nil, q)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *served) expect(want string) {
	s.t.Helper()
	if !s.out.Scan() {
		s.t.Fatalf("no answer, want %q", want)
	}
	if got := s.out.Text(); got != want {
		s.t.Fatalf("got %q, want %q", got, want)
	}
}

func (s *served) end(want error) {
	s.t.Helper()
	for s.out.Scan() {
		s.t.Errorf("also said %q", s.out.Text())
	}
	if err := <-s.done; !errors.Is(err, want) || (err == nil) != (want == nil) {
		s.t.Errorf("ended with %v, want %v", err, want)
	}
}

func TestServePlaysInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		card := &fakeCard{}
		s := startServe(t, card, nil)
		s.expect("ready")
		second := make([]byte, bytesOf(time.Second))
		began := time.Now()
		s.ask(request{kind: reqPlay, id: 1, samples: second})
		s.expect("done 1 0")
		if d := time.Since(began); d != time.Second {
			t.Errorf("took %v", d)
		}
		s.ask(request{kind: reqPlay, id: 2, samples: second})
		s.ask(request{kind: reqStop, id: 1}) // Late: not about this clip.
		s.ask(request{kind: reqStop, id: 2})
		s.expect("stopped 2")
		s.ask(request{kind: reqPlay, id: 3, samples: second})
		s.ask(request{kind: reqPlay, id: 4, samples: second})
		s.expect("stopped 3")
		card.mu.Lock()
		card.gaps = true
		card.mu.Unlock()
		s.expect("done 4 1")
		_ = s.in.Close()
		s.end(nil)
	})
}

func TestServeEndsWithTheCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		card := &fakeCard{}
		s := startServe(t, card, nil)
		s.expect("ready")
		s.ask(request{kind: reqPlay, id: 1, samples: make([]byte, bytesOf(time.Hour)/60)})
		began := time.Now()
		card.lose()
		s.expect("failed 1 device no usable sound card")
		s.expect("lost device no usable sound card")
		if d := time.Since(began); d > 2*lookEvery {
			t.Errorf("noticed after %v", d)
		}
		s.end(ErrDevice)
	})
}

func TestServeWithoutACard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startServe(t, nil, ErrNoDevice)
		s.expect("lost nodevice no sound card and no sound server")
		s.end(ErrNoDevice)
	})
}

func TestServeRefusesNonsense(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startServe(t, &fakeCard{}, nil)
		s.expect("ready")
		if _, err := s.in.Write([]byte("Xxxxxxxxx")); err != nil {
			t.Fatal(err)
		}
		s.end(errRequest)
	})
}
