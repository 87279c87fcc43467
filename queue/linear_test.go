package queue_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/xinmoi/xinmoi/queue"
)

// What a counter's staff and a taker can do, and what they can be told, in a
// hall with one service and one class, where the order is the order of issue.

type op struct {
	do      string // take, next, finish
	counter int
	n       int // finish: the number to finish.
}

type answer struct {
	n    int // Number taken, called or finished.
	code queue.Code
}

// hall is the sequential office that the real one must look like.
type hall struct {
	issued, called int
	hand           [3]int // Number in hand at each counter, 0 = none.
}

func (h hall) step(o op, a answer) (bool, hall) {
	switch o.do {
	case "take":
		h.issued++
		return a == answer{n: h.issued}, h
	case "next":
		switch {
		case h.hand[o.counter] != 0:
			return a == answer{n: h.hand[o.counter], code: queue.CodeCounterBusy}, h
		case h.called == h.issued:
			return a == answer{code: queue.CodeNobodyWaiting}, h
		}
		h.called++
		h.hand[o.counter] = h.called
		return a == answer{n: h.called}, h
	case "finish":
		if h.hand[o.counter] != o.n {
			return a == answer{code: queue.CodeWrongState}, h
		}
		h.hand[o.counter] = 0
		return a == answer{n: o.n}, h
	}
	return false, h
}

func model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return hall{} },
		Step: func(s, in, out any) (bool, any) { return s.(hall).step(in.(op), out.(answer)) },
		DescribeOperation: func(in, out any) string {
			return fmt.Sprintf("%+v → %+v", in, out)
		},
	}
}

// recorder writes down what was asked and answered, and when.
type recorder struct {
	office queue.Office
	begun  time.Time
	mu     sync.Mutex
	log    []porcupine.Operation
}

func (r *recorder) do(client int, o op) answer {
	call := time.Since(r.begun)
	a := r.ask(o)
	back := time.Since(r.begun)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, porcupine.Operation{ClientId: client, Input: o, Call: call.Nanoseconds(), Output: a, Return: back.Nanoseconds()})
	return a
}

func (r *recorder) ask(o op) answer {
	ctx, desk := context.Background(), fmt.Sprint(o.counter+1)
	var t queue.Ticket
	var err error
	switch o.do {
	case "take":
		t, err = r.office.Take(ctx, queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
	case "next":
		t, err = r.office.Next(ctx, queue.CounterRequest{Counter: desk})
	case "finish":
		t, err = r.office.Act(ctx, queue.ActRequest{Ticket: queue.Number{Prefix: "A", N: o.n}.String(), Action: queue.Finish})
	}
	a := answer{n: t.Number.N, code: queue.ErrorCode(err)}
	if e, ok := err.(*queue.Error); ok && e.Code == queue.CodeCounterBusy && e.Ticket != nil {
		a.n = e.Ticket.Number.N
	}
	return a
}

func TestLinearizable(t *testing.T) {
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			e := start(t, queue.Config{Store: open(t)})
			for _, c := range []string{"1", "2", "3"} {
				openCounter(t, e, c)
			}
			r := &recorder{office: e, begun: time.Now()}
			var clients sync.WaitGroup
			for c := range 3 {
				clients.Go(func() {
					for range 40 {
						r.do(c, op{do: "take"})
					}
				})
				// Two people press the keys of one counter.
				for press := range 2 {
					clients.Go(func() {
						for range 25 {
							if a := r.do(3+2*c+press, op{do: "next", counter: c}); a.n != 0 {
								r.do(3+2*c+press, op{do: "finish", counter: c, n: a.n})
							}
						}
					})
				}
			}
			clients.Wait()
			if result := porcupine.CheckOperationsTimeout(model(), r.log, 20*time.Second); result != porcupine.Ok {
				t.Errorf("%d operations: %s", len(r.log), result)
			}
		})
	}
}

// The checker itself must see the faults it is there for.
func TestLinearizableCanFail(t *testing.T) {
	at := func(client, from, to int, o op, a answer) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Input: o, Call: int64(from), Output: a, Return: int64(to)}
	}
	taken := at(0, 0, 1, op{do: "take"}, answer{n: 1})
	for name, log := range map[string][]porcupine.Operation{
		"one ticket at two counters": {taken, at(1, 2, 5, op{do: "next"}, answer{n: 1}), at(2, 2, 5, op{do: "next", counter: 1}, answer{n: 1})},
		"one number twice":           {taken, at(1, 2, 3, op{do: "take"}, answer{n: 1})},
		"a forgotten ticket":         {taken, at(1, 2, 3, op{do: "next"}, answer{code: queue.CodeNobodyWaiting})},
		"a skipped number":           {taken, at(1, 2, 3, op{do: "take"}, answer{n: 3})},
	} {
		if porcupine.CheckOperations(model(), log) {
			t.Errorf("%s goes unnoticed", name)
		}
	}
}

func TestTwoCountersPressAtOnce(t *testing.T) {
	const rounds = 30
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			e := start(t, queue.Config{Store: open(t)})
			counters := []string{"1", "2"}
			for _, c := range counters {
				openCounter(t, e, c)
			}
			for range 2 * rounds {
				take(t, e, queue.TakeRequest{})
			}
			seen := map[string]string{}
			for range rounds {
				tickets := atOnce(len(counters), func(i int) (queue.Ticket, error) {
					return e.Next(context.Background(), queue.CounterRequest{Counter: counters[i]})
				}, t)
				for i, got := range tickets {
					if seen[got.ID] != "" {
						t.Errorf("%s at counter %s and %s", got.Number, seen[got.ID], counters[i])
					}
					seen[got.ID] = counters[i]
					act(t, e, got.ID, queue.Finish)
				}
			}
			if len(seen) != 2*rounds {
				t.Errorf("%d different tickets, want %d", len(seen), 2*rounds)
			}
		})
	}
}

// atOnce lets n callers go at one moment.
func atOnce(n int, f func(int) (queue.Ticket, error), t *testing.T) []queue.Ticket {
	t.Helper()
	var ready, done sync.WaitGroup
	gate, out := make(chan struct{}), make([]queue.Ticket, n)
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-gate
			got, err := f(i)
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
			out[i] = got
		})
	}
	ready.Wait()
	close(gate)
	done.Wait()
	return out
}
