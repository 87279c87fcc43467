package page

import (
	"context"
	"slices"
)

// Caller is who asks for a guarded page. The guard knows; pages are told by
// their context.
type Caller struct {
	ID       string                  // As it stands in the log: "staff:lan", or the id of a device's token.
	Person   string                  // What somebody who has signed in is called; empty = a device.
	Counters []string                // The only counters that are theirs to work at; empty = all.
	May      func(right string) bool // Whether a right is theirs; nil = none.
}

type callerKey struct{}

// WithCaller tells a page who asks.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf tells who asks for a page; ok is false where no guard has looked.
func CallerOf(ctx context.Context) (c Caller, ok bool) {
	c, ok = ctx.Value(callerKey{}).(Caller)
	return c, ok
}

// Who is the name under which what a page does stands in the log, for
// queue.Meta.Caller; empty where no guard has looked.
func Who(ctx context.Context) string {
	c, _ := CallerOf(ctx)
	return c.ID
}

// May reports whether whoever asks for a page has a right, named as in the
// table of rights ("live:do").
func May(ctx context.Context, right string) bool {
	c, ok := CallerOf(ctx)
	return ok && c.May != nil && c.May(right)
}

// WorksAt reports whether whoever asks for a page may act for a counter.
func WorksAt(ctx context.Context, counter string) bool {
	c, _ := CallerOf(ctx)
	return len(c.Counters) == 0 || slices.Contains(c.Counters, counter)
}
