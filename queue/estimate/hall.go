package estimate

import (
	"cmp"
	"math"
	"slices"
)

// Hall is an office's live state today, as its lines have shown it, with what
// is remembered of earlier days. It is not safe for concurrent use.
type Hall struct {
	memory *Memory
	model  *Model
	lines  map[string]*line
	order  []*line            // As they were first seen.
	held   map[string][]asker // Known tickets, by id.
	done   []Sample
	truth  []Told
}

// NewHall begins a day of an office. A nil model knows only the rules for
// beginners.
func NewHall(m *Memory, model *Model) *Hall {
	if model == nil {
		model = &Model{}
	}
	return &Hall{memory: m, model: model, lines: map[string]*line{}, held: map[string][]asker{}}
}

// Sample is a wait that came true, and what was known when it began.
type Sample struct {
	Group string // Samples of one group are alike: of one office's day.
	Line  string
	Ahead int
	Wait  float64 // Minutes.
	X     Features
}

// Told is what a citizen was told and what came true.
type Told struct {
	Line   string
	Minute float64 // Of the day, when it was told.
	Ahead  int
	Wait   float64 // Minutes, as it came true.
	LES    float64 // What the simplest good rule would have said.
	Taken  bool    // Told when the number was taken, not later.
	Estimate
}

// Place is where somebody stands in a line.
type Place struct {
	Ahead   int     // Those of the line who will be called before.
	Run     bool    // Forward is known.
	Forward float64 // Minutes to the call, if the office's policy is run forward with usual stays.
}

// asker is somebody in a line whose wait is still to be known.
type asker struct {
	line   string
	number int // Only of virtual ones.
	ahead  int
	at     float64
	x      Features
	told   Estimate
	taken  bool // Told when the number was taken.
}

func (h *Hall) line(id string) *line {
	l := h.lines[id]
	if l == nil {
		p := h.memory.past(id)
		l = &line{id: id, past: p, usual: h.memory.usual(p)}
		h.lines[id], h.order = l, append(h.order, l)
	}
	return l
}

// Observe notes what a line shows at a minute of the day: how many have left
// it today, how many wait, how many counters are open for it.
func (h *Hall) Observe(id string, at float64, called, waiting, counters int) {
	l := h.line(id)
	l.observe(at, called, waiting, counters)
	if len(l.looks) > 1 && len(l.joined) > 0 {
		h.settleVirtual(l)
	}
}

// settleVirtual finds who was called between the last two looks.
func (h *Hall) settleVirtual(l *line) {
	a, b := l.looks[len(l.looks)-2], l.last()
	l.joined = slices.DeleteFunc(l.joined, func(v asker) bool {
		if v.number > b.called {
			return false
		}
		if at, ok := between(a, b, v.number); ok {
			h.settle(l, v, at)
		}
		return true
	})
}

// settle notes that an asker was called.
func (h *Hall) settle(l *line, v asker, at float64) {
	wait := max(at-v.at, 0)
	y := math.Log(wait + 2)
	l.settled = append(l.settled, settled{at: at, error: y - v.x[fBase], person: y - math.Log(float64(v.ahead+1))})
	h.done = append(h.done, Sample{Line: l.id, Ahead: v.ahead, Wait: wait, X: v.x})
	h.truth = append(h.truth, Told{Line: l.id, Minute: v.at, Ahead: v.ahead, Wait: wait, LES: v.x.minutes(fLES), Taken: v.taken, Estimate: v.told})
	h.memory.Shift.learn(v.told, wait)
}

// Join notes that somebody could take the next number of a line now, and tells
// the wait; what becomes of it is learned from. Nobody can say before the
// first call, without counters, or when nobody waits.
func (h *Hall) Join(id string) (told Estimate, x Features, ok bool) {
	l := h.line(id)
	if len(l.looks) == 0 {
		return told, x, false
	}
	now := l.last()
	if now.called == 0 || now.counters < 1 || now.waiting < 1 {
		return told, x, false
	}
	v := h.ask(l, now.at, Place{Ahead: now.waiting})
	v.number = now.called + now.waiting + 1
	l.joined = append(l.joined, v)
	return v.told, v.x, true
}

// Ask tells the wait of somebody at a place in a line.
func (h *Hall) Ask(id string, at float64, p Place) (Estimate, bool) {
	l := h.lines[id]
	if l == nil || len(l.looks) == 0 {
		return Estimate{}, false
	}
	return h.ask(l, max(at, l.last().at), p).told, true
}

// Enter is Ask for a known ticket: what becomes of it is learned from. Taken
// says that it was told when the number was taken, not later.
func (h *Hall) Enter(ticket, id string, at float64, p Place, taken bool) (Estimate, bool) {
	l := h.lines[id]
	if l == nil || len(l.looks) == 0 || len(h.held[ticket]) >= mostAsked {
		return Estimate{}, false
	}
	v := h.ask(l, max(at, l.last().at), p)
	v.taken = taken
	h.held[ticket] = append(h.held[ticket], v)
	return v.told, true
}

// mostAsked is how often one ticket's wait is learned from.
const mostAsked = 8

// Called notes that a ticket that entered was called.
func (h *Hall) Called(ticket string, at float64) {
	for _, v := range h.held[ticket] {
		h.settle(h.line(v.line), v, at)
	}
	delete(h.held, ticket)
}

// Left notes that a ticket that entered left without being called.
func (h *Hall) Left(ticket string) { delete(h.held, ticket) }

func (h *Hall) ask(l *line, at float64, p Place) asker {
	x := h.features(l, at, p)
	v := asker{line: l.id, ahead: p.Ahead, at: at, x: x, told: h.model.estimate(&x, p.Ahead, h.memory.Shift)}
	v.told.Ahead, v.told.Counters = p.Ahead, l.last().counters
	if p.Run {
		open := float64(max(v.told.Counters, 1))
		v.told.hold(p.Forward*open/max(open, l.usual.counters), p.Forward)
	}
	return v
}

// Stay notes that somebody of a line kept a counter for some minutes.
func (h *Hall) Stay(id string, minutes float64) {
	l := h.line(id)
	l.stays, l.stayed = l.stays+1, l.stayed+min(minutes, longestStay)
}

// longestStay is the most that one stay says of the next, in minutes.
const longestStay = 120.0

// UsualStay is how long somebody of a line keeps a counter, in minutes, as
// earlier days and today say.
func (h *Hall) UsualStay(id string) float64 {
	const prior = 10 // Stays that earlier days count for.
	l := h.line(id)
	return (l.usual.stay*prior + l.stayed) / (prior + l.stays)
}

// Truth gives what citizens were told today and what has come true of it.
func (h *Hall) Truth() []Told { return h.truth }

// EndDay gives what the day taught and remembers the day; group names it.
func (h *Hall) EndDay(group string) []Sample {
	slices.SortFunc(h.order, func(a, b *line) int { return cmp.Compare(a.id, b.id) })
	h.memory.learn(h.order)
	for i := range h.done {
		h.done[i].Group = group
	}
	return h.done
}
