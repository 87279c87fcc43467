package people

import (
	"context"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// What names what somebody did, besides what stands in the office's log.
type What string

// What people do.
const (
	DidSignIn     What = "signed-in"
	DidSignOut    What = "signed-out"
	DidFail       What = "sign-in-failed"
	DidAdd        What = "account-added"
	DidEdit       What = "account-changed"
	DidReset      What = "password-reset"
	DidPassword   What = "password-changed"
	DidDisable    What = "account-disabled"
	DidEnable     What = "account-enabled"
	DidCodesOn    What = "codes-on"
	DidCodesOff   What = "codes-off"
	DidRecovery   What = "recovery-code-used"
	DidEndSession What = "session-ended"
	DidToken      What = "token-made"
	DidRevoke     What = "token-revoked"
	DidRename     What = "device-named"
	DidPage       What = "page" // Sent a form of a page; Object is its address.
	DidExport     What = "audit-exported"
	DidForget     What = "audit-shortened" // By itself: what was older than it is kept; Detail says up to when.
)

// Whats lists them all.
func Whats() []What {
	return []What{
		DidSignIn, DidSignOut, DidFail, DidAdd, DidEdit, DidReset, DidPassword, DidDisable, DidEnable, DidCodesOn, DidCodesOff,
		DidRecovery, DidEndSession, DidToken, DidRevoke, DidRename, DidPage, DidExport, DidForget,
	}
}

// Who does something, and from where.
type Who struct {
	ID   string // As in the log: "staff:lan", a token's id, "command" at the server itself.
	From From
}

// Command is somebody who runs a command on the server.
func Command() Who { return Who{ID: "command"} }

// who is an account as one who does something.
func (a Account) who(from From) Who { return Who{ID: ActorID(a.Name), From: from} }

// Deed is one line of what was done.
type Deed struct {
	ID     int64
	At     time.Time
	Who    Who
	What   What
	Object string // An account's name, a device's id, a page's address.
	Detail string // "role agent → supervisor"; never a password or a citizen's data.
}

const detailMost = 300 // Bytes of object and detail each.

// note writes down what is done, in the transaction that does it.
func (p *People) note(t *beside.Tx, d Deed) error {
	d.Who.From = d.Who.From.tidy()
	return t.Do("INSERT INTO deed (at, who, address, what, object, detail) VALUES (?, ?, ?, ?, ?, ?)",
		beside.Millis(p.cfg.Now()), clip(d.Who.ID, 128), d.Who.From.Address, string(d.What),
		strings.ToValidUTF8(clip(d.Object, detailMost), ""), strings.ToValidUTF8(clip(d.Detail, detailMost), ""))
}

// Note writes down something done elsewhere.
func (p *People) Note(ctx context.Context, d Deed) error {
	return p.file.Update(ctx, func(t *beside.Tx) error { return p.note(t, d) })
}

// Deeds reads what was done from a time until another, the latest first, at
// most limit lines of ids below before (0 = all).
func (p *People) Deeds(ctx context.Context, from, until time.Time, before int64, limit int) ([]Deed, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	return beside.All(ctx, p.file, func(s beside.Scanner) (d Deed, err error) {
		var at int64
		err = s.Scan(&d.ID, &at, &d.Who.ID, &d.Who.From.Address, &d.What, &d.Object, &d.Detail)
		d.At = beside.Moment(at)
		return d, err
	}, "SELECT id, at, who, address, what, object, detail FROM deed WHERE at >= ? AND at < ? AND id < ? ORDER BY id DESC LIMIT ?",
		beside.Millis(from), beside.Millis(until), before, limit)
}

// The guard of what was done: it stands in the file, so that no other program
// removes a line by mistake.
const (
	deedKept = `CREATE TRIGGER deed_kept BEFORE DELETE ON deed BEGIN SELECT RAISE(ABORT, 'what was done is not removed'); END`
	deedFree = `DROP TRIGGER deed_kept`
)

// forgetDeeds removes what is older than it is kept, whole days of it, and writes
// down that it did.
func (p *People) forgetDeeds(ctx context.Context) error {
	if p.cfg.Keep <= 0 {
		return nil
	}
	until := p.cfg.Now().AddDate(0, -p.cfg.Keep, 0).Truncate(24 * time.Hour)
	var old bool
	if err := p.file.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM deed WHERE at < ?)", beside.Millis(until)).Scan(&old); err != nil || !old {
		return err
	}
	return p.file.Update(ctx, func(t *beside.Tx) error {
		for _, step := range []func() error{
			func() error { return t.Do(deedFree) },
			func() error { return t.Do("DELETE FROM deed WHERE at < ?", beside.Millis(until)) },
			func() error { return t.Do(deedKept) },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return p.note(t, Deed{Who: Who{ID: "system"}, What: DidForget, Detail: "until " + until.Format(time.DateOnly)})
	})
}
