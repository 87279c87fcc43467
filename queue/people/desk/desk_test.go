package desk

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
	"github.com/xinmoi/xinmoi/queue/people"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const own = "bốn con chim nhỏ"

// shelf keeps tokens.
type shelf struct {
	grants map[[32]byte]queue.Grant
	n      int
}

func (s *shelf) Grant(_ context.Context, hash [32]byte) (queue.Grant, bool, error) {
	g, ok := s.grants[hash]
	return g, ok, nil
}

func (s *shelf) Grants(context.Context) (all []queue.Grant, _ error) {
	for _, g := range s.grants {
		all = append(all, g)
	}
	return all, nil
}

func (s *shelf) NewToken(_ context.Context, role queue.Role, _ string) (string, error) {
	s.n++
	token := fmt.Sprintf("token-%d", s.n)
	s.grants[queue.HashToken(token)] = queue.Grant{ID: fmt.Sprintf("%s-%d", role, s.n), Role: role}
	return token, nil
}

func (s *shelf) RevokeToken(_ context.Context, id string) error {
	for hash, g := range s.grants {
		if g.ID == id {
			delete(s.grants, hash)
		}
	}
	return nil
}

// world is the pages on a server, guarded as the whole program does.
type world struct {
	t      *testing.T
	desk   *Desk
	people *people.People
	tokens *shelf
	log    *memory.Store
	server *httptest.Server
	now    time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, tokens: &shelf{grants: map[[32]byte]queue.Grant{}}, log: &memory.Store{}, now: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)}
	now := func() time.Time { return w.now }
	var err error
	w.people, err = people.Open(t.Context(), people.Config{Path: filepath.Join(t.TempDir(), people.FileName), Cost: people.Cost{MemoryKiB: 8, Passes: 1, Lanes: 1}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	w.desk, err = New(Config{
		People: w.people, Tokens: w.tokens, Log: w.log, ID: "trung-tam", Office: "Trung tâm", Now: now,
		Counters: func(context.Context) ([]string, error) { return []string{"1", "2", "3"}, nil },
		Address:  func(*http.Request) string { return "192.0.2.1" }, ByThemselves: []string{"/admin/other/heard/"},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, path := range []string{LoginPath, OutPath, AccountPath, PairPath} {
		mux.Handle(path, w.desk.Public())
		mux.Handle(path+"/", w.desk.Public())
	}
	for path, h := range map[string]http.Handler{PeoplePath: w.desk.Admin(), DevicesPath: w.desk.Admin(), AuditPath: w.desk.Audit(), "/admin/other": http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})} {
		mux.Handle(path, w.guard(w.desk.Within(h)))
		mux.Handle(path+"/", w.guard(w.desk.Within(h)))
	}
	w.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		w.server.Close()
		if err := w.people.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// guard lets in whoever has signed in, and the administrator's token.
func (w *world) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		grants, err := w.desk.SignedIn(r)
		if err != nil {
			w.t.Error(err)
		}
		c := page.Caller{ID: "admin-first"}
		if len(grants) > 0 {
			c = page.Caller{ID: grants[0].ID, Person: grants[0].Person}
		} else if cookie(r, adminCookie) == "" {
			http.Error(rw, "no", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(rw, r.WithContext(page.WithCaller(r.Context(), c)))
	})
}

// browser is one browser with its cookies.
type browser struct {
	*world
	*http.Client
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &browser{w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// got is an answer.
type got struct {
	status int
	to     string
	body   string
	header http.Header
}

func (b *browser) do(method, path string, form url.Values, header ...string) got {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, b.server.URL+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return got{res.StatusCode, res.Header.Get("Location"), string(text), res.Header}
}

func (b *browser) get(path string) got { b.t.Helper(); return b.do("GET", path, nil) }

// post sends a form, its fields and values in turn.
func (b *browser) post(path string, fields ...string) got {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.do("POST", path, form)
}

func (b *browser) cookie(name string) string {
	u, _ := url.Parse(b.server.URL)
	for _, c := range b.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// chief makes the first administrator, in a browser of its own.
func (w *world) chief() *browser {
	w.t.Helper()
	b := w.browser()
	u, _ := url.Parse(w.server.URL)
	b.Jar.SetCookies(u, []*http.Cookie{{Name: adminCookie, Value: "t", Path: "/"}})
	if g := b.post(PeoplePath+"/first", "name", "chief", "display", "Trần An", "password", own, "again", own, "next", "/admin/wizard?step=2"); g.status != 303 || g.to != "/admin/wizard?step=2" {
		w.t.Fatalf("%d to %q\n%s", g.status, g.to, g.body)
	}
	return b
}

func TestFirstAdministrator(t *testing.T) {
	w := newWorld(t)
	if w.desk.LoginPage(httptest.NewRequest("GET", "/counter", nil)) != "" {
		t.Error("there is nobody who could sign in")
	}
	if g := w.browser().get(LoginPath); !strings.Contains(g.body, "Chưa có tài khoản nào") {
		t.Errorf("what to do is not said:\n%s", g.body)
	}
	b := w.browser()
	u, _ := url.Parse(w.server.URL)
	b.Jar.SetCookies(u, []*http.Cookie{{Name: adminCookie, Value: "t", Path: "/"}})
	g := b.post(PeoplePath+"/first", "name", "Lê Lan", "display", "<b>Lan", "password", own, "again", own, "next", "/admin/wizard")
	for _, want := range []string{"chữ thường không dấu", "&lt;b&gt;Lan", `name="next" value="/admin/wizard"`} {
		if g.status != 422 || !strings.Contains(g.body, want) {
			t.Errorf("%d, no %q in\n%s", g.status, want, g.body)
		}
	}
	if strings.Contains(g.body, own) {
		t.Error("the page shows the password again")
	}
	if g = b.post(PeoplePath+"/first", "name", "lan", "password", own, "again", own+"x"); g.status != 422 || !strings.Contains(g.body, "again-wrong") {
		t.Errorf("two passwords: %d", g.status)
	}
	b = w.chief()
	if b.cookie(adminCookie) != "" {
		t.Error("the administrator's token stays in the browser")
	}
	if g = b.get(PeoplePath); g.status != 200 || !strings.Contains(g.body, "Trần An") {
		t.Errorf("%d\n%s", g.status, g.body)
	}
	if g = b.post(PeoplePath+"/first", "name", "second", "password", own, "again", own); g.to != LoginPath {
		t.Errorf("a second first administrator: %d to %q", g.status, g.to)
	}
}

var password = regexp.MustCompile(`id="given-password">([^<]+)<`)

// newcomer makes an account and gives its first password.
func (b *browser) newcomer(name, role, counters string) string {
	b.t.Helper()
	g := b.post(PeoplePath+"/add", "name", name, "role", role, "counters", counters)
	m := password.FindStringSubmatch(g.body)
	if g.status != 200 || m == nil {
		b.t.Fatalf("%d\n%s", g.status, g.body)
	}
	return m[1]
}

// A new account's way: the first password, an own one, and on to what was
// wanted; each step with another session.
func TestSigningIn(t *testing.T) {
	w := newWorld(t)
	first := w.chief().newcomer("lan", "agent", "2")
	b := w.browser()
	if g := b.get(AccountPath); g.to != "/login?next=%2Faccount" {
		t.Errorf("to %q", g.to)
	}
	u, _ := url.Parse(w.server.URL)
	b.Jar.SetCookies(u, []*http.Cookie{{Name: sessionCookie, Value: "AAAAAAAAAAAAAAAAAAAAAAAAAA", Path: "/"}})
	g := b.post(LoginPath, "name", "Lan ", "password", first, "next", "/counter/3")
	half := b.cookie(sessionCookie)
	if g.to != "/login?next=%2Fcounter%2F3" || half == "AAAAAAAAAAAAAAAAAAAAAAAAAA" {
		t.Fatalf("to %q with %q", g.to, half)
	}
	if grants, err := w.desk.SignedIn(b.request("/counter")); len(grants) != 0 || err != nil {
		t.Errorf("half signed in may: %v %v", grants, err)
	}
	if g = b.get(AccountPath); g.status != 303 {
		t.Errorf("half signed in sees the account: %d", g.status)
	}
	if g = b.get(g.to); !strings.Contains(g.body, "/login/password") {
		t.Errorf("no own password is asked for\n%s", g.body)
	}
	if g = b.post(LoginPath+"/password", "password", "short", "again", "short", "next", "/counter/3"); g.status != 422 || !strings.Contains(g.body, "password-wrong") {
		t.Errorf("%d\n%s", g.status, g.body)
	}
	g = b.post(LoginPath+"/password", "password", own, "again", own, "next", "/counter/3")
	if g.to != "/counter/3" || b.cookie(sessionCookie) == half {
		t.Errorf("to %q", g.to)
	}
	if grants, err := w.desk.SignedIn(b.request("/counter")); len(grants) != 1 || grants[0].ID != "staff:lan" || err != nil {
		t.Errorf("%v %v", grants, err)
	}
	for _, c := range []string{sessionCookie, browserCookie} {
		set := strings.Join(g.header.Values("Set-Cookie"), "\n")
		if !regexp.MustCompile(c + `=[^;]+; Path=/;.*HttpOnly; SameSite=Strict`).MatchString(set) {
			t.Errorf("%s in %s", c, set)
		}
	}
	if g = b.get(LoginPath); g.to != "/counter/2" { // Her only counter.
		t.Errorf("to %q", g.to)
	}
	if g = b.post(OutPath); g.to != LoginPath || b.cookie(sessionCookie) != "" {
		t.Errorf("signed out: %d to %q", g.status, g.to)
	}
}

// request is a request with a browser's cookies.
func (b *browser) request(path string) *http.Request {
	r := httptest.NewRequest("GET", path, nil)
	u, _ := url.Parse(b.server.URL)
	for _, c := range b.Jar.Cookies(u) {
		r.AddCookie(c)
	}
	return r
}

// Whoever guesses learns nothing, and is held off with a time to wait.
func TestGuessing(t *testing.T) {
	w := newWorld(t)
	w.chief()
	b := w.browser()
	known, unknown := b.post(LoginPath, "name", "chief", "password", "wrong one"), b.post(LoginPath, "name", "nobody", "password", "wrong one")
	if a, b := strings.ReplaceAll(known.body, "chief", "N"), strings.ReplaceAll(unknown.body, "nobody", "N"); known.status != 422 || unknown.status != 422 || a != b {
		t.Errorf("a known and an unknown name differ:\n%s\n%s", a, b)
	}
	last := known
	for range 10 {
		last = b.post(LoginPath, "name", "chief", "password", "wrong one")
	}
	if last.status != http.StatusTooManyRequests || !strings.Contains(last.body, "chờ") {
		t.Errorf("%d\n%s", last.status, last.body)
	}
}

// Forms of other sites are refused, those of browsers on plain http accepted.
func TestForeignForms(t *testing.T) {
	w := newWorld(t)
	b := w.chief()
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "http://evil.example"}, {"Origin", "null"}} {
		for _, path := range []string{LoginPath, OutPath, AccountPath + "/password", PeoplePath + "/add", DevicesPath + "/token", PairPath} {
			if g := b.do("POST", path, url.Values{"name": {"x"}}, header...); g.status != http.StatusForbidden {
				t.Errorf("%s with %v: %d", path, header, g.status)
			}
		}
	}
	if g := b.do("POST", AccountPath+"/codes", url.Values{}, "Origin", w.server.URL); g.status != 303 {
		t.Errorf("an own form: %d", g.status)
	}
}

func TestLocalAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"/counter": "/counter", "/admin/wizard?step=2": "/admin/wizard?step=2", "": "", "counter": "", "//evil.example": "", "///evil.example": "/evil.example",
		"/\\evil.example": "", "https://evil.example/": "", "/a/../../b": "/b", "/login": "", "/login?next=/x": "", "/x\r\nSet-Cookie: a": "", "javascript:alert(1)": "",
	} {
		if got := local(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestAccounts(t *testing.T) {
	w := newWorld(t)
	b := w.chief()
	if g := b.post(PeoplePath+"/add", "name", "hoa", "display", "Hoa", "role", "agent", "counters", "1, 9"); g.status != 422 || !strings.Contains(g.body, "Không có quầy 9") || !strings.Contains(g.body, `value="Hoa"`) {
		t.Errorf("%d\n%s", g.status, g.body)
	}
	first := b.newcomer("hoa", "agent", "")
	if g := b.post(PeoplePath+"/change", "name", "hoa", "role", "supervisor", "display", "Lê Hoa"); g.to != PeoplePath+"?done=change" {
		t.Errorf("%d\n%s", g.status, g.body)
	}
	if g := b.get(PeoplePath + "/edit?name=hoa"); !strings.Contains(g.body, "Lê Hoa") || !strings.Contains(g.body, `value="supervisor" selected`) {
		t.Errorf("%s", g.body)
	}
	g := b.post(PeoplePath+"/reset", "name", "hoa")
	if m := password.FindStringSubmatch(g.body); m == nil || m[1] == first {
		t.Errorf("%d\n%s", g.status, g.body)
	}
	if g := b.post(PeoplePath+"/disable", "name", "chief"); g.status != 422 || !strings.Contains(g.body, "quản trị viên cuối cùng") {
		t.Errorf("%d\n%s", g.status, g.body)
	}
	if g := b.post(PeoplePath+"/disable", "name", "hoa"); g.to != PeoplePath+"?done=disable" {
		t.Errorf("%d\n%s", g.status, g.body)
	}
	if g := b.post(PeoplePath+"/enable", "name", "nobody"); g.status != 422 {
		t.Errorf("%d", g.status)
	}
	if g := b.get(PeoplePath + "/add"); g.to != PeoplePath {
		t.Errorf("loaded again: %d to %q", g.status, g.to)
	}
}

func TestOneUseCodes(t *testing.T) {
	w := newWorld(t)
	b := w.chief()
	if g := b.get(AccountPath + "/codes.png"); g.status != 404 {
		t.Errorf("a picture of no secret: %d", g.status)
	}
	b.post(AccountPath + "/codes")
	if g := b.get(AccountPath + "/codes.png"); g.status != 200 || !strings.HasPrefix(g.body, "\x89PNG") {
		t.Errorf("%d", g.status)
	}
	g := b.post(AccountPath+"/codes/finish", "code", "12")
	if g.status != 422 || !strings.Contains(g.body, `id="code-wrong" role="alert">Mã không đúng`) || !strings.Contains(g.body, `hreflang="en"`) {
		t.Errorf("%d\n%s", g.status, g.body)
	}
	if g := b.post(AccountPath+"/password", "old", "wrong", "password", own+"2", "again", own+"2"); g.status != 422 || !strings.Contains(g.body, "old-wrong") {
		t.Errorf("%d\n%s", g.status, g.body)
	}
	if g := b.post(AccountPath+"/password", "old", own, "password", own+"2", "again", own+"2"); g.to != AccountPath+"?done=password" {
		t.Errorf("%d\n%s", g.status, g.body)
	}
	if g := b.get(AccountPath + "?done=password"); !strings.Contains(g.body, "Đã đổi mật khẩu") || strings.Count(g.body, "(nơi này)") != 1 {
		t.Errorf("%s", g.body)
	}
}

// Who has typed the right code reads the recovery codes, on a page that no link to
// the other language leads away from, and signs in by a code from then on.
func TestOneUseCodesOn(t *testing.T) {
	w := newWorld(t)
	b := w.chief()
	b.post(AccountPath + "/codes")
	secret := regexp.MustCompile(`<code>([A-Z2-7]+)</code>`).FindStringSubmatch(b.get(AccountPath).body)
	if secret == nil {
		t.Fatal("no secret to type")
	}
	g := b.post(AccountPath+"/codes/finish", "code", authenticator(t, secret[1], w.now))
	recovery := regexp.MustCompile(`<li><code>([^<]+)</code>`).FindStringSubmatch(g.body)
	if g.status != 200 || recovery == nil || strings.Contains(g.body, `hreflang="en"`) {
		t.Fatalf("%d\n%s", g.status, g.body)
	}
	if g := b.get(AccountPath); strings.Contains(g.body, recovery[1]) || !strings.Contains(g.body, "Đang bật") || !strings.Contains(g.body, `hreflang="en"`) {
		t.Errorf("%s", g.body)
	}
	other := w.browser()
	if g := other.post(LoginPath, "name", "chief", "password", own); g.to != LoginPath {
		t.Fatalf("%d to %q\n%s", g.status, g.to, g.body)
	}
	w.now = w.now.Add(30 * time.Second)
	if g := other.post(LoginPath+"/code", "code", authenticator(t, secret[1], w.now)); g.status != 303 || g.to == LoginPath {
		t.Errorf("%d to %q\n%s", g.status, g.to, g.body)
	}
}

// authenticator is a telephone that shows the code of a moment (RFC 6238).
func authenticator(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, at.Unix()/30)
	sum := mac.Sum(nil)
	from := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[from:from+4])&0x7fffffff%1_000_000)
}

