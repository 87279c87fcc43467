package kiosk

import (
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// delivery is how far a number has come on its way to its citizen.
type delivery string

const (
	printing delivery = "printing" // The printer has it; the screen shows it meanwhile.
	onPaper  delivery = "paper"    // The printer acknowledged the paper.
	onScreen delivery = "screen"   // Paper failed: the screen shows number and QR code.
	asking   delivery = "asking"   // Sent to the printer, outcome unknown: the screen asks.
)

// visit is one touch and its number, kept as long as its screen may be open.
// Fields below mu are guarded by visits.mu.
type visit struct {
	key   string
	ready chan struct{} // Closed when ticket or err is set.

	ticket    queue.Ticket
	procedure queue.Procedure // What it is for, in words; Name may be the service's.
	err       error

	state     delivery
	idle      chan struct{} // Closed when the printer is done with it.
	reprints  int
	created   time.Time
	seen      time.Time // When the screen first asked.
	delivered bool      // The citizen has the number, on paper or screen.
	confirmed bool      // The office knows that.

	tries    int       // Failed attempts to tell the office …
	refusals int       // … of these, clear answers.
	refused  bool      // The office will not hear of it: it is told no more.
	again    time.Time // No attempt before.
}

// told reports whether the office is told no more of a delivery.
func (v *visit) told() bool { return v.confirmed || v.refused }

// owed reports whether the office is yet to hear of a delivery.
func (v *visit) owed() bool { return v.delivered && !v.told() }

// visits holds the visits of all screens.
type visits struct {
	mu           sync.Mutex
	byKey        map[string]*visit
	taken, shown int
}

// Visits are forgotten after visitAge, when no screen shows them any more, and
// after owedAge where the office is yet to hear of the delivery: then the day
// is over. maxVisits bounds memory against a machine gone wild.
const (
	visitAge  = 15 * time.Minute
	owedAge   = 12 * time.Hour
	maxVisits = 1024
)

// claim gives the visit of a touch key; mine is true for the one caller that
// has to take the number.
func (vs *visits) claim(key string, now time.Time) (v *visit, mine bool) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	if v, ok := vs.byKey[key]; ok {
		return v, false
	}
	vs.prune(now)
	vs.makeRoom()
	v = &visit{key: key, ready: make(chan struct{}), state: printing, created: now}
	vs.byKey[key] = v
	return v, true
}

// prune forgets old visits. The caller holds vs.mu.
func (vs *visits) prune(now time.Time) {
	for key, v := range vs.byKey {
		age := now.Sub(v.created)
		if age > owedAge || (age > visitAge && !v.owed()) {
			delete(vs.byKey, key)
		}
	}
}

// makeRoom forgets the oldest visit when there are too many. The caller holds
// vs.mu.
func (vs *visits) makeRoom() {
	if len(vs.byKey) < maxVisits {
		return
	}
	var oldest *visit
	for _, v := range vs.byKey {
		if oldest == nil || v.created.Before(oldest.created) {
			oldest = v
		}
	}
	delete(vs.byKey, oldest.key)
}

// forget prunes without a touch.
func (vs *visits) forget(now time.Time) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	vs.prune(now)
}

// find gives the visit of a key once its ticket is known.
func (vs *visits) find(key string) (*visit, bool) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	v, ok := vs.byKey[key]
	if !ok {
		return nil, false
	}
	select {
	case <-v.ready:
		return v, v.err == nil
	default:
		return nil, false
	}
}

// of gives the latest visit of a ticket.
func (vs *visits) of(ticket string) (latest *visit, ok bool) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	for _, v := range vs.byKey {
		select {
		case <-v.ready:
		default:
			continue
		}
		if v.err == nil && v.ticket.Ref() == ticket && (latest == nil || v.created.After(latest.created)) {
			latest = v
		}
	}
	return latest, latest != nil
}

// drop forgets a visit that got no number, so that the same touch may try
// again.
func (vs *visits) drop(v *visit) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	delete(vs.byKey, v.key)
}

// update changes a visit under the lock.
func (vs *visits) update(change func()) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	change()
}

// view copies what a page shows of a visit.
func (vs *visits) view(v *visit) visit {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	return *v
}

// unsettled gives the visits that are delivered but not confirmed, and those
// whose question has stood unanswered since before asked, if it is time to
// tell the office (again).
func (vs *visits) unsettled(now, asked time.Time) []*visit {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	var out []*visit
	for _, v := range vs.byKey {
		unanswered := v.state == asking && !v.seen.IsZero() && v.seen.Before(asked)
		if !v.told() && (v.delivered || unanswered) && !now.Before(v.again) {
			out = append(out, v)
		}
	}
	return out
}

func (vs *visits) count() Status {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	s := Status{Taken: vs.taken, Shown: vs.shown}
	for _, v := range vs.byKey {
		if v.state == asking && !v.told() {
			s.Asking++
		}
		if v.owed() {
			s.Owed++
		}
	}
	return s
}
