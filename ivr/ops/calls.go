package ops

import (
	"bytes"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/clean"
	"github.com/xinmoi/xinmoi/ivr/media"
)

// Limits bounds what is kept. The zero value gives the defaults.
type Limits struct {
	Calls   int // Calls that are over; by default 200.
	Ringing int // Calls that were never answered, such as a scanner's; by default 64.
	Bytes   int // Of one call's trace; by default 64 KB.
	Total   int // Bytes of all traces; by default 24 MB. Beyond it the oldest go.
}

func (l Limits) withDefaults() Limits {
	or := func(n *int, def int) {
		if *n <= 0 {
			*n = def
		}
	}
	or(&l.Calls, 200)
	or(&l.Ringing, 64)
	or(&l.Bytes, 64<<10)
	or(&l.Total, 24<<20)
	return l
}

// forgotten is how long a live call may be silent until it is taken for one
// whose end was never told: longer than any call may last.
const forgotten = 15 * time.Minute

// longestTalk is the same for a talk with a person, of which nothing is heard.
const longestTalk = 12 * time.Hour

// Config sets up Calls. The zero value is usable.
type Config struct {
	Limits   Limits
	Location func() *time.Location // The office's, whose days the figures are of; nil = UTC.
	Now      func() time.Time      // Nil = time.Now.
}

// Calls follows all calls. Its methods may be used by many goroutines at once
// and never wait for anything but each other.
type Calls struct {
	limits Limits
	local  func() *time.Location
	now    func() time.Time

	mu      sync.Mutex
	byID    map[string]*record
	ringing []*record // The oldest first, as are the others.
	over    []*record
	live    map[*record]bool
	last    int // Key of the latest record.
	bytes   int // Of all traces.
	figures figures
}

var _ ivr.Watcher = (*Calls)(nil)

