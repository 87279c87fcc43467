package ivr

import (
	"sync"
	"time"
)

// Status is what an operator may want to see of the telephone.
type Status struct {
	CallsNow     int // Conversations running.
	CallsToday   int // Conversations begun on this business day.
	TicketsToday int // Numbers given out and kept by telephone on this business day.
}

// Status tells how busy the telephone is.
func (s *Service) Status() Status {
	return s.figures.status(s.config.Now().In(s.catalog.zone()))
}

// figures counts calls by day. The zero value is ready.
type figures struct {
	mu  sync.Mutex
	day string
	now Status
}

func (f *figures) begin(at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.turn(at)
	f.now.CallsNow++
	f.now.CallsToday++
}

func (f *figures) end(kept bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now.CallsNow--
	if kept {
		f.now.TicketsToday++
	}
}

func (f *figures) status(at time.Time) Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.turn(at)
	return f.now
}

// turn begins a new day's figures; f.mu is held.
func (f *figures) turn(at time.Time) {
	if day := at.Format(time.DateOnly); day != f.day {
		f.day, f.now.CallsToday, f.now.TicketsToday = day, 0, 0
	}
}
