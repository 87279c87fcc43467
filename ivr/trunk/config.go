package trunk

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrConfig is wrapped by every refusal of a Config.
var ErrConfig = errors.New("the SIP trunk is not configured properly")

// Config is one trunk or switchboard. Name and Server are required.
type Config struct {
	Name         string   `toml:"name"`          // "viettel": in logs, pages and alarms.
	Server       string   `toml:"server"`        // "sbc.example.vn" or "192.0.2.1:5060"; several, with commas, in the order of preference.
	Transport    string   `toml:"transport"`     // "udp" (default), "tcp" or "tls".
	Domain       string   `toml:"domain"`        // The provider's name in addresses; by default the first server's.
	User         string   `toml:"user"`          // Our account or extension; empty where the trunk knows us by our address.
	AuthUser     string   `toml:"auth_user"`     // Where the provider gives another name for the password.
	PasswordFile string   `toml:"password_file"` //
	Register     bool     `toml:"register"`      // Whether to register (an extension, most trunks by the internet).
	Expires      int      `toml:"expires"`       // Seconds to register for; 0 = 600.
	FromNumber   string   `toml:"from_number"`   // Our telephone number, shown to who is called; empty = user.
	Dial         string   `toml:"dial"`          // How numbers are dialled: "national" (0912…, default), "e164" (+84912…) or "84" (84912…).
	Prefix       string   `toml:"prefix"`        // Dialled in front, where a switchboard wants a digit for an outside line.
	Allow        []string `toml:"allow"`         // Further addresses that calls come from: "203.0.113.0/24".
	Operator     string   `toml:"operator"`      // Where key 0 goes: an extension, or "sip:…".
	OperatorMode string   `toml:"operator_mode"` // How: a mode of package operator; empty = as for all.
	Probe        int      `toml:"probe_seconds"` // Asks so often whether the server is there (OPTIONS); 0 = 30, -1 = never.
	CAFile       string   `toml:"ca_file"`       // Certificates to trust by TLS; empty = the system's.
	TLSName      string   `toml:"tls_name"`      // Name in the server's certificate; empty = that of server.
	NoCalls      bool     `toml:"no_calls"`      // Only take calls, never place them.
}

// Bounds of a configuration.
const (
	maxTrunks     = 16
	maxServers    = 8
	maxAllow      = 64
	defaultExpiry = 10 * time.Minute // Often enough to notice a dead registration.
	defaultProbe  = 30 * time.Second // Also keeps a NAT's mapping alive.
)

// The ways to write a number that is dialled.
const (
	dialNational = "national"
	dialE164     = "e164"
	dial84       = "84"
)

// Check refuses what cannot work, naming the key; the errors wrap ErrConfig.
func (c Config) Check() error {
	_, err := c.prepare()
	return err
}

// CheckAll checks the trunks of one machine.
func CheckAll(all []Config) error {
	if len(all) > maxTrunks {
		return fmt.Errorf("%w: %d trunks, at most %d", ErrConfig, len(all), maxTrunks)
	}
	seen := map[string]bool{}
	for _, c := range all {
		if seen[c.Name] {
			return fmt.Errorf("%w: two trunks are called %q", ErrConfig, c.Name)
		}
		seen[c.Name] = true
		if err := c.Check(); err != nil {
			return err
		}
	}
	return nil
}

// prepared is a Config that was found to be right.
type prepared struct {
	Config
	servers  []server
	password string
	allow    []netip.Prefix
	tls      *tls.Config
	expires  time.Duration
	probe    time.Duration
}

// server is one of a trunk's, as configured.
type server struct {
	host string
	port uint16 // 0 = what DNS says (SRV), else the usual one.
}

func (c Config) prepare() (p prepared, err error) {
	wrong := func(key string, err error) error { return fmt.Errorf("%w: %q: %s: %w", ErrConfig, c.Name, key, err) }
	p.Config = c
	if p.Transport = strings.ToLower(c.Transport); p.Transport == "" {
		p.Transport = "udp"
	}
	if p.Dial == "" {
		p.Dial = dialNational
	}
	if key, err := p.words(); err != nil {
		return p, wrong(key, err)
	}
	if p.servers, err = parseServers(c.Server); err != nil {
		return p, wrong("server", err)
	}
	if p.Domain == "" {
		p.Domain = p.servers[0].host
	}
	if p.allow, err = parseAllow(c.Allow); err != nil {
		return p, wrong("allow", err)
	}
	if p.expires, p.probe, err = c.times(); err != nil {
		return p, wrong("expires, probe_seconds", err)
	}
	if p.password, err = c.secret(); err != nil {
		return p, wrong("password_file", err)
	}
	if p.tls, err = c.trust(); err != nil {
		return p, wrong("ca_file", err)
	}
	return p, nil
}

// words checks the keys that are single words, and names the wrong one.
func (c Config) words() (key string, err error) {
	switch {
	case c.Name == "" || strings.ContainsFunc(c.Name, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return "name", errors.New("give a short name without spaces")
	case !slices.Contains([]string{"udp", "tcp", "tls"}, c.Transport):
		return "transport", fmt.Errorf(`%q: give "udp", "tcp" or "tls"`, c.Transport)
	case !slices.Contains([]string{dialNational, dialE164, dial84}, c.Dial):
		return "dial", fmt.Errorf(`%q: give "national", "e164" or "84"`, c.Dial)
	case c.Register && c.User == "":
		return "user", errors.New("registering needs an account: give user, or register = false")
	}
	for key, value := range map[string]string{"user": c.User, "auth_user": c.AuthUser, "from_number": c.FromNumber, "prefix": c.Prefix, "domain": c.Domain, "operator": c.Operator} {
		if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return key, fmt.Errorf("%q has a space or a sign that addresses cannot have", value)
		}
	}
	return "", nil
}

// secret reads the password, which registering needs.
func (c Config) secret() (string, error) {
	password, err := readSecret(c.PasswordFile)
	if err == nil && c.Register && password == "" {
		err = errors.New("registering needs a password: name a file with it")
	}
	return password, err
}

func (c Config) times() (expires, probe time.Duration, err error) {
	expires, probe = time.Duration(c.Expires)*time.Second, time.Duration(c.Probe)*time.Second
	switch {
	case c.Expires == 0:
		expires = defaultExpiry
	case c.Expires < 30 || c.Expires > 86400:
		return 0, 0, fmt.Errorf("expires %d: give 30 to 86400 seconds", c.Expires)
	}
	switch {
	case c.Probe == 0:
		probe = defaultProbe
	case c.Probe == -1:
		probe = 0
	case c.Probe < 5 || c.Probe > 3600:
		return 0, 0, fmt.Errorf("probe_seconds %d: give 5 to 3600, or -1 for never", c.Probe)
	}
	return expires, probe, nil
}

// parseServers reads "a.example.vn:5060, 192.0.2.1".
func parseServers(list string) (all []server, err error) {
	for text := range strings.SplitSeq(list, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		s := server{host: strings.Trim(text, "[]")}
		if host, port, err := net.SplitHostPort(text); err == nil {
			n, err := strconv.ParseUint(port, 10, 16)
			if err != nil || n == 0 {
				return nil, fmt.Errorf("%q: port %q", text, port)
			}
			s = server{host, uint16(n)}
		}
		if _, err := netip.ParseAddr(s.host); err != nil && !isHostname(s.host) {
			return nil, fmt.Errorf("%q is no host name or address; write it like sbc.example.vn:5060", text)
		}
		all = append(all, s)
	}
	if len(all) == 0 || len(all) > maxServers {
		return nil, fmt.Errorf("%d servers, want 1 to %d", len(all), maxServers)
	}
	return all, nil
}

func isHostname(s string) bool {
	return s != "" && len(s) <= 253 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
	})
}

func parseAllow(list []string) (all []netip.Prefix, err error) {
	if len(list) > maxAllow {
		return nil, fmt.Errorf("%d networks, at most %d", len(list), maxAllow)
	}
	for _, text := range list {
		p, err := ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// ParsePrefix reads "203.0.113.0/24" or a single address.
func ParsePrefix(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, fmt.Errorf("%q is no network; write it like 203.0.113.0/24", text)
	}
	return p.Masked(), nil
}

func readSecret(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(b)), nil
}

// trust gives whom to believe by TLS; nil for the system's certificates.
func (c Config) trust() (*tls.Config, error) {
	if c.CAFile == "" && c.TLSName == "" {
		return nil, nil
	}
	t := &tls.Config{ServerName: c.TLSName, MinVersion: tls.VersionTLS12}
	if c.CAFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, err
	}
	t.RootCAs = x509.NewCertPool()
	if !t.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate in PEM form", c.CAFile)
	}
	return t, nil
}
