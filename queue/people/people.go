package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/beside"
)

// FileName is the file of the accounts in a data directory.
const FileName = "people.db"

func schema() beside.Schema {
	return beside.Schema{Name: "people", Create: `
CREATE TABLE account (
	id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, display TEXT NOT NULL,
	hash TEXT NOT NULL, must_change INTEGER NOT NULL, disabled INTEGER NOT NULL,
	secret BLOB NOT NULL, secret_next BLOB NOT NULL, step INTEGER NOT NULL,
	identity TEXT NOT NULL, subject TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX account_identity ON account (identity) WHERE identity <> '';
CREATE TABLE post (
	account INTEGER NOT NULL REFERENCES account, office TEXT NOT NULL, role TEXT NOT NULL, counters TEXT NOT NULL,
	PRIMARY KEY (account, office)
) STRICT;
CREATE TABLE recovery (hash BLOB NOT NULL, account INTEGER NOT NULL REFERENCES account, PRIMARY KEY (account, hash)) STRICT;
CREATE TABLE session (
	hash BLOB PRIMARY KEY, account INTEGER NOT NULL REFERENCES account, stage TEXT NOT NULL,
	began INTEGER NOT NULL, seen INTEGER NOT NULL, until INTEGER NOT NULL,
	address TEXT NOT NULL, agent TEXT NOT NULL, tries INTEGER NOT NULL
) STRICT;
CREATE INDEX session_account ON session (account);
CREATE TABLE browser (hash BLOB PRIMARY KEY, account INTEGER NOT NULL REFERENCES account, since INTEGER NOT NULL) STRICT;
CREATE TABLE device (id TEXT PRIMARY KEY, name TEXT NOT NULL, seen INTEGER NOT NULL) STRICT;
CREATE TABLE deed (
	id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL, address TEXT NOT NULL,
	what TEXT NOT NULL, object TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
CREATE INDEX deed_at ON deed (at);
CREATE TRIGGER deed_stays BEFORE UPDATE ON deed BEGIN SELECT RAISE(ABORT, 'what was done is not changed'); END;
` + deedKept + `;
`}
}

// Config is what People needs; Path is required.
type Config struct {
	Path   string           // Of the file.
	Cost   Cost             // Of a password's hash; zero = DefaultCost.
	Now    func() time.Time // Nil = time.Now.
	Logger *slog.Logger     // Nil = silent. It hears no names and no passwords.
	// Keep is how many months it can be read who did what, and from which
	// address; 0 = for ever.
	Keep int
}

// People knows the accounts of an installation. Safe for use by many
// goroutines, and beside another process with the same file.
type People struct {
	cfg    Config
	file   *beside.File
	hasher *hasher
	holds  *holds
	fails  *rate.Limiter // Failures that are written down.

	mu        sync.Mutex
	followers map[*follower]struct{}
	seen      map[string]time.Time // Devices that were heard of, not yet written down.
}

// Open opens or creates the file. Run keeps it tidy.
func Open(ctx context.Context, c Config) (*People, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Cost == (Cost{}) {
		c.Cost = DefaultCost()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	file, err := beside.Open(ctx, c.Path, schema())
	if err != nil {
		return nil, err
	}
	return &People{
		cfg: c, file: file, hasher: newHasher(c.Cost), holds: newHolds(), fails: rate.NewLimiter(rate.Every(failEvery), failBurst),
		followers: map[*follower]struct{}{}, seen: map[string]time.Time{},
	}, nil
}

// Failures to sign in that are written down: a few hundred at once, some
// thousands a day.
const (
	failEvery = 20 * time.Second
	failBurst = 300
)

// Close closes the file.
func (p *People) Close() error { return p.file.Close() }

// tidyEvery is how often Run looks.
const tidyEvery = 15 * time.Second

// Run forgets sessions that are over, ends live pages with them, and writes down
// which devices were heard of, until ctx ends.
func (p *People) Run(ctx context.Context) error {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return p.keepSeen(context.WithoutCancel(ctx))
		case <-tick.C:
		}
		if err := errors.Join(p.keepSeen(ctx), p.forget(ctx), p.forgetDeeds(ctx)); err != nil && ctx.Err() == nil {
			p.cfg.Logger.Warn("people: not written down", "err", err)
		}
		p.look(ctx)
	}
}

