package outputtest

import (
	"testing"
	"time"
)

// patience bounds every wait; only failures use it up.
const patience = 2 * time.Minute

// Until asks again and again, and ends the test if what it waits for does not
// come.
func Until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("not within %v: %s", patience, what)
		case <-tick.C:
		}
	}
}
