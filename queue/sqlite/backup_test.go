package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// hashes reads the whole log of a store's file, as its hashes in order.
func hashes(t *testing.T, path string) []string {
	t.Helper()
	log, err := sqlite.OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	events, err := log.Read(t.Context(), queue.CommuneCentre().Office, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	hashes := make([]string, len(events))
	for i, e := range events {
		hashes[i] = e.Hash
	}
	return hashes
}

func column(t *testing.T, path, query string) (values []string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: path}).EscapedPath())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Backups while tickets are taken as fast as they can be: each is whole, and a
// beginning of the log as it was at the end.
func TestBackupUnderLoad(t *testing.T) {
	dir, to := t.TempDir(), t.TempDir()
	db := open(t, dir)
	e, stop := serve(t, db, nil)
	defer stop()
	rest := hammer(t, e)
	defer rest()
	var backups []string
	for _, name := range []string{"1.db", "2.db", "3 dữ liệu 100%?.db"} {
		path := filepath.Join(to, name)
		sum, err := db.Backup(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		if findings, again := verify(t, path); len(findings) > 0 || again.Offices[0] != sum.Offices[0] {
			t.Errorf("%s: %v, %+v, told %+v", name, findings, again, sum)
		}
		backups = append(backups, path)
		grow(t, e, sum.Offices[0].Seq+100)
	}
	rest()
	stop()
	whole := hashes(t, filepath.Join(dir, sqlite.FileName))
	before := 0
	for _, path := range backups {
		part := hashes(t, path)
		if len(part) < before+100 && before > 0 || len(part) > len(whole) || !slices.Equal(part, whole[:len(part)]) {
			t.Errorf("%s has %d events that are no beginning of the %d", filepath.Base(path), len(part), len(whole))
		}
		before = len(part)
	}
	if got := names(t, to); len(got) != 3 {
		t.Errorf("left behind: %q", got)
	}
	t.Logf("%d events in the last backup, %d at the end", before, len(whole))
}

func TestBackupIsAStore(t *testing.T) {
	dir := t.TempDir()
	db := open(t, t.TempDir())
	token, err := db.NewToken(t.Context(), queue.RoleStaff, "")
	if err != nil {
		t.Fatal(err)
	}
	e, stop := serve(t, db, nil)
	take(t, e, 0)
	stop()
	if _, err := db.Backup(t.Context(), filepath.Join(dir, sqlite.FileName)); err != nil {
		t.Fatal(err)
	}
	other := open(t, dir) // It is opened with full durability, whatever the copy's mode was.
	if _, ok, err := other.Grant(t.Context(), queue.HashToken(token)); err != nil || !ok {
		t.Errorf("the token is not in the copy: %v", err)
	}
	e, stop = serve(t, other, nil)
	defer stop()
	if got, err := e.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk}); err != nil || got.Number.N != 2 {
		t.Errorf("%s, %v", got.Number, err)
	}
}

func TestBackupDoesNotOverwrite(t *testing.T) {
	base, dir := twoDays(t), t.TempDir()
	taken := filepath.Join(dir, "taken.db")
	if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for to, want := range map[string]error{
		taken:                          fs.ErrExist,
		filepath.Join(dir, "no", "b"):  fs.ErrNotExist,
		filepath.Join(taken, "inside"): nil,
	} {
		if _, err := sqlite.Backup(t.Context(), base, to); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v", to, err)
		}
	}
	if got, err := os.ReadFile(taken); err != nil || string(got) != "mine" {
		t.Errorf("%q, %v", got, err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"taken.db"}) {
		t.Errorf("left behind: %q", got)
	}
}

