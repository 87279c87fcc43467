package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// serve runs the office over a store until stop.
func serve(t *testing.T, db *sqlite.DB, now func() time.Time) (e *queue.Engine, stop func()) {
	t.Helper()
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: queue.CommuneCentre(), Store: db, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	return e, sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// take takes a ticket and finishes every second one.
func take(t *testing.T, e *queue.Engine, n int) {
	t.Helper()
	got, err := e.Take(context.Background(), queue.TakeRequest{Service: []string{"A", "B"}[n%2], Channel: queue.Kiosk})
	if err != nil {
		t.Error(err)
		return
	}
	if n%2 == 0 {
		return
	}
	if _, err := e.Act(context.Background(), queue.ActRequest{Ticket: got.ID, Action: queue.Cancel}); err != nil {
		t.Error(err)
	}
}

// twoDays makes a store with two days of an office, closed again.
func twoDays(t *testing.T) (path string) {
	t.Helper()
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var now atomic.Int64
	now.Store(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC).UnixMilli())
	e, stop := serve(t, db, func() time.Time { return time.UnixMilli(now.Add(1000)) })
	for range 2 {
		for n := range 6 {
			take(t, e, n)
		}
		now.Add((24 * time.Hour).Milliseconds())
	}
	stop()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, sqlite.FileName)
}

// verify gives the findings as text.
func verify(t *testing.T, path string) (findings []string, sum sqlite.Summary) {
	t.Helper()
	sum, err := sqlite.Verify(t.Context(), path, func(f queue.Finding) { findings = append(findings, f.String()) })
	if err != nil {
		t.Fatal(err)
	}
	if sum.Findings != len(findings) {
		t.Errorf("%d findings counted, %d told", sum.Findings, len(findings))
	}
	return findings, sum
}

