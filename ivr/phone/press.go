package phone

import (
	"fmt"
	"strings"
)

// maxKeys bounds what one call presses.
const maxKeys = 64

// ParsePress reads what to press: groups of keys, parted by commas. Before
// each group the telephone waits until the speech has ended; an empty group
// only waits. Keys are 0–9, *, # and A–D; spaces mean nothing.
func ParsePress(s string) ([]string, error) {
	s = strings.ToUpper(strings.Join(strings.Fields(s), ""))
	if s == "" {
		return nil, nil
	}
	if len(s) > maxKeys {
		return nil, fmt.Errorf("-press has %d characters, want at most %d", len(s), maxKeys)
	}
	for i, k := range s {
		if !strings.ContainsRune("0123456789*#ABCD,", k) {
			return nil, fmt.Errorf("-press: %q at place %d is no key; use 0-9 * # A-D and commas, as in 1,1", k, i+1)
		}
	}
	return strings.Split(s, ","), nil
}
