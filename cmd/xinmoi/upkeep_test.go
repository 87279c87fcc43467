package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// office makes a data directory with a store of some tickets, and messages.
func office(t *testing.T, tickets int) (data string) {
	t.Helper()
	data = t.TempDir()
	db, err := sqlite.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: db})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	for range tickets {
		if _, err := e.Take(ctx, queue.TakeRequest{Service: "A", Channel: queue.Kiosk}); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if err := errors.Join(<-done, db.Close()); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.Copy(t.Context(), filepath.Join(data, sqlite.FileName), filepath.Join(data, messagesName)); err != nil {
		t.Fatal(err) // Any SQLite file will do.
	}
	return data
}

type runner func(context.Context, *flag.FlagSet, []string, streams) error

// call runs a command and gives its exit code and what it said.
func call(t *testing.T, run runner, args ...string) (code int, said string) {
	t.Helper()
	var out bytes.Buffer
	code = runCommand(t.Context(), command{name: "x", args: "y", help: "z", run: run}, args, streams{&out, &out})
	return code, out.String()
}

// mustSay runs a command that must end with code and say everything of want.
func mustSay(t *testing.T, code int, want []string, run runner, args ...string) string {
	t.Helper()
	got, said := call(t, run, args...)
	if got != code {
		t.Errorf("%q ends with %d, want %d: %s", args, got, code, said)
	}
	for _, w := range want {
		if !strings.Contains(said, w) {
			t.Errorf("%q does not say %q: %s", args, w, said)
		}
	}
	return said
}

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestVerifyCommand(t *testing.T) {
	data := office(t, 3)
	said := mustSay(t, exitOK, []string{"5 events, 3 tickets, 1 day; the log ends at seq 5", "fine"}, runVerify, "-data", data)
	_, hash, _ := strings.Cut(strings.Split(said, "\n")[0], "hash ")
	mustSay(t, exitOK, []string{"unchanged up to seq 5"}, runVerify, "-data", data, "-head", hash)
	mustSay(t, exitFailed, []string{"no event in"}, runVerify, "-data", data, "-head", strings.Repeat("0", 64))
	mustSay(t, exitOK, []string{"fine"}, runVerify, filepath.Join(data, sqlite.FileName))
	mustSay(t, exitFailed, []string{"no office in"}, runVerify, "-data", filepath.Join(data, "none"))
	mustSay(t, exitFailed, []string{"no such file"}, runVerify, filepath.Join(data, "none"))
	mustSay(t, exitUsage, []string{"unexpected"}, runVerify, "a", "b")

	if err := os.WriteFile(filepath.Join(data, messagesName), []byte(strings.Repeat("rubbish", 999)), 0o600); err != nil {
		t.Fatal(err)
	}
	mustSay(t, exitFailed, []string{messagesName}, runVerify, "-data", data)
	breakStore(t, data)
	said = mustSay(t, exitFailed, []string{"hash chain", "findings in"}, runVerify, filepath.Join(data, sqlite.FileName))
	if strings.Contains(said, "fine") {
		t.Errorf("said %q", said)
	}
}

