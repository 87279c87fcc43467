package trunk

import (
	"net/netip"
	"time"
)

// Health is what is known of one server.
type Health string

// A server is believed to be up or down only after several equal experiences,
// so that one lost packet moves nothing.
const (
	Up      Health = "up"
	Probing Health = "probing" // Not known yet, or not clear.
	Down    Health = "down"
)

// How many experiences in a row change a belief.
const (
	failuresToDown  = 3
	successesToUp   = 2 // From down; from probing one is enough.
	preferAgainTime = time.Minute
)

// target is one address of a trunk with what is known of it. It is guarded by
// the mutex of its line.
type target struct {
	addr      netip.AddrPort
	name      string // Host as configured.
	health    Health
	failures  int // In a row.
	successes int
	upSince   time.Time
	mutedTill time.Time // It asked to be left alone (Retry-After).
	rtt       time.Duration
	problem   string // Of the latest failure.
}

// worked notes that the server answered.
func (t *target) worked(now time.Time, rtt time.Duration) {
	t.failures, t.problem = 0, ""
	t.successes++
	if rtt > 0 {
		t.rtt = rtt
	}
	if t.health != Up && (t.health == Probing || t.successes >= successesToUp) {
		t.health, t.upSince = Up, now
	}
}

// failed notes that it did not.
func (t *target) failed(problem string, retryAfter time.Duration, now time.Time) {
	t.successes, t.problem = 0, problem
	t.failures++
	if retryAfter > 0 {
		t.mutedTill = now.Add(retryAfter)
	}
	switch {
	case t.failures >= failuresToDown:
		t.health = Down
	case t.health == Up:
		t.health = Probing
	}
}

// rank orders targets for use: lower is better.
func (t *target) rank(now time.Time) int {
	rank := map[Health]int{Up: 0, Probing: 1, Down: 2}[t.health]
	if now.Before(t.mutedTill) {
		rank += 3
	}
	return rank
}

// order gives the targets in the order to try them: the healthy first, the one
// in use before an equal one that has only just come back, else as configured.
func order(all []*target, using *target, now time.Time) []*target {
	out := make([]*target, 0, len(all))
	for rank := range 6 {
		for _, t := range all {
			if t.rank(now) == rank {
				out = append(out, t)
			}
		}
	}
	if using == nil || len(out) == 0 || out[0] == using || using.rank(now) > out[0].rank(now) {
		return out
	}
	if now.Sub(out[0].upSince) >= preferAgainTime {
		return out
	}
	rest := out[:0:0]
	for _, t := range out {
		if t != using {
			rest = append(rest, t)
		}
	}
	return append([]*target{using}, rest...)
}
