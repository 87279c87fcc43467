package sqlite_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// Whatever column a row of the log or a ticket's has, also one that is added
// later, somebody who changes it is found out.
func TestVerifyComparesEveryColumn(t *testing.T) {
	base := twoDays(t)
	for table, rows := range map[string]string{
		"log":    "SELECT first FROM log WHERE first IN (1, 2, 4) OR first = (SELECT max(first) FROM log) OR opened BETWEEN first + 1 AND last ORDER BY first",
		"ticket": "SELECT id FROM ticket WHERE id IN ((SELECT min(id) FROM ticket), (SELECT max(id) FROM ticket), (SELECT max(id) FROM ticket WHERE id < (SELECT max(id) FROM ticket))) ORDER BY id",
	} {
		path := tamper(t, base, "SELECT 1")
		db, err := sql.Open("sqlite3", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		db.SetMaxOpenConns(1) // Temporary tables are a connection's own.
		columns := column(t, path, "SELECT name FROM pragma_table_info('"+table+"')")
		if len(columns) < 5 {
			t.Fatalf("%s has columns %q", table, columns)
		}
		if _, err := db.Exec("CREATE TEMP TABLE whole AS SELECT * FROM " + table); err != nil {
			t.Fatal(err)
		}
		where := map[string]string{"log": "first", "ticket": "id"}[table]
		for _, row := range column(t, path, rows) {
			for _, c := range columns {
				change(t, db, path, table, c, where+" = "+row)
			}
		}
	}
}

// change changes one value, as an editor would, verifies, and puts it back.
func change(t *testing.T, db *sql.DB, path, table, column, where string) {
	t.Helper()
	var kind string
	if err := db.QueryRow("SELECT typeof(" + column + ") FROM " + table + " WHERE " + where).Scan(&kind); err != nil {
		t.Fatal(err)
	}
	other := map[string]string{"integer": column + " + 100000", "text": column + " || 'x'", "blob": "CAST(CAST(" + column + " AS TEXT) || ' ' AS BLOB)", "null": "1"}[kind]
	if _, err := db.Exec(fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s", table, column, other, where)); err != nil {
		t.Fatal(err)
	}
	findings := 0
	if _, err := sqlite.Verify(t.Context(), path, func(queue.Finding) { findings++ }); err != nil {
		t.Fatal(err)
	}
	if findings == 0 {
		t.Errorf("%s.%s where %s was changed, and nothing was found", table, column, where)
	}
	if _, err := db.Exec(fmt.Sprintf("DELETE FROM %s; INSERT INTO %s SELECT * FROM whole", table, table)); err != nil {
		t.Fatal(err)
	}
	if found, _ := verify(t, path); len(found) > 0 {
		t.Fatalf("put back, and still: %v", found)
	}
}
