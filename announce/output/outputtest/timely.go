package outputtest

import (
	"fmt"
	"testing"
	"time"
)

// What Timely believes of a machine.
const (
	look     = 5 * time.Millisecond
	tolerant = 50 * time.Millisecond // Later than that, and a sound server has holes of its own.
	strikes  = 3                     // So often may a machine that seemed to keep time be at fault all the same.
)

// Timely tries what only a machine that keeps time can do: sound does not wait
// for one that does not, nor do the programs that play and record it. A try that
// goes bad is repeated; the test fails when it went bad for the third time while
// the machine kept time, and is skipped where the machine never does.
func Timely(t testing.TB, try func(bad func(format string, args ...any))) {
	t.Helper()
	failed, end := 0, time.Now().Add(patience)
	for {
		var problems []string
		stop := lateness()
		try(func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) })
		late := stop()
		if len(problems) == 0 || t.Failed() {
			return
		}
		t.Logf("with a machine that was up to %v late: %q", late, problems)
		if late <= tolerant {
			failed++
		}
		switch {
		case failed == strikes:
			t.Errorf("bad %d times: %q", strikes, problems)
			return
		case time.Now().After(end):
			t.Skip("this machine does not keep time")
		}
	}
}

// lateness watches how late the machine is; stop gives the worst.
func lateness() (stop func() time.Duration) {
	quit, worst := make(chan struct{}), make(chan time.Duration)
	go func() {
		tick := time.NewTicker(look)
		defer tick.Stop()
		most, before := time.Duration(0), time.Now()
		for {
			select {
			case <-quit:
				worst <- max(most, time.Since(before)-look)
				return
			case <-tick.C:
				now := time.Now()
				most, before = max(most, now.Sub(before)-look), now
			}
		}
	}()
	return func() time.Duration { close(quit); return <-worst }
}
