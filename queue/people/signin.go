package people

import (
	"context"
	"errors"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// Attempt is one try to sign in.
type Attempt struct {
	Name, Password string
	Browser        string // The cookie by which a browser shows that an account knows it; may be empty.
	From           From
}

// Entry is what a browser gets that has signed in.
type Entry struct {
	Key     string // The session's cookie.
	Browser string // The browser's cookie: set it for a year; empty = it has one.
	Stage   Stage
	Account Account
}

// ErrWrong says that name and password do not belong together, and nothing
// about which of them is wrong.
var ErrWrong = errors.New("tên đăng nhập hoặc mật khẩu không đúng: kiểm tra phím Caps Lock và bộ gõ tiếng Việt rồi thử lại (the name or the password is wrong: check Caps Lock and try again)")

// SignIn checks name and password. *HeldError if there were too many tries,
// ErrBusy if too many sign in at once, ErrWrong otherwise; they are the same
// whether there is such an account or not, and cost the same.
func (p *People) SignIn(ctx context.Context, a Attempt) (Entry, error) {
	a.Name, a.Password, a.From = FoldName(clip(a.Name, 200)), foldPassword(a.Password), a.From.tidy()
	if len(a.Password) > passwordMost {
		a.Password = "" // As wrong as any other, and cheaper.
	}
	got, found, err := p.account(ctx, "name = ?", a.Name)
	if err != nil {
		return Entry{}, err
	}
	browser := p.knows(ctx, got.ID, a.Browser)
	by := guessers(a.Name, a.From.Address, browser)
	if err := p.holds.try(p.cfg.Now(), by); err != nil {
		return Entry{}, err
	}
	kept := got.hash
	if !found || got.Disabled {
		kept = ""
	}
	ok, err := p.hasher.check(ctx, kept, a.Password)
	if err != nil {
		p.holds.taken(by)
		return Entry{}, err
	}
	if !ok {
		return Entry{}, errors.Join(ErrWrong, p.noteFail(ctx, a, found))
	}
	p.holds.passed(by)
	p.rehash(ctx, got, a.Password)
	stage := stageOf(got.Account)
	return p.enter(ctx, got, stage, browser, a.From)
}

// stageOf is what is still missing after the password.
func stageOf(a Account) Stage {
	switch {
	case a.Codes:
		return Code
	case a.MustChange:
		return Change
	default:
		return Ready
	}
}

// noteFail writes down a wrong password. What was typed as a name that no
// account has is not kept: it may be a password typed into the wrong field. Of a
// flood a part is written down: it must not fill the disk.
func (p *People) noteFail(ctx context.Context, a Attempt, found bool) error {
	if !p.fails.AllowN(p.cfg.Now(), 1) {
		return nil
	}
	d := Deed{Who: Who{From: a.From}, What: DidFail}
	if found {
		d.Object = a.Name
	}
	return p.Note(ctx, d)
}

// rehash keeps a password at today's cost; if it fails, it is tried next time.
func (p *People) rehash(ctx context.Context, a stored, password string) {
	if !p.hasher.old(a.hash) {
		return
	}
	hash, err := p.hasher.hash(ctx, password)
	if err == nil {
		err = p.file.Update(ctx, func(t *beside.Tx) error {
			return t.Do("UPDATE account SET hash = ? WHERE id = ? AND hash = ?", hash, a.ID, a.hash)
		})
	}
	if err != nil {
		p.cfg.Logger.Warn("people: a password stays at its old cost", "err", err)
	}
}

// enter begins a session; with all that is needed, the browser is known from
// here on.
func (p *People) enter(ctx context.Context, a stored, stage Stage, browser string, from From) (e Entry, err error) {
	e.Stage, e.Account = stage, a.Account
	err = p.update(ctx, func(t *beside.Tx) (err error) {
		if e.Key, err = p.begin(t, a.ID, stage, from); err != nil || stage != Ready {
			return err
		}
		return p.arrive(t, a, browser, from, &e)
	})
	return e, err
}

// arrive notes that somebody has signed in, and gives the browser its cookie.
func (p *People) arrive(t *beside.Tx, a stored, browser string, from From, e *Entry) error {
	now := beside.Millis(p.cfg.Now())
	if err := t.Do("UPDATE account SET seen = ? WHERE id = ?", now, a.ID); err != nil {
		return err
	}
	if browser == "" {
		e.Browser = newKey()
		if err := t.Do("INSERT INTO browser (hash, account, since) VALUES (?, ?, ?)", keyHash(e.Browser), a.ID, now); err != nil {
			return err
		}
		if err := t.Do("DELETE FROM browser WHERE account = ?1 AND hash NOT IN (SELECT hash FROM browser WHERE account = ?1 ORDER BY since DESC, rowid DESC LIMIT ?2)", a.ID, browsers); err != nil {
			return err
		}
	}
	return p.note(t, Deed{Who: a.who(from), What: DidSignIn})
}

// knows gives the name of a browser that an account has signed in at before;
// empty if it has not.
func (p *People) knows(ctx context.Context, account int64, cookie string) string {
	return knows(ctx, p.file, account, cookie)
}

func knows(ctx context.Context, q rower, account int64, cookie string) string {
	if !goodKey(cookie) {
		return ""
	}
	hash := keyHash(cookie)
	var n int
	err := q.QueryRowContext(ctx, "SELECT count(*) FROM browser WHERE hash = ? AND account = ?", hash, account).Scan(&n)
	if err != nil || n == 0 { // A stranger, to be on the safe side.
		return ""
	}
	return publicID(hash)
}

// ErrCode says that a one-use code was wrong.
var ErrCode = errors.New("mã không đúng hoặc đã dùng: chờ mã mới trên điện thoại rồi nhập lại (the code is wrong or was used: wait for the next one and type it)")

// EnterCode takes the one-use code, or a recovery code, of a session at stage
// Code. The session gets a new key. After some wrong codes the session is over.
func (p *People) EnterCode(ctx context.Context, key, typed, browserCookie string, from From) (e Entry, err error) {
	from = from.tidy()
	s, err := p.Session(ctx, key, false)
	if err != nil {
		return e, err
	}
	if s.Stage != Code {
		return e, ErrNoSession
	}
	browser := p.knows(ctx, s.Account.ID, browserCookie)
	by := codeGuessers(s.Account.Name, from.Address, browser)
	if err := p.holds.try(p.cfg.Now(), by); err != nil {
		return e, err
	}
	wrong := false
	err = p.update(ctx, func(t *beside.Tx) error {
		a, ok, err := readAccount(ctx, t, "id = ?", s.Account.ID)
		if err != nil || !ok || a.Disabled {
			return errors.Join(ErrNoSession, err)
		}
		if ok, err = p.takeCode(t, a, typed, from); err != nil {
			return err
		}
		if !ok {
			wrong = true
			return p.missed(t, key, a, from)
		}
		e.Account, e.Stage = a.Account, Ready
		if a.MustChange {
			e.Stage = Change
		}
		if err := t.Do("DELETE FROM session WHERE hash = ?", keyHash(key)); err != nil {
			return err
		}
		if e.Key, err = p.begin(t, a.ID, e.Stage, from); err != nil || e.Stage != Ready {
			return err
		}
		return p.arrive(t, a, browser, from, &e)
	})
	if err == nil && wrong {
		return Entry{}, ErrCode
	}
	if err == nil {
		p.holds.passed(by)
	}
	return e, err
}

// takeCode uses up a one-use code or a recovery code; ok is false if it is none.
func (p *People) takeCode(t *beside.Tx, a stored, typed string, from From) (ok bool, err error) {
	if code, is := digitsOnly(typed); is {
		at, ok := matchCode(a.secret, code, p.cfg.Now(), a.step)
		if !ok {
			return false, nil
		}
		n, err := t.Changed("UPDATE account SET step = ? WHERE id = ? AND step < ?", at, a.ID, at)
		return n == 1, err
	}
	n, err := t.Changed("DELETE FROM recovery WHERE account = ? AND hash = ?", a.ID, hashRecovery(typed))
	if err != nil || n == 0 {
		return false, err
	}
	return true, p.note(t, Deed{Who: a.who(from), What: DidRecovery, Object: a.Name})
}

// missed counts a wrong code, and ends the session after some.
func (p *People) missed(t *beside.Tx, key string, a stored, from From) error {
	if err := t.Do("UPDATE session SET tries = tries + 1 WHERE hash = ?", keyHash(key)); err != nil {
		return err
	}
	if err := t.Do("DELETE FROM session WHERE hash = ? AND tries >= ?", keyHash(key), codeTries); err != nil {
		return err
	}
	return p.note(t, Deed{Who: Who{From: from}, What: DidFail, Object: a.Name, Detail: "code"})
}

// ChangePassword puts an own password in place of the old one. It ends all other
// sessions, and this one gets a new key. At stage Change the old password was
// typed a moment ago, and is not asked for again.
func (p *People) ChangePassword(ctx context.Context, key, old, chosen, browserCookie string, from From) (e Entry, err error) {
	from = from.tidy()
	s, err := p.Session(ctx, key, false)
	if err != nil {
		return e, err
	}
	if s.Stage == Code {
		return e, ErrNoSession
	}
	chosen, old = foldPassword(chosen), foldPassword(clip(old, 4*passwordMost))
	if err := checkPassword(s.Account.Name, chosen); err != nil {
		return e, err
	}
	a, ok, err := p.account(ctx, "id = ?", s.Account.ID)
	if err != nil || !ok {
		return e, errors.Join(ErrNoSession, err)
	}
	if s.Stage == Ready {
		if err := p.mustKnow(ctx, a, old, browserCookie, from); err != nil {
			return e, err
		}
	}
	if same, err := p.hasher.check(ctx, a.hash, chosen); err != nil || same {
		return e, errors.Join(err, sameAsBefore(same))
	}
	hash, err := p.hasher.hash(ctx, chosen)
	if err != nil {
		return e, err
	}
	e.Account, e.Stage = a.Account, Ready
	err = p.update(ctx, func(t *beside.Tx) error {
		n, err := t.Changed("UPDATE account SET hash = ?, must_change = 0 WHERE id = ? AND hash = ? AND disabled = 0", hash, a.ID, a.hash)
		if err != nil || n == 0 { // Reset by somebody meanwhile.
			return errors.Join(ErrNoSession, err)
		}
		if err := endAll(t, a.ID); err != nil {
			return err
		}
		if e.Key, err = p.begin(t, a.ID, Ready, from); err != nil {
			return err
		}
		if err := p.note(t, Deed{Who: a.who(from), What: DidPassword, Object: a.Name}); err != nil {
			return err
		}
		return p.arrive(t, a, knows(t.Context, t, a.ID, browserCookie), from, &e)
	})
	e.Account.MustChange = false
	return e, err
}

func sameAsBefore(same bool) error {
	if !same {
		return nil
	}
	return &FieldError{"password", "Mật khẩu mới phải khác mật khẩu cũ", "The new password must differ from the old one"}
}

// mustKnow asks for the own password again before what a stranger at an
// unattended counter must not do.
func (p *People) mustKnow(ctx context.Context, a stored, password, browserCookie string, from From) error {
	by := guessers(a.Name, from.Address, p.knows(ctx, a.ID, browserCookie))
	if err := p.holds.try(p.cfg.Now(), by); err != nil {
		return err
	}
	ok, err := p.hasher.check(ctx, a.hash, password)
	if err != nil {
		return err
	}
	if !ok {
		return &FieldError{"old", "Mật khẩu hiện tại không đúng", "The present password is wrong"}
	}
	p.holds.passed(by)
	return nil
}

// BeginCodes makes the secret that a telephone's authenticator is to read. It
// counts only when FinishCodes has seen a code of it.
func (p *People) BeginCodes(ctx context.Context, key string) (secret []byte, err error) {
	s, err := p.ready(ctx, key)
	if err != nil {
		return nil, err
	}
	if s.Account.Codes {
		return nil, errors.New("mã dùng một lần đang bật: tắt trước khi đặt lại (one-use codes are on: switch them off first)")
	}
	secret = newSecret()
	return secret, p.file.Update(ctx, func(t *beside.Tx) error {
		return t.Do("UPDATE account SET secret_next = ? WHERE id = ?", secret, s.Account.ID)
	})
}

// NextSecret gives the secret that BeginCodes made, while it is not in use;
// empty if there is none.
func (p *People) NextSecret(ctx context.Context, key string) ([]byte, error) {
	s, err := p.ready(ctx, key)
	if err != nil {
		return nil, err
	}
	a, _, err := p.account(ctx, "id = ?", s.Account.ID)
	return a.next, err
}

// FinishCodes switches one-use codes on, and gives the recovery codes, which are
// shown once. ErrCode if the code is not one of the secret's.
func (p *People) FinishCodes(ctx context.Context, key, typed string, from From) (recovery []string, err error) {
	s, err := p.ready(ctx, key)
	if err != nil {
		return nil, err
	}
	if err := p.holds.try(p.cfg.Now(), codeGuessers(s.Account.Name, from.Address, "")); err != nil {
		return nil, err
	}
	recovery, hashes := newRecovery()
	err = p.update(ctx, func(t *beside.Tx) error {
		a, _, err := readAccount(ctx, t, "id = ?", s.Account.ID)
		if err != nil {
			return err
		}
		code, is := digitsOnly(typed)
		at, ok := matchCode(a.next, code, p.cfg.Now(), 0)
		if !is || !ok || len(a.next) == 0 {
			return ErrCode
		}
		if err := t.Do("UPDATE account SET secret = secret_next, secret_next = x'', step = ? WHERE id = ?", at, a.ID); err != nil {
			return err
		}
		if err := t.Do("DELETE FROM recovery WHERE account = ?", a.ID); err != nil {
			return err
		}
		for _, h := range hashes {
			if err := t.Do("INSERT INTO recovery (hash, account) VALUES (?, ?)", h, a.ID); err != nil {
				return err
			}
		}
		return p.note(t, Deed{Who: a.who(from), What: DidCodesOn, Object: a.Name})
	})
	if err != nil {
		return nil, err
	}
	p.holds.passed(codeGuessers(s.Account.Name, from.Address, ""))
	return recovery, nil
}

// DropCodes switches an account's own one-use codes off; it wants the password.
func (p *People) DropCodes(ctx context.Context, key, password, browserCookie string, from From) error {
	s, err := p.ready(ctx, key)
	if err != nil {
		return err
	}
	a, ok, err := p.account(ctx, "id = ?", s.Account.ID)
	if err != nil || !ok {
		return errors.Join(ErrNoSession, err)
	}
	if err := p.mustKnow(ctx, a, foldPassword(clip(password, 4*passwordMost)), browserCookie, from.tidy()); err != nil {
		return err
	}
	return p.update(ctx, func(t *beside.Tx) error {
		if err := t.Do("UPDATE account SET secret = x'', secret_next = x'', step = 0 WHERE id = ?", a.ID); err != nil {
			return err
		}
		if err := t.Do("DELETE FROM recovery WHERE account = ?", a.ID); err != nil {
			return err
		}
		return p.note(t, Deed{Who: a.who(from), What: DidCodesOff, Object: a.Name})
	})
}

// ready gives the session of somebody who has signed in whole.
func (p *People) ready(ctx context.Context, key string) (Session, error) {
	s, err := p.Session(ctx, key, false)
	if err == nil && s.Stage != Ready {
		err = ErrNoSession
	}
	return s, err
}

// ErrNoMatch says that nobody here has the identity that a provider vouches for.
var ErrNoMatch = errors.New("tài khoản này chưa được cơ quan cho phép: nhờ người quản trị ghi định danh vào tài khoản (this identity is not known here: ask the administrator to enter it in your account)")

// SignInAs signs in whom an identity provider vouches for. Accounts are matched
// by the identity that an administrator entered, never made; the provider's own
// name for the person must be the same ever after.
func (p *People) SignInAs(ctx context.Context, identity, subject, browserCookie string, from From) (e Entry, err error) {
	from = from.tidy()
	if identity == "" || subject == "" {
		return e, ErrNoMatch
	}
	a, ok, err := p.account(ctx, "identity = ? AND disabled = 0", identity)
	if err != nil {
		return e, err
	}
	if !ok || a.Subject != "" && a.Subject != subject {
		return e, errors.Join(ErrNoMatch, p.Note(ctx, Deed{Who: Who{From: from}, What: DidFail, Detail: "openid"}))
	}
	if a.Subject == "" {
		if err := p.file.Update(ctx, func(t *beside.Tx) error {
			n, err := t.Changed("UPDATE account SET subject = ? WHERE id = ? AND subject IN ('', ?)", subject, a.ID, subject)
			if err == nil && n == 0 { // Another was quicker.
				err = ErrNoMatch
			}
			return err
		}); err != nil {
			return e, err
		}
	}
	return p.enter(ctx, a, Ready, p.knows(ctx, a.ID, browserCookie), from)
}
