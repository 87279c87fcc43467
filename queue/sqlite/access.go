package sqlite

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Grant implements queue.Tokens. A revoked token is as good as none.
func (db *DB) Grant(ctx context.Context, hash [sha256.Size]byte) (queue.Grant, bool, error) {
	g, err := scanGrant(db.read.QueryRowContext(ctx, "SELECT id, role, agency, created_at FROM token WHERE hash = ? AND revoked_at IS NULL", hash[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return queue.Grant{}, false, nil
	}
	return g, err == nil, err
}

// Grants lists the tokens that are not revoked, by id.
func (db *DB) Grants(ctx context.Context) ([]queue.Grant, error) {
	rows, err := db.read.QueryContext(ctx, "SELECT id, role, agency, created_at FROM token WHERE revoked_at IS NULL ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var grants []queue.Grant
	for rows.Next() {
		g, err := scanGrant(rows)
		if err != nil {
			return nil, err
		}
		grants = append(grants, g)
	}
	return grants, rows.Err()
}

func scanGrant(row interface{ Scan(...any) error }) (g queue.Grant, err error) {
	var at int64
	err = row.Scan(&g.ID, &g.Role, &g.Agency, &at)
	g.CreatedAt = time.UnixMilli(at).UTC()
	return g, err
}

// NewToken makes a device token for a role, and for one agency's staff if
// agency is not empty. The token is returned once; only its hash is kept.
func (db *DB) NewToken(ctx context.Context, role queue.Role, agency string) (string, error) {
	token := queue.NewToken()
	hash := queue.HashToken(token)
	id := fmt.Sprintf("%s-%s", role, strings.ToLower(rand.Text()[:8]))
	_, err := db.write.ExecContext(ctx, "INSERT INTO token (hash, id, role, agency, created_at) VALUES (?, ?, ?, ?, ?)",
		hash[:], id, string(role), agency, time.Now().UnixMilli())
	return token, err
}

// RevokeToken makes the token with an id (Grant.ID) good for nothing from now
// on; repeating it changes nothing.
func (db *DB) RevokeToken(ctx context.Context, id string) error {
	done, err := db.write.ExecContext(ctx, "UPDATE token SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?", time.Now().UnixMilli(), id)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return fmt.Errorf("no token has the id %q: it is the name under which the token stands in the log", id)
}

// Secret gives the named secret of this installation, made at first use; 32 bytes.
func (db *DB) Secret(ctx context.Context, name string) ([]byte, error) {
	fresh := make([]byte, sha256.Size)
	if _, err := rand.Read(fresh); err != nil {
		return nil, err
	}
	if _, err := db.write.ExecContext(ctx, "INSERT OR IGNORE INTO secret (name, value) VALUES (?, ?)", name, fresh); err != nil {
		return nil, err
	}
	var value []byte
	err := db.write.QueryRowContext(ctx, "SELECT value FROM secret WHERE name = ?", name).Scan(&value)
	return value, err
}

// FirstToken gives the token that this installation made for a role at its
// first start, the same at every start: it is derived from a secret, so that
// ready links can be shown again without being kept anywhere. Once it is
// revoked, there is another from then on.
func (db *DB) FirstToken(ctx context.Context, role queue.Role) (string, error) {
	secret, err := db.Secret(ctx, "first-token")
	if err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		token, id := firstToken(secret, role, n)
		hash := queue.HashToken(token)
		if _, err := db.write.ExecContext(ctx, "INSERT OR IGNORE INTO token (hash, id, role, created_at) VALUES (?, ?, ?, ?)",
			hash[:], id, string(role), time.Now().UnixMilli()); err != nil {
			return "", err
		}
		var revoked bool
		err := db.write.QueryRowContext(ctx, "SELECT revoked_at IS NOT NULL FROM token WHERE hash = ?", hash[:]).Scan(&revoked)
		if err != nil || !revoked {
			return token, err
		}
	}
}

// firstToken derives the n-th first token of a role, and its id.
func firstToken(secret []byte, role queue.Role, n int) (token, id string) {
	name, id := string(role), string(role)+"-first"
	if n > 1 {
		name, id = fmt.Sprintf("%s/%d", role, n), fmt.Sprintf("%s-%d", id, n)
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(name))
	return base32.StdEncoding.EncodeToString(mac.Sum(nil)[:20]), id
}
