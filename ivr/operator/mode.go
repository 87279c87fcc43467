package operator

import (
	"errors"
	"fmt"
)

// Mode is how callers get to the operator.
type Mode string

// The modes.
const (
	Auto   Mode = "auto"   // Refer, and where that is refused, Bridge.
	Refer  Mode = "refer"  // The trunk or switchboard sends the call on.
	Bridge Mode = "bridge" // We call the operator and stay between the two.
)

// ErrMode says that a configuration names another one.
var ErrMode = errors.New(`give "auto", "refer" or "bridge"`)

// ParseMode reads a mode; empty is Auto.
func ParseMode(s string) (Mode, error) {
	switch m := Mode(s); m {
	case "":
		return Auto, nil
	case Auto, Refer, Bridge:
		return m, nil
	}
	return Auto, fmt.Errorf("%q: %w", s, ErrMode)
}
