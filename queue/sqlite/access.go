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

// Grant implements queue.Tokens.
func (db *DB) Grant(ctx context.Context, hash [sha256.Size]byte) (queue.Grant, bool, error) {
	var g queue.Grant
	var at int64
	err := db.read.QueryRowContext(ctx, "SELECT id, role, created_at FROM token WHERE hash = ?", hash[:]).Scan(&g.ID, &g.Role, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return queue.Grant{}, false, nil
	}
	g.CreatedAt = time.UnixMilli(at).UTC()
	return g, err == nil, err
}

// NewToken makes a device token for a role. The token is returned once; only
// its hash is kept.
func (db *DB) NewToken(ctx context.Context, role queue.Role) (string, error) {
	token := queue.NewToken()
	hash := queue.HashToken(token)
	id := fmt.Sprintf("%s-%s", role, strings.ToLower(rand.Text()[:8]))
	_, err := db.write.ExecContext(ctx, "INSERT INTO token (hash, id, role, created_at) VALUES (?, ?, ?, ?)",
		hash[:], id, string(role), time.Now().UnixMilli())
	return token, err
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
// ready links can be shown again without being kept anywhere.
func (db *DB) FirstToken(ctx context.Context, role queue.Role) (string, error) {
	secret, err := db.Secret(ctx, "first-token")
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(role))
	token := base32.StdEncoding.EncodeToString(mac.Sum(nil)[:20])
	hash := queue.HashToken(token)
	_, err = db.write.ExecContext(ctx, "INSERT OR IGNORE INTO token (hash, id, role, created_at) VALUES (?, ?, ?, ?)",
		hash[:], string(role)+"-first", string(role), time.Now().UnixMilli())
	return token, err
}