// New makes a Calls that knows of no call yet.
func New(c Config) *Calls {
	if c.Location == nil {
		c.Location = func() *time.Location { return time.UTC }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Calls{
		limits: c.Limits.withDefaults(), local: c.Location, now: c.Now,
		byID: map[string]*record{}, live: map[*record]bool{}, figures: newFigures(),
	}
}

// Call implements ivr.Watcher.
func (c *Calls) Call(id string, m ivr.Moment) {
	if m.At.IsZero() {
		m.At = c.now()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(m.At)
	r := c.byID[id]
	if m.Kind == ivr.MomentAnswered {
		r = c.answered(id, m)
	}
	if r == nil {
		return // Its beginning was never told: it is no call.
	}
	c.note(r, m)
	c.grow(r, Entry{At: m.At, Kind: m.Kind, Text: momentText(m)})
	switch m.Kind {
	case ivr.MomentBridged:
		r.talks = true
	case ivr.MomentLeft, ivr.MomentEnded:
		if !r.talks { // Else the conversation is over, not the call.
			c.end(r, m.At, m.Kind == ivr.MomentLeft)
		}
	case ivr.MomentParted:
		c.end(r, m.At, false)
	}
}

// answered makes a call a live one, with what was traced while it rang.
func (c *Calls) answered(id string, m ivr.Moment) *record {
	r := c.byID[id]
	switch {
	case r != nil && r.Phase == Live:
		return r
	case r == nil || r.Phase == Over:
		r = c.open(id, m.At)
	default:
		c.ringing = slices.DeleteFunc(c.ringing, func(each *record) bool { return each == r })
	}
	r.Phase, r.Began = Live, m.At
	c.live[r] = true
	c.figures.answered(r.Out)
	return r
}

// open begins the record of a call.
func (c *Calls) open(id string, at time.Time) *record {
	c.last++
	r := &record{
		Call: Call{Key: strconv.Itoa(c.last), ID: cut(clean.ID(id), 4*maxOfCaller), Phase: Ringing, Began: at},
		id:   id, limit: c.limits.Bytes, latest: at,
	}
	c.byID[id] = r
	return r
}

// note brings what is known of a call up to date.
func (c *Calls) note(r *record, m ivr.Moment) {
	if m.Caller != "" {
		r.Caller = clean.Printable(cut(m.Caller, maxOfCaller))
	}
	if m.Language != "" {
		r.Language = clean.Printable(cut(m.Language, maxOfCaller))
	}
	if m.Menu != "" {
		r.Where = clean.Printable(cut(m.Menu, maxOfCaller))
	}
	switch m.Kind {
	case ivr.MomentTook, ivr.MomentKept:
		fresh, kept := r.took(m.Ticket.String(), m.Kind == ivr.MomentKept)
		c.figures.number(fresh, kept)
	case ivr.MomentFailed:
		r.Failed++
		c.figures.failed()
	}
}

// end closes a live call.
func (c *Calls) end(r *record, at time.Time, left bool) {
	if r.Phase != Live {
		return
	}
	delete(c.live, r)
	r.Phase, r.Ended, r.Left = Over, at, left
	c.figures.ended(r)
	c.over = append(c.over, r)
	if len(c.over) > c.limits.Calls {
		c.forget(&c.over)
	}
}

// grow adds to a trace and keeps all of them within their bounds.
func (c *Calls) grow(r *record, e Entry) {
	n := r.add(e)
	if r.gone {
		return
	}
	c.bytes += n
	for c.bytes > c.limits.Total && (len(c.ringing) > 0 || len(c.over) > 0) {
		if len(c.ringing) > 0 {
			c.forget(&c.ringing)
		} else {
			c.forget(&c.over)
		}
	}
}

// forget drops the oldest record of a list.
func (c *Calls) forget(list *[]*record) {
	r := (*list)[0]
	(*list)[0] = nil
	*list = (*list)[1:]
	c.bytes -= r.bytes
	r.gone = true
	if c.byID[r.id] == r {
		delete(c.byID, r.id)
	}
}

// Trace takes a SIP message of a call as it was on the wire; it implements
// sip.Config.Trace. The message is not kept, only what may be of it.
func (c *Calls) Trace(callID string, sent bool, message []byte) {
	if !c.wanted(callID, message) {
		return
	}
	text := clean.Message(message)
	kind := KindReceived
	if sent {
		kind = KindSent
	}
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(now)
	r := c.byID[callID]
	if r == nil {
		r = c.open(callID, now)
		r.Out = sent
		c.ringing = append(c.ringing, r)
		if len(c.ringing) > c.limits.Ringing {
			c.forget(&c.ringing)
		}
	}
	c.refusal(r, sent, message)
	if r.Phase == Live && c.bytes >= c.limits.Total && len(c.ringing)+len(c.over) == 0 {
		r.Dropped++ // More live calls than there is room for traces.
		return
	}
	c.grow(r, Entry{At: now, Kind: kind, Text: text})
}

// refusal counts a final answer of ours that is none of the call's wishes
// (RFC 3261 §21.4 to 21.6), once for each call; c.mu is held.
func (c *Calls) refusal(r *record, sent bool, message []byte) {
	code, found := bytes.CutPrefix(message, []byte("SIP/2.0 "))
	if !found || !sent || r.Out || r.refused || r.Phase != Ringing || len(code) < 3 || code[0] < '4' || code[0] > '6' {
		return
	}
	r.refused = true
	c.figures.refused(clean.Printable(string(code[:3])))
}

// wanted reports whether a message is of a call: it begins one, or one is
// known by its id. Registrations and questions of strangers are none.
func (c *Calls) wanted(callID string, message []byte) bool {
	if bytes.HasPrefix(message, []byte("INVITE ")) {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byID[callID] != nil
}

// Measured takes how the sound of a call is or was; the latest word counts.
func (c *Calls) Measured(callID string, q media.Quality) {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(now)
	r := c.byID[callID]
	if r == nil {
		return
	}
	r.Quality = &q
	if r.Phase == Over {
		c.figures.measured(r)
	}
	c.grow(r, Entry{At: now, Kind: KindQuality, Text: qualityText(q)})
}

// turn begins a new day's figures where one has begun; c.mu is held.
func (c *Calls) turn(now time.Time) {
	c.figures.turn(now.In(c.local()).Format(time.DateOnly))
}

// expire ends calls of which nothing was heard for too long; c.mu is held.
func (c *Calls) expire(now time.Time) {
	for r := range c.live {
		limit := forgotten
		if r.talks {
			limit = longestTalk
		}
		if now.Sub(r.latest) > limit {
			last := r.latest
			c.grow(r, Entry{At: now, Kind: KindLost})
			c.end(r, last, false)
		}
	}
}

// Snapshot is all calls and figures at one moment, without traces.
type Snapshot struct {
	At      time.Time
	Live    []Call // The oldest first.
	Over    []Call // The newest first.
	Ringing []Call // Never answered, the newest first.
	Days    []Day  // Today first.
}

// Snapshot tells how things are.
func (c *Calls) Snapshot() Snapshot {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(now)
	c.expire(now)
	s := Snapshot{At: now, Over: newest(c.over), Ringing: newest(c.ringing), Days: c.figures.list()}
	for r := range c.live {
		s.Live = append(s.Live, r.copied(false))
	}
	slices.SortFunc(s.Live, func(a, b Call) int {
		if d := a.Began.Compare(b.Began); d != 0 {
			return d
		}
		return compareKeys(a.Key, b.Key)
	})
	return s
}

func newest(list []*record) []Call {
	out := make([]Call, 0, len(list))
	for _, r := range slices.Backward(list) {
		out = append(out, r.copied(false))
	}
	return out
}

func compareKeys(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return bytes.Compare([]byte(a), []byte(b))
}

// Find gives one call with its trace; ok is false for one that is not kept (any more).
func (c *Calls) Find(key string) (call Call, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.byID {
		if r.Key == key {
			return r.copied(true), true
		}
	}
	for _, r := range c.over { // One whose Call-ID another call has taken over.
		if r.Key == key {
			return r.copied(true), true
		}
	}
	return Call{}, false
}

// Totals gives the figures since the program began.
func (c *Calls) Totals() Totals {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(now)
	c.expire(now)
	t := c.figures.totals()
	t.Live = len(c.live)
	return t
}
