package media

// InputKind says what happened on a call.
type InputKind int

// The kinds of input.
const (
	Digit  InputKind = iota + 1 // The caller pressed a key.
	Played                      // A prompt was heard to its end.
	HungUp                      // The call is over; nothing follows.
)

// String names the kind for logs.
func (k InputKind) String() string {
	switch k {
	case Digit:
		return "digit"
	case Played:
		return "played"
	case HungUp:
		return "hung-up"
	}
	return "unknown"
}

// The sources of a digit.
const (
	SourceEvent  = "rfc4733" // Telephone event in RTP (RFC 4733).
	SourceInfo   = "info"    // SIP INFO request (RFC 6086 and older practice).
	SourceInband = "inband"  // Tones found in the sound.
)

// Input is one thing that happened on a call, in the order in which the
// dialogue should see it.
type Input struct {
	Kind   InputKind
	Digit  rune   // '0'–'9', '*', '#', 'A'–'D' for Digit, else 0.
	Source string // Where a Digit was found; for HungUp why the call ended ("bye", "media-timeout", …).
}
