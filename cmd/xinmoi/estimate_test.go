package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const estimateSample = "../../queue/estimate/eval/testdata/warsaw_sample.csv.gz"

// The last line is for programs, and nothing else on stdout looks like it.
func TestEstimateEval(t *testing.T) {
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"estimate-eval", "-train", estimateSample, "-test", estimateSample, "-from", "2020-01-22", "-v"}, streams{&out, &errs})
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	last := regexp.MustCompile(`^mae_min=\d+\.\d+ mae_over_les=0\.\d+ coverage80=0\.\d+$`)
	for i, line := range lines {
		if last.MatchString(line) != (i == len(lines)-1) {
			t.Errorf("line %d of %d: %q", i+1, len(lines), line)
		}
	}
	for _, method := range []string{"usual", "les", "hol", "gamma_poisson", "beginners", "ridge"} {
		if !regexp.MustCompile(`(?m)^` + method + ` +\d+\.\d+ min +\d\.\d+ × LES$`).MatchString(out.String()) {
			t.Errorf("no line for %s:\n%s", method, out.String())
		}
	}
}

func TestEstimateEvalRefuses(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.csv")
	if err := os.WriteFile(empty, []byte("office,date,time,queue_id,open_counters,waiting,current\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, exitUsage, "-train FILE"},
		{[]string{"-train", empty, "-test", empty, "-from", "9 January"}, exitUsage, "2020-01-09"},
		{[]string{"-train", empty, "-test", empty, "-from", "2020-01-09", "-frozen"}, exitUsage, "-frozen"},
		{[]string{"-train", empty, "-test", empty, "more"}, exitUsage, "unexpected"},
		{[]string{"-train", empty, "-test", empty}, exitFailed, "no moment"},
		{[]string{"-train", "none.csv", "-test", empty}, exitFailed, "none.csv"},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"estimate-eval"}, c.args...), streams{&out, &errs})
		if code != c.code || !strings.Contains(errs.String(), c.want) || out.Len() > 0 {
			t.Errorf("%v: exit %d, %q; want %d and %q", c.args, code, errs.String(), c.code, c.want)
		}
	}
}
