package sqlite

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
)

// earlierThanLog are the schemas whose log has a row for each event.
func earlierThanLog() (schemas []int) {
	for schema := 1; schema < logSchema; schema++ {
		schemas = append(schemas, schema)
	}
	return schemas
}

// Copies from before an upgrade must be good for going back.
func TestEarlierStoresAreVerified(t *testing.T) {
	for _, schema := range earlierThanLog() {
		for name, c := range map[string]struct{ query, text string }{
			"nothing":     {"SELECT 1", ""},
			"body":        {`UPDATE event SET body = CAST(replace(CAST(body AS TEXT), '{', '{ ') AS BLOB) WHERE seq = 6`, "seq 6: does not match the hash chain"},
			"hash":        {`UPDATE event SET hash = '' WHERE seq = 6`, "seq 6: does not match the hash chain"},
			"time":        {`UPDATE event SET at = 0 WHERE seq = 6`, "seq 6: is kept under time"},
			"kind":        {`UPDATE event SET kind = '' WHERE seq = 6`, "seq 6: is kept under kind"},
			"deleted":     {`DELETE FROM event WHERE seq = 6`, "event 6 before it is missing"},
			"row":         {`UPDATE ticket SET state = 'x' WHERE id = (SELECT min(id) FROM ticket)`, `has state "x" in its row`},
			"row of now":  {`DELETE FROM ticket WHERE id = (SELECT max(id) FROM ticket)`, "has no row"},
			"row made up": {`INSERT INTO ticket SELECT office, 99999, day, number, service, state, channel, issued_at, version FROM ticket LIMIT 1`, "the log never issued it"},
		} {
			t.Run(fmt.Sprint(schema, " ", name), func(t *testing.T) {
				dir := earlier(t, schema)
				if _, err := tryRaw(t, dir, c.query); err != nil {
					t.Fatal(err)
				}
				var findings []string
				sum, err := Verify(t.Context(), filepath.Join(dir, FileName), func(f queue.Finding) { findings = append(findings, f.String()) })
				if err != nil || sum.Schema != schema {
					t.Fatalf("%+v, %v", sum, err)
				}
				if c.text == "" && len(findings) > 0 || c.text != "" && !slices.ContainsFunc(findings, func(f string) bool { return strings.Contains(f, c.text) }) {
					t.Errorf("found %q, want %q", findings, c.text)
				}
				if c.text == "" {
					office, seq, err := FindHash(t.Context(), filepath.Join(dir, FileName), sum.Offices[0].Hash)
					if err != nil || office != sum.Offices[0].Office || seq != sum.Offices[0].Seq {
						t.Errorf("its hash is at %s %d, %v", office, seq, err)
					}
				}
			})
		}
	}
}

// An upgrade that disappoints is taken back by restoring the copy that it kept.
func TestEarlierStoreIsRestored(t *testing.T) {
	dir := earlier(t, logSchema-1)
	path, before := filepath.Join(dir, FileName), filepath.Join(t.TempDir(), "before.db")
	if _, err := Backup(t.Context(), path, before); err != nil {
		t.Fatal(err)
	}
	want := told(t, before, before)
	upgrade(t, dir)
	if _, err := Restore(t.Context(), before, path, filepath.Join(dir, "aside.db")); err != nil {
		t.Fatal(err)
	}
	if got := told(t, path, before); !slices.Equal(got, want) || rawRows(t, path, "PRAGMA user_version")[0] != fmt.Sprintf("%q ", fmt.Sprint(logSchema-1)) {
		t.Errorf("%d lines restored of %d, or others", len(got), len(want))
	}
	upgrade(t, dir)
	if got := told(t, path, before); !slices.Equal(got, want) {
		t.Errorf("upgraded again: %d lines of %d, or others", len(got), len(want))
	}
}

// Who reads beside a server goes on when that was upgraded.
func TestLogIsReadAcrossAnUpgrade(t *testing.T) {
	dir := earlier(t, logSchema-1)
	log, err := OpenLog(filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	office := queue.CommuneCentre().Office
	for after := int64(0); after < 100; after += 33 {
		if after == 66 {
			upgrade(t, dir)
		}
		events, err := log.Read(t.Context(), office, after, 33)
		if err != nil || len(events) != 33 || events[0].Seq != after+1 || events[32].Seq != after+33 {
			t.Fatalf("after %d: %d events, %v", after, len(events), err)
		}
	}
}

// What was damaged before an upgrade is so after it: no event gets another seq,
// and none is lost.
func TestUpgradeOfADamagedLog(t *testing.T) {
	for name, query := range map[string]string{
		"gaps":         "DELETE FROM event WHERE seq IN (5, 7, 8, 100)",
		"no beginning": "DELETE FROM event WHERE seq < 10",
		"two offices":  "UPDATE event SET office = 'x' WHERE seq BETWEEN 50 AND 60",
		"no log":       "DELETE FROM event",
	} {
		t.Run(name, func(t *testing.T) {
			dir := earlier(t, logSchema-1)
			path := filepath.Join(dir, FileName)
			if _, err := tryRaw(t, dir, query); err != nil {
				t.Fatal(err)
			}
			offices := []string{queue.CommuneCentre().Office, "x"}
			want := hashesBySeq(t, path, offices)
			db, err := Open(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			closing(t, db)
			if got := hashesBySeq(t, path, offices); !slices.Equal(got, want) {
				t.Errorf("%d events, %d before, or others", len(got), len(want))
			}
			findings := 0
			if _, err := Verify(t.Context(), path, func(queue.Finding) { findings++ }); err != nil || findings == 0 {
				t.Errorf("%d findings, %v", findings, err)
			}
		})
	}
}

// hashesBySeq gives every event of a log, by the seq that the store has it at.
func hashesBySeq(t *testing.T, path string, offices []string) (lines []string) {
	t.Helper()
	log, err := OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for _, office := range offices {
		for after := int64(0); after < 300; after++ {
			events, err := log.Read(t.Context(), office, after, 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				lines = append(lines, fmt.Sprintf("%s after %d: %d %s", office, after, e.Seq, e.Hash))
			}
		}
	}
	return lines
}
