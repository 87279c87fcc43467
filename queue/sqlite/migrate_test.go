package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// earlier makes a data directory with the store of an earlier schema that is
// kept as SQL text.
func earlier(t *testing.T, schema int) (dir string) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("testdata/schema_%04d.sql", schema))
	if err != nil {
		t.Fatalf("no store of schema %d to upgrade from: write one as SQL text, with the program of that schema: %v", schema, err)
	}
	dir = t.TempDir()
	db, err := sql.Open("sqlite3", dsn(filepath.Join(dir, FileName), nil))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, script := range []string{"PRAGMA journal_mode = WAL; BEGIN", string(text), "COMMIT"} {
		if _, err := db.Exec(script); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// rawRows gives rows of a query on a file as text.
func rawRows(t *testing.T, path, query string) (lines []string) {
	t.Helper()
	db, err := openFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(sql.RawBytes)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		line := ""
		for _, v := range values {
			line += fmt.Sprintf("%q ", *v.(*sql.RawBytes))
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// contents gives every row of every table, or of those named, in the columns
// that the tables of the file like have.
func contents(t *testing.T, path, like string, only ...string) (lines []string) {
	t.Helper()
	for _, table := range rawRows(t, like, "SELECT quote(name) FROM sqlite_schema WHERE type = 'table' ORDER BY name") {
		name := strings.Trim(table, `"' `)
		if len(only) > 0 && !slices.Contains(only, name) {
			continue
		}
		var columns []string
		for _, c := range rawRows(t, like, "SELECT name FROM pragma_table_info('"+name+"') ORDER BY cid") {
			columns = append(columns, strings.Trim(c, `" `))
		}
		list := strings.Join(columns, ", ")
		for _, row := range rawRows(t, path, "SELECT "+list+" FROM "+name+" ORDER BY "+list) {
			lines = append(lines, name+": "+row)
		}
	}
	return lines
}

// told gives what a store of any schema says, whatever its tables are: the
// log with its hashes, request keys, the rows of tickets whose day has ended,
// and what else there is, in the columns of the file like.
func told(t *testing.T, path, like string) (lines []string) {
	t.Helper()
	log, err := OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	var opened int64
	events, err := log.Read(t.Context(), queue.CommuneCentre().Office, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		body, err := e.Body()
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == queue.DayOpened {
			opened = e.Seq
		}
		lines = append(lines, fmt.Sprintf("%s %s", e.Hash, body))
	}
	for _, k := range keysIn(t, path) {
		lines = append(lines, fmt.Sprintf("%+v", k))
	}
	ended := "SELECT * FROM ticket ORDER BY id"
	if rawRows(t, path, "PRAGMA user_version")[0] < fmt.Sprintf("%q ", fmt.Sprint(logSchema)) {
		ended = fmt.Sprintf("SELECT * FROM ticket WHERE id < %d ORDER BY id", opened)
	}
	return slices.Concat(lines, rawRows(t, path, ended), contents(t, path, like, "person", "token", "secret"))
}

// keysIn gives the request keys of a store of any schema.
func keysIn(t *testing.T, path string) (keys []queue.KeyRecord) {
	t.Helper()
	db, err := openFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if version, err := userVersion(t.Context(), db); err != nil {
		t.Fatal(err)
	} else if version >= logSchema {
		if keys, err = readKeys(t.Context(), db, queue.CommuneCentre().Office, time.Time{}); err != nil {
			t.Fatal(err)
		}
		return keys
	}
	rows, err := db.Query("SELECT caller, key, fingerprint, at, ticket, counter FROM request_key ORDER BY rowid")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var k queue.KeyRecord
		var at int64
		if err := rows.Scan(&k.Caller, &k.Key, &k.Fingerprint, &at, &k.Ticket, &k.Counter); err != nil {
			t.Fatal(err)
		}
		k.At = time.UnixMilli(at).UTC()
		keys = append(keys, k)
	}
	return keys
}

// shape gives what a store consists of: tables with their columns, and indexes.
func shape(t *testing.T, path string) (lines []string) {
	t.Helper()
	lines = rawRows(t, path, "SELECT l.name, l.type, l.wr, l.strict, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk FROM pragma_table_list l, pragma_table_info(l.name) c WHERE l.schema = 'main' AND l.name NOT LIKE 'sqlite%' ORDER BY l.name, c.name")
	return append(lines, rawRows(t, path, "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type <> 'table' ORDER BY name")...)
}

func copies(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, BackupsName, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func closing(t *testing.T, db *DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestUpgradeFromEveryEarlierSchema(t *testing.T) {
	fresh := t.TempDir()
	db, err := Open(t.Context(), fresh)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, db)
	want := shape(t, filepath.Join(fresh, FileName))
	if got := copies(t, fresh); len(got) != 0 {
		t.Errorf("a new store was copied: %q", got)
	}
	for schema := 1; schema < schemaVersion; schema++ {
		t.Run(fmt.Sprint(schema), func(t *testing.T) {
			dir := earlier(t, schema)
			path := filepath.Join(dir, FileName)
			before := filepath.Join(t.TempDir(), "before.db")
			if err := Copy(t.Context(), path, before); err != nil {
				t.Fatal(err)
			}
			was, err := Verify(t.Context(), path, func(f queue.Finding) { t.Errorf("before: %s", f) })
			if err != nil || was.Schema != schema {
				t.Errorf("verified before the upgrade: %+v, %v", was, err)
			}
			is := upgrade(t, dir)
			if is.Schema != schemaVersion || !slices.Equal(is.Offices, was.Offices) {
				t.Errorf("verified as %+v before the upgrade, as %+v after it", was, is)
			}
			if got := rawRows(t, path, "PRAGMA user_version"); got[0] != fmt.Sprintf("%q ", fmt.Sprint(schemaVersion)) {
				t.Errorf("schema %s after the upgrade", got)
			}
			old := told(t, before, before)
			if got := told(t, path, before); len(old) < 300 || !slices.Equal(got, old) {
				t.Errorf("%d lines before the upgrade, %d after it, or others", len(old), len(got))
			}
			allTickets(t, dir)
			if got := shape(t, path); !slices.Equal(got, want) {
				t.Errorf("an upgraded store is\n%s\na new one\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			kept := copies(t, dir)
			if len(kept) != 1 || !strings.HasPrefix(filepath.Base(kept[0]), fmt.Sprintf("before-schema-%d-", schemaVersion)) {
				t.Fatalf("kept %q", kept)
			}
			isCopy(t, kept[0], contents(t, before, before))
			if info, err := os.Stat(kept[0]); err != nil || info.Mode() != 0o600 {
				t.Errorf("the copy has mode %v, %v", info.Mode(), err)
			}
			workOn(t, dir)
		})
	}
}

// isCopy: a copy has all that the store had, but nothing of persons.
func isCopy(t *testing.T, path string, old []string) {
	t.Helper()
	person := func(line string) bool { return strings.HasPrefix(line, "person: ") }
	if !slices.ContainsFunc(old, person) {
		t.Fatal("there was no person to erase")
	}
	want := slices.DeleteFunc(slices.Clone(old), person)
	if got := contents(t, path, path); !slices.Equal(got, want) {
		t.Errorf("the copy has %d rows, or others than the %d of the store", len(got), len(want))
	}
	raw, err := os.ReadFile(path)
	if err != nil || bytes.Contains(raw, []byte("tel:+84")) || bytes.Contains(raw, []byte("telegram:1")) {
		t.Errorf("telephone numbers are in the copy, %v", err)
	}
}

// allTickets: the store gives every ticket, with a row or without, as its
// latest event has it.
func allTickets(t *testing.T, dir string) {
	t.Helper()
	db, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, db)
	office := queue.CommuneCentre().Office
	events, err := db.Read(t.Context(), office, 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	latest := map[string]*queue.Ticket{}
	for _, e := range events {
		if e.Ticket != nil {
			latest[e.Ticket.ID] = e.Ticket
		}
	}
	for id, want := range latest {
		if got, err := db.Ticket(t.Context(), office, id); err != nil || !reflect.DeepEqual(got, *want) {
			t.Errorf("ticket %s is %+v, %v, want %+v", id, got, err, *want)
		}
	}
	if len(latest) < 50 {
		t.Errorf("%d tickets", len(latest))
	}
}

// upgrade opens a store and finds nothing wrong with it afterwards.
func upgrade(t *testing.T, dir string) Summary {
	t.Helper()
	db, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, db)
	sum, err := Verify(t.Context(), filepath.Join(dir, FileName), func(f queue.Finding) { t.Error(f) })
	if err != nil || len(sum.Offices) != 1 || sum.Offices[0].Days < 2 || sum.Schema != schemaVersion {
		t.Errorf("verified %+v, %v", sum, err)
	}
	return sum
}

// workOn continues the day of an upgraded office: its numbers, its keys, its
// tokens are where they were.
func workOn(t *testing.T, dir string) {
	t.Helper()
	db, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, db)
	office := queue.CommuneCentre().Office
	loaded, err := db.Load(t.Context(), office, time.Time{})
	if err != nil || len(loaded.Events) < 40 || len(loaded.Keys) < 50 || len(loaded.Persons) == 0 {
		t.Fatalf("loads %d events, %d keys, %d persons, %v", len(loaded.Events), len(loaded.Keys), len(loaded.Persons), err)
	}
	latest := loaded.Events[len(loaded.Events)-1]
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: db, Now: func() time.Time { return latest.At.Add(time.Minute) }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	highest := 0
	for _, ev := range loaded.Events {
		if ev.Ticket != nil && ev.Ticket.Number.Prefix == "A" {
			highest = max(highest, ev.Ticket.Number.N)
		}
	}
	got, err := e.Take(ctx, queue.TakeRequest{Service: "A", Channel: queue.Kiosk})
	if err != nil || got.Number.N != highest+1 {
		t.Errorf("the next number is %s, %v; the latest was A%03d", got.Number, err, highest)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if token, err := db.FirstToken(t.Context(), queue.RoleStaff); err != nil {
		t.Error(err)
	} else if g, ok, err := db.Grant(t.Context(), queue.HashToken(token)); !ok || err != nil || g.ID != "staff-first" || g.CreatedAt.After(latest.At.Add(48*time.Hour)) {
		t.Errorf("the token made before the upgrade gives %+v, %v, %v", g, ok, err)
	}
}

// A step that fails takes back every step, and starting again and again does
// not fill the disk with copies.
func TestFailedUpgradeChangesNothing(t *testing.T) {
	steps, err := migrationSteps()
	if err != nil {
		t.Fatal(err)
	}
	steps = append(steps, script("ALTER TABLE ticket ADD COLUMN colour TEXT; DELETE FROM log"), script("UPDATE missing SET x = 1"))
	dir := earlier(t, 1)
	path := filepath.Join(dir, FileName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		err := tryUpgrade(t, dir, steps)
		if err == nil {
			t.Fatal("the upgrade succeeded")
		}
		kept := copies(t, dir)
		if len(kept) != 1 {
			t.Fatalf("kept %q", kept)
		}
		for _, want := range []string{fmt.Sprintf("migration %d", len(steps)), "no such table: missing", "nothing was changed", kept[0]} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q is not in: %v", want, err)
			}
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, whole) {
			t.Errorf("the file was changed, %v", err)
		}
	}
	upgrade(t, dir)
}

// tryUpgrade opens a store as Open does, with other migrations.
func tryUpgrade(t *testing.T, dir string, steps []step) error {
	t.Helper()
	raw, err := sql.Open("sqlite3", dsn(filepath.Join(dir, FileName), map[string][]string{"_txlock": {"immediate"}, "_journal_mode": {"WAL"}}))
	if err != nil {
		t.Fatal(err)
	}
	raw.SetMaxOpenConns(1)
	read, err := openFile(filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	db := &DB{write: raw, read: read}
	defer closing(t, db)
	return db.migrate(t.Context(), steps)
}

func TestNoCopyNoUpgrade(t *testing.T) {
	dir := earlier(t, 1)
	path := filepath.Join(dir, FileName)
	old := contents(t, path, path)
	if err := os.WriteFile(filepath.Join(dir, BackupsName), nil, 0o600); err != nil { // No directory can be made.
		t.Fatal(err)
	}
	if db, err := Open(t.Context(), dir); err == nil {
		closing(t, db)
		t.Error("upgraded without a copy")
	} else if !strings.Contains(err.Error(), "nothing was changed") || !strings.Contains(err.Error(), BackupsName) {
		t.Error(err)
	}
	if got := contents(t, path, path); !slices.Equal(got, old) || !slices.Contains(rawRows(t, path, "PRAGMA user_version"), `"1" `) {
		t.Error("the store was changed")
	}
}

// Pages that are broken are for the old program and for a backup, not for an
// upgrade on top of them.
func TestBrokenStoreIsNotUpgraded(t *testing.T) {
	dir := earlier(t, 1)
	path := filepath.Join(dir, FileName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2000 { // Within a page of the log.
		whole[len(whole)/2/4096*4096+i] ^= 0x55
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if db, err := Open(t.Context(), dir); err == nil {
		closing(t, db)
		t.Error("upgraded a broken store")
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, whole) {
		t.Errorf("the file was changed, %v", err)
	}
	if left := copies(t, dir); len(left) != 0 {
		t.Errorf("left %q", left)
	}
}

func TestAnotherProgramsDatabaseIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	raw, err := sql.Open("sqlite3", dsn(filepath.Join(dir, FileName), nil))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Exec("CREATE TABLE recipe (name TEXT)"); err != nil {
		t.Fatal(err)
	}
	if db, err := Open(t.Context(), dir); err == nil {
		closing(t, db)
		t.Error("moved into another program's database")
	} else if !strings.Contains(err.Error(), "not a store of xinmoi") {
		t.Error(err)
	}
	if got := rawRows(t, filepath.Join(dir, FileName), "SELECT name FROM sqlite_schema"); len(got) != 1 {
		t.Errorf("it has %q now", got)
	}
}

// openAtOnce opens and closes a store as four programs that start together.
func openAtOnce(t *testing.T, dir string) {
	t.Helper()
	errs := make(chan error, 4)
	for range cap(errs) {
		go func() {
			db, err := Open(t.Context(), dir)
			if err == nil {
				err = db.Close()
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Errorf("opening at once: %v", err)
		}
	}
}

func TestRaceToFound(t *testing.T) {
	for range 20 { // Most often they do not meet where it hurts.
		openAtOnce(t, t.TempDir())
	}
}

// Several programs of the new version may start at once.
func TestRaceToUpgrade(t *testing.T) {
	dir := earlier(t, 1)
	openAtOnce(t, dir)
	if got := copies(t, dir); len(got) != 1 {
		t.Errorf("kept %q", got)
	}
	upgrade(t, dir)
}

// A command beside a server that is of the version before must not change the
// tables under it.
func TestAttachLeavesTheSchemaAlone(t *testing.T) {
	dir := earlier(t, 1)
	path := filepath.Join(dir, FileName)
	if db, err := Attach(t.Context(), dir); err == nil {
		closing(t, db)
		t.Error("attached to a store of schema 1")
	} else if !strings.Contains(err.Error(), "start the server of this version once") {
		t.Error(err)
	}
	if got := rawRows(t, path, "PRAGMA user_version"); got[0] != `"1" ` || len(copies(t, dir)) > 0 {
		t.Errorf("the store is of schema %s now, copies %q", got, copies(t, dir))
	}
	upgrade(t, dir)
	db, err := Attach(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, db)
	empty := t.TempDir()
	if _, err := Attach(t.Context(), empty); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("attached to nothing: %v", err)
	}
	if _, err := os.Stat(filepath.Join(empty, FileName)); err == nil {
		t.Error("attaching made a store")
	}
	if _, err := tryRaw(t, dir, "PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if _, err := Attach(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "newer xinmoi") {
		t.Errorf("attached to a newer store: %v", err)
	}
}

func tryRaw(t *testing.T, dir, query string) (sql.Result, error) {
	t.Helper()
	raw, err := sql.Open("sqlite3", dsn(filepath.Join(dir, FileName), nil))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	return raw.Exec(query)
}

func TestMigrationsAreNumbered(t *testing.T) {
	files, err := fs.Glob(migrations, "*")
	if err != nil || len(files) != schemaVersion {
		t.Errorf("%d migrations for schema %d, %v", len(files), schemaVersion, err)
	}
	if _, err := migrationSteps(); err != nil {
		t.Error(err)
	}
}
