//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
)

// step is one line from a browser: what it has done, found, or needs.
type step struct {
	Step, Need, Number, Error  string
	Clip, Words, Progress, URL string
	Tile                       float64
	Sounds, Takes              int
	Findings, Violations       []string
}

// browsing is needed by every test with a browser.
func browsing(t testing.TB, more ...string) {
	t.Helper()
	for _, p := range append([]string{"chromium", "node"}, more...) {
		need(t, p)
	}
}

// browse lets a real browser go through a script of this folder, which is told
// args, and gives its steps by name. What goes wrong in the pages, and what is
// not accessible on them, fails the test, as does a script that never comes to
// one of the wanted steps. At every step at is called (nil = never); what it
// gives is the answer where the step needs one.
func browse(t testing.TB, s *server, script string, args map[string]any, at func(step) any, wanted ...string) map[string]step {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	args = maps.Clone(args)
	args["chromium"], args["shots"] = chromium, os.Getenv("XINMOI_SHOTS") // A folder for pictures, if one wants to look.
	args["all"] = os.Getenv("XINMOI_PAGES") == "all"
	if slow := os.Getenv("XINMOI_SLOW"); slow != "" { // How many times slower than this machine the browser computes.
		if args["slow"], err = strconv.ParseFloat(slow, 64); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", script, string(text))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	steps := map[string]step{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		st := read(t, lines.Bytes())
		steps[st.Step] = st
		var answer any
		if at != nil {
			answer = at(st)
		}
		if st.Need == "" {
			continue
		}
		if text, err = json.Marshal(answer); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(in, "%s\n", text)
	}
	if err := lines.Err(); err != nil {
		t.Errorf("%s: %v", script, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%s: %v", script, err)
	}
	missing := slices.DeleteFunc(append(wanted, "done"), func(name string) bool { _, came := steps[name]; return came })
	if len(missing) > 0 {
		t.Errorf("%s never came to %q\n%s", script, missing, s.output)
	}
	return steps
}

// read takes one line and tells what is wrong in it.
func read(t testing.TB, line []byte) (st step) {
	t.Helper()
	if err := json.Unmarshal(line, &st); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	if st.Error != "" {
		t.Errorf("%s: %s", st.Step, st.Error)
	}
	for _, v := range st.Violations {
		t.Errorf("%s: %s", st.Step, v)
	}
	return st
}
