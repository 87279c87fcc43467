//go:build e2e

package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestPublicAuthority has the server get a certificate from pebble, Let's
// Encrypt's test authority, as it would from the real one: ordered at the first
// visit, proved by TLS-ALPN, kept over a restart. It runs where XINMOI_PEBBLE
// names the folder with pebble and pebble-challtestsrv, or they
// are in PATH.
func TestPublicAuthority(t *testing.T) {
	t.Parallel()
	const domain = "mot-cua.binh-an.test"
	dir := t.TempDir()
	listen := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	directory, trust, stop := pebble(t, dir, listen)
	config := filepath.Join(dir, "xinmoi.toml")
	text := fmt.Sprintf("[https]\nlisten = %q\ndomains = [%q]\nemail = \"it@binh-an.test\"\nacme_url = %q\n", listen, domain, directory)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, "", []string{"-config", config}, voiceless(t), "SSL_CERT_FILE="+filepath.Join(dir, "api.pem"))
	roots := trust()
	first := presented(t, s, listen, domain, roots)
	if _, err := tls.Dial("tcp", listen, &tls.Config{ServerName: "127.0.0.1", RootCAs: roots}); err == nil {
		t.Error("who comes by the address gets the public certificate")
	}
	stop()
	s.stop()
	s.run() // The authority is gone: what it gave is kept.
	if again := presented(t, s, listen, domain, roots); again.SerialNumber.Cmp(first.SerialNumber) != 0 {
		t.Errorf("another certificate after the restart: %v, was %v", again.SerialNumber, first.SerialNumber)
	}
}

// presented is the certificate that the server shows for a domain, once it is
// one that roots vouch for.
func presented(t *testing.T, s *server, listen, domain string, roots *x509.CertPool) (c *x509.Certificate) {
	t.Helper()
	s.await("a certificate of the public authority", patience, func() bool {
		conn, err := tls.Dial("tcp", listen, &tls.Config{ServerName: domain, RootCAs: roots})
		if err != nil {
			return false
		}
		defer conn.Close()
		c = conn.ConnectionState().PeerCertificates[0]
		return true
	})
	return c
}

// pebble starts the authority and a name server for which every name is this
// machine. trust gives whom it signs with.
func pebble(t *testing.T, dir, proves string) (directory string, trust func() *x509.CertPool, stop func()) {
	t.Helper()
	programs := map[string]string{}
	for _, name := range []string{"pebble", "pebble-challtestsrv"} {
		path, err := exec.LookPath(filepath.Join(os.Getenv("XINMOI_PEBBLE"), name))
		if err != nil {
			t.Skipf("%s is not installed: go install github.com/letsencrypt/pebble/v2/cmd/%s@v2.10.1", name, name)
		}
		programs[name] = path
	}
	api, manage := freePort(t), freePort(t)
	own(t, dir)
	_, port, err := net.SplitHostPort(proves)
	if err != nil {
		t.Fatal(err)
	}
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": fmt.Sprintf("127.0.0.1:%d", api), "managementListenAddress": fmt.Sprintf("127.0.0.1:%d", manage),
		"certificate": filepath.Join(dir, "api.pem"), "privateKey": filepath.Join(dir, "api.key"), "httpPort": freePort(t), "tlsPort": json.Number(port),
	}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "pebble.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	names := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	stopNames := process(t, programs["pebble-challtestsrv"], nil, "-dnsserver", names, "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-management", fmt.Sprintf("127.0.0.1:%d", freePort(t)))
	stopPebble := process(t, programs["pebble"], []string{"PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0"}, "-config", file, "-dnsserver", names)
	return fmt.Sprintf("https://127.0.0.1:%d/dir", api), func() *x509.CertPool { return rootOf(t, dir, manage) }, func() { stopPebble(); stopNames() }
}

// process runs a program until stop, or the end of the test.
func process(t *testing.T, path string, env []string, args ...string) (stop func()) {
	t.Helper()
	cmd := exec.Command(path, args...)
	out := &syncBuffer{}
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	stop = func() {
		if !ended {
			ended = true
			_ = cmd.Process.Kill() // Both end by nothing else.
			_ = cmd.Wait()
		}
	}
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			t.Logf("%s:\n%s", filepath.Base(path), out)
		}
	})
	return stop
}

// own makes the certificate by which pebble's own interface is known.
func own(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "pebble"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	signed, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"api.pem": {Type: "CERTIFICATE", Bytes: signed}, "api.key": {Type: "PRIVATE KEY", Bytes: private}} {
		var text bytes.Buffer
		if err := pem.Encode(&text, block); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// rootOf asks pebble for the root it made at its start.
func rootOf(t *testing.T, dir string, manage int) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "api.pem"))
	if err != nil {
		t.Fatal(err)
	}
	interfaces := x509.NewCertPool()
	interfaces.AppendCertsFromPEM(text)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: interfaces}, DisableKeepAlives: true}}
	roots := x509.NewCertPool()
	for end := time.Now().Add(patience); time.Now().Before(end); <-time.After(50 * time.Millisecond) {
		res, err := client.Get(fmt.Sprintf("https://127.0.0.1:%d/roots/0", manage))
		if err != nil {
			continue
		}
		root, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err == nil && roots.AppendCertsFromPEM(root) {
			return roots
		}
	}
	t.Fatal("pebble does not tell its root")
	return nil
}
