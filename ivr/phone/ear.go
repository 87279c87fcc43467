package phone

import (
	"sync"
	"time"
)

// maxHeard bounds a recording: ten minutes.
const maxHeard = 10 * 60 * sampleRate

// markEvery is how often the clock is noted beside the sound, in samples.
const markEvery = sampleRate / 10

// listening takes in the sound of a call, on the goroutine that receives it,
// and answers questions about it on another.
type listening struct {
	began time.Time // The answer; zero = when the first sound comes.

	mu     sync.Mutex
	speech Speech
	heard  []int16
	marks  []mark
	latest time.Time // When sound came in.
}

// mark says when a sample came: a far end that sends nothing in pauses makes
// the sound shorter than the call.
type mark struct {
	sample int
	at     time.Duration // Since began.
}

// hear takes in samples.
func (e *listening) hear(samples []int16) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.latest = time.Now()
	if e.began.IsZero() {
		e.began = e.latest
	}
	if n := len(e.marks); n == 0 || len(e.heard)-e.marks[n-1].sample >= markEvery {
		e.marks = append(e.marks, mark{len(e.heard), e.latest.Sub(e.began)})
	}
	e.speech.Add(samples)
	e.heard = append(e.heard, samples[:min(len(samples), maxHeard-len(e.heard))]...)
}

// at is when a sample came, since the answer.
func (e *listening) at(sample int) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	last := mark{}
	for _, m := range e.marks {
		if m.sample > sample {
			break
		}
		last = m
	}
	return last.at + time.Duration(sample-last.sample)*time.Second/sampleRate
}

// ended reports whether speech was heard since next and is over, also when the
// far end sends nothing at all while it is quiet.
func (e *listening) ended(now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.speech.Ended() || e.speech.Begun() && now.Sub(e.latest) >= stallTime
}

func (e *listening) begun() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.speech.Begun()
}

func (e *listening) next() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.speech.Next()
}

func (e *listening) total() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.speech.Total()
}

// samples is what was heard so far; it must not be changed.
func (e *listening) samples() []int16 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard
}
