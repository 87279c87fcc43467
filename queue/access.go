package queue

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"time"
)

// Role is what a device or person may do; the table of rights is in queue/api.
type Role string

// The roles.
const (
	RoleAdmin   Role = "admin"   // Everything.
	RoleStaff   Role = "staff"   // Counters and tickets, all actions but rating.
	RoleKiosk   Role = "kiosk"   // Read, take, confirm, check in, later, cancel, rate.
	RoleBoard   Role = "board"   // Acknowledge playback.
	RoleChannel Role = "channel" // As a kiosk: a phone or chat part on another machine.
)

// Roles lists every role.
func Roles() []Role { return []Role{RoleAdmin, RoleStaff, RoleKiosk, RoleBoard, RoleChannel} }

// Grant is what a device token stands for.
type Grant struct {
	ID        string // Short public name of the token, for logs and request keys.
	Role      Role
	Agency    string // Agency.ID whose counters and tickets alone it may touch; empty = all.
	CreatedAt time.Time
}

// Tokens finds grants by the hash of a token. Implementations keep only
// hashes; a token itself is shown once, when it is made.
type Tokens interface {
	// Grant returns the grant of a token hash; ok is false if there is none.
	Grant(ctx context.Context, hash [sha256.Size]byte) (g Grant, ok bool, err error)
}

// NewToken makes a device token of 128 bits or more.
func NewToken() string { return rand.Text() }

// HashToken gives what is stored of a token.
func HashToken(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }
