// Package ca is for https in an office's own network, where no public authority
// reaches: a certificate authority of the office alone, the certificate of its
// server, which renews itself, and the page from which people's devices learn to
// trust it. Browsers give microphone and notifications to https pages only.
//
// What the authority may sign is written into its own certificate (RFC 5280,
// 4.2.1.10, critical): names of the office and private addresses. Who stole its
// key could not pose as any site of the world.
package ca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// How long certificates are good. A server's is made anew well before its end.
const (
	authorityLife = 10 * 365 * 24 * time.Hour
	serverLife    = 180 * 24 * time.Hour // Browsers refuse more than 398 days.
	renewBefore   = 60 * 24 * time.Hour
	clockSlack    = 24 * time.Hour // Devices whose clock is behind.
)

// Bounds of what stands in the server's certificate.
const (
	maxNames     = 32
	maxAddresses = 32
	renewPause   = time.Minute // Between certificates for addresses that are new.
)

const (
	authorityFile = "authority.pem"
	authorityKey  = "authority.key"
	serverFile    = "server.pem"
)

// Config is what an Authority is made of; Dir and Office are required.
type Config struct {
	Dir    string           // Where certificates and keys are kept, readable by the server alone.
	Office string           // Its name, so that people know whom they trust.
	Names  []string         // By which browsers reach the server besides its addresses: "xinmoi.local".
	Now    func() time.Time // Nil = time.Now.
}

// Authority is an office's own certificate authority, and its server's
// certificate. It is safe for several goroutines.
type Authority struct {
	Config
	cert *x509.Certificate
	key  *ecdsa.PrivateKey

	mu     sync.Mutex
	server *tls.Certificate
	leaf   *x509.Certificate
	added  []net.IP  // Addresses that devices came by, beyond those of the interfaces.
	signed time.Time // When the latest certificate was.
}

