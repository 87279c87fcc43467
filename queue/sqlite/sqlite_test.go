package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
	"github.com/xinmoi/xinmoi/queue/storetest"
)

func open(t testing.TB, dir string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store { return open(t, t.TempDir()) })
}

func TestOddPaths(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dữ liệu 100% ?x=1#a")
	if _, err := sqlite.Open(t.Context(), dir); err == nil {
		t.Error("opened a store in a directory that does not exist")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if _, err := os.Stat(filepath.Join(dir, sqlite.FileName)); err != nil {
		t.Errorf("the store went elsewhere: %v", err)
	}
}

func TestTokensSurviveReopening(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	token, err := db.NewToken(t.Context(), queue.RoleStaff, "")
	if err != nil {
		t.Fatal(err)
	}
	// Beside the running server, another process looks.
	other := open(t, dir)
	g, ok, err := other.Grant(t.Context(), queue.HashToken(token))
	if err != nil || !ok || g.Role != queue.RoleStaff || !strings.HasPrefix(g.ID, "staff-") {
		t.Errorf("grant %+v, %v, %v", g, ok, err)
	}
	if _, ok, err := other.Grant(t.Context(), queue.HashToken(token+"x")); ok || err != nil {
		t.Errorf("a wrong token was accepted: %v", err)
	}
}

func TestSecretIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	a, err := open(t, dir).Secret(t.Context(), "links")
	if err != nil {
		t.Fatal(err)
	}
	b, err := open(t, dir).Secret(t.Context(), "links")
	if err != nil || string(a) != string(b) || len(a) != 32 {
		t.Errorf("secret changed from %x to %x, %v", a, b, err)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	raw, err := sql.Open("sqlite3", filepath.Join(dir, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "newer xinmoi") {
		t.Errorf("opened a newer store: %v", err)
	}
}

func TestIDsAreTakenLiterally(t *testing.T) {
	db := open(t, t.TempDir())
	setup := queue.CommuneCentre()
	e := queue.Event{
		Office: setup.Office, Seq: 1, Kind: queue.TicketIssued,
		Ticket: &queue.Ticket{ID: "1", Office: setup.Office, Number: queue.Number{Prefix: "A", N: 1}, Version: 1},
	}
	if err := db.Append(t.Context(), queue.Batch{Office: setup.Office, Events: []queue.Event{e}}); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Ticket(t.Context(), setup.Office, "1"); err != nil || got.ID != "1" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, id := range []string{"01", "1x", " 1", "1.0", "+1", "1e0", "0x1", "99999999999999999999", "1'--"} {
		if got, err := db.Ticket(t.Context(), setup.Office, id); queue.ErrorCode(err) != queue.CodeUnknownTicket {
			t.Errorf("%q finds %s, %v", id, got.ID, err)
		}
	}
}

func TestOfficesShareAFileAndNothingElse(t *testing.T) {
	db := open(t, t.TempDir())
	for _, office := range []string{"a", "b"} {
		for seq := int64(1); seq <= 3; seq++ {
			e := queue.Event{Office: office, Seq: seq, Kind: queue.CounterOpened, Counter: office}
			if err := db.Append(t.Context(), queue.Batch{Office: office, After: seq - 1, Events: []queue.Event{e}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	events, err := db.Read(t.Context(), "b", 0, -1)
	if err != nil || len(events) != 3 || events[0].Counter != "b" {
		t.Errorf("%+v, %v", events, err)
	}
}