func TestDevicePages(t *testing.T) {
	w := newWorld(t)
	b, screen := w.chief(), w.browser()
	if g := screen.post(PairPath, "role", "admin"); g.status != 422 {
		t.Errorf("an administrator's device: %d", g.status)
	}
	screen.post(PairPath, "role", "board", "name", "Bảng sảnh")
	g := screen.get(PairPath)
	m := regexp.MustCompile(`id="code">(\d{3}) (\d{3})<`).FindStringSubmatch(g.body)
	if m == nil || g.header.Get("Refresh") == "" {
		t.Fatalf("%s", g.body)
	}
	if g := b.get(DevicesPath); !strings.Contains(g.body, "Bảng sảnh (192.0.2.1)") || strings.Contains(g.body, m[1]+m[2]) {
		t.Errorf("%s", g.body)
	}
	if g := b.post(DevicesPath+"/pair", "code", m[1]+" "+m[2]); g.to != DevicesPath+"?done=pair" {
		t.Fatalf("%d\n%s", g.status, g.body)
	}
	if g := screen.get(PairPath); g.to != "/board?token=token-1" {
		t.Errorf("to %q", g.to)
	}
	if g := b.post(DevicesPath+"/name", "id", "board-1", "name", "Bảng tầng 2"); g.status != 303 {
		t.Errorf("%d\n%s", g.status, g.body)
	}
	if g := b.post(DevicesPath+"/token", "role", "admin"); g.status != 422 {
		t.Errorf("an administrator's token by hand: %d", g.status)
	}
	if g := b.post(DevicesPath+"/token", "role", "channel"); !strings.Contains(g.body, "token-2") || strings.Contains(g.body, `hreflang="en"`) || !strings.Contains(g.body, "Bảng tầng 2") {
		t.Errorf("%s", g.body)
	}
	if g := b.get(DevicesPath); !strings.Contains(g.body, "<strong>Bảng tầng 2</strong> · Bảng hiển thị") || strings.Contains(g.body, "<strong>Kênh (điện thoại, tin nhắn)</strong> ·") {
		t.Errorf("a device without a name is what it is, once:\n%s", g.body)
	}
	b.post(DevicesPath+"/revoke", "id", "board-1")
	if g := b.get(DevicesPath); strings.Contains(g.body, "board-1") {
		t.Error("a revoked device is still there")
	}
	if g := b.post(DevicesPath+"/revoke", "id", "board-1"); g.status != 422 {
		t.Errorf("%d", g.status)
	}
}

