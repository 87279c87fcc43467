package queue_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The Makefile has the race detector look away from the packages that it calls
// pure: they start no goroutine, and share nothing that needs a lock.
func TestPureHasNoGoroutines(t *testing.T) {
	text, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^pure := (.+)$`).FindStringSubmatch(string(text))
	if m == nil {
		t.Fatal("the Makefile names no pure packages")
	}
	for _, dir := range strings.Fields(m[1]) {
		files, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", dir, len(files), err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				noGoroutines(t, file)
			}
		}
	}
}

func noGoroutines(t *testing.T, file string) {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range importsOf(f) {
		if path == "sync" || path == "sync/atomic" {
			t.Errorf("%s imports %s: it is not pure", file, path)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.GoStmt); ok {
			t.Errorf("%s starts a goroutine: it is not pure", set.Position(s.Pos()))
		}
		return true
	})
}
