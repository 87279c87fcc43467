package openid

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is an identity provider with one person, as the specification has it.
type fake struct {
	*httptest.Server
	key       *rsa.PrivateKey
	challenge string         // Of the latest sign-in.
	nonce     string         // The same.
	claims    map[string]any // Put over what it usually says.
	asked     int            // For a token.
}

func newFake(t *testing.T) *fake {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{key: key, claims: map[string]any{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": f.URL, "authorization_endpoint": f.URL + "/auth", "token_endpoint": f.URL + "/token", "jwks_uri": f.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]string{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "one", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("POST /token", f.token)
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// authorize is what the provider's page does: it remembers the challenge and
// sends the browser back with a code.
func (f *fake) authorize(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || q.Get("redirect_uri") != "http://office/login/openid/back" {
		t.Errorf("asks with %v", q)
	}
	f.challenge, f.nonce = q.Get("code_challenge"), q.Get("nonce")
	return url.Values{"code": {"c-1"}, "state": {q.Get("state")}}
}

func (f *fake) token(w http.ResponseWriter, r *http.Request) {
	f.asked++
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if b64(sum[:]) != f.challenge || r.FormValue("code") != "c-1" {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	claims := map[string]any{
		"iss": f.URL, "aud": "xinmoi", "sub": "17", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(),
		"nonce": f.nonce, "email": "lan@tinh.gov.vn", "email_verified": true, "preferred_username": "lan.nt",
	}
	for name, v := range f.claims {
		claims[name] = v
	}
	body, _ := json.Marshal(claims)
	text := b64([]byte(`{"alg":"RS256","kid":"one"}`)) + "." + b64(body)
	hash := sha256.Sum256([]byte(text))
	sig, _ := rsa.SignPKCS1v15(rand.Reader, f.key, crypto.SHA256, hash[:])
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token":"a","token_type":"Bearer","id_token":"%s.%s"}`, text, b64(sig))
}

func provider(t *testing.T, f *fake, claim string) *Provider {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	p, err := New(Config{Issuer: f.URL, ClientID: "xinmoi", Secret: "s", Redirect: "http://office/login/openid/back", Claim: claim, Client: client})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSigningIn(t *testing.T) {
	f := newFake(t)
	for claim, want := range map[string]string{"": "lan@tinh.gov.vn", "email": "lan@tinh.gov.vn", "preferred_username": "lan.nt"} {
		p := provider(t, f, claim)
		to, j, err := p.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		who, err := p.Finish(t.Context(), f.authorize(t, to), j)
		if err != nil || who != (Person{want, "17"}) {
			t.Errorf("%s: %+v %v", claim, who, err)
		}
	}
}

// Whatever is wrong with what comes back, nobody is vouched for.
func TestNobodyIsVouchedFor(t *testing.T) {
	f := newFake(t)
	p := provider(t, f, "email")
	past := time.Now().Add(-time.Hour).Unix()
	for name, spoil := range map[string]func(q url.Values, j *Journey){
		"another state":    func(q url.Values, _ *Journey) { q.Set("state", "x") },
		"no journey":       func(q url.Values, j *Journey) { *j = Journey{}; q.Del("state") },
		"refused":          func(q url.Values, _ *Journey) { q.Set("error", "access_denied") },
		"another verifier": func(_ url.Values, j *Journey) { j.Verifier = strings.Repeat("v", 43) },
		"another nonce":    func(_ url.Values, j *Journey) { j.Nonce = "x" },
		"another audience": func(url.Values, *Journey) { f.claims["aud"] = "another" },
		"over":             func(url.Values, *Journey) { f.claims["exp"] = past },
		"another issuer":   func(url.Values, *Journey) { f.claims["iss"] = "https://evil.example" },
		"not verified":     func(url.Values, *Journey) { f.claims["email_verified"] = false },
		"no address":       func(url.Values, *Journey) { f.claims["email"] = "" },
		"no subject":       func(url.Values, *Journey) { f.claims["sub"] = "" },
	} {
		f.claims = map[string]any{}
		to, j, err := p.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		q := f.authorize(t, to)
		spoil(q, &j)
		if who, err := p.Finish(t.Context(), q, j); err == nil {
			t.Errorf("%s: %+v", name, who)
		}
	}
	if f.asked < 5 {
		t.Errorf("the provider was asked %d times: the test sees nothing", f.asked)
	}
}

// A provider that cannot be reached is asked again soon, but not by everybody who
// comes meanwhile.
func TestUnreachable(t *testing.T) {
	f := newFake(t)
	p := provider(t, f, "")
	p.Issuer = "http://127.0.0.1:1"
	if _, _, err := p.Begin(t.Context()); err == nil {
		t.Error("nobody is there, and no error")
	}
	p.Issuer = f.URL
	p.failed = time.Now().Add(time.Hour) // A moment ago, however slow the machine is.
	if _, _, err := p.Begin(t.Context()); err == nil {
		t.Error("asked again at once")
	}
	p.failed = time.Now().Add(-2 * askPause)
	if _, _, err := p.Begin(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestConfig(t *testing.T) {
	for name, c := range map[string]Config{
		"plain http": {Issuer: "http://id.example", ClientID: "x"}, "no address": {Issuer: "x", ClientID: "x"},
		"no client": {Issuer: "https://id.example"}, "another claim": {Issuer: "https://id.example", ClientID: "x", Claim: "name"},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
