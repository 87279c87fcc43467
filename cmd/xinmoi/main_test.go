package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts in testdata run the command line as a person would.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"xinmoi": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata"})
}
