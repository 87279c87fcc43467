package people

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const office = "trung-tam"

// cheap is a cost for tests.
func cheap() Cost { return Cost{MemoryKiB: 8, Passes: 1, Lanes: 1} }

// clock is a time that tests turn.
type clock struct{ at time.Time }

func (c *clock) now() time.Time         { return c.at }
func (c *clock) pass(d time.Duration)   { c.at = c.at.Add(d) }
func at(address string) From            { return From{Address: address, Agent: "Firefox"} }
func here() From                        { return at("192.0.2.1") }
func by() Who                           { return Who{ID: "staff:chief", From: here()} }
func agentAt(counters ...string) []Post { return []Post{{office, queue.RoleAgent, counters}} }
func postOf(role queue.Role) []Post     { return []Post{{Office: office, Role: role}} }
func try(name, password string) Attempt { return Attempt{Name: name, Password: password, From: here()} }
func isField(err error, name string) bool {
	var f *FieldError
	return errors.As(err, &f) && f.Field == name
}

const ownPassword = "bốn con chim nhỏ"

// world is accounts with a clock of their own: "chief" administers, "lan" is an
// agent at counters 1 and 2; both have chosen ownPassword.
func world(t *testing.T) (*People, *clock) {
	t.Helper()
	c := &clock{time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)}
	p, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), FileName), Cost: cheap(), Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := p.First(t.Context(), office, Who{ID: "admin-first"}, NewAccount{Name: "Chief", Password: ownPassword}); err != nil {
		t.Fatal(err)
	}
	_, first, err := p.Add(t.Context(), by(), NewAccount{Name: "lan", Display: "Nguyễn Thị Lan", Posts: agentAt("1", "2")})
	if err != nil {
		t.Fatal(err)
	}
	e := enter(t, p, try("lan", first))
	if e, err = p.ChangePassword(t.Context(), e.Key, "", ownPassword, "", here()); err != nil || e.Stage != Ready {
		t.Fatal(e.Stage, err)
	}
	return p, c
}

// enter signs in or fails the test.
func enter(t *testing.T, p *People, a Attempt) Entry {
	t.Helper()
	e, err := p.SignIn(t.Context(), a)
	if err != nil {
		t.Fatalf("%s: %v", a.Name, err)
	}
	return e
}

// stage is how far the session of a key has come; empty if there is none.
func stage(t *testing.T, p *People, key string) Stage {
	t.Helper()
	s, err := p.Session(t.Context(), key, true)
	if err != nil && !errors.Is(err, ErrNoSession) {
		t.Fatal(err)
	}
	return s.Stage
}

// deeds are the latest things that were done, "what object" each.
func deeds(t *testing.T, p *People) (out []string) {
	t.Helper()
	all, err := p.Deeds(context.Background(), time.Time{}.AddDate(1980, 0, 0), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		out = append(out, fmt.Sprintf("%s %s by %s", d.What, d.Object, d.Who.ID))
	}
	return out
}
