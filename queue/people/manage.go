package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/beside"
)

// NewAccount is what is asked for when an account is made.
type NewAccount struct {
	Name, Display string
	Password      string // Of First alone; others get one that is good once.
	Posts         []Post
	Identity      string
}

// ErrNotFirst says that there is an account already, so that the first one is
// not to be made.
var ErrNotFirst = errors.New("đã có tài khoản: đăng nhập bằng tài khoản quản trị (there is an account already: sign in as an administrator)")

// First makes the first account, an administrator of an office whose password is
// chosen there and then. ErrNotFirst if somebody was quicker; *FieldError names
// what is wrong with what was typed.
func (p *People) First(ctx context.Context, office string, by Who, n NewAccount) (Account, error) {
	n.Posts = []Post{{Office: office, Role: queue.RoleAdmin}}
	n.Name, n.Password = FoldName(n.Name), foldPassword(n.Password)
	if err := errors.Join(n.check(), checkPassword(n.Name, n.Password)); err != nil {
		return Account{}, err
	}
	if empty, err := p.Empty(ctx); err != nil || !empty {
		return Account{}, errors.Join(ErrNotFirst, err)
	}
	hash, err := p.hasher.hash(ctx, n.Password)
	if err != nil {
		return Account{}, err
	}
	return p.insert(ctx, by, n, hash, false, true)
}

// Add makes an account, and gives the password that is good for the first
// sign-in; it is shown once.
func (p *People) Add(ctx context.Context, by Who, n NewAccount) (Account, string, error) {
	n.Name = FoldName(n.Name)
	if err := n.check(); err != nil {
		return Account{}, "", err
	}
	password := firstPassword()
	hash, err := p.hasher.hash(ctx, password)
	if err != nil {
		return Account{}, "", err
	}
	a, err := p.insert(ctx, by, n, hash, true, false)
	return a, password, err
}

func (n NewAccount) check() error {
	return errors.Join(checkName(n.Name), checkDisplay(n.Display), checkPosts(n.Posts), checkIdentity(n.Identity))
}

func checkIdentity(identity string) error {
	if len(identity) > 200 || strings.ContainsAny(identity, "\x00\n\r") {
		return &FieldError{"identity", "Định danh quá dài", "The identity is too long"}
	}
	return nil
}

// freeIdentity refuses an identity that is another account's.
func freeIdentity(t *beside.Tx, account int64, identity string) error {
	if identity == "" {
		return nil
	}
	other, taken, err := readAccount(t.Context, t, "identity = ?", identity)
	if err == nil && taken && other.ID != account {
		err = &FieldError{"identity", "Định danh này là của tài khoản " + other.Name, "This identity belongs to the account " + other.Name}
	}
	return err
}

func (p *People) insert(ctx context.Context, by Who, n NewAccount, hash string, mustChange, first bool) (Account, error) {
	var made stored
	err := p.update(ctx, func(t *beside.Tx) error {
		if _, taken, err := readAccount(ctx, t, "name = ?", n.Name); err != nil || taken {
			return errors.Join(err, &FieldError{"name", "Tên đăng nhập này đã có: chọn tên khác", "This sign-in name is taken: choose another"})
		}
		if err := freeIdentity(t, 0, n.Identity); err != nil {
			return err
		}
		if first {
			var any int
			if err := t.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM account)").Scan(&any); err != nil || any != 0 {
				return errors.Join(ErrNotFirst, err)
			}
		}
		if err := t.Do("INSERT INTO account (name, display, hash, must_change, disabled, secret, secret_next, step, identity, subject, created, seen) VALUES (?, ?, ?, ?, 0, x'', x'', 0, ?, '', ?, 0)",
			n.Name, n.Display, hash, mustChange, n.Identity, beside.Millis(p.cfg.Now())); err != nil {
			return err
		}
		var err error
		if made, _, err = readAccount(ctx, t, "name = ?", n.Name); err != nil {
			return err
		}
		if err := putPosts(t, made.ID, n.Posts); err != nil {
			return err
		}
		made.Posts = n.Posts
		if first { // Who it is says the account itself: the token that made it is anybody's.
			by.ID = ActorID(n.Name)
		}
		return p.note(t, Deed{Who: by, What: DidAdd, Object: n.Name, Detail: postWords(n.Posts)})
	})
	return made.Account, err
}

func putPosts(t *beside.Tx, account int64, posts []Post) error {
	if err := t.Do("DELETE FROM post WHERE account = ?", account); err != nil {
		return err
	}
	for _, one := range posts {
		if err := t.Do("INSERT INTO post (account, office, role, counters) VALUES (?, ?, ?, ?)", account, one.Office, string(one.Role), strings.Join(one.Counters, ",")); err != nil {
			return err
		}
	}
	return nil
}

func postWords(posts []Post) string {
	var words []string
	for _, one := range posts {
		text := string(one.Role)
		if len(one.Counters) > 0 {
			text += " (" + strings.Join(one.Counters, ", ") + ")"
		}
		words = append(words, text)
	}
	return strings.Join(words, "; ")
}

