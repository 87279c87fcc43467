// Package eventtest is for waiting, in tests, until a fake server has seen
// something: whoever waits looks again after every event, never at the clock.
package eventtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// Events is what a fake server embeds. The zero Events is ready for use; its
// methods may be called from any goroutine, also with the server's own lock held.
type Events struct {
	mu   sync.Mutex
	next chan struct{}
}

// Next gives a channel that is closed at the next event. Take it before looking.
func (e *Events) Next() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.next == nil {
		e.next = make(chan struct{})
	}
	return e.next
}

// Touch tells everyone who waits to look again.
func (e *Events) Touch() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.next != nil {
		close(e.next)
		e.next = nil
	}
}

// Wait waits until something holds, or gives the error of ctx.
func (e *Events) Wait(ctx context.Context, holds func() bool) error {
	for {
		next := e.Next()
		if holds() {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Newest waits until something fits of all that was recorded, the oldest first, and
// gives the newest such thing. Its error, after that of ctx, is what there was.
func Newest[T any](ctx context.Context, e *Events, all func() []T, fits func(T) bool) (found T, err error) {
	err = e.Wait(ctx, func() bool {
		for _, one := range slices.Backward(all()) {
			if fits(one) {
				found = one
				return true
			}
		}
		return false
	})
	if err != nil {
		err = fmt.Errorf("%w; there are %+v", err, all())
	}
	return found, err
}
