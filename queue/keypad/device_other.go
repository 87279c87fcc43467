//go:build !linux

package keypad

import (
	"context"
	"errors"
)

var errLinux = errors.New("keypads work on Linux alone; the console's keys work everywhere")

// OpenEvents reads an input device; on this system there is none.
func OpenEvents(string, bool) func(context.Context, func(Key)) error { return nowhere }

// OpenSerial reads a serial line; on this system there is none.
func OpenSerial(string, int) func(context.Context, func(Key)) error { return nowhere }

func nowhere(context.Context, func(Key)) error { return errLinux }

// Devices lists input devices; on this system there are none.
func Devices() ([]string, error) { return nil, errLinux }
