package queue

import (
	"testing"
	"time"
)

// A code of the hall is good while it is shown and two minutes longer, in its
// office alone, and tells nothing of the next one.
func TestHallCode(t *testing.T) {
	secret, at := []byte("of this office"), time.Date(2026, 11, 22, 9, 0, 30, 0, time.UTC)
	code := HallCode(secret, "x", at)
	if len(code) != 6 || !isDigits(code) || code != HallCode(secret, "x", at.Add(29*time.Second)) {
		t.Errorf("code %q", code)
	}
	for after, want := range map[time.Duration]bool{0: true, 149 * time.Second: true, 150 * time.Second: false, -31 * time.Second: false, 24 * time.Hour: false} {
		if got := IsHallCode(secret, "x", code, at.Add(after)); got != want {
			t.Errorf("%v later: %v", after, got)
		}
	}
	if IsHallCode(secret, "y", code, at) || IsHallCode([]byte("other"), "x", code, at) || IsHallCode(secret, "x", "", at) || IsHallCode(nil, "x", HallCode(nil, "x", at), at) {
		t.Error("a code is good where it is not shown")
	}
	seen := map[string]bool{}
	for n := range 1000 {
		seen[HallCode(secret, "x", at.Add(time.Duration(n)*time.Minute))] = true
	}
	if len(seen) < 990 {
		t.Errorf("%d different codes in 1000 minutes", len(seen))
	}
}
