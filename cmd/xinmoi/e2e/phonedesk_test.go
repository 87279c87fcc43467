//go:build e2e

package e2e

import "testing"

// TestPhoneMenuPage arranges the telephone's menu in a real browser; every page
// is checked for accessibility on the way.
func TestPhoneMenuPage(t *testing.T) {
	t.Parallel()
	browsing(t)
	s := start(t, "", voiceConfig(t, "[speaker]\noutput = \"off\"\n"))
	base := "http://" + s.http
	browse(t, s, "phonedesk.mjs", map[string]any{"base": base, "admin": base + "/admin?token=" + s.token("admin")}, nil,
		"axe phone-menu", "axe phone-menu-wrong", "axe phone-menu-saved", "axe phone-menu-english", "axe phone-card", "narrow")
}
