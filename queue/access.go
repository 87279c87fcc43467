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

// The roles of people who sign in; RoleAdmin is one of them, too.
const (
	RoleAgent      Role = "agent"      // Works at counters.
	RoleSupervisor Role = "supervisor" // Sees to the hall: counters, numbers, messages, alarms.
	RoleLeader     Role = "leader"     // Looks on: live overview, reports.
	RoleAuditor    Role = "auditor"    // Looks on, and reads who did what.
)

// StaffRoles lists the roles of people, the least powerful first.
func StaffRoles() []Role {
	return []Role{RoleAgent, RoleSupervisor, RoleLeader, RoleAuditor, RoleAdmin}
}

// Grant is what a device token stands for, or a person who has signed in.
type Grant struct {
	ID        string // Short public name, for logs and request keys: the token's, "staff:lan" of a person.
	Role      Role
	Agency    string // Agency.ID whose counters and tickets alone it may touch; empty = all.
	CreatedAt time.Time

	Person   string   // What somebody who has signed in is called; empty = a device.
	Office   string   // The one office that the role is for; empty = all.
	Counters []string // The only counters that a person may work at; empty = all.
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
