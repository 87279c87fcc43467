package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
)

// The examples that are commented out in the configuration can be used as they
// are, and what is wrong in them is said.
func TestWatchingConfig(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	hook := func(lines ...string) string {
		return "[[hooks]]\nname = \"camera\"\nurl = \"http://192.168.1.60:9000/x\"\nsecret_file = \"" + secret + "\"\n" + strings.Join(lines, "\n")
	}
	for name, c := range map[string]struct{ text, wrong string }{
		"a hook":          {hook(`events = ["ticket_called"]`, "alarms = true"), ""},
		"its events":      {hook(`events = ["ticket_eaten"]`), `unknown "ticket_eaten"`},
		"its address":     {strings.Replace(hook(), "http://192.168.1.60:9000/x", "192.168.1.60", 1), "begin with http"},
		"its secret":      {strings.Replace(hook(), secret, filepath.Join(dir, "none"), 1), "secret_file"},
		"twice":           {hook() + hook(), `two hooks are called "camera"`},
		"an office":       {"[[live.office]]\nserver = \"http://192.168.2.10:8080\"\noffice = \"xa-ben\"\n", ""},
		"without address": {"[[live.office]]\noffice = \"xa-ben\"\n", "begin with http"},
		"without id":      {"[[live.office]]\nserver = \"http://192.168.2.10:8080\"\n", "give the id"},
		"public is none":  {"[[live.office]]\nserver = \"http://192.168.2.10:8080\"\noffice = \"xa-ben\"\npublic = \"javascript:alert(1)\"\n", "public"},
	} {
		path := filepath.Join(dir, "x.toml")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := loadConfig(path)
		if (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v, want %q", name, err, c.wrong)
		}
	}
}

func TestPhoneNumber(t *testing.T) {
	for number, ok := range map[string]bool{"0912345678": true, "+84 912 345 678": true, "091-234-5678": true, "": false, "0912": false, "x0912345678": false, "+": false, "09123456789012345": false} {
		if err := phoneNumber(number); (err == nil) != ok {
			t.Errorf("%q: %v", number, err)
		}
		// What the page takes is what a message can be sent to.
		if got := queue.Telephone(number); ok && (!strings.HasPrefix(got, "+84") || len(got) != len("+84912345678")) {
			t.Errorf("%q becomes %q", number, got)
		}
	}
}
