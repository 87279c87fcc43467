package web

import (
	"context"
	"io/fs"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Whatever of the console says a time of day says it in the office's zone.
func TestConsoleTimesAreInTheOfficesZone(t *testing.T) {
	said := 0
	for _, name := range []string{"console", "sheets", "facts", "sheet", "post"} {
		body, err := fs.ReadFile(static, "static/"+name+".js")
		if err != nil {
			t.Fatal(err)
		}
		for _, own := range []string{"toLocale", "getHours(", "getMinutes(", "toTimeString("} {
			if strings.Contains(string(body), own) {
				t.Errorf("%s.js says a time in the browser's zone: %s", name, own)
			}
		}
		for _, m := range regexp.MustCompile(`\bclock\(([^)]*)\)`).FindAllStringSubmatch(string(body), -1) {
			if m[1] == "at, zone" {
				continue // The function itself.
			}
			if said++; !strings.HasSuffix(m[1], ", boot.zone") {
				t.Errorf("%s.js says clock(%s), in whatever zone", name, m[1])
			}
		}
	}
	if said < 2 { // The booked time and the time of coming back.
		t.Errorf("only %d times are said", said)
	}
}

// The function that says them, run where the machine's clock is set to another
// zone.
func TestClockOfTheConsole(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no node here to run the console's script with")
	}
	body, err := fs.ReadFile(static, "static/facts.js")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?s)export (function clock\(.*?\n})\n`).FindSubmatch(body)
	if found == nil {
		t.Fatal("facts.js has no clock")
	}
	script := string(found[1]) + `
console.log([clock('2026-11-20T01:05:00Z', 'Asia/Ho_Chi_Minh'), clock('2026-11-19T17:00:00Z', 'Asia/Ho_Chi_Minh'),
  clock('2026-11-20T01:05:00Z', 'Asia/Tokyo'), clock('2026-11-20T01:05:00Z', 'Nowhere/At_All')].join(' '));`
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, node, "-e", script)
	c.Env = append(c.Environ(), "TZ=America/New_York")
	out, err := c.Output()
	if got := strings.TrimSpace(string(out)); err != nil || got != "08:05 00:00 10:05 20:05" {
		t.Errorf("%q, %v", got, err)
	}
}
