package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tokens is a queue.Tokens of fixed grants: the token of a role is "token-ROLE".
type tokens map[[sha256.Size]byte]queue.Grant

func testTokens() tokens {
	out := tokens{}
	for _, role := range queue.Roles() {
		out[queue.HashToken("token-"+string(role))] = queue.Grant{ID: string(role) + "1", Role: role}
		out[queue.HashToken("token-xd-"+string(role))] = queue.Grant{ID: "xd-" + string(role), Role: role, Agency: "xd"}
	}
	return out
}

func (t tokens) Grant(_ context.Context, hash [sha256.Size]byte) (queue.Grant, bool, error) {
	g, ok := t[hash]
	return g, ok, nil
}

// brokenTokens cannot be read.
type brokenTokens struct{}

func (brokenTokens) Grant(context.Context, [sha256.Size]byte) (queue.Grant, bool, error) {
	return queue.Grant{}, false, errors.New("disk gone: /secret/place")
}

// bench is a server over a real office in memory.
type bench struct {
	t      *testing.T
	office *queue.Engine
	store  *memory.Store
	links  *queue.Links
	server *Server
	http   *httptest.Server
}

func newBench(t *testing.T, change ...func(*Config)) *bench {
	t.Helper()
	return newBenchOf(t, queue.CommuneCentre(), change...)
}

func newBenchOf(t *testing.T, setup queue.Setup, change ...func(*Config)) *bench {
	t.Helper()
	b := &bench{t: t, store: &memory.Store{}, links: queue.NewLinks([]byte("secret"), "http://xinmoi.test")}
	ctx, cancel := context.WithCancel(context.Background())
	engine, err := queue.NewEngine(ctx, queue.Config{Setup: setup, Store: b.store, Links: b.links, Secret: []byte("secret")})
	if err != nil {
		t.Fatal(err)
	}
	b.office = engine
	done := make(chan struct{})
	go func() { defer close(done); _ = engine.Run(ctx) }()
	cfg := Config{
		Offices: map[string]queue.Management{setup.Office: engine},
		Tokens:  testTokens(), Links: b.links,
	}
	for _, f := range change {
		f(&cfg)
	}
	b.server = New(cfg)
	b.http = httptest.NewServer(b.server)
	t.Cleanup(func() {
		b.server.Drain()
		b.http.Close()
		cancel()
		<-done
	})
	return b
}

// answerOf is what a request got.
type answerOf struct {
	status int
	header http.Header
	body   []byte
}

// call is one request in a test.
type call struct {
	method, path string
	token        string // Role, or a token.
	body         string
	header       map[string]string
}

func (b *bench) do(c call) answerOf {
	b.t.Helper()
	req, err := http.NewRequest(c.method, b.http.URL+c.path, strings.NewReader(c.body))
	if err != nil {
		b.t.Fatal(err)
	}
	if c.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		token := c.token
		if _, ok := testTokens()[queue.HashToken("token-"+token)]; ok {
			token = "token-" + token
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for name, value := range c.header {
		req.Header.Set(name, value)
	}
	client := *b.http.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answerOf{res.StatusCode, res.Header, body}
}

const at = Prefix + "/offices/trung-tam"

func (b *bench) post(path, role, body string) answerOf {
	b.t.Helper()
	return b.do(call{method: "POST", path: at + path, token: role, body: body})
}

func (b *bench) get(path, role string) answerOf {
	b.t.Helper()
	return b.do(call{method: "GET", path: at + path, token: role})
}

// object reads an answer as a JSON object, whatever its status.
func (a answerOf) object(t *testing.T) map[string]any {
	t.Helper()
	var out map[string]any
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		t.Fatalf("%d %q is no JSON object: %v", a.status, a.body, err)
	}
	return out
}

// want checks a successful answer and gives it.
func (a answerOf) want(t *testing.T, status int) map[string]any {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d %s, want %d", a.status, a.body, status)
	}
	return a.object(t)
}

// wantProblem checks that an answer is a whole problem document of a code.
func (a answerOf) wantProblem(t *testing.T, code queue.Code) map[string]any {
	t.Helper()
	p := a.object(t)
	k := kindOf(code)
	if got := a.header.Get("Content-Type"); got != problemType {
		t.Errorf("content type %q, want %q", got, problemType)
	}
	if p["code"] != string(code) || a.status != k.status || p["status"] != json.Number(httpNumber(k.status)) {
		t.Fatalf("status %d, body %s; want status %d, code %s", a.status, a.body, k.status, code)
	}
	for _, member := range []string{"type", "title", "hint"} {
		if s, _ := p[member].(string); s == "" {
			t.Errorf("problem %s has no %s", a.body, member)
		}
	}
	return p
}

func httpNumber(n int) string { b, _ := json.Marshal(n); return string(b) }

// seq is the office's latest event: unchanged means that nothing happened.
func (b *bench) seq() int64 {
	b.t.Helper()
	board, err := b.office.Board(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	return board.Seq
}

func (b *bench) take(body string) map[string]any {
	b.t.Helper()
	return b.post("/tickets", "kiosk", body).want(b.t, http.StatusCreated)
}
