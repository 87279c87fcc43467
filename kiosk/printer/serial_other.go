//go:build !linux

package printer

import (
	"context"
	"errors"
)

// Serial opens a printer on a serial line; on this system there is none.
func Serial(Line) Opener {
	return func(context.Context) (Conn, error) {
		return nil, errors.New("serial printers work on Linux alone: use a network printer")
	}
}
