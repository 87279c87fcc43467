package phone

import (
	"sync"
	"time"
)

// maxHeard bounds a recording: ten minutes.
const maxHeard = 10 * 60 * sampleRate

// ear takes in the sound of a call, on the goroutine that receives it, and
// answers questions about it on another.
type ear struct {
	mu     sync.Mutex
	speech Speech
	heard  []int16
	latest time.Time // When sound came in.
}

// hear takes in samples.
func (e *ear) hear(samples []int16) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.latest = time.Now()
	e.speech.Add(samples)
	e.heard = append(e.heard, samples[:min(len(samples), maxHeard-len(e.heard))]...)
}

// ended reports whether speech was heard since next and is over, also when the
// far end sends nothing at all while it is quiet.
func (e *ear) ended(now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.speech.Ended() || e.speech.Begun() && now.Sub(e.latest) >= stallTime
}

func (e *ear) begun() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.speech.Begun()
}

func (e *ear) next() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.speech.Next()
}

func (e *ear) total() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.speech.Total()
}

func (e *ear) samples() []int16 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard
}
