//go:build !linux

package bench

import (
	"context"
	"errors"
	"io"
	"time"
)

var errLinux = errors.New("telephone calls are measured on Linux only: the kernel's time stamps and /proc are needed")

// Run measures on Linux only.
func Run(context.Context, Config) (Report, error) { return Report{}, errLinux }

// Bare sends on Linux only.
func Bare(context.Context, io.Reader, io.Writer, int) error { return errLinux }

// Soak is what very many short calls left behind.
type Soak struct{ Faults []string }

// WriteText writes nothing here.
func (Soak) WriteText(io.Writer) error { return errLinux }

// RunSoak measures on Linux only.
func RunSoak(context.Context, Config, int, time.Duration) (Soak, error) { return Soak{}, errLinux }
