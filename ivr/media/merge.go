package media

import (
	"slices"
	"time"
)

// A press may reach us by a second way much later: some telephones send an
// event when the key goes down and an INFO when it is released.
const (
	sameKey   = 5 * time.Second
	mergeSize = 16
)

// Merger makes one stream of keys from several sources: a press that arrives
// as telephone event and as INFO, or also as sound, counts once, by the way
// that was first. The zero value is ready; it is not safe for concurrent use.
type Merger struct {
	open     []delivered // Presses that another source may still bring, oldest first.
	signaled bool        // A source other than the sound has delivered.
}

// delivered is a press that was taken.
type delivered struct {
	digit  rune
	source string
	at     time.Time
}

// Accept reports whether a key is new. Keys found in the sound are refused
// once the telephone has shown that it signals them properly.
func (m *Merger) Accept(digit rune, source string, now time.Time) bool {
	if source == SourceInband && m.signaled {
		return false
	}
	if source != SourceInband {
		m.signaled = true
	}
	for i, d := range m.open {
		if d.digit == digit && d.source != source && now.Sub(d.at) < sameKey {
			m.forget(i + 1) // What was pressed before it will not come any more either.
			return false
		}
	}
	for len(m.open) > 0 && (len(m.open) == mergeSize || now.Sub(m.open[0].at) >= sameKey) {
		m.forget(1)
	}
	m.open = append(m.open, delivered{digit, source, now})
	return true
}

// forget drops the n oldest presses.
func (m *Merger) forget(n int) { m.open = slices.Delete(m.open, 0, n) }
