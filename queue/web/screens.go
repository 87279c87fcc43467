package web

import (
	"maps"
	"sync"
)

// screens counts the boards that are open, by the name of their settings.
type screens struct {
	mu   sync.Mutex
	open map[string]int
}

// enter counts one more until leave is called.
func (s *screens) enter(name string) (leave func()) {
	s.add(name, 1)
	return func() { s.add(name, -1) }
}

func (s *screens) add(name string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[string]int{}
	}
	if s.open[name] += n; s.open[name] == 0 {
		delete(s.open, name)
	}
}

// Screens tells how many boards are open, by the name of their settings; ""
// stands for those without a name.
func (w *Web) Screens() map[string]int {
	w.screens.mu.Lock()
	defer w.screens.mu.Unlock()
	return maps.Clone(w.screens.open)
}