// Edit is what may be changed of an account.
type Edit struct {
	Display  string
	Posts    []Post
	Identity string
}

// errLastAdmin keeps an office from shutting itself out.
func errLastAdmin() error {
	return &FieldError{
		"role", "Đây là quản trị viên cuối cùng còn dùng được: thêm một quản trị viên khác trước", "This is the last administrator: make another one first",
	}
}

// Change edits an account. Its sessions go on, with the new rights at once.
func (p *People) Change(ctx context.Context, by Who, name string, e Edit) error {
	if err := errors.Join(checkDisplay(e.Display), checkPosts(e.Posts), checkIdentity(e.Identity)); err != nil {
		return err
	}
	return p.onAccount(ctx, name, func(t *beside.Tx, a stored) error {
		if err := freeIdentity(t, a.ID, e.Identity); err != nil {
			return err
		}
		subject := a.Subject
		if e.Identity != a.Identity {
			subject = ""
		}
		if err := t.Do("UPDATE account SET display = ?, identity = ?, subject = ? WHERE id = ?", e.Display, e.Identity, subject, a.ID); err != nil {
			return err
		}
		if err := putPosts(t, a.ID, e.Posts); err != nil {
			return err
		}
		if err := keepsAdmin(t, a.Account); err != nil {
			return err
		}
		return p.note(t, Deed{Who: by, What: DidEdit, Object: a.Name, Detail: postWords(a.Posts) + " → " + postWords(e.Posts)})
	})
}

// keepsAdmin refuses a change after which an office that the account
// administered has no administrator.
func keepsAdmin(t *beside.Tx, before Account) error {
	for _, one := range before.Posts {
		if one.Role != queue.RoleAdmin || before.Disabled {
			continue
		}
		if n, err := admins(t, one.Office); err != nil || n == 0 {
			return errors.Join(err, errLastAdmin())
		}
	}
	return nil
}

// onAccount changes one account in a transaction.
func (p *People) onAccount(ctx context.Context, name string, do func(*beside.Tx, stored) error) error {
	return p.update(ctx, func(t *beside.Tx) error {
		a, ok, err := readAccount(ctx, t, "name = ?", FoldName(name))
		if err != nil {
			return err
		}
		if !ok {
			return unknown(name)
		}
		return do(t, a)
	})
}

// Reset gives an account a password that is good once, ends its sessions and
// switches its one-use codes off: whoever needs it has lost something. Done by
// the server itself, it also lets in whoever was held off.
func (p *People) Reset(ctx context.Context, by Who, name string) (string, error) {
	password := firstPassword()
	hash, err := p.hasher.hash(ctx, password)
	if err != nil {
		return "", err
	}
	err = p.onAccount(ctx, name, func(t *beside.Tx, a stored) error {
		if err := t.Do("UPDATE account SET hash = ?, must_change = 1, secret = x'', secret_next = x'', step = 0 WHERE id = ?", hash, a.ID); err != nil {
			return err
		}
		if err := errors.Join(endAll(t, a.ID), t.Do("DELETE FROM recovery WHERE account = ?", a.ID), t.Do("DELETE FROM browser WHERE account = ?", a.ID)); err != nil {
			return err
		}
		return p.note(t, Deed{Who: by, What: DidReset, Object: a.Name})
	})
	if err != nil {
		return "", err
	}
	p.holds.pardon(FoldName(name))
	return password, nil
}

// endAll ends every session of an account.
func endAll(t *beside.Tx, account int64) error {
	return t.Do("DELETE FROM session WHERE account = ?", account)
}

// Disable shuts an account out, at once, or lets it in again. Accounts are not
// removed: their names stand in the log.
func (p *People) Disable(ctx context.Context, by Who, name string, disabled bool) error {
	return p.onAccount(ctx, name, func(t *beside.Tx, a stored) error {
		if a.Disabled == disabled {
			return nil
		}
		if err := t.Do("UPDATE account SET disabled = ? WHERE id = ?", disabled, a.ID); err != nil {
			return err
		}
		what := DidEnable
		if disabled {
			what = DidDisable
			if err := errors.Join(endAll(t, a.ID), keepsAdmin(t, a.Account)); err != nil {
				return err
			}
		}
		return p.note(t, Deed{Who: by, What: what, Object: a.Name})
	})
}

// CountersOf reads the counters that somebody typed, with commas or spaces
// between them.
func CountersOf(typed string) []string {
	list := strings.FieldsFunc(typed, func(r rune) bool { return r == ',' || r == ';' || r == ' ' })
	return slices.Compact(list)
}

// RoleOf reads a role of people.
func RoleOf(typed string) (queue.Role, error) {
	role := queue.Role(typed)
	if !slices.Contains(queue.StaffRoles(), role) {
		return "", fmt.Errorf("role %.20q: give one of agent, supervisor, leader, auditor, admin", typed)
	}
	return role, nil
}
