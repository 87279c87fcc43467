package media

import (
	"strconv"
	"strings"
)

// maxInfo bounds the body of an INFO request that is looked at.
const maxInfo = 256

// ParseInfo reads the key in the body of a SIP INFO request: application/
// dtmf-relay ("Signal=5"), application/dtmf ("5") and audio/telephone-event,
// with the spaces and number forms found in the field (10 = *, 11 = #).
func ParseInfo(contentType string, body []byte) (digit rune, ok bool) {
	if len(body) == 0 || len(body) > maxInfo {
		return 0, false
	}
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch strings.TrimSpace(kind) {
	case "application/dtmf-relay", "application/dtmf", "application/x-dtmf-relay":
		return parseSignal(string(body))
	case "audio/telephone-event", "application/vnd.nortelnetworks.digits", "application/telephone-event":
		if e, ok := ParseEvent(body); ok && len(body) == 4 && body[0] < 16 {
			return Key(e.Code)
		}
		return parseSignal(string(body))
	}
	return 0, false
}

// parseSignal reads "Signal=5" in one of several lines, or a bare key.
func parseSignal(body string) (rune, bool) {
	for line := range strings.FieldsFuncSeq(body, func(r rune) bool { return r == '\r' || r == '\n' }) {
		name, value, found := strings.Cut(line, "=")
		if found && isSignalName(name) {
			return parseKey(value)
		}
	}
	if strings.Contains(body, "=") {
		return 0, false
	}
	return parseKey(body)
}

func isSignalName(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	return s == "signal" || s == "d" || s == "digit" || s == "event"
}

// parseKey reads "5", "*", "a", or an event code from 10 to 15.
func parseKey(s string) (rune, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if len(s) == 1 && strings.Contains(keys, s) {
		return rune(s[0]), true
	}
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil || len(s) != 2 || n < 10 {
		return 0, false
	}
	return Key(uint8(n))
}