// breakStore edits the log as somebody with an editor of bytes would.
func breakStore(t *testing.T, data string) {
	t.Helper()
	path := filepath.Join(data, sqlite.FileName)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	edited := bytes.Replace(raw, []byte(`"class":"normal"`), []byte(`"class":"mormal"`), 1)
	if bytes.Equal(edited, raw) {
		t.Fatal("nothing to edit")
	}
	if err := os.WriteFile(path, edited, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestBackupAndRestoreCommands(t *testing.T) {
	data, stick := office(t, 3), t.TempDir()
	mustSay(t, exitOK, []string{"3 tickets", "hash ", ".messages.db: fine"}, runBackup, "-data", data)
	made := files(t, filepath.Join(data, backupsName))
	if len(made) != 2 || !strings.HasPrefix(made[0], "xinmoi-2") || made[1] != strings.TrimSuffix(made[0], ".db")+".messages.db" && made[0] != twin(made[1]) {
		t.Fatalf("made %q", made)
	}
	mustSay(t, exitOK, []string{stick}, runBackup, "-data", data, "-o", stick) // A directory: a dated name in it.
	if got := files(t, stick); len(got) != 2 {
		t.Errorf("on the stick: %q", got)
	}
	file := filepath.Join(stick, "mine.db")
	mustSay(t, exitOK, []string{file}, runBackup, "-data", data, "-o", file)
	mustSay(t, exitFailed, []string{"exists"}, runBackup, "-data", data, "-o", file)
	mustSay(t, exitFailed, []string{"no office in"}, runBackup, "-data", stick)
	mustSay(t, exitUsage, []string{"unexpected"}, runBackup, "-data", data, file)

	mustSay(t, exitUsage, []string{"-data DIR"}, runRestore, file)
	mustSay(t, exitUsage, []string{"name one backup"}, runRestore, "-data", data)
	mustSay(t, exitFailed, []string{"no such file", backupsName}, runRestore, "-data", data, file+"x")
	mustSay(t, exitUsage, []string{"gone from the log"}, runRestore, "-h")

	breakStore(t, data)
	mustSay(t, exitOK, []string{"the store that was in place, kept", "the messages that were in place, kept", "+07:00 are no longer known", "fine"}, runRestore, "-data", data, file)
	mustSay(t, exitOK, []string{"3 tickets", "fine"}, runVerify, "-data", data)
	kept, err := filepath.Glob(filepath.Join(data, "xinmoi-replaced-*.db"))
	if err != nil || len(kept) != 2 || kept[1] != twin(kept[0]) && kept[0] != twin(kept[1]) {
		t.Fatalf("kept %q, %v", kept, err)
	}
	if kept[0] == twin(kept[1]) {
		kept[0] = kept[1]
	}
	mustSay(t, exitFailed, []string{"hash chain"}, runVerify, kept[0])
}

func TestRestoreKeepsOffARunningServer(t *testing.T) {
	data := office(t, 1)
	file := filepath.Join(t.TempDir(), "b.db")
	mustSay(t, exitOK, nil, runBackup, "-data", data, "-o", file)
	dir, err := openDataDir(data)
	if err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(data, "xinmoi-replaced-20261101-230000.db.new"+sqlite.PartInfix+"1") // By a restore that was killed.
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := files(t, data)
	mustSay(t, exitFailed, []string{"another xinmoi serves"}, runRestore, "-data", data, file)
	if got := files(t, data); !slices.Equal(got, before) {
		t.Errorf("%q became %q", before, got)
	}
	mustSay(t, exitOK, nil, runBackup, "-data", data) // These two may.
	mustSay(t, exitOK, nil, runVerify, "-data", data)
	if err := dir.close(false); err != nil {
		t.Fatal(err)
	}
	mustSay(t, exitOK, nil, runRestore, "-data", data, file)
	if exists(left) {
		t.Error("half a copy is still there")
	}
}

// A new machine: nothing is there yet, and after a failure nothing stays.
func TestRestoreToANewMachine(t *testing.T) {
	data := office(t, 2)
	dir := t.TempDir()
	file, fresh := filepath.Join(dir, "b.db"), filepath.Join(dir, "new")
	mustSay(t, exitOK, nil, runBackup, "-data", data, "-o", file)
	if said := mustSay(t, exitOK, []string{"2 tickets"}, runRestore, "-data", fresh, file); strings.Contains(said, "kept") {
		t.Errorf("said %q", said)
	}
	if got := files(t, fresh); !slices.Equal(got, []string{"lock", messagesName, sqlite.FileName}) {
		t.Errorf("%q", got)
	}
	breakStore(t, data)
	mustSay(t, exitFailed, []string{"findings", "nothing was restored"}, runRestore, "-data", filepath.Join(dir, "never"), filepath.Join(data, sqlite.FileName))
	if got := files(t, filepath.Join(dir, "never")); got != nil {
		t.Errorf("%q", got)
	}
}

// Messages that speak of tickets which the restored log does not know must not
// stay: their ids will be other people's.
func TestRestoreSetsUnmatchedMessagesAside(t *testing.T) {
	data := office(t, 1)
	file := filepath.Join(t.TempDir(), "b.db")
	mustSay(t, exitOK, nil, runBackup, "-data", data, "-o", file)
	if err := os.Remove(twin(file)); err != nil {
		t.Fatal(err)
	}
	mustSay(t, exitOK, []string{"the messages that were in place, kept"}, runRestore, "-data", data, file)
	if exists(filepath.Join(data, messagesName)) {
		t.Error("the messages are still in place")
	}
}

// Nor must notes and wishes to be called, which are of the day alone.
func TestRestoreForgetsTheDay(t *testing.T) {
	data := office(t, 1)
	file := filepath.Join(t.TempDir(), "b.db")
	mustSay(t, exitOK, nil, runBackup, "-data", data, "-o", file)
	for _, name := range ofTheDay() {
		for _, suffix := range []string{"", "-wal"} {
			if err := os.WriteFile(filepath.Join(data, name+suffix), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	mustSay(t, exitOK, []string{"removed, it was about numbers"}, runRestore, "-data", data, file)
	for _, name := range files(t, data) {
		if strings.HasPrefix(name, "notes") || strings.HasPrefix(name, "calls") {
			t.Errorf("%s is still there", name)
		}
	}
}

func TestADamagedStoreIsNoBackup(t *testing.T) {
	data := office(t, 1)
	breakStore(t, data)
	mustSay(t, exitFailed, []string{sqlite.DamagedSuffix, "hash chain"}, runBackup, "-data", data)
	if got := files(t, filepath.Join(data, backupsName)); len(got) != 1 || !strings.HasSuffix(got[0], sqlite.DamagedSuffix) {
		t.Errorf("%q", got)
	}
}

func TestNewestBackupsAreKept(t *testing.T) {
	data := office(t, 1)
	dir := filepath.Join(data, backupsName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 21, 23, 0, 0, 0, time.Local)
	others := []string{"xinmoi-2026.db", "notes.txt", "xinmoi-20261101-230000.db.damaged", "a-xinmoi-20261101-230000.db", "xinmoi-20261101-230000.db.part-2", "before-schema-2-20261101-230000.000.db"}
	stale := "xinmoi-20261101-230000.db.part-1"
	for _, name := range append(others, stale) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(filepath.Join(dir, stale), now, now.Add(-2*partLife)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(dir, others[4]), now, now.AddDate(0, 0, 20)); err != nil {
		t.Fatal(err) // Another backup is still writing it.
	}
	var want, removed []string
	for day := range backupsKept + 3 {
		at := now.AddDate(0, 0, day)
		made, err := backUp(t.Context(), data, "", at)
		if err != nil {
			t.Fatal(err)
		}
		removed = append(removed, made.removed...)
		if day >= 3 {
			want = append(want, backupName(at), twin(backupName(at)))
		}
	}
	got := files(t, dir)
	want = append(want, others...)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
	if len(removed) != 6 {
		t.Errorf("told of %q", removed)
	}
	// A clock that has lost its date makes the oldest name, and yet it stays.
	made, err := backUp(t.Context(), data, "", now.AddDate(-26, 0, 0))
	if err != nil || !exists(made.path) || len(made.removed) != 2 {
		t.Errorf("%+v, %v", made, err)
	}
}

func TestBackupWithoutMessages(t *testing.T) {
	data := office(t, 1)
	if err := os.Remove(filepath.Join(data, messagesName)); err != nil {
		t.Fatal(err)
	}
	made, err := backUp(t.Context(), data, "", time.Now())
	if err != nil || made.messages != "" || len(files(t, filepath.Join(data, backupsName))) != 1 {
		t.Errorf("%+v, %v", made, err)
	}
}
