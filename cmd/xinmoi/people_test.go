package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue/people"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// lastLine is what a command tells alone on its last line.
func lastLine(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return lines[len(lines)-1]
}

// signsIn tries a password.
func signsIn(t *testing.T, data, name, password string) error {
	t.Helper()
	all, err := people.Open(t.Context(), people.Config{Path: filepath.Join(data, people.FileName)})
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	_, err = all.SignIn(t.Context(), people.Attempt{Name: name, Password: password})
	return err
}

func TestUserCommand(t *testing.T) {
	data := office(t, 1)
	first := lastLine(mustSay(t, exitOK, []string{"The first password of lan"}, runUser, "add", "lan", "-role", "agent", "-counters", "1, 2", "-display", "Nguyễn Thị Lan", "-data", data))
	if err := signsIn(t, data, "lan", first); err != nil {
		t.Errorf("%q: %v", first, err)
	}
	mustSay(t, exitOK, []string{"lan\tagent 1,2\tfirst password\tnever\tNguyễn Thị Lan"}, runUser, "list", "-data", data)
	again := lastLine(mustSay(t, exitOK, []string{"first password of lan"}, runUser, "reset", "lan", "-data", data))
	if signsIn(t, data, "lan", first) == nil || signsIn(t, data, "lan", again) != nil {
		t.Error("the password was not reset")
	}
	mustSay(t, exitOK, []string{"is disabled"}, runUser, "disable", "lan", "-data", data)
	if signsIn(t, data, "lan", again) == nil {
		t.Error("a shut account signs in")
	}
	mustSay(t, exitOK, []string{"is enabled"}, runUser, "enable", "lan", "-data", data)
	mustSay(t, exitFailed, []string{"Tên đăng nhập này đã có"}, runUser, "add", "lan", "-role", "agent", "-data", data)
	mustSay(t, exitFailed, []string{"nobody"}, runUser, "reset", "nobody", "-data", data)
	mustSay(t, exitUsage, []string{"agent, supervisor"}, runUser, "add", "hoa", "-role", "king", "-data", data)
	for _, words := range [][]string{{}, {"add"}, {"list", "x"}, {"dance", "x"}} {
		mustSay(t, exitUsage, []string{"say add NAME"}, runUser, append(words, "-data", data)...)
	}
	mustSay(t, exitFailed, []string{"no office in"}, runUser, "list", "-data", filepath.Join(data, "none"))
}

// Accounts, alarms and appointments are in a backup, and come back where they
// are lost; those in place are not put back to an older day.
func TestAccountsAreBackedUp(t *testing.T) {
	data, copied := office(t, 1), filepath.Join(t.TempDir(), "copy.db")
	first := lastLine(mustSay(t, exitOK, nil, runUser, "add", "lan", "-role", "admin", "-data", data))
	for _, f := range besideLog()[1:] { // Any SQLite file will do.
		if err := sqlite.Copy(t.Context(), filepath.Join(data, messagesName), filepath.Join(data, f.name)); err != nil {
			t.Fatal(err)
		}
	}
	mustSay(t, exitOK, []string{"copy.people.db: fine", "copy.alarms.db: fine", "copy.appointments.db: fine"}, runBackup, "-data", data, "-o", copied)
	mustSay(t, exitOK, nil, runUser, "add", "hoa", "-role", "agent", "-data", data)
	mustSay(t, exitOK, nil, runRestore, "-data", data, copied)
	mustSay(t, exitOK, []string{"hoa\t"}, runUser, "list", "-data", data)
	lost := filepath.Join(t.TempDir(), "new disk")
	mustSay(t, exitOK, []string{"the accounts of staff, from the backup", "who hears of trouble, from the backup", "the appointments, from the backup"}, runRestore, "-data", lost, copied)
	if err := signsIn(t, lost, "lan", first); err != nil {
		t.Error(err)
	}
}