// forget removes sessions that are over.
func (p *People) forget(ctx context.Context) error {
	now := p.cfg.Now()
	var n int
	if err := p.file.QueryRowContext(ctx, "SELECT count(*) FROM session WHERE until <= ? OR seen <= ?", beside.Millis(now), beside.Millis(now.Add(-idleMost))).Scan(&n); err != nil || n == 0 {
		return err
	}
	return p.file.Update(ctx, func(t *beside.Tx) error {
		return t.Do("DELETE FROM session WHERE until <= ? OR seen <= ?", beside.Millis(now), beside.Millis(now.Add(-idleMost)))
	})
}

// stored is an account with what only the store needs.
type stored struct {
	Account
	hash   string
	secret []byte // Of one-use codes; empty = none.
	next   []byte // A secret that is being set up.
	step   int64  // Of the latest code that was used.
}

const accountColumns = "id, name, display, hash, must_change, disabled, secret, secret_next, step, identity, subject, created, seen"

// rower is a file or a transaction on it.
type rower interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// account reads one account; where is "id = ?" or the like.
func (p *People) account(ctx context.Context, where string, args ...any) (stored, bool, error) {
	return readAccount(ctx, p.file, where, args...)
}

func readAccount(ctx context.Context, q rower, where string, args ...any) (stored, bool, error) {
	a, err := scanAccount(q.QueryRowContext(ctx, "SELECT "+accountColumns+" FROM account WHERE "+where, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return stored{}, false, nil
	}
	if err != nil {
		return stored{}, false, fmt.Errorf("people: %w", err)
	}
	a.Posts, err = readPosts(ctx, q, a.ID)
	return a, err == nil, err
}

func scanAccount(row beside.Scanner) (a stored, err error) {
	var created, seen int64
	err = row.Scan(&a.ID, &a.Name, &a.Display, &a.hash, &a.MustChange, &a.Disabled, &a.secret, &a.next, &a.step, &a.Identity, &a.Subject, &created, &seen)
	a.CreatedAt, a.SeenAt, a.Codes = beside.Moment(created), beside.Moment(seen), len(a.secret) > 0
	return a, err
}

func readPosts(ctx context.Context, q rower, account int64) (posts []Post, err error) {
	rows, err := q.QueryContext(ctx, "SELECT office, role, counters FROM post WHERE account = ? ORDER BY office", account)
	if err != nil {
		return nil, fmt.Errorf("people: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var one Post
		var counters string
		if err := rows.Scan(&one.Office, &one.Role, &counters); err != nil {
			return nil, fmt.Errorf("people: %w", err)
		}
		if counters != "" {
			one.Counters = strings.Split(counters, ",")
		}
		posts = append(posts, one)
	}
	return posts, rows.Err()
}

// nameOf is an account's name, for what is noted about it.
func (p *People) nameOf(t *beside.Tx, account int64) (name string) {
	_ = t.QueryRowContext(t.Context, "SELECT name FROM account WHERE id = ?", account).Scan(&name) // Empty, if there is none.
	return name
}

// Accounts lists all accounts by name.
func (p *People) Accounts(ctx context.Context) ([]Account, error) {
	ids, err := beside.All(ctx, p.file, func(s beside.Scanner) (id int64, err error) { return id, s.Scan(&id) }, "SELECT id FROM account ORDER BY name LIMIT 2000")
	if err != nil {
		return nil, err
	}
	var out []Account
	for _, id := range ids {
		a, ok, err := p.account(ctx, "id = ?", id)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, a.Account)
		}
	}
	return out, nil
}

// Account finds an account by its name.
func (p *People) Account(ctx context.Context, name string) (Account, error) {
	a, ok, err := p.account(ctx, "name = ?", FoldName(name))
	if err == nil && !ok {
		err = unknown(name)
	}
	return a.Account, err
}

func unknown(name string) error {
	return &FieldError{"name", fmt.Sprintf("Không có tài khoản %.40q: xem danh sách tài khoản", name), fmt.Sprintf("There is no account %.40q: see the list of accounts", name)}
}

// Empty reports whether there is no account yet.
func (p *People) Empty(ctx context.Context) (bool, error) {
	var n int
	err := p.file.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM account)").Scan(&n)
	return n == 0, err
}

// admins counts the accounts that can still administer.
func admins(t *beside.Tx, office string) (n int, err error) {
	err = t.QueryRowContext(t.Context, "SELECT count(*) FROM account JOIN post ON post.account = account.id WHERE disabled = 0 AND role = ? AND office = ?",
		string(queue.RoleAdmin), office).Scan(&n)
	return n, err
}
