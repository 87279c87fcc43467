package beside

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Scanner is a row of any query.
type Scanner interface{ Scan(dest ...any) error }

// All runs a query and reads every row.
func All[T any](ctx context.Context, f *File, read func(Scanner) (T, error), query string, args ...any) (all []T, err error) {
	rows, err := f.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		one, err := read(rows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// Millis stores a time, in milliseconds since 1970; the zero time is 0.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Moment reads what Millis wrote.
func Moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
