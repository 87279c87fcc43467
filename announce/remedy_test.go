package announce

import (
	"errors"
	"strings"
	"testing"
)

// Whoever asked for a sentence and did not hear it is told what to do, in both
// languages, whatever the reason.
func TestRemedies(t *testing.T) {
	seen := map[string]bool{}
	for _, reason := range []string{
		ReasonMerged, ReasonSuperseded, ReasonAnswered, ReasonQuiet, ReasonPaused, ReasonBusy, ReasonWithdrawn, ReasonExpired, ReasonFull,
		ReasonNoOutput, ReasonUnheard, ReasonUnspeaking, ReasonStopped, "another",
	} {
		err := error(droppedError{reason})
		vi, en, found := strings.Cut(strings.TrimSuffix(err.Error(), ")"), " (")
		if !found || vi == "" || en == "" || strings.Contains(vi, reason) || !errors.Is(err, errDropped) {
			t.Errorf("%s: %q", reason, err)
		}
		seen[vi] = true
	}
	if len(seen) < 8 {
		t.Errorf("only %d different remedies", len(seen))
	}
}
