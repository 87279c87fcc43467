package main

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/xinmoi/xinmoi/ivr/trunk"
)

// alarmPause is how long nobody is told again that a trunk which comes and goes
// has gone: the panel and the figures show it all the same.
const alarmPause = 15 * time.Minute

// trunkChanges remembers how often trunks stopped working. The zero value is
// ready.
type trunkChanges struct {
	mu    sync.Mutex
	lines map[string]*trunkPast
}

// trunkPast is what was noticed of one trunk.
type trunkPast struct {
	worked bool
	fallen int
	told   time.Time // When people were last told that it does not work.
}

// note takes a new state in; it reports whether people are to be told.
func (c *trunkChanges) note(s trunk.Status, now time.Time) (tell bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lines == nil {
		c.lines = map[string]*trunkPast{}
	}
	p := c.lines[s.Name]
	if p == nil {
		p = &trunkPast{}
		c.lines[s.Name] = p
	}
	worked := p.worked
	p.worked = s.State.Usable()
	switch {
	case p.worked || s.State == trunk.Stopped:
		return false
	case worked:
		p.fallen++
	case s.State != trunk.Refused: // It never worked, and is still being tried.
		return false
	}
	if !p.told.IsZero() && now.Sub(p.told) < alarmPause {
		return false
	}
	p.told = now
	return true
}

// fallen counts how often a trunk stopped working.
func (c *trunkChanges) fallen(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.lines[name]; p != nil {
		return p.fallen
	}
	return 0
}

// trunkChanged tells people that a trunk does not work any more; for
// trunk.Options.Changed.
func (t *telephone) trunkChanged(s trunk.Status) {
	if !t.changes.note(s, time.Now()) {
		return
	}
	vi, _, _ := trunkWords(s)
	t.log.Warn("trunk does not work", "trunk", s.Name, "state", s.State, "problem", s.Problem)
	if t.alarm != nil {
		go t.alarm("Điện thoại, trung kế " + s.Name + ": " + vi) // It must not wait here.
	}
}

// operatorFigures is how callers got to a person.
func (t *telephone) operatorFigures(give func(prometheus.Metric)) {
	if t.operators == nil {
		return
	}
	f := t.operators.Figures()
	give(gauge("xinmoi_operator_talking", "Callers who talk with the operator through us now.", float64(f.Talking)))
	for outcome, n := range f.Outcomes {
		give(counter("xinmoi_operator_calls_total", "Callers who wanted the operator, by what became of it.", float64(n), "outcome", string(outcome)))
	}
}
