package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

func TestTokenCommand(t *testing.T) {
	data := sharedOffice(t)
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

// TestTokenOfNoAgency: a token for an agency that there is not would be good
// for nothing, or for another one later.
func TestTokenOfNoAgency(t *testing.T) {
	data := sharedOffice(t)
	mustSay(t, exitFailed, []string{`-agency "so-yte": give one of so-y-te (Sở Y tế), so-xay-dung (Sở Xây dựng)`}, runToken, "-role", "staff", "-agency", "so-yte", "-data", data)
	alone := office(t, 1)
	mustSay(t, exitFailed, []string{"no agencies", "leave -agency away"}, runToken, "-role", "staff", "-agency", "so-y-te", "-data", alone)
	for _, dir := range []string{data, alone} {
		if said := mustSay(t, exitOK, nil, runToken, "-list", "-data", dir); said != "" {
			t.Errorf("made all the same: %q", said)
		}
	}
	empty := t.TempDir()
	db, err := sqlite.Open(t.Context(), empty)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	mustSay(t, exitFailed, []string{"no setup", "xinmoi serve"}, runToken, "-role", "staff", "-agency", "so-y-te", "-data", empty)
}

// sharedOffice is an office whose hall two agencies have shared since its
// second setup, with one number of each.
func sharedOffice(t *testing.T) (data string) {
	t.Helper()
	data = t.TempDir()
	db, err := sqlite.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	setup := queue.CommuneCentre()
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: setup, Store: db})
	if err != nil {
		t.Fatal(err)
	}
	setup.Agencies = []queue.Agency{{ID: "so-y-te", Name: "Sở Y tế"}, {ID: "so-xay-dung", Name: "Sở Xây dựng"}}
	setup.Services[0].Agency, setup.Services[1].Agency = "so-y-te", "so-xay-dung"
	for _, a := range e.Together(
		t.Context(), queue.ConfigureRequest{Setup: setup},
		queue.TakeRequest{Service: "A", Channel: queue.Kiosk}, queue.TakeRequest{Service: "B", Channel: queue.Kiosk},
	) {
		if a.Err != nil {
			t.Fatal(a.Err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return data
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
