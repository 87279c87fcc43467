//go:build e2e

package e2e

import (
	"net/http"
	"testing"
	"time"
)

// TestConsole works at a counter while answers get lost and the server is
// killed: no number is called twice, and nothing is done twice.
func TestConsole(t *testing.T) {
	t.Parallel()
	browsing(t)
	s := start(t, "", []string{"-sip", "off"})
	steps := browse(t, s, "console.mjs", map[string]any{
		"counter": "http://" + s.http + "/counter?token=" + s.token("staff"), "desk": "http://" + s.http + "/counter/1",
	}, func(st step) any {
		switch st.Need {
		case "another":
			s.take("A")
		case "called once":
			state(s, "A001", "called")
			state(s, "A002", "waiting")
		case "serving", "completed":
			state(s, "A001", st.Need)
		case "kill":
			s.kill()
		case "run":
			s.run()
		}
		return map[string]string{}
	}, "issued", "called")
	if steps["issued"].Number != "A001" {
		t.Errorf("the console gave %q", steps["issued"].Number)
	}
}

// state waits until a number is in a state.
func state(s *server, number, want string) {
	s.t.Helper()
	s.await(number+" "+want, time.Minute, func() bool {
		var tk ticket
		return s.call("GET", base+"/tickets/"+number, "staff", nil, &tk) == http.StatusOK && tk.State == want
	})
}