func TestBackupThatIsCutShortLeavesNothing(t *testing.T) {
	base, dir := twoDays(t), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sqlite.Backup(ctx, base, filepath.Join(dir, "b.db")); err == nil {
		t.Error("went on")
	}
	if err := sqlite.Copy(ctx, base, filepath.Join(dir, "c.db")); err == nil {
		t.Error("went on")
	}
	if _, err := sqlite.Backup(t.Context(), filepath.Join(dir, "none.db"), filepath.Join(dir, "d.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if got := names(t, dir); len(got) > 0 {
		t.Errorf("left behind: %q", got)
	}
}

// A store that was changed from outside is still copied, but under a name that
// nobody takes for a backup.
func TestBackupOfADamagedStore(t *testing.T) {
	bad, dir := tamper(t, twoDays(t), "UPDATE ticket SET state = 'completed'"), t.TempDir()
	to := filepath.Join(dir, "b.db")
	_, err := sqlite.Backup(t.Context(), bad, to)
	var damaged *sqlite.DamagedError
	if !errors.As(err, &damaged) || damaged.Count != 6 || len(damaged.Findings) != 6 || damaged.Path != to+sqlite.DamagedSuffix {
		t.Fatalf("%v", err)
	}
	if !strings.Contains(err.Error(), "6 findings") || !strings.Contains(err.Error(), "state") {
		t.Errorf("%v", err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"b.db" + sqlite.DamagedSuffix}) {
		t.Errorf("%q", got)
	}
}

func TestRestoreBringsBackExactlyTheBackup(t *testing.T) {
	dir := t.TempDir()
	path, aside, backup := filepath.Join(dir, sqlite.FileName), filepath.Join(dir, "aside.db"), filepath.Join(dir, "backup.db")
	db := open(t, dir)
	e, stop := serve(t, db, nil)
	rest := hammer(t, e)
	if _, err := db.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	rest()
	take(t, e, 0)
	stop()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := dump(t, path)
	want := dump(t, backup)
	if slices.Equal(before, want) {
		t.Fatal("nothing was written after the backup: the test shows nothing")
	}
	sum, err := sqlite.Restore(t.Context(), backup, path, aside)
	if err != nil {
		t.Fatal(err)
	}
	if findings, again := verify(t, path); len(findings) > 0 || again.Offices[0] != sum.Offices[0] {
		t.Errorf("%v, %+v", findings, again)
	}
	if got := dump(t, path); !slices.Equal(got, want) {
		t.Errorf("%d lines in place, %d in the backup", len(got), len(want))
	}
	if got := dump(t, aside); !slices.Equal(got, before) {
		t.Errorf("%d lines aside, %d before", len(got), len(before))
	}
	if got := dump(t, backup); !slices.Equal(got, want) {
		t.Error("the backup changed")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// dump is everything in a store, table by table.
func dump(t *testing.T, path string) (lines []string) {
	t.Helper()
	for _, query := range []string{
		"SELECT office || first || last || coalesce(opened, '') || CAST(body AS TEXT) FROM log ORDER BY office, first",
		"SELECT office || id || day || number || service || state || channel || issued_at || version FROM ticket ORDER BY office, id",
		"SELECT office || at || CAST(body AS TEXT) FROM answered ORDER BY rowid",
		"SELECT office || ticket || person || at FROM person ORDER BY office, ticket",
		"SELECT hex(hash) || id || role || created_at FROM token ORDER BY id",
		"SELECT name || hex(value) FROM secret ORDER BY name",
		"SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name",
	} {
		lines = append(lines, column(t, path, query)...)
	}
	return append(lines, column(t, path, "PRAGMA user_version")...)
}

// A process that was killed leaves a write-ahead log: it is kept with the old
// store, and never mixed into the new one.
func TestRestoreOverAnUncleanStore(t *testing.T) {
	live, dir := t.TempDir(), t.TempDir()
	backup := filepath.Join(t.TempDir(), "backup.db")
	db := open(t, live)
	e, stop := serve(t, db, nil)
	defer stop()
	take(t, e, 0)
	if _, err := db.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		take(t, e, n)
	}
	path, aside := filepath.Join(dir, sqlite.FileName), filepath.Join(dir, "aside.db")
	for _, suffix := range []string{"", "-wal"} { // As a kill would leave it.
		raw, err := os.ReadFile(filepath.Join(live, sqlite.FileName) + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+suffix, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := sqlite.Restore(t.Context(), backup, path, aside); err != nil {
		t.Fatal(err)
	}
	if got, want := dump(t, path), dump(t, backup); !slices.Equal(got, want) {
		t.Errorf("%d lines in place, %d in the backup", len(got), len(want))
	}
	if got := names(t, dir); slices.Contains(got, "aside.db-wal") {
		t.Errorf("a power cut in between would have parted store and log: %q", got)
	}
	findings, sum := verify(t, aside)
	if len(findings) > 0 || sum.Offices[0].Tickets != 21 {
		t.Errorf("aside: %v, %+v", findings, sum)
	}
}

// Broken beyond opening: what is there is kept as it is, log and all.
func TestRestoreOverABrokenStore(t *testing.T) {
	backup, dir := twoDays(t), t.TempDir()
	path, aside := filepath.Join(dir, sqlite.FileName), filepath.Join(dir, "aside.db")
	old := map[string]string{"": "rubbish", "-wal": "more", "-journal": "and more"}
	for suffix, text := range old {
		if err := os.WriteFile(path+suffix, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := sqlite.Restore(t.Context(), backup, path, aside); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"aside.db", "aside.db-journal", "aside.db-wal", sqlite.FileName}) {
		t.Errorf("%q", got)
	}
	for suffix, text := range old {
		if got, err := os.ReadFile(aside + suffix); err != nil || string(got) != text {
			t.Errorf("%q: %q, %v", suffix, got, err)
		}
	}
	if got, want := dump(t, path), dump(t, backup); !slices.Equal(got, want) {
		t.Errorf("%d lines in place, %d in the backup", len(got), len(want))
	}
}

func TestRestoreRefuses(t *testing.T) {
	good, dir := twoDays(t), t.TempDir()
	path := filepath.Join(dir, sqlite.FileName)
	taken := filepath.Join(dir, "taken.db")
	if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("in place"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ from, path, aside, want string }{
		"damaged":      {tamper(t, good, "DELETE FROM log WHERE first = 4"), path, "aside.db", "findings"},
		"newer":        {tamper(t, good, "PRAGMA user_version = 99"), path, "aside.db", "newer"},
		"no database":  {taken, path, "aside.db", "not a database"},
		"missing":      {filepath.Join(dir, "none"), path, "aside.db", "no such file"},
		"itself":       {good, good, "aside.db", "in use"},
		"aside exists": {good, path, "taken.db", "exists"},
	} {
		if _, err := sqlite.Restore(t.Context(), c.from, c.path, filepath.Join(dir, c.aside)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "in place" {
		t.Errorf("%q, %v", got, err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"taken.db", sqlite.FileName}) {
		t.Errorf("left behind: %q", got)
	}
}

// Any SQLite file, as the messages are.
func TestCopyAndSetAside(t *testing.T) {
	dir := t.TempDir()
	path, copied, aside := filepath.Join(dir, "messages.db"), filepath.Join(dir, "copy.db"), filepath.Join(dir, "aside.db")
	db, err := sql.Open("sqlite3", path+"?_journal_mode=WAL")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE letter (n); INSERT INTO letter VALUES ('một'), ('hai')"); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.Copy(t.Context(), path, copied); err != nil { // While it is open.
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.SetAside(t.Context(), path, aside); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.SetAside(t.Context(), path, filepath.Join(dir, "nothing.db")); err != nil {
		t.Errorf("nothing to set aside: %v", err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"aside.db", "copy.db"}) {
		t.Errorf("%q", got)
	}
	for _, file := range []string{copied, aside} {
		if got := column(t, file, "SELECT n FROM letter"); !slices.Equal(got, []string{"một", "hai"}) {
			t.Errorf("%s: %q", file, got)
		}
	}
	if err := sqlite.RestoreCopy(t.Context(), copied, path, filepath.Join(dir, "unused.db")); err != nil {
		t.Fatal(err)
	}
	if got := column(t, path, "SELECT n FROM letter"); len(got) != 2 {
		t.Errorf("%q", got)
	}
}

// Some months of a commune's tickets, to see what verifying costs.
func BenchmarkVerify(b *testing.B) {
	dir := b.TempDir()
	db, err := sqlite.Open(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	const tickets = 20_000
	e, err := queue.NewEngine(b.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: db})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	fill(b, e, tickets)
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	var events int64
	for b.Loop() {
		sum, err := sqlite.Verify(b.Context(), filepath.Join(dir, sqlite.FileName), func(f queue.Finding) { b.Fatal(f) })
		if err != nil {
			b.Fatal(err)
		}
		events = sum.Offices[0].Events
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(events), "µs/event")
	b.ReportMetric(float64(events), "events")
}

func fill(b *testing.B, e *queue.Engine, tickets int) {
	b.Helper()
	const takers = 64
	errs := make(chan error, takers)
	for range takers {
		go func() {
			var failed error
			for range tickets / takers {
				_, err := e.Take(context.Background(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
				failed = errors.Join(failed, err)
			}
			errs <- failed
		}()
	}
	for range takers {
		select {
		case err := <-errs:
			if err != nil {
				b.Fatal(err)
			}
		case <-time.After(time.Minute):
			b.Fatal("taking goes on for ever")
		}
	}
}
