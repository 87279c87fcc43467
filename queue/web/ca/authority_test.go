package ca

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T, c Config) *Authority {
	t.Helper()
	if c.Dir == "" {
		c.Dir = filepath.Join(t.TempDir(), "https")
	}
	if c.Office == "" {
		c.Office = "Trung tâm Phục vụ hành chính công xã Bình An, huyện Rất Dài Tên, tỉnh Cũng Vậy"
	}
	a, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// certificate is what a browser that asks for a name gets, on an address.
func certificate(t *testing.T, a *Authority, name string) *x509.Certificate {
	t.Helper()
	got, err := a.Certificate(&tls.ClientHelloInfo{ServerName: name})
	if err != nil {
		t.Fatal(err)
	}
	return got.Leaf
}

func verify(a *Authority, leaf *x509.Certificate, name string, now time.Time) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.PEM())
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: now})
	return err
}

func TestBrowsersAccept(t *testing.T) {
	a := open(t, Config{Names: []string{"XinMoi.local", "mot-cua.binhan.lan"}})
	leaf := certificate(t, a, "xinmoi.local")
	for name, want := range map[string]bool{
		"xinmoi.local": true, "localhost": true, "mot-cua.binhan.lan": true, "127.0.0.1": true, "[::1]": true, "example.com": false, "8.8.8.8": false,
	} {
		if err := verify(a, leaf, name, time.Now()); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, file := range []string{authorityKey, serverFile} {
		info, err := os.Stat(filepath.Join(a.Dir, file))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", file, info.Mode(), err)
		}
	}
}

// Who has stolen the key cannot pose as a site of the world.
func TestConstrained(t *testing.T) {
	a := open(t, Config{})
	a.Names = []string{"vietcombank.com.vn"}
	if err := a.sign(); err != nil {
		t.Fatal(err)
	}
	if err := verify(a, a.leaf, "vietcombank.com.vn", time.Now()); err == nil {
		t.Error("the authority's certificate lets it sign any name")
	}
	a.Names, a.added = nil, []net.IP{net.IPv4(8, 8, 8, 8)}
	if err := a.sign(); err != nil {
		t.Fatal(err)
	}
	if err := verify(a, a.leaf, "8.8.8.8", time.Now()); err == nil {
		t.Error("the authority's certificate lets it sign any address")
	}
}

// The authority stays over restarts, its server's certificate as long as it is good.
func TestStaysAndRenews(t *testing.T) {
	now := time.Now()
	c := Config{Dir: filepath.Join(t.TempDir(), "https"), Office: "Xã", Now: func() time.Time { return now }}
	a := open(t, c)
	print, first := a.Fingerprint(), certificate(t, a, "").SerialNumber
	b := open(t, c)
	if b.Fingerprint() != print || certificate(t, b, "").SerialNumber.Cmp(first) != 0 {
		t.Error("a restart makes other certificates")
	}
	for _, step := range []struct {
		name  string
		after time.Duration
		anew  bool
	}{
		{"a month on", 30 * 24 * time.Hour, false}, {"two months before its end", 95 * 24 * time.Hour, true},
		{"a clock that was ahead", -300 * 24 * time.Hour, true},
	} {
		was := certificate(t, b, "").SerialNumber
		now = now.Add(step.after)
		leaf := certificate(t, b, "")
		if (leaf.SerialNumber.Cmp(was) != 0) != step.anew {
			t.Errorf("%s: made anew %v, want %v", step.name, !step.anew, step.anew)
		}
		if err := verify(b, leaf, "localhost", now); err != nil && step.after > 0 {
			t.Errorf("%s: %v", step.name, err)
		}
	}
	c.Names = []string{"mot-cua.example.vn"}
	if _, err := Open(c); err == nil || !strings.Contains(err.Error(), "mot-cua.example.vn") {
		t.Errorf("a name that the authority may not sign: %v", err)
	}
	now = now.Add(11 * 365 * 24 * time.Hour)
	c.Names = nil
	if _, err := Open(c); err == nil || !strings.Contains(err.Error(), "ended") {
		t.Errorf("an authority that has ended: %v", err)
	}
}

// arrived is a connection that came by an address.
type arrived struct {
	net.Conn
	at string
}

func (c arrived) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(c.at), Port: 8443} }

// An address that the network gave later is taken in; made-up ones cannot keep
// the server signing.
func TestNewAddress(t *testing.T) {
	now := time.Now()
	a := open(t, Config{Now: func() time.Time { return now }})
	come := func(at string) *x509.Certificate {
		got, err := a.Certificate(&tls.ClientHelloInfo{Conn: arrived{at: at}})
		if err != nil {
			t.Fatal(err)
		}
		return got.Leaf
	}
	now = now.Add(2 * time.Minute)
	if err := verify(a, come("192.168.77.5"), "192.168.77.5", now); err != nil {
		t.Error(err)
	}
	was := come("192.168.77.5").SerialNumber
	if come("192.168.77.6").SerialNumber.Cmp(was) != 0 {
		t.Error("made anew twice within a minute")
	}
	now = now.Add(2 * time.Minute)
	if come("8.8.8.8").SerialNumber.Cmp(was) != 0 {
		t.Error("an address of the world is taken in")
	}
}

func TestRefusals(t *testing.T) {
	if _, err := Open(Config{}); err == nil {
		t.Error("an authority of nobody")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, authorityFile), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, authorityKey), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{Dir: dir, Office: "Xã"}); err == nil {
		t.Error("nonsense is overwritten: devices would not trust the new one")
	}
}

// OpenSSL agrees with what Go says of the certificates.
func TestOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed: apt-get install openssl")
	}
	a := open(t, Config{Names: []string{"xinmoi.local"}})
	root, server := filepath.Join(a.Dir, authorityFile), filepath.Join(a.Dir, serverFile)
	out, err := exec.Command(openssl, "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "xinmoi.local", "-CAfile", root, server).CombinedOutput()
	if err != nil || !strings.Contains(string(out), ": OK") {
		t.Errorf("%v %s", err, out)
	}
	if out, err := exec.Command(openssl, "verify", "-verify_hostname", "example.com", "-CAfile", root, server).CombinedOutput(); err == nil {
		t.Errorf("example.com: %s", out)
	}
	out, err = exec.Command(openssl, "x509", "-in", root, "-noout", "-fingerprint", "-sha256").CombinedOutput()
	if err != nil || !strings.Contains(string(out), a.Fingerprint()) {
		t.Errorf("%v %s, want %s", err, out, a.Fingerprint())
	}
	a.Names = []string{"vietcombank.com.vn"}
	if err := a.sign(); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(openssl, "verify", "-CAfile", root, server).CombinedOutput(); err == nil || !strings.Contains(string(out), "permitted subtree") {
		t.Errorf("a name that is not permitted: %v %s", err, out)
	}
}

func TestPage(t *testing.T) {
	a := open(t, Config{})
	for _, c := range []struct {
		name, path, want string
		a                *Authority
	}{
		{"how", Path, a.Fingerprint(), a}, {"its address", Path, "https://quay.lan:8443/", a}, {"the file", FilePath, "BEGIN CERTIFICATE", a},
		{"English", Path + "?lang=en", "Compare the fingerprint", a}, {"off", Path, "[https]", nil}, {"no file", FilePath, "", nil},
	} {
		h, err := NewPage(PageConfig{Authority: c.a, Port: "8443"})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, c.path, nil)
		r.Host = "quay.lan:8080"
		h.ServeHTTP(w, r)
		if !strings.Contains(w.Body.String(), c.want) || strings.Contains(w.Body.String(), "PRIVATE") {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
	}
}
