package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// Which reports are made by themselves is in a backup, is put back where there
// is nothing, and overwrites nothing.
func TestPlansAreBackedUp(t *testing.T) {
	data := office(t, 1)
	const plans = `{"next":1,"keep_months":60,"plans":[]}`
	put := func(data, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(data, filedDir), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(data, plansName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	is := func(data, want string) {
		t.Helper()
		if text, err := os.ReadFile(filepath.Join(data, plansName)); err != nil || string(text) != want {
			t.Errorf("%q, %v", text, err)
		}
	}
	put(data, plans)
	copied := filepath.Join(t.TempDir(), "copy.db")
	mustSay(t, 0, []string{"copy.plans.json"}, runBackup, "-data", data, "-o", copied)
	put(data, "{}")
	mustSay(t, 0, nil, runRestore, "-data", data, copied)
	is(data, "{}")
	fresh := t.TempDir()
	mustSay(t, 0, []string{plansName}, runRestore, "-data", fresh, copied)
	is(fresh, plans)
	if _, err := os.Stat(filepath.Join(fresh, sqlite.FileName)); err != nil {
		t.Error(err)
	}
}