// tamper changes a copy of a closed store with SQL.
func tamper(t *testing.T, from string, query string, args ...any) (path string) {
	t.Helper()
	raw, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestVerifyOfAnHonestStore(t *testing.T) {
	findings, sum := verify(t, twoDays(t))
	if len(findings) > 0 {
		t.Fatalf("found %v", findings)
	}
	if len(sum.Offices) != 1 || sum.Offices[0].Tickets != 12 || sum.Offices[0].Days != 2 || sum.Offices[0].Events < 20 || sum.Schema < 1 {
		t.Errorf("%+v", sum)
	}
}

// turned is the row of the day's turn, which has several events.
const turned = "first = (SELECT first FROM log WHERE opened BETWEEN first + 1 AND last ORDER BY first DESC LIMIT 1)"

// edit changes the lines of the row of the day's turn.
func edit(t *testing.T, base string, change func(lines []string) string) (path string) {
	t.Helper()
	body := strings.Join(column(t, base, "SELECT CAST(body AS TEXT) FROM log WHERE "+turned), "")
	lines := strings.SplitAfter(strings.TrimSuffix(body, "\n"), "\n")
	lines[len(lines)-1] += "\n"
	if len(lines) < 3 {
		t.Fatalf("the day's turn has %d events", len(lines))
	}
	return tamper(t, base, "UPDATE log SET body = CAST(? AS BLOB) WHERE "+turned, change(lines))
}

func TestVerifyFindsChanges(t *testing.T) {
	base := twoDays(t)
	const (
		swap = `CREATE TEMP TABLE s AS SELECT first, body FROM log WHERE first IN (5, 6);
			UPDATE log SET body = (SELECT body FROM s WHERE s.first = 11 - log.first) WHERE first IN (5, 6)`
		blank = "CAST(char(10) AS BLOB)"
	)
	for name, c := range map[string]struct{ query, text string }{
		"body":                {`UPDATE log SET body = CAST(replace(CAST(body AS TEXT), '"normal"', '"priority"') AS BLOB) WHERE first = 5`, "seq 5: does not match the hash chain"},
		"body not JSON":       {`UPDATE log SET body = x'00' WHERE first = 5`, "seq 5: cannot be read"},
		"no body":             {`UPDATE log SET body = x'' WHERE first = 5`, "seq 5: begins a row without events"},
		"hash":                {`UPDATE log SET body = CAST('x' || substr(CAST(body AS TEXT), 2) AS BLOB) WHERE first = 5`, "seq 5: does not match the hash chain"},
		"no hash":             {`UPDATE log SET body = CAST(substr(CAST(body AS TEXT), 65) AS BLOB) WHERE first = 5`, "seq 5: does not match the hash chain"},
		"end torn off":        {`UPDATE log SET body = substr(body, 1, length(body) - 1) WHERE first = 5`, "seq 5: begins a row whose end is torn off"},
		"end cut off":         {`UPDATE log SET body = substr(body, 1, length(body) - 30) WHERE first = (SELECT max(first) FROM log)`, "torn off"},
		"blank line":          {`UPDATE log SET body = CAST(body || char(10) AS BLOB) WHERE first = 5`, "seq 5: begins a row that has the events to 6, but says to 5"},
		"first":               {`UPDATE log SET first = first + 100 WHERE first = 5`, "event 5 before it is missing"},
		"last":                {`UPDATE log SET last = last + 1 WHERE first = (SELECT max(first) FROM log)`, "but says to"},
		"opened":              {`UPDATE log SET opened = opened - 1 WHERE ` + turned, "but says"},
		"opened, none":        {`UPDATE log SET opened = 0 WHERE ` + turned, "but says 0"},
		"opened, made up":     {`UPDATE log SET opened = 5 WHERE first = 5`, "seq 5: begins a row of the day that event 2 opened, but says 5"},
		"office":              {`UPDATE log SET office = 'x' WHERE first = 5`, "event 5 before it is missing"},
		"office, over there":  {`UPDATE log SET office = 'x' WHERE first = 5`, "x seq 5: is kept under office"},
		"deleted":             {`DELETE FROM log WHERE first = 5`, "event 5 before it is missing"},
		"first deleted":       {`DELETE FROM log WHERE first = 1`, "event 1 before it is missing"},
		"last day deleted":    {`DELETE FROM log WHERE first >= (SELECT max(first) FROM log WHERE opened >= first)`, "has not ended"},
		"all deleted":         {`DELETE FROM log`, "never issued it"},
		"inserted":            {`INSERT INTO log SELECT office, last + 1, last + 1, opened, body FROM log ORDER BY first DESC LIMIT 1`, "does not match the hash chain"},
		"inserted, no events": {`INSERT INTO log SELECT office, last + 1, last, opened, x'' FROM log ORDER BY first DESC LIMIT 1`, "begins a row without events"},
		"inserted, blank":     {`INSERT INTO log SELECT office, last + 1, last + 1, opened, ` + blank + ` FROM log ORDER BY first DESC LIMIT 1`, "cannot be read"},
		"twice":               {`INSERT INTO log SELECT office, -first, last, opened, body FROM log WHERE first = 5`, "seq -5"},
		"swapped":             {swap, "seq 5: does not match the hash chain"},
		"swapped, told once":  {swap, "seq 6: does not match the hash chain"},
		"row state":           {`UPDATE ticket SET state = 'completed' WHERE number = 'A001'`, `has state "completed" in its row`},
		"row number":          {`UPDATE ticket SET number = 'A100' WHERE number = 'A001'`, `has number "A100" in its row, "A001" in the log`},
		"row service":         {`UPDATE ticket SET service = 'C' WHERE number = 'A001'`, `has service "C"`},
		"row channel":         {`UPDATE ticket SET channel = 'web' WHERE number = 'A001'`, `has channel "web"`},
		"row day":             {`UPDATE ticket SET day = '2026-11-30' WHERE number = 'A001'`, `has day "2026-11-30"`},
		"row issue time":      {`UPDATE ticket SET issued_at = issued_at + 60000 WHERE number = 'A001'`, `has issue time`},
		"row version":         {`UPDATE ticket SET version = version + 1 WHERE number = 'A001'`, `has version`},
		"row deleted":         {`DELETE FROM ticket WHERE number = 'A001'`, "has no row"},
		"row inserted":        {`INSERT INTO ticket SELECT office, 2, day, 'A900', service, state, channel, issued_at, version FROM ticket LIMIT 1`, "ticket A900 of 2026-11-23 (id 2) has a row, but the log never issued it"},
		"row moved":           {`UPDATE ticket SET id = 1 WHERE number = 'B001' AND day = '2026-11-23'`, "(id 1) has a row, but the log never issued it"},
		"row too early":       {`INSERT INTO ticket SELECT office, (SELECT max(opened) + 1 FROM log), day, 'A900', service, state, channel, issued_at, version FROM ticket LIMIT 1`, "has a row, but its day has not ended"},
		"row of no office":    {`INSERT INTO ticket SELECT 'y', id, day, number, service, state, channel, issued_at, version FROM ticket LIMIT 1`, "y: ticket A001"},
		"key":                 {`INSERT INTO answered VALUES ('trung-tam', 1, CAST('["a","b"]' || char(10) AS BLOB))`, `trung-tam: request keys: "[\"a\",\"b\"]"`},
	} {
		t.Run(name, func(t *testing.T) { finds(t, tamper(t, base, c.query), c.text) })
	}
	for name, c := range map[string]struct {
		change func(lines []string) string
		text   string
	}{
		"line deleted":       {func(l []string) string { return strings.Join(slices.Delete(l, 1, 2), "") }, "does not match the hash chain"},
		"first line deleted": {func(l []string) string { return strings.Join(l[1:], "") }, "is kept under seq"},
		"last line deleted":  {func(l []string) string { return strings.Join(l[:len(l)-1], "") }, "but says to"},
		"line twice":         {func(l []string) string { return strings.Join(slices.Insert(l, 1, l[0]), "") }, "is kept under seq"},
		"lines swapped":      {func(l []string) string { l[0], l[1] = l[1], l[0]; return strings.Join(l, "") }, "does not match the hash chain"},
		"lines joined":       {func(l []string) string { l[0] = strings.TrimSuffix(l[0], "\n") + " "; return strings.Join(l, "") }, "cannot be read"},
		"line split":         {func(l []string) string { l[0] = strings.Replace(l[0], ",", ",\n", 1); return strings.Join(l, "") }, "cannot be read"},
		"blank line between": {func(l []string) string { l[0] += "\n"; return strings.Join(l, "") }, "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) { finds(t, edit(t, base, c.change), c.text) })
	}
}

func finds(t *testing.T, path, text string) {
	t.Helper()
	findings, _ := verify(t, path)
	if !slices.ContainsFunc(findings, func(f string) bool { return strings.Contains(f, text) }) {
		t.Errorf("nothing with %q in %q", text, findings)
	}
}

// Every byte of a row of the log, and of a ticket's row, counts: hashes, bodies,
// and what is between them.
func TestVerifyFindsAnySingleByte(t *testing.T) {
	base := twoDays(t)
	path := tamper(t, base, "SELECT 1")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	missed, tried := 0, 0
	try := func(table, column, where string, step int) {
		var whole []byte
		if err := db.QueryRow("SELECT CAST(" + column + " AS BLOB) FROM " + table + " WHERE " + where).Scan(&whole); err != nil {
			t.Fatal(err)
		}
		set := "UPDATE " + table + " SET " + column + " = CAST(? AS " + map[bool]string{true: "BLOB", false: "TEXT"}[column == "body"] + ") WHERE " + where
		for i, was := range whole {
			if between := was == '\n' || was == ' '; i%step > 0 && !between {
				continue
			}
			bad := slices.Clone(whole)
			bad[i] ^= 1 << (i % 7)
			if _, err := db.Exec(set, bad); err != nil {
				t.Fatal(err)
			}
			tried++
			if findings, _ := verify(t, path); len(findings) == 0 {
				missed++
				t.Errorf("byte %d of %s.%s where %s: nothing found", i, table, column, where)
			}
		}
		if _, err := db.Exec(set, whole); err != nil {
			t.Fatal(err)
		}
	}
	try("log", "body", "first = 4", 3)
	try("log", "body", "first = 1", 97)
	try("log", "body", turned, 41)
	try("log", "body", "first = (SELECT max(first) FROM log)", 11)
	for _, column := range []string{"day", "number", "service", "state", "channel"} {
		try("ticket", column, "id = (SELECT min(id) FROM ticket)", 1)
	}
	if findings, _ := verify(t, path); len(findings) > 0 {
		t.Errorf("put back, and still: %v", findings)
	}
	t.Logf("%d single bytes changed, %d missed", tried, missed)
}

// The database's own pages.
func TestVerifyFindsBrokenPages(t *testing.T) {
	raw, err := os.ReadFile(twoDays(t))
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	for n := 1; n*page < len(raw); n++ {
		bad := slices.Clone(raw)
		for i := range page {
			bad[n*page+i] ^= 0x5a
		}
		path := filepath.Join(t.TempDir(), "broken.db")
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		sum, err := sqlite.Verify(t.Context(), path, func(queue.Finding) {})
		whole := sqlite.Integrity(t.Context(), path, func(f queue.Finding) {
			if !strings.HasPrefix(f.String(), "integrity check: ") {
				t.Errorf("finding %q", f)
			}
		})
		if err == nil && sum.Findings == 0 {
			t.Errorf("page %d of %d is broken, and nothing was found", n+1, len(raw)/page)
		}
		if err != nil && !strings.Contains(err.Error(), path) || whole != nil && !strings.Contains(whole.Error(), path) {
			t.Errorf("an error that does not name the file: %v, %v", err, whole)
		}
	}
}

func TestVerifyRefusesWhatIsNoStore(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a database\n", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty.db")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	base := twoDays(t)
	for path, want := range map[string]string{
		filepath.Join(dir, "none.db"): "no such file",
		dir:                           "not a file",
		text:                          "not a database",
		empty:                         "not a store of xinmoi",
		tamper(t, base, "PRAGMA user_version = 99"): "newer xinmoi",
		tamper(t, base, "DROP TABLE ticket"):        "not a store of xinmoi",
	} {
		if _, err := sqlite.Verify(t.Context(), path, func(queue.Finding) {}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", filepath.Base(path), err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "none.db")); err == nil {
		t.Error("verifying made a file")
	}
}

func TestVerifyStopsWhenToldTo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sqlite.Verify(ctx, twoDays(t), func(queue.Finding) {}); err == nil {
		t.Error("went on")
	}
}

func TestAHashNotedIsFoundAgain(t *testing.T) {
	base := twoDays(t)
	_, sum := verify(t, base)
	head := sum.Offices[0]
	if office, seq, err := sqlite.FindHash(t.Context(), base, head.Hash); err != nil || office != head.Office || seq != head.Seq {
		t.Errorf("%s, %d, %v", office, seq, err)
	}
	// Nothing else shows that the end was cut off.
	cut := tamper(t, base, `DELETE FROM log WHERE first = (SELECT max(first) FROM log)`)
	if _, _, err := sqlite.FindHash(t.Context(), cut, head.Hash); err == nil || !strings.Contains(err.Error(), "cut") {
		t.Errorf("%v", err)
	}
}

// hammer takes tickets from several sides until stopped.
func hammer(t *testing.T, e *queue.Engine) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				take(t, e, n)
			}
		})
	}
	return sync.OnceFunc(func() {
		cancel()
		all.Wait()
	})
}

// grow waits until the log has so many events.
func grow(t *testing.T, e *queue.Engine, events int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // Only a failure uses it up.
	defer cancel()
	for _, err := range e.Events(ctx, events-1) {
		if err != nil {
			t.Fatalf("the log does not grow to %d events: %v", events, err)
		}
		return
	}
}

func TestVerifyBesideARunningOffice(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	e, stop := serve(t, db, nil)
	defer stop()
	rest := hammer(t, e)
	defer rest()
	var last int64
	for round := range 5 {
		grow(t, e, last+100)
		findings, sum := verify(t, filepath.Join(dir, sqlite.FileName))
		if len(findings) > 0 {
			t.Fatalf("round %d: %v", round, findings)
		}
		if sum.Offices[0].Seq < last+100 {
			t.Fatalf("round %d: it saw %d events, there were %d", round, sum.Offices[0].Seq, last+100)
		}
		last = sum.Offices[0].Seq
	}
	if _, err := e.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Kiosk}); err != nil {
		t.Errorf("the office: %v", err)
	}
}
