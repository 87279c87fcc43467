package callout

import "github.com/xinmoi/xinmoi/ivr/trunk"

// callable gives the E.164 form of a number that citizens may be called at:
// Vietnamese mobile and geographic numbers only, by the one rule that the trunks
// have. Withheld numbers, other countries, and the services that cost money
// (1800, 1900) or are none of a citizen's are refused.
func callable(raw string) (e164 string, ok bool) {
	e164, err := trunk.Callable(raw)
	return e164, err == nil
}
