package main

import (
	"context"
	"errors"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/report"
)

// figuresOf makes what the HTTP interface answers about a business day, which
// bounds how many are made at once.
func figuresOf(src report.Source) func(ctx context.Context, office, day, agency string) (any, error) {
	return func(ctx context.Context, office, day, agency string) (any, error) {
		made, err := report.Of(ctx, src, office, day)
		switch {
		case errors.Is(err, report.ErrNoDay):
			return nil, queue.Errorf(api.CodeNotFound, "%w", err)
		case err != nil:
			return nil, err
		case agency != "":
			return made.For(agency), nil
		}
		return made, nil
	}
}
