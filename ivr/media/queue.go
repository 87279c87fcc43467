package media

import "sync"

// queueSize bounds what a dialogue that does not listen can pile up.
const queueSize = 32

// Queue carries inputs from the network to the dialogue. Put never blocks, so
// that a slow dialogue cannot hold up sound or signalling; keys that nobody
// takes are dropped once the queue is full.
type Queue struct {
	mu     sync.Mutex
	ch     chan Input
	closed bool
}

// NewQueue makes an empty queue.
func NewQueue() *Queue { return &Queue{ch: make(chan Input, queueSize)} }

// C is where inputs come out, in order. It is closed after HungUp, or after
// the last one of a Split.
func (q *Queue) C() <-chan Input {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ch
}

// Put adds an input; it reports false when the queue is full or over. HungUp
// always has room and closes the queue.
func (q *Queue) Put(in Input) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || in.Kind != HungUp && len(q.ch) >= queueSize-1 {
		return false
	}
	q.ch <- in // Only Put fills it, under the lock: there is room.
	if in.Kind == HungUp {
		q.closed = true
		close(q.ch)
	}
	return true
}

// Forget removes inputs of a kind that nobody has taken yet. The news that a
// prompt was heard must not outlive the decision to play another one. It is
// meant for the goroutine that reads C: beside another reader nothing else is
// lost, but the order is not sure.
func (q *Queue) Forget(kind InputKind) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.ch) == 0 {
		return
	}
	q.forget(kind)
}

// forget takes everything out and puts the rest back. It is apart from Forget
// because it needs a large stack, which a call that waits would keep.
//
//go:noinline
func (q *Queue) forget(kind InputKind) {
	kept := make([]Input, 0, queueSize)
	for in, more := q.take(); more; in, more = q.take() {
		if in.Kind != kind {
			kept = append(kept, in)
		}
	}
	for _, in := range kept {
		q.ch <- in
	}
}

// Split ends what the reader of C has heard so far with last, for whom nothing
// follows; whoever asks for C from then on hears what comes next. It reports
// false when the queue is over already. So a call goes over to somebody else
// while its conversation ends.
func (q *Queue) Split(last Input) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.ch <- last // There is room: see Put.
	close(q.ch)
	q.ch = make(chan Input, queueSize)
	return true
}

func (q *Queue) take() (in Input, ok bool) {
	select {
	case in = <-q.ch:
		return in, true
	default:
		return Input{}, false
	}
}
