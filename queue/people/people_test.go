package people

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func TestFirst(t *testing.T) {
	p, _ := world(t)
	if _, err := p.First(t.Context(), office, Who{}, NewAccount{Name: "second", Password: ownPassword}); !errors.Is(err, ErrNotFirst) {
		t.Errorf("a second first account: %v", err)
	}
	e := enter(t, p, try(" CHIEF ", ownPassword))
	if e.Stage != Ready || e.Account.Posts[0].Role != queue.RoleAdmin {
		t.Errorf("%+v", e)
	}
}

// Of many who make the first account at once, one does.
func TestFirstIsOne(t *testing.T) {
	p, err := Open(t.Context(), Config{Path: t.TempDir() + "/" + FileName, Cost: cheap()})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var wg sync.WaitGroup
	made := make(chan string, 8)
	for _, name := range []string{"an", "ba", "ca", "da"} {
		wg.Go(func() {
			if a, err := p.First(t.Context(), office, Who{}, NewAccount{Name: name, Password: ownPassword}); err == nil {
				made <- a.Name
			}
		})
	}
	wg.Wait()
	if len(made) != 1 {
		t.Errorf("%d first accounts", len(made))
	}
}

func TestMistakesInFields(t *testing.T) {
	p, _ := world(t)
	for field, n := range map[string]NewAccount{
		"name":     {Name: "Lê Lan", Posts: agentAt()},
		"role":     {Name: "hoa", Posts: postOf(queue.RoleBoard)},
		"counters": {Name: "hoa", Posts: agentAt("")},
		"display":  {Name: "hoa", Display: strings.Repeat("x", 81), Posts: agentAt()},
		"identity": {Name: "hoa", Posts: agentAt(), Identity: "a\nb"},
	} {
		if _, _, err := p.Add(t.Context(), by(), n); !isField(err, field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, _, err := p.Add(t.Context(), by(), NewAccount{Name: "LAN", Posts: agentAt()}); !isField(err, "name") {
		t.Errorf("a name that is taken: %v", err)
	}
}

// The first password opens nothing but the choice of an own one.
func TestForcedChange(t *testing.T) {
	p, _ := world(t)
	_, first, err := p.Add(t.Context(), by(), NewAccount{Name: "hoa", Posts: agentAt()})
	if err != nil {
		t.Fatal(err)
	}
	e := enter(t, p, try("hoa", first))
	if e.Stage != Change || e.Browser != "" {
		t.Fatalf("%+v", e)
	}
	if _, err := p.BeginCodes(t.Context(), e.Key); !errors.Is(err, ErrNoSession) {
		t.Errorf("something else was let through: %v", err)
	}
	if _, err := p.ChangePassword(t.Context(), e.Key, "", first, "", here()); !isField(err, "password") {
		t.Errorf("the same password again: %v", err)
	}
	after, err := p.ChangePassword(t.Context(), e.Key, "", ownPassword, "", here())
	if err != nil || after.Key == e.Key || stage(t, p, e.Key) != "" || stage(t, p, after.Key) != Ready {
		t.Errorf("%+v, %v; the old key: %q", after, err, stage(t, p, e.Key))
	}
	if _, err := p.SignIn(t.Context(), try("hoa", first)); !errors.Is(err, ErrWrong) {
		t.Errorf("the first password is good twice: %v", err)
	}
}

// Whether there is such an account, whether it is shut, whether the password is
// wrong: the answer is the same, and so is what it costs.
func TestUnknownNamesCostTheSame(t *testing.T) {
	p, _ := world(t)
	if _, _, err := p.Add(t.Context(), by(), NewAccount{Name: "shut", Posts: agentAt()}); err != nil {
		t.Fatal(err)
	}
	if err := p.Disable(t.Context(), by(), "shut", true); err != nil {
		t.Fatal(err)
	}
	var costs []Cost
	p.hasher.derive = func(password, salt []byte, c Cost) []byte {
		costs = append(costs, c)
		return argon(password, salt, c)
	}
	for i, a := range []Attempt{try("lan", "wrong password"), try("nobody", "wrong password"), try("shut", "wrong password"), try("nobody", ""), try("", strings.Repeat("x", 10_000))} {
		a.From.Address = string(rune('a' + i))
		costs = nil
		e, err := p.SignIn(t.Context(), a)
		if !errors.Is(err, ErrWrong) || err.Error() != ErrWrong.Error() || e.Key != "" {
			t.Errorf("%q: %+v %v", a.Name, e, err)
		}
		if len(costs) != 1 || costs[0] != cheap() {
			t.Errorf("%q cost %v", a.Name, costs)
		}
	}
}

// A browser that waits with a key of an attacker's does not end up signed in
// under it, and every step of signing in gives another key.
func TestSessionFixation(t *testing.T) {
	p, c := world(t)
	secret := codesOn(t, p, c)
	attacker := enter(t, p, try("chief", ownPassword)).Key
	e := enter(t, p, try("lan", ownPassword))
	if e.Stage != Code || e.Key == attacker {
		t.Fatalf("%+v", e)
	}
	if stage(t, p, e.Key) != Code {
		t.Error("a session with half a sign-in gives more")
	}
	c.pass(codeStep)
	after, err := p.EnterCode(t.Context(), e.Key, codeAt(secret, step(c.at)), "", here())
	if err != nil || after.Key == e.Key || stage(t, p, e.Key) != "" || stage(t, p, after.Key) != Ready {
		t.Errorf("%+v %v", after, err)
	}
}

// codesOn switches one-use codes on for lan and gives the secret.
func codesOn(t *testing.T, p *People, c *clock) []byte {
	t.Helper()
	e := enter(t, p, try("lan", ownPassword))
	secret, err := p.BeginCodes(t.Context(), e.Key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.FinishCodes(t.Context(), e.Key, "000 00", here()); !errors.Is(err, ErrCode) {
		t.Fatalf("no code at all: %v", err)
	}
	recovery, err := p.FinishCodes(t.Context(), e.Key, codeAt(secret, step(c.at)), here())
	if err != nil || len(recovery) != recoveryCodes {
		t.Fatal(recovery, err)
	}
	return secret
}

func TestCodesAreGoodOnce(t *testing.T) {
	p, c := world(t)
	secret := codesOn(t, p, c)
	code := codeAt(secret, step(c.at))
	try1 := func(code string) error {
		_, err := p.EnterCode(t.Context(), enter(t, p, try("lan", ownPassword)).Key, code, "", here())
		return err
	}
	if err := try1(code); !errors.Is(err, ErrCode) {
		t.Errorf("the code by which codes were switched on is good again: %v", err)
	}
	c.pass(codeStep)
	code = codeAt(secret, step(c.at))
	if err := try1(code[:3] + " " + code[3:]); err != nil {
		t.Error(err)
	}
	if err := try1(code); !errors.Is(err, ErrCode) {
		t.Errorf("a code that was overlooked is good again: %v", err)
	}
}

// Of two browsers with the same code, one gets in.
func TestCodeRace(t *testing.T) {
	p, c := world(t)
	secret := codesOn(t, p, c)
	c.pass(2 * codeStep)
	one, two := enter(t, p, try("lan", ownPassword)), enter(t, p, try("lan", ownPassword))
	var wg sync.WaitGroup
	in := make(chan string, 2)
	for _, e := range []Entry{one, two} {
		wg.Go(func() {
			if got, err := p.EnterCode(t.Context(), e.Key, codeAt(secret, step(c.at)), "", here()); err == nil {
				in <- got.Key
			}
		})
	}
	wg.Wait()
	if len(in) != 1 {
		t.Errorf("%d got in with one code", len(in))
	}
}

func TestGuessingCodes(t *testing.T) {
	p, c := world(t)
	codesOn(t, p, c)
	e := enter(t, p, try("lan", ownPassword))
	for range codeTries {
		if _, err := p.EnterCode(t.Context(), e.Key, "no code", "", here()); !errors.Is(err, ErrCode) {
			t.Fatal(err)
		}
	}
	if stage(t, p, e.Key) != "" {
		t.Error("the session outlives its wrong codes")
	}
	e = enter(t, p, try("lan", ownPassword))
	var held *HeldError
	if _, err := p.EnterCode(t.Context(), e.Key, "no code", "", here()); !errors.As(err, &held) {
		t.Errorf("signing in anew gives new tries: %v", err)
	}
}

func TestRecoveryCodesAreGoodOnce(t *testing.T) {
	p, c := world(t)
	e := enter(t, p, try("lan", ownPassword))
	secret, err := p.BeginCodes(t.Context(), e.Key)
	if err != nil {
		t.Fatal(err)
	}
	recovery, err := p.FinishCodes(t.Context(), e.Key, codeAt(secret, step(c.at)), here())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{nil, ErrCode} {
		if _, err := p.EnterCode(t.Context(), enter(t, p, try("lan", ownPassword)).Key, strings.ToUpper(recovery[0]), "", here()); !errors.Is(err, want) {
			t.Errorf("time %d: %v", i+1, err)
		}
	}
	if err := p.DropCodes(t.Context(), e.Key, "wrong", "", here()); !isField(err, "old") {
		t.Errorf("codes off by a wrong password: %v", err)
	}
	if err := p.DropCodes(t.Context(), e.Key, ownPassword, "", here()); err != nil || enter(t, p, try("lan", ownPassword)).Stage != Ready {
		t.Error(err)
	}
}

func TestSessionsEnd(t *testing.T) {
	p, c := world(t)
	e := enter(t, p, try("lan", ownPassword))
	c.pass(idleMost - time.Minute)
	if stage(t, p, e.Key) != Ready { // It is used.
		t.Fatal("over too early")
	}
	c.pass(idleMost - time.Minute)
	if stage(t, p, e.Key) != Ready {
		t.Error("a session in use ends")
	}
	c.pass(idleMost + time.Minute)
	if stage(t, p, e.Key) != "" {
		t.Error("an idle session goes on")
	}
	e = enter(t, p, try("lan", ownPassword))
	for range 20 {
		c.pass(time.Hour)
		stage(t, p, e.Key)
	}
	if stage(t, p, e.Key) != "" {
		t.Error("a session goes on for ever")
	}
	if err := p.forget(t.Context()); err != nil {
		t.Error(err)
	}
	var left int
	if err := p.file.QueryRow("SELECT count(*) FROM session").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d sessions left, %v", left, err)
	}
}

func TestPasswordChangeEndsOtherSessions(t *testing.T) {
	p, _ := world(t)
	one, two := enter(t, p, try("lan", ownPassword)), enter(t, p, try("lan", ownPassword))
	if _, err := p.ChangePassword(t.Context(), one.Key, "wrong", "another fine password", "", here()); !isField(err, "old") {
		t.Errorf("without the old password: %v", err)
	}
	after, err := p.ChangePassword(t.Context(), one.Key, ownPassword, "another fine password", "", here())
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]Stage{one.Key: "", two.Key: "", after.Key: Ready} {
		if got := stage(t, p, key); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestWhereAmISignedIn(t *testing.T) {
	p, _ := world(t)
	one, two := enter(t, p, try("lan", ownPassword)), enter(t, p, Attempt{Name: "lan", Password: ownPassword, From: at("192.0.2.9")})
	s, err := p.Session(t.Context(), one.Key, false)
	if err != nil {
		t.Fatal(err)
	}
	all, err := p.Sessions(t.Context(), s.Account.ID)
	if err != nil || len(all) != 3 { // One of world.
		t.Fatal(len(all), err)
	}
	chief := enter(t, p, try("chief", ownPassword))
	cs, _ := p.Session(t.Context(), chief.Key, false)
	for _, other := range all {
		if other.ID == s.ID {
			continue
		}
		if err := p.EndSession(t.Context(), by(), cs.Account.ID, other.ID); err != nil || stage(t, p, two.Key) != Ready && other.From.Address == "192.0.2.9" {
			t.Errorf("somebody else ended it: %v", err)
		}
		if err := p.EndSession(t.Context(), by(), s.Account.ID, other.ID); err != nil {
			t.Error(err)
		}
	}
	if stage(t, p, two.Key) != "" || stage(t, p, one.Key) != Ready {
		t.Error("the wrong session ended")
	}
}

// A live page ends with its session, by whatever way that ends.
func TestFollow(t *testing.T) {
	p, _ := world(t)
	for name, end := range []func(key string) error{
		func(key string) error { return p.SignOut(t.Context(), key, here()) },
		func(string) error { _, err := p.Reset(t.Context(), by(), "lan"); return err },
	} {
		e, err := p.SignIn(t.Context(), try("lan", ownPassword))
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := p.Follow(t.Context(), e.Key)
		if err := ctx.Err(); err != nil {
			t.Fatal(err)
		}
		if err := end(e.Key); err != nil || ctx.Err() == nil {
			t.Errorf("way %d: %v, and the page goes on: %v", name, err, ctx.Err() == nil)
		}
		stop()
	}
	if len(p.followers) != 0 {
		t.Errorf("%d followers left", len(p.followers))
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	p, _ := world(t)
	demote := Edit{Posts: postOf(queue.RoleAuditor)}
	for name, err := range map[string]error{
		"shut":    p.Disable(t.Context(), by(), "chief", true),
		"demoted": p.Change(t.Context(), by(), "chief", demote),
	} {
		if !isField(err, "role") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := p.Add(t.Context(), by(), NewAccount{Name: "deputy", Posts: postOf(queue.RoleAdmin)}); err != nil {
		t.Fatal(err)
	}
	e := enter(t, p, try("chief", ownPassword))
	if err := p.Change(t.Context(), by(), "chief", demote); err != nil {
		t.Error(err)
	}
	if s, err := p.Session(t.Context(), e.Key, false); err != nil || s.Account.Posts[0].Role != queue.RoleAuditor {
		t.Errorf("the session has the old role: %+v %v", s.Account.Posts, err)
	}
	if err := p.Disable(t.Context(), by(), "chief", true); err != nil || stage(t, p, e.Key) != "" {
		t.Errorf("%v; still signed in: %q", err, stage(t, p, e.Key))
	}
}

func TestGrants(t *testing.T) {
	a := Account{Name: "lan", Display: "Lan", Posts: agentAt("1")}
	got := a.Grants()
	if len(got) != 1 || got[0].ID != "staff:lan" || got[0].Person != "Lan" || got[0].Office != office || !slices.Equal(got[0].Counters, []string{"1"}) {
		t.Errorf("%+v", got)
	}
}

// What was done long enough ago is removed, once, and that is written down; the
// guard of the rest stands again.
func TestDeedsAreKeptSoLong(t *testing.T) {
	p, c := world(t)
	before := len(deeds(t, p))
	p.cfg.Keep = 2
	forget := func() []string {
		t.Helper()
		if err := p.forgetDeeds(t.Context()); err != nil {
			t.Fatal(err)
		}
		return deeds(t, p)
	}
	c.pass(40 * 24 * time.Hour)
	if got := forget(); len(got) != before {
		t.Errorf("after 40 days: %q", got)
	}
	enter(t, p, try("chief", ownPassword))
	c.pass(30 * 24 * time.Hour)
	got := forget()
	if len(got) != 2 || !slices.Contains(got, "signed-in  by staff:chief") || !slices.ContainsFunc(got, func(d string) bool { return strings.HasPrefix(d, string(DidForget)) }) {
		t.Errorf("after 70 days: %q", got)
	}
	if again := forget(); len(again) != len(got) {
		t.Errorf("forgotten again: %q", again)
	}
	if _, err := p.file.Exec("DELETE FROM deed"); err == nil {
		t.Error("the guard is gone")
	}
}

// What was done is written down, and nobody changes it; passwords and keys are
// in no line of the file.
func TestDeedsStay(t *testing.T) {
	p, _ := world(t)
	e := enter(t, p, try("lan", ownPassword))
	if _, err := p.SignIn(t.Context(), try("lan", "a wrong password")); err == nil {
		t.Fatal("signed in")
	}
	if _, err := p.SignIn(t.Context(), try("typed-into-the-wrong-field", "x")); err == nil {
		t.Fatal("signed in")
	}
	got := deeds(t, p)
	for _, want := range []string{"account-added chief by staff:chief", "account-added lan by staff:chief", "password-changed lan by staff:lan", "signed-in  by staff:lan", "sign-in-failed lan by ", "sign-in-failed  by "} {
		if !slices.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	for _, change := range []string{"UPDATE deed SET who = 'x'", "DELETE FROM deed"} {
		if _, err := p.file.Exec(change); err == nil {
			t.Errorf("%s was done", change)
		}
	}
	var path string
	if err := p.file.QueryRow("SELECT file FROM pragma_database_list").Scan(&path); err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"", "-wal"} {
		text, err := os.ReadFile(path + end)
		if err != nil {
			t.Fatal(err)
		}
		for what, secret := range map[string]string{"password": ownPassword, "session": e.Key, "browser": e.Browser, "what was typed": "typed-into"} {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("the file%s holds the %s", end, what)
			}
		}
	}
}

// Who has forgotten the password, and tried until held off, is let in by the
// administrator's help at once.
func TestResetLetsIn(t *testing.T) {
	p, _ := world(t)
	var held *HeldError
	for range pairFree {
		if _, err := p.SignIn(t.Context(), try("lan", "forgotten it")); !errors.Is(err, ErrWrong) {
			t.Fatal(err)
		}
	}
	if _, err := p.SignIn(t.Context(), try("lan", ownPassword)); !errors.As(err, &held) {
		t.Fatalf("not held off: %v", err)
	}
	password, err := p.Reset(t.Context(), by(), "Lan")
	if err != nil {
		t.Fatal(err)
	}
	if e := enter(t, p, try("lan", password)); e.Stage != Change {
		t.Error(e.Stage)
	}
}

// A flood of wrong passwords does not fill the disk.
func TestFailuresWrittenDownAreBounded(t *testing.T) {
	p, c := world(t)
	p.hasher.derive = func([]byte, []byte, Cost) []byte { return make([]byte, keyBytes) }
	for i := range 3 * failBurst {
		a := try("nobody", "x")
		a.Name, a.From.Address = fmt.Sprint("n", i), fmt.Sprint("198.51.100.", i)
		if _, err := p.SignIn(t.Context(), a); !errors.Is(err, ErrWrong) {
			t.Fatal(err)
		}
	}
	all, err := p.Deeds(t.Context(), c.at.Add(-time.Hour), c.at.Add(time.Hour), 0, 5000)
	if err != nil || len(all) > failBurst+20 {
		t.Errorf("%d lines, %v", len(all), err)
	}
}

func TestKnownBrowsers(t *testing.T) {
	p, _ := world(t)
	e := enter(t, p, try("lan", ownPassword))
	if e.Browser == "" {
		t.Fatal("the browser got no name")
	}
	a := try("lan", ownPassword)
	a.Browser = e.Browser
	if again := enter(t, p, a); again.Browser != "" {
		t.Error("a known browser is named anew")
	}
	for range 40 { // A stranger behind the same address.
		_, _ = p.SignIn(t.Context(), try("lan", "wrong password"))
	}
	var held *HeldError
	if _, err := p.SignIn(t.Context(), try("lan", ownPassword)); !errors.As(err, &held) {
		t.Errorf("the stranger is not held off: %v", err)
	}
	enter(t, p, a)
	a.Name = "chief"
	if other := enter(t, p, a); other.Browser == "" {
		t.Error("a browser that one account knows is known to another")
	}
}

func TestSignInAs(t *testing.T) {
	p, _ := world(t)
	if err := p.Change(t.Context(), by(), "lan", Edit{Posts: agentAt(), Identity: "lan@tinh.gov.vn"}); err != nil {
		t.Fatal(err)
	}
	if err := p.Change(t.Context(), by(), "chief", Edit{Posts: postOf(queue.RoleAdmin), Identity: "lan@tinh.gov.vn"}); !isField(err, "identity") {
		t.Errorf("one identity for two: %v", err)
	}
	for _, c := range []struct {
		identity, subject string
		want              error
	}{
		{"nobody@tinh.gov.vn", "1", ErrNoMatch}, {"", "1", ErrNoMatch}, {"lan@tinh.gov.vn", "", ErrNoMatch},
		{"lan@tinh.gov.vn", "17", nil}, {"lan@tinh.gov.vn", "17", nil}, {"lan@tinh.gov.vn", "18", ErrNoMatch},
	} {
		e, err := p.SignInAs(t.Context(), c.identity, c.subject, "", here())
		if !errors.Is(err, c.want) || err == nil && (e.Stage != Ready || e.Account.Name != "lan") {
			t.Errorf("%s %s: %+v %v", c.identity, c.subject, e, err)
		}
	}
	if err := p.Disable(t.Context(), by(), "lan", true); err != nil {
		t.Fatal(err)
	}
	if _, err := p.SignInAs(t.Context(), "lan@tinh.gov.vn", "17", "", here()); !errors.Is(err, ErrNoMatch) {
		t.Errorf("a shut account: %v", err)
	}
}

func TestCostGoesUp(t *testing.T) {
	p, _ := world(t)
	p.hasher = newHasher(Cost{16, 1, 1})
	enter(t, p, try("lan", ownPassword))
	var kept string
	if err := p.file.QueryRow("SELECT hash FROM account WHERE name = 'lan'").Scan(&kept); err != nil || !contains(kept, "m=16,") {
		t.Errorf("%q %v", kept, err)
	}
	enter(t, p, try("lan", ownPassword))
}

func TestDevices(t *testing.T) {
	p, c := world(t)
	watched := p.Watch(fixed{})
	for range 3 {
		if _, ok, err := watched.Grant(t.Context(), queue.HashToken("x")); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	if err := errors.Join(p.NameDevice(t.Context(), by(), "board-1", "Bảng sảnh"), p.keepSeen(t.Context())); err != nil {
		t.Fatal(err)
	}
	got, err := p.Devices(t.Context())
	if d := got["board-1"]; err != nil || d.Name != "Bảng sảnh" || !d.Seen.Equal(c.at) {
		t.Errorf("%+v %v", got, err)
	}
}

type fixed struct{}

func (fixed) Grant(context.Context, [32]byte) (queue.Grant, bool, error) {
	return queue.Grant{ID: "board-1", Role: queue.RoleBoard}, true, nil
}
