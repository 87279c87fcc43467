package queue_test

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// countErrors counts what is logged as an error.
type countErrors struct{ n atomic.Int64 }

func (c *countErrors) logger() *slog.Logger { return slog.New(c) }

func (*countErrors) Enabled(context.Context, slog.Level) bool { return true }

func (c *countErrors) Handle(_ context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		c.n.Add(1)
	}
	return nil
}

func (c *countErrors) WithAttrs([]slog.Attr) slog.Handler { return c }

func (c *countErrors) WithGroup(string) slog.Handler { return c }
