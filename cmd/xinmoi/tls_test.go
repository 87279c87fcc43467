package main

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"github.com/xinmoi/xinmoi/queue/web/ca"
)

// The public authority is asked for the domains of the configuration alone;
// everybody else gets the office's own certificate.
func TestTwoAuthorities(t *testing.T) {
	own, err := ca.Open(ca.Config{Dir: filepath.Join(t.TempDir(), "https"), Office: "Xã"})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		http.Error(w, "closed", http.StatusServiceUnavailable)
	}))
	defer public.Close()
	s := secure{authority: own, public: &autocert.Manager{
		Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist("mot-cua.example.vn"), Client: &acme.Client{DirectoryURL: public.URL, RetryBackoff: func(int, *http.Request, *http.Response) time.Duration { return -1 }},
	}}
	c := s.tlsConfig()
	if !slices.Contains(c.NextProtos, acme.ALPNProto) {
		t.Error("the public authority cannot look at the server by TLS")
	}
	hello := func(name string) error {
		_, err := c.GetCertificate(&tls.ClientHelloInfo{ServerName: name, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}})
		return err
	}
	for _, name := range []string{"", "localhost", "example.com"} {
		if err := hello(name); err != nil || asked != 0 {
			t.Errorf("%q: %v, the public authority was asked %d times", name, err, asked)
		}
	}
	if err := hello("mot-cua.example.vn"); err == nil || asked == 0 {
		t.Errorf("the office's domain: %v, asked %d times", err, asked)
	}
	if h := (secure{authority: own}).plain(http.NotFoundHandler()); h == nil {
		t.Error("nothing is served without TLS")
	}
}
