//go:build !linux

package serial

import (
	"errors"
	"os"
)

// Open opens a serial line; on this system there is none.
func Open(string, Line) (*os.File, error) {
	return nil, errors.New("serial lines work on Linux alone")
}
