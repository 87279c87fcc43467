package alarm

import (
	"cmp"
	"slices"
	"time"
)

// Kind is what sort of thing is wrong.
type Kind string

// The kinds of alarm.
const (
	Wait    Kind = "wait"    // Somebody waits longer than the office's target.
	Printer Kind = "printer" // Numbers cannot be printed.
	Speaker Kind = "speaker" // Calls cannot be heard.
	Trunk   Kind = "trunk"   // The telephone does not work.
	Store   Kind = "store"   // Nothing can be written: no numbers.
	Disk    Kind = "disk"    // Little room is left.
	Clock   Kind = "clock"   // The machine's clock cannot be right.
	Chat    Kind = "chat"    // A chat or SMS channel does not work.
	Hook    Kind = "hook"    // Another system does not take what it asked for.
	Office  Kind = "office"  // An office elsewhere is not reached.
	Help    Kind = "help"    // A counter asks for help, silently.
	Rating  Kind = "rating"  // A citizen was not content.
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{Wait, Printer, Speaker, Trunk, Store, Disk, Clock, Chat, Hook, Office, Help, Rating}
}

// Sign is one thing that is wrong at the moment of looking. Texts say what is
// wrong and what to do; they hold no names and no telephone numbers.
type Sign struct {
	Key     string // Stays the same as long as it is the same trouble: "printer:kiosk".
	Kind    Kind
	VI, EN  string
	Grave   bool // Citizens are turned away or in danger: told at once.
	Latched bool // It happened: it stands until somebody acknowledges it.
}

// Rules are how patient alarms are. A zero field means the default beside it.
type Rules struct {
	Raise    time.Duration // So long must something be wrong. Default 20 s; what is grave or latched is raised at once.
	Clear    time.Duration // So long must it be well again. Default 60 s.
	Escalate time.Duration // Told to everybody when nobody has acknowledged it so long. Default 10 min.
	Keep     time.Duration // How long closed alarms can be read. Default 90 days.
}

func (r Rules) withDefaults() Rules {
	r.Raise = cmp.Or(r.Raise, 20*time.Second)
	r.Clear = cmp.Or(r.Clear, time.Minute)
	r.Escalate = cmp.Or(r.Escalate, 10*time.Minute)
	r.Keep = cmp.Or(r.Keep, 90*24*time.Hour)
	return r
}

// Step is what became of a trouble at one look.
type Step string

// The steps.
const (
	Raised    Step = "raised"
	Cleared   Step = "cleared"
	Escalated Step = "escalated"
	Acked     Step = "acknowledged"
)

// Change is one step of one trouble.
type Change struct {
	Step Step
	Sign Sign
}

// tracker decides by looking again and again. It is pure: time comes in, and
// nothing but changes goes out.
type tracker struct {
	rules Rules
	seen  map[string]*track
}

// track is one trouble: not raised yet, or raised.
type track struct {
	sign    Sign
	raised  bool
	since   time.Time // When it began to be what raised says it is not: wrong, or well.
	turning bool      // Wrong while not raised; well while raised.
}

// newTracker goes on with the alarms that stand.
func newTracker(r Rules, standing []Sign) *tracker {
	t := &tracker{rules: r.withDefaults(), seen: map[string]*track{}}
	for _, s := range standing {
		t.seen[s.Key] = &track{sign: s, raised: true}
	}
	return t
}

// mostTroubles bounds what one look may bring: more has one cause.
const mostTroubles = 200

// look takes what is wrong now and tells what changes by it.
func (t *tracker) look(now time.Time, signs []Sign) (changes []Change) {
	here := map[string]bool{}
	for _, s := range signs[:min(len(signs), mostTroubles)] {
		if s.Key == "" || here[s.Key] {
			continue
		}
		here[s.Key] = true
		if t.wrong(now, s) {
			changes = append(changes, Change{Raised, s})
		}
	}
	for key, k := range t.seen {
		if !here[key] && t.well(now, key, k) {
			changes = append(changes, Change{Cleared, k.sign})
		}
	}
	slices.SortStableFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(a.Sign.Key, b.Sign.Key))
	})
	return changes
}

// wrong notes that a trouble is there and tells whether it is raised by that.
func (t *tracker) wrong(now time.Time, s Sign) bool {
	k := t.seen[s.Key]
	if k == nil {
		k = &track{since: now, turning: true}
		t.seen[s.Key] = k
	}
	k.sign = s
	if k.raised {
		k.turning = false
		return false
	}
	if !s.Grave && !s.Latched && now.Sub(k.since) < t.rules.Raise {
		return false
	}
	k.raised, k.turning = true, false
	return true
}

// well notes that a trouble is not there and tells whether it is over by that.
// What was never raised is forgotten at once, and what is latched stands.
func (t *tracker) well(now time.Time, key string, k *track) bool {
	switch {
	case !k.raised:
		delete(t.seen, key)
		return false
	case k.sign.Latched:
		return false
	case !k.turning:
		k.turning, k.since = true, now
	}
	if now.Sub(k.since) < t.rules.Clear {
		return false
	}
	delete(t.seen, key)
	return true
}

// forget takes a latched trouble off that was acknowledged.
func (t *tracker) forget(key string) { delete(t.seen, key) }
