package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

func TestTokenCommand(t *testing.T) {
	data := office(t, 1)
	said := mustSay(t, exitOK, []string{"A token for role staff"}, runToken, "-role", "staff", "-agency", "so-y-te", "-data", data)
	lines := strings.Split(strings.TrimSpace(said), "\n")
	token := lines[len(lines)-1] // Alone on the last line.
	if g := granted(t, data, token); g == nil || g.Role != queue.RoleStaff || g.Agency != "so-y-te" {
		t.Fatalf("%q is a token for %+v", token, g)
	}
	id, _, _ := strings.Cut(mustSay(t, exitOK, []string{"\tstaff\tso-y-te\t"}, runToken, "-list", "-data", data), "\t")
	mustSay(t, exitOK, []string{id}, runToken, "-revoke", id, "-data", data)
	if g := granted(t, data, token); g != nil {
		t.Errorf("revoked, and still good: %+v", g)
	}
	if said := mustSay(t, exitOK, nil, runToken, "-list", "-data", data); said != "" {
		t.Errorf("lists %q", said)
	}
	mustSay(t, exitFailed, []string{`"x"`}, runToken, "-revoke", "x", "-data", data)
	mustSay(t, exitUsage, []string{"one of admin"}, runToken, "-role", "king", "-data", data)
	mustSay(t, exitUsage, []string{"one of -role"}, runToken, "-role", "staff", "-list", "-data", data)
	mustSay(t, exitUsage, []string{"unexpected"}, runToken, "-role", "staff", "x")
	mustSay(t, exitFailed, []string{"no office in"}, runToken, "-role", "staff", "-data", filepath.Join(data, "none"))
}

// granted gives what a token is for, or nothing.
func granted(t *testing.T, data, token string) *queue.Grant {
	t.Helper()
	db, err := sqlite.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	g, ok, err := db.Grant(t.Context(), queue.HashToken(token))
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return nil
	}
	return &g
}
