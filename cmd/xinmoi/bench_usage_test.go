package main

import (
	"flag"
	"slices"
	"strings"
	"testing"
)

// TestBenchUsage: what can be measured stands in the usage.
func TestBenchUsage(t *testing.T) {
	err := runBench(t.Context(), flag.NewFlagSet("bench", flag.ContinueOnError), nil, streams{})
	if err == nil {
		t.Fatal("nothing was measured, and that is no error")
	}
	_, list, _ := strings.Cut(err.Error(), ": ")
	all := commands()
	bench := all[slices.IndexFunc(all, func(c command) bool { return c.name == "bench" })]
	names := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
	if len(names) < 10 {
		t.Fatalf("%q", names)
	}
	for _, name := range names {
		if name != "or" && !slices.ContainsFunc(strings.Split(bench.args, " | "), func(way string) bool { return strings.Fields(way)[0] == name }) {
			t.Errorf("%s is not in the usage: %s", name, bench.args)
		}
	}
}
