package main

import (
	"context"
	"errors"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/report"
)

// figuresAtOnce bounds the days being summed up at the same time: a day is
// held in memory meanwhile.
const figuresAtOnce = 2

// figuresOf makes what the HTTP interface answers about a business day.
func figuresOf(src report.Source) func(ctx context.Context, office, day string) (any, error) {
	places := make(chan struct{}, figuresAtOnce)
	return func(ctx context.Context, office, day string) (any, error) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		case <-ctx.Done():
			return nil, queue.Errorf(queue.CodeUnavailable, "gave up waiting for other figures: %w", ctx.Err())
		}
		made, err := report.Of(ctx, src, office, day)
		switch {
		case errors.Is(err, report.ErrNoDay):
			return nil, queue.Errorf(api.CodeNotFound, "%w", err)
		case err != nil:
			return nil, err
		}
		return made, nil
	}
}
