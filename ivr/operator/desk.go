package operator

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/ivr/trunk"
)

// Bounds where the configuration says nothing.
const (
	defaultAtOnce  = 8
	defaultLongest = 30 * time.Minute
)

// noticeFor is how long a trunk that refused to transfer is not asked again.
const noticeFor = time.Hour

// ErrFull says that as many callers are being put through as may be.
var ErrFull = errors.New("as many callers talk with the operator as may at a time")

// Config is what a Desk needs.
type Config struct {
	Trunks  *trunk.Manager          // Nil = there are none.
	Mode    func(trunk string) Mode // By the trunk's name, "" for direct calls; nil = Auto.
	From    string                  // Who calls the operator where no trunk says it.
	AtOnce  int                     // Callers put through at a time; 0 = 8.
	Longest time.Duration           // A conversation with the operator; 0 = 30 minutes.
	Logger  *slog.Logger            // Nil = nothing is logged.
	Watch   ivr.Watcher             // Told when somebody talks with the operator through us, and when no more; nil = nobody.
}

// Outcome is what became of a wish to speak to a person.
type Outcome string

// The outcomes.
const (
	Referred Outcome = "referred"  // The trunk has taken over.
	Bridged  Outcome = "bridged"   // The operator answered; the two talk.
	Busy     Outcome = "busy"      // The operator is in another call.
	NoAnswer Outcome = "no_answer" // It rang, and nobody came.
	Failed   Outcome = "failed"    // Not reachable, or refused.
	Full     Outcome = "full"      // ErrFull.
	GaveUp   Outcome = "gave_up"   // The caller hung up while it rang.
)

// Figures is how callers got to the operator since the program began.
type Figures struct {
	Talking  int // Now, through us.
	Outcomes map[Outcome]uint64
}

// Desk puts callers through. Its methods may be called from any goroutine.
type Desk struct {
	cfg    Config
	server *sip.Server
	ready  chan struct{} // Closed when there is a server.
	places chan struct{}
	direct chan struct{} // Of these for callers by no trunk, who may be anybody.
	attach sync.Once

	mu       sync.Mutex
	outcomes map[Outcome]uint64
	noRefer  map[string]time.Time // Trunk → until when it is not asked.
}

// New makes a Desk; give it the server (Use) before the first call.
func New(c Config) *Desk {
	if c.Mode == nil {
		c.Mode = func(string) Mode { return Auto }
	}
	if c.AtOnce <= 0 {
		c.AtOnce = defaultAtOnce
	}
	if c.Longest <= 0 {
		c.Longest = defaultLongest
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Desk{
		cfg: c, ready: make(chan struct{}), places: make(chan struct{}, c.AtOnce), direct: make(chan struct{}, (c.AtOnce+1)/2),
		outcomes: map[Outcome]uint64{}, noRefer: map[string]time.Time{},
	}
}

// Use gives the server to call by. It can be called once.
func (d *Desk) Use(s *sip.Server) {
	d.attach.Do(func() {
		d.server = s
		close(d.ready)
	})
}

// place takes a place to talk at, which leave gives back. Callers by no trunk
// may be anybody: they get half of the places at most.
func (d *Desk) place(direct bool) (leave func(), ok bool) {
	taken := []chan struct{}{d.places}
	if direct {
		taken = append(taken, d.direct)
	}
	for i, p := range taken {
		select {
		case p <- struct{}{}:
		default:
			for _, p := range taken[:i] {
				<-p
			}
			return nil, false
		}
	}
	return func() {
		for _, p := range taken {
			<-p
		}
	}, true
}

// Figures tells how callers got to the operator.
func (d *Desk) Figures() Figures {
	d.mu.Lock()
	defer d.mu.Unlock()
	return Figures{Talking: len(d.places), Outcomes: maps.Clone(d.outcomes)}
}

// tell tells who watches what happened in a call.
func (d *Desk) tell(id string, m ivr.Moment) {
	if d.cfg.Watch != nil {
		d.cfg.Watch.Call(id, m)
	}
}

func (d *Desk) count(o Outcome) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.outcomes[o]++
}

// refers reports whether a trunk is to be asked to transfer a call.
func (d *Desk) refers(name string, m Mode, now time.Time) bool {
	if m != Auto {
		return m == Refer
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return now.After(d.noRefer[name])
}

// noted remembers that a trunk transfers no calls. Who calls directly may be
// anybody: nothing is remembered of them.
func (d *Desk) noted(name string, now time.Time) {
	if name == "" {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.noRefer[name] = now.Add(noticeFor)
}

// ring calls the operator: by the trunk that the caller came by, by any other
// if it is a telephone number, or at the switchboard that the call came from.
func (d *Desk) ring(ctx context.Context, from *sip.Call, to string, heard func([]int16)) (*sip.Call, error) {
	select {
	case <-d.ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if m := d.cfg.Trunks; m != nil {
		c, err := m.Reach(ctx, from.Trunk(), to, heard)
		if !errors.Is(err, trunk.ErrNotHere) {
			return c, err
		}
	}
	uri, err := from.Beside(ctx, to)
	if err != nil {
		return nil, err
	}
	return d.server.Dial(ctx, sip.DialConfig{URI: uri, From: d.cfg.From, Announce: trunk.AnnounceTime, Heard: heard, Early: true})
}

// outcomeOf sorts the failure of a call to the operator.
func outcomeOf(ctx context.Context, err error) Outcome {
	var rejected *sip.RejectedError
	switch {
	case errors.Is(err, ErrFull):
		return Full
	case errors.Is(err, sip.ErrOver), errors.Is(ctx.Err(), context.Canceled):
		return GaveUp
	case errors.As(err, &rejected) && busy(rejected.Code):
		return Busy
	case errors.Is(err, sip.ErrRinging), errors.Is(ctx.Err(), context.DeadlineExceeded), trunk.ClassOf(err) == trunk.NoAnswer:
		return NoAnswer
	}
	return Failed
}

// busy reports whether a status says that the person is in another call
// (RFC 3261 §21.4.24, §21.6.1).
func busy(code int) bool { return code == 486 || code == 600 }
