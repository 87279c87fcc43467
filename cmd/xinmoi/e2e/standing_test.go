//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"
)

// TestEmergencyOutlivesTheServer: what people must know in danger stands on the
// boards again after the server was killed, until staff take it back.
func TestEmergencyOutlivesTheServer(t *testing.T) {
	t.Parallel()
	s := start(t, "", nil)
	shown := func() bool {
		return strings.Contains(s.page("/board", "board"), "Mời mọi người ra khỏi tòa nhà")
	}
	if shown() {
		t.Fatal("shown before anything happened")
	}
	s.emergency(t, true)
	if !shown() {
		t.Fatal("not shown")
	}
	s.kill()
	s.run()
	s.await("the emergency to be back", 20*time.Second, shown)
	s.emergency(t, false)
	s.kill()
	s.run()
	s.take("A")
	<-time.After(2 * time.Second) // What stood is back by then.
	if shown() {
		t.Error("taken back, and shown again after a restart")
	}
}
