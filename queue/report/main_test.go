package report

import (
	"flag"
	"os"
	"testing"
)

// TestMain has every property tried 30 times, each time with other days: with
// the race detector a hundred take half a minute. -rapid.checks overrides it.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "30"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
