//go:build e2e

package e2e

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// TestPeople makes the first administrator, gives an agent an account, has the
// agent choose a password and call a number, and finds it all in the audit log;
// then the account is shut from a command beside the server.
func TestPeople(t *testing.T) {
	t.Parallel()
	browsing(t)
	s := start(t, "", voiceConfig(t, "[speaker]\noutput = \"off\"\n"))
	at := func(path string) string { return "http://" + s.http + path }
	browse(t, s, "people.mjs", map[string]any{
		"admin": at("/admin?token=" + s.token("admin")), "counter": at("/counter"), "audit": at("/admin/audit"),
		"account": at("/account"), "pair": at("/pair"), "devices": at("/admin/devices"),
	}, func(st step) any {
		switch st.Need {
		case "a ticket":
			s.take("A")
		case "shut":
			s.user("disable", "lan.nt")
		}
		return nil
	}, "first", "signed in", "called", "audited", "paired", "shut out")
	if list := s.user("list"); !strings.Contains(list, "lan.nt\tagent 1\tdisabled\t") || !strings.Contains(list, "an.tv\tadmin\tgood\t") {
		t.Errorf("the list of accounts:\n%s", list)
	}
	// Devices go on by their tokens.
	s.must(http.StatusOK, "POST", base+"/counters/2/open", "staff", nil, nil)
}

// user runs the command for accounts beside the server, and gives what it says.
func (s *server) user(words ...string) string {
	s.t.Helper()
	out, err := exec.Command(binary(s.t), append([]string{"user", "-data", s.data}, words...)...).CombinedOutput()
	if err != nil {
		s.t.Errorf("user %v: %v\n%s", words, err, out)
	}
	return string(out)
}
