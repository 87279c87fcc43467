package api

import "sync"

// recent remembers the latest things that happened, by name, in bounded space:
// at least as many as most, at most twice that.
type recent struct {
	most int

	mu         sync.Mutex
	young, old map[string]struct{}
}

// maxRecent bounds what is remembered of confined callers: some hours of a
// large hall.
const maxRecent = 4096

func newRecent(most int) *recent { return &recent{most: most, young: map[string]struct{}{}} }

func (r *recent) add(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.young) >= r.most {
		r.old, r.young = r.young, map[string]struct{}{}
	}
	r.young[name] = struct{}{}
}

func (r *recent) has(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, young := r.young[name]
	_, old := r.old[name]
	return young || old
}
