//go:build e2e

package e2e

import (
	"net/http"
	"testing"
)

// TestTrialIsSaidToCallers: who calls while the office is tried out hears so, at
// its own telephone and, in both languages, at a telephone process.
func TestTrialIsSaidToCallers(t *testing.T) {
	t.Parallel()
	s := start(t, "", voiceConfig(t, ""))
	var view struct {
		Version string         `json:"version"`
		Setup   map[string]any `json:"setup"`
	}
	s.must(http.StatusOK, "GET", base+"/setup", "admin", nil, &view)
	view.Setup["trial"] = true
	s.must(http.StatusOK, "PUT", base+"/setup", "admin", view, nil)
	p := answerFor(t, s, voiceConfig(t, ""))
	call(t, s, "0912345673", hear(t, "vi", "on-trial"), "press 1", hear(t, "vi", "your-number"), "hangup")
	call(t, &server{t: t, sip: p.sip}, "0912345674", hear(t, "vi", "on-trial"), "press 7", hear(t, "en", "on-trial"), "press 1", hear(t, "en", "your-number"), "hangup")
}