// day writes a day's log: an agent calls, a citizen takes, the setup changes.
func (w *world) day() {
	w.t.Helper()
	number := queue.Number{}
	for _, e := range []queue.Event{
		{Kind: queue.DayOpened, Actor: "system", Setup: &queue.Setup{Office: "trung-tam", Name: "Cũ"}, Opening: &queue.Opening{Day: "2026-11-23"}},
		{Kind: queue.TicketIssued, Actor: "kiosk-first", Ticket: &queue.Ticket{ID: "1", Number: number}},
		{Kind: queue.TicketCalled, Actor: "staff:lan", Counter: "3", Chosen: true, Reason: "=HYPERLINK(\"http://evil\")", Ticket: &queue.Ticket{ID: "1", Number: number}},
		{Kind: queue.OfficeConfigured, Actor: "staff:chief", Setup: &queue.Setup{Office: "trung-tam", Name: "Mới"}},
	} {
		events, err := w.log.Read(w.t.Context(), "trung-tam", 0, 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		e.Office, e.Seq, e.At = "trung-tam", int64(len(events))+1, w.now.Add(time.Duration(len(events))*time.Second)
		if err := w.log.Append(w.t.Context(), queue.Batch{Office: "trung-tam", After: int64(len(events)), Events: []queue.Event{e}}); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestAuditLog(t *testing.T) {
	w := newWorld(t)
	b := w.chief()
	w.day()
	b.post("/admin/other/thing", "secret", "what was typed")
	b.post("/admin/other/heard/1", "phase", "finished") // By the page, not by a hand.
	g := b.get(AuditPath + "?from=2026-11-23")
	for _, want := range []string{"staff:lan", "Gọi số", "quầy 3", "ngoài thứ tự", "Đổi cài đặt", "<td>name</td>", "Lập tài khoản", "/admin/other/thing", "192.0.2.1"} {
		if !strings.Contains(g.body, want) {
			t.Errorf("no %q in\n%s", want, g.body)
		}
	}
	for _, not := range []string{"kiosk-first", "system", "what was typed", "/admin/other/heard"} {
		if strings.Contains(g.body, not) {
			t.Errorf("%q is in\n%s", not, g.body)
		}
	}
	for query, want := range map[string]int{
		"": 5, "?who=lan": 1, "?who=kiosk": 1, "?what=settings": 2, "?what=accounts": 1, "?who=lan&what=settings": 0, "?from=2026-11-22": 0, "?from=nonsense&to=x": 5,
		"?from=2026-11-01&to=2026-11-30&page=3": 5, "?from=1999-01-01": 5,
	} {
		if g := b.get(AuditPath + query); !strings.Contains(g.body, fmt.Sprintf("%d dòng", want)) {
			t.Errorf("%s: not %d lines\n%s", query, want, g.body)
		}
	}
	if g := b.do("POST", AuditPath, url.Values{}); g.status < 400 {
		t.Errorf("something can be sent to the log: %d", g.status)
	}
}

func TestAuditExport(t *testing.T) {
	w := newWorld(t)
	b := w.chief()
	w.day()
	g := b.get(AuditPath + "/export.csv?from=2026-11-23")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(g.body, "\xef\xbb\xbf"))).ReadAll()
	if err != nil || len(rows) != 5 {
		t.Fatalf("%d rows, %v\n%s", len(rows), err, g.body)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
	if !strings.Contains(b.get(AuditPath+"?what=settings").body, "Xuất nhật ký") {
		t.Error("that it was exported stands in no log")
	}
	for in, want := range map[string]string{"=1": "'=1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "A001": "A001", "": ""} {
		if got := plain(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

// A question of any form is answered, with bounded days.
func FuzzAsk(f *testing.F) {
	f.Add("from=2026-11-23&to=2030-01-01&page=-1&who=%ff")
	d := &Desk{Config: Config{Location: func() *time.Location { return time.UTC }, Now: time.Now}}
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		a := d.ask(q)
		if days := a.to.Sub(a.from).Hours() / 24; days < 0.9 || days > auditDays+1 || a.Page < 0 {
			t.Errorf("%q: %+v", query, a)
		}
	})
}

func TestPanel(t *testing.T) {
	w := newWorld(t)
	rows := w.desk.Panel().Rows(t.Context())
	if rows[0].Href != PeoplePath+"/first" || rows[0].Level != page.Warn {
		t.Errorf("%+v", rows[0])
	}
	w.chief()
	if rows = w.desk.Panel().Rows(t.Context()); rows[0].Value != "1" || rows[0].Href != PeoplePath {
		t.Errorf("%+v", rows[0])
	}
}
