package sip

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"github.com/xinmoi/xinmoi/ivr/peertest"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// certificate makes one for 127.0.0.1 and sip.test, and writes it for others.
func certificate(t *testing.T) (pair tls.Certificate, roots *x509.CertPool, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sip.test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"sip.test", "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM, keyPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	pair, err = tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(certPEM)
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, data := range map[string][]byte{certFile: certPEM, keyFile: keyPEM} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return pair, roots, certFile, keyFile
}

// traceBook keeps traced messages.
type traceBook struct {
	mu       sync.Mutex
	sent     int
	received int
	methods  map[string]int
}

func (b *traceBook) note(_ string, sent bool, message []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.methods == nil {
		b.methods = map[string]int{}
	}
	if sent {
		b.sent++
	} else {
		b.received++
	}
	b.methods[string(message[:3])]++
}

func TestCallByTLS(t *testing.T) {
	t.Parallel()
	pair, roots, _, _ := certificate(t)
	rec := newRecorder(sine(1000, time.Second))
	var book traceBook
	s := serve(t, Config{Answer: rec.answer, TLS: &tls.Config{Certificates: []tls.Certificate{pair}}, Trace: book.note})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	peer := &Peer{Addr: s.TLSAddr(), Transport: "tls", TLS: &tls.Config{RootCAs: roots}}
	heard := &peertest.Tape{}
	c, err := Dial(ctx, DialConfig{URI: "sip:1022@" + s.TLSAddr().String(), Peer: peer, From: "+84912345678", Heard: heard.Tap})
	if err != nil {
		t.Fatal(err)
	}
	rec.call(t)
	if err := c.SendDigit(ctx, '7'); err != nil {
		t.Error(err)
	}
	if d := rec.digits(t, 1); d != "7" {
		t.Errorf("digit %q", d)
	}
	hangup(t, c)
	if _, why := rec.end(t); why != EndBye {
		t.Errorf("ended by %q", why)
	}
	book.mu.Lock()
	defer book.mu.Unlock()
	for _, m := range []string{"INV", "ACK", "BYE", "SIP"} {
		if book.methods[m] == 0 {
			t.Errorf("%s is not in the trace: %v", m, book.methods)
		}
	}
}

func TestTLSTrustsNobodyByItself(t *testing.T) {
	t.Parallel()
	pair, _, _, _ := certificate(t)
	s := serve(t, Config{Answer: newRecorder(nil).answer, TLS: &tls.Config{Certificates: []tls.Certificate{pair}}})
	var err error
	for first := true; first || errors.Is(err, context.DeadlineExceeded); first = false { // A slow machine: each attempt has a bound of its own.
		_, err = Dial(t.Context(), DialConfig{URI: "sip:1022@" + s.TLSAddr().String() + ";transport=tls"})
	}
	var unknown *tls.CertificateVerificationError
	if err == nil || !errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
	old, err := tls.Dial("tcp", s.TLSAddr().String(), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11})
	if err == nil {
		err = old.Handshake()
		_ = old.Close()
	}
	if err == nil {
		t.Error("TLS 1.1 was taken")
	}
}
