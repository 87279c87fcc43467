package estimate

// slotMinutes is how finely the course of a day is remembered.
const slotMinutes = 30

const slots = 24 * 60 / slotMinutes

func slot(minute float64) int { return min(max(int(minute)/slotMinutes, 0), slots-1) }

// fade is what a day still counts after another.
const fade = 0.9

// Past is what is remembered of a line from earlier days. Older days fade.
type Past struct {
	Days    float64        `json:"days"`
	Calls   [slots]float64 `json:"calls"`   // In each part of the day.
	Busy    [slots]float64 `json:"busy"`    // Minutes with somebody waiting.
	Work    [slots]float64 `json:"work"`    // The same times open counters.
	Closing float64        `json:"closing"` // Sum of the minutes of each day's last call.
	Bias    float64        `json:"bias"`    // Sum of log(wait ÷ base).
	Person  float64        `json:"person"`  // Sum of log(wait ÷ place).
	Settled float64        `json:"settled"` // How many waits these two are of.
	Stays   float64        `json:"stays"`   // At counters, and …
	Stayed  float64        `json:"stayed"`  // … their minutes.
}

// dayOf is a finished day of a line; ok is false if nobody was called.
func dayOf(l *line) (p Past, ok bool) {
	if len(l.looks) == 0 || l.last().called == 0 {
		return p, false
	}
	p.Days, p.Stays, p.Stayed = 1, l.stays, l.stayed
	for i := 1; i < len(l.looks); i++ {
		a, b := l.looks[i-1], l.looks[i]
		s := slot((a.at + b.at) / 2)
		p.Calls[s] += float64(b.called - a.called)
		p.Busy[s] += b.busy - a.busy
		p.Work[s] += b.work - a.work
		if b.called > a.called {
			p.Closing = b.at
		}
	}
	for _, v := range l.settled {
		p.Bias += v.error
		p.Person += v.person
		p.Settled++
	}
	return p, true
}

// add adds another past times a factor to the past times another.
func (p *Past) add(keep float64, q *Past, factor float64) {
	join := func(a *float64, b float64) { *a = keep**a + factor*b }
	join(&p.Days, q.Days)
	join(&p.Closing, q.Closing)
	join(&p.Bias, q.Bias)
	join(&p.Person, q.Person)
	join(&p.Settled, q.Settled)
	join(&p.Stays, q.Stays)
	join(&p.Stayed, q.Stayed)
	for i := range slots {
		join(&p.Calls[i], q.Calls[i])
		join(&p.Busy[i], q.Busy[i])
		join(&p.Work[i], q.Work[i])
	}
}

// sums adds up the parts of the day.
func (p *Past) sums() (calls, busy, work float64) {
	for i := range slots {
		calls += p.Calls[i]
		busy += p.Busy[i]
		work += p.Work[i]
	}
	return calls, busy, work
}

// Memory is what an office remembers of its earlier days.
type Memory struct {
	Lines map[string]*Past `json:"lines"`
	All   Past             `json:"all"`   // All lines together.
	Prior Past             `json:"prior"` // Other offices, for what this one does not know yet.
	Shift Shift            `json:"shift"` // How far the intervals were moved by what came true.
}

// NewMemory knows nothing but what other offices are like; nil: nothing at all.
func NewMemory(prior *Past) *Memory {
	m := &Memory{Lines: map[string]*Past{}}
	if prior != nil {
		m.Prior = *prior
	}
	return m
}

func (m *Memory) past(id string) *Past {
	if p := m.Lines[id]; p != nil {
		return p
	}
	return &Past{}
}

// learn adds the finished day of some lines.
func (m *Memory) learn(lines []*line) {
	var all Past
	for _, l := range lines {
		day, ok := dayOf(l)
		if !ok {
			continue
		}
		if m.Lines[l.id] == nil {
			m.Lines[l.id] = &Past{}
		}
		m.Lines[l.id].add(fade, &day, 1)
		all.add(1, &day, 1)
	}
	if all.Days > 0 {
		m.All.add(fade, &all, 1)
	}
}

// usual is what earlier days say of a line, each figure shrunk to the office's
// and that to other offices'.
type usual struct {
	rate     float64 // Calls per counter and busy minute.
	speed    float64 // Calls per busy minute.
	person   float64 // log of minutes per place in the line.
	bias     float64 // Mean log(wait ÷ base).
	closing  float64 // Minute of the last call.
	counters float64 // Open ones while it was busy.
	stay     float64 // Minutes that one person keeps a counter.
}

// Before anything is known: a call every 15 minutes and counter, one every
// eight minutes and line, as long as a stay at a counter; a line closes at four.
const (
	priorWork    = 15.0
	priorBusy    = 8.0
	priorPerson  = 1.0 // log of minutes.
	priorClosing = 960.0
	priorStay    = 8.0
	shrink       = 20.0 // Calls, or waits, that the wider group's mean counts for.
)

func (m *Memory) usual(p *Past) usual {
	calls, busy, work := p.sums()
	allCalls, allBusy, allWork := m.All.sums()
	othersCalls, othersBusy, othersWork := m.Prior.sums()
	towards := func(calls, minutes, prior float64) float64 { return (calls + shrink) / (minutes + shrink/prior) }
	othersPerson := (m.Prior.Person + shrink*priorPerson) / (m.Prior.Settled + shrink)
	allPerson := (m.All.Person + shrink*othersPerson) / (m.All.Settled + shrink)
	return usual{
		rate:     towards(calls, work, towards(allCalls, allWork, (othersCalls+1)/(othersWork+priorWork))),
		speed:    towards(calls, busy, towards(allCalls, allBusy, (othersCalls+1)/(othersBusy+priorBusy))),
		person:   (p.Person + shrink*allPerson) / (p.Settled + shrink),
		bias:     p.Bias / (p.Settled + shrink),
		closing:  (p.Closing + 2*priorClosing) / (p.Days + 2),
		counters: (work + 30) / (busy + 30),
		stay:     (p.Stayed + 5*(m.All.Stayed+5*priorStay)/(m.All.Stays+5)) / (p.Stays + 5),
	}
}

// Beside gives the memory with what some other offices remember as the prior
// for what it does not know; it shares its lines with m.
func (m *Memory) Beside(others []*Memory) *Memory {
	c := *m
	c.Prior = Past{}
	for _, o := range others {
		c.Prior.add(1, &o.All, 1)
	}
	return &c
}
