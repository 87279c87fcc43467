package media

import "time"

// sameKey is how long one key press may take to arrive by a second way.
const sameKey = 300 * time.Millisecond

// Merger makes one stream of keys from several sources: a press that arrives
// as telephone event and as INFO, or also as sound, counts once. The zero
// value is ready; it is not safe for concurrent use.
type Merger struct {
	digit    rune
	source   string
	at       time.Time
	signaled bool // A source other than the sound has delivered.
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
	if digit == m.digit && source != m.source && now.Sub(m.at) < sameKey {
		return false
	}
	m.digit, m.source, m.at = digit, source, now
	return true
}