// Open reads the authority of a directory, or makes one.
func Open(c Config) (*Authority, error) {
	if c.Dir == "" || c.Office == "" {
		return nil, errors.New("ca: Config.Dir and Config.Office are required")
	}
	if len(c.Names) > maxNames {
		return nil, fmt.Errorf("ca: %d names: give at most %d", len(c.Names), maxNames)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	a := &Authority{Config: c}
	err := a.load()
	if errors.Is(err, fs.ErrNotExist) {
		err = a.make()
	}
	if err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	for _, name := range c.Names {
		if !a.permits(name) {
			return nil, fmt.Errorf("ca: the office's authority in %s may not sign %q: names are fixed when it is made. Move that directory away and start again, then install the new certificate on every device", c.Dir, name)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.read() != nil || a.stale(nil) {
		if err := a.sign(); err != nil {
			return nil, fmt.Errorf("ca: %w", err)
		}
	}
	return a, nil
}

// load reads certificate and key of the authority.
func (a *Authority) load() error {
	pair, err := tls.LoadX509KeyPair(filepath.Join(a.Dir, authorityFile), filepath.Join(a.Dir, authorityKey))
	if err != nil {
		return err
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || pair.Leaf == nil || !pair.Leaf.IsCA {
		return fmt.Errorf("%s is no authority of an office: move it away and start again", filepath.Join(a.Dir, authorityFile))
	}
	if now := a.Now(); now.After(pair.Leaf.NotAfter) {
		return fmt.Errorf("the office's authority ended on %s: move %s away and start again, then install the new certificate on every device", pair.Leaf.NotAfter.Format(time.DateOnly), a.Dir)
	}
	a.cert, a.key = pair.Leaf, key
	return nil
}

// make makes the authority: the key first, so that no certificate is there
// without it.
func (a *Authority) make() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := serialNumber()
	if err != nil {
		return err
	}
	now := a.Now()
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: short("xinmoi – " + a.Office), Organization: []string{short(a.Office)}},
		NotBefore: now.Add(-clockSlack), NotAfter: now.Add(authorityLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: permittedNames(a.Names), PermittedIPRanges: privateNetworks(),
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return err
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return err
	}
	a.key = key
	text, err := keyPEM(key)
	if err != nil {
		return err
	}
	return errors.Join(writeFile(filepath.Join(a.Dir, authorityKey), text), writeFile(filepath.Join(a.Dir, authorityFile), certPEM(der)))
}

// short keeps a name within what X.520 allows (64 characters).
func short(name string) string {
	runes := []rune(name)
	return strings.TrimSpace(string(runes[:min(len(runes), 64)]))
}

// permittedNames are those that the office gave, this computer's, and those
// that nobody in the world owns (RFC 6761, 6762, 8375; "internal" by ICANN).
func permittedNames(own []string) []string {
	names := []string{"localhost", "local", "home.arpa", "internal", "lan"}
	if host, err := os.Hostname(); err == nil && host != "" {
		names = append(names, strings.ToLower(host))
	}
	for _, name := range own {
		names = append(names, strings.ToLower(name))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// privateNetworks are the addresses that are no one's in the world (RFC 1918,
// 3927, 4193, 4291, 6598).
func privateNetworks() (list []*net.IPNet) {
	for _, text := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10"} {
		if _, n, err := net.ParseCIDR(text); err == nil {
			list = append(list, n)
		}
	}
	return list
}

// permits tells whether a name may be signed.
func (a *Authority) permits(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(a.cert.PermittedDNSDomains, func(d string) bool { return name == d || strings.HasSuffix(name, "."+d) })
}

func isPrivate(ip net.IP) bool {
	return slices.ContainsFunc(privateNetworks(), func(n *net.IPNet) bool { return n.Contains(ip) })
}

// read takes in the server's certificate of an earlier start.
func (a *Authority) read() error {
	path := filepath.Join(a.Dir, serverFile)
	pair, err := tls.LoadX509KeyPair(path, path)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: a.Now()}); err != nil {
		return err
	}
	a.server, a.leaf = &pair, pair.Leaf
	return nil
}

// stale tells whether the server's certificate should be made anew: it ends
// soon, the clock says that it is not good yet, or it lacks a name, an address
// of this computer, or the one that somebody came by.
func (a *Authority) stale(came net.IP) bool {
	now := a.Now()
	if a.leaf == nil || now.After(a.leaf.NotAfter.Add(-renewBefore)) || now.Before(a.leaf.NotBefore) {
		return true
	}
	names, addresses := a.wanted()
	for _, name := range names {
		if !slices.Contains(a.leaf.DNSNames, name) {
			return true
		}
	}
	if came != nil {
		addresses = append(addresses, came)
	}
	return slices.ContainsFunc(addresses, func(ip net.IP) bool { return !slices.ContainsFunc(a.leaf.IPAddresses, ip.Equal) })
}

// wanted is what the server's certificate should say.
func (a *Authority) wanted() (names []string, addresses []net.IP) {
	names = []string{"localhost"}
	if host, err := os.Hostname(); err == nil && a.permits(host) {
		names = append(names, strings.ToLower(host))
	}
	for _, name := range a.Names {
		names = append(names, strings.ToLower(name))
	}
	slices.Sort(names)
	addresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	all, _ := net.InterfaceAddrs() // None known: the loopback is enough to begin with.
	for _, each := range all {
		n, ok := each.(*net.IPNet)
		if ok && !n.IP.IsLinkLocalUnicast() && isPrivate(n.IP) && len(addresses) < maxAddresses && !slices.ContainsFunc(addresses, n.IP.Equal) {
			addresses = append(addresses, n.IP)
		}
	}
	return slices.Compact(names), addresses
}

// sign makes the server's certificate.
func (a *Authority) sign() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := serialNumber()
	if err != nil {
		return err
	}
	now := a.Now()
	names, addresses := a.wanted()
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: names[0], Organization: a.cert.Subject.Organization},
		NotBefore: now.Add(-clockSlack), NotAfter: earlier(now.Add(serverLife), a.cert.NotAfter),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
		DNSNames: names, IPAddresses: append(addresses, a.added...),
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return err
	}
	text, err := keyPEM(key)
	if err != nil {
		return err
	}
	text = append(certPEM(der), text...)
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return err
	}
	a.server, a.leaf, a.signed = &pair, pair.Leaf, now
	return writeFile(filepath.Join(a.Dir, serverFile), text)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Certificate gives the server's certificate to who connects, made anew where
// it has to be: as tls.Config.GetCertificate.
func (a *Authority) Certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	var came net.IP
	if hello.Conn != nil {
		if at, ok := hello.Conn.LocalAddr().(*net.TCPAddr); ok && isPrivate(at.IP) {
			came = at.IP
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stale(came) && a.Now().Sub(a.signed).Abs() > renewPause {
		if came != nil && len(a.added) < maxAddresses && !slices.ContainsFunc(a.added, came.Equal) {
			a.added = append(a.added, came)
		}
		if err := a.sign(); err != nil && a.server == nil {
			return nil, err
		}
	}
	return a.server, nil
}

// PEM is the authority's certificate, for devices that are to trust it.
func (a *Authority) PEM() []byte { return certPEM(a.cert.Raw) }

// Fingerprint is the SHA-256 of the authority's certificate as devices show it:
// "AB:CD:…".
func (a *Authority) Fingerprint() string {
	sum := sha256.Sum256(a.cert.Raw)
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(parts, ":")
}

// Until is when the authority ends, and when the server's certificate does,
// which is made anew long before.
func (a *Authority) Until() (authority, server time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.cert.NotAfter, a.leaf.NotAfter
}

// HostNames lists names and addresses that the server's certificate is good for.
func (a *Authority) HostNames() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := slices.Clone(a.leaf.DNSNames)
	for _, ip := range a.leaf.IPAddresses {
		list = append(list, ip.String())
	}
	return list
}

func serialNumber() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
}

func certPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func keyPEM(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// writeFile puts a file in place at once, readable by its owner alone.
func writeFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new*") // 0600.
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
