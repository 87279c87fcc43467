package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/ivr/trunk"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// sipConfig is the telephone line of one machine.
type sipConfig struct {
	Listen    string         `toml:"listen"`
	Number    string         `toml:"number"`
	MaxCalls  int            `toml:"max_calls"`
	PerSource int            `toml:"max_calls_per_source"`
	Public    string         `toml:"public_address"`
	RTPPorts  string         `toml:"rtp_ports"`
	TLSListen string         `toml:"tls_listen"`
	TLSCert   string         `toml:"tls_cert_file"`
	TLSKey    string         `toml:"tls_key_file"`
	Allow     []string       `toml:"allow"`
	Trunks    []trunk.Config `toml:"trunk"`
}

// check refuses what the telephone line could not work with.
func (c sipConfig) check() error {
	if c.Public != "" {
		if _, err := netip.ParseAddr(c.Public); err != nil {
			return fmt.Errorf("sip.public_address: %q: give an address such as 203.0.113.5", c.Public)
		}
	}
	if _, err := c.ports(); err != nil {
		return err
	}
	if _, err := c.direct(); err != nil {
		return err
	}
	if c.TLSListen != "" {
		if _, _, err := net.SplitHostPort(c.TLSListen); err != nil {
			return fmt.Errorf("sip.tls_listen: %q: give an address and a port, such as 0.0.0.0:5061", c.TLSListen)
		}
	}
	if _, err := c.certificates(); err != nil {
		return err
	}
	if err := trunk.CheckAll(c.Trunks); err != nil {
		return fmt.Errorf("sip.trunk: %w", err)
	}
	return nil
}

// ports reads "16384-16584".
func (c sipConfig) ports() (out [2]uint16, err error) {
	if c.RTPPorts == "" {
		return out, nil
	}
	first, last, _ := strings.Cut(c.RTPPorts, "-")
	for i, text := range []string{first, last} {
		n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 16)
		if err != nil || n < 1024 {
			return out, fmt.Errorf("sip.rtp_ports: %q: give two ports from 1024 on, such as 16384-16584", c.RTPPorts)
		}
		out[i] = uint16(n)
	}
	if room := (int(out[1]) - int(out[0]) + 1) / 2; room < 1 {
		return out, fmt.Errorf("sip.rtp_ports: %q has room for no call: each needs two ports", c.RTPPorts)
	}
	return out, nil
}

// direct reads who may call without a trunk; nil when the configuration leaves
// it open.
func (c sipConfig) direct() (all []netip.Prefix, err error) {
	for _, text := range c.Allow {
		p, err := trunk.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("sip.allow: %w", err)
		}
		all = append(all, p)
	}
	return all, nil
}

// certificates reads what calls by TLS are answered with; nil for no TLS.
func (c sipConfig) certificates() (*tls.Config, error) {
	switch {
	case c.TLSListen == "":
		return nil, nil
	case c.TLSCert == "" || c.TLSKey == "":
		return nil, fmt.Errorf("sip.tls_listen needs tls_cert_file and tls_key_file: the certificate and its key, in PEM form")
	}
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("sip.tls_cert_file, tls_key_file: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// fill completes a line's configuration from the file. Once there are trunks,
// or a list of who may call, strangers are not even answered.
func (c sipConfig) fill(s *sip.Config, o trunk.Options) (*trunk.Manager, error) {
	s.Addr, s.MaxCalls, s.MaxPerSource = c.Listen, c.MaxCalls, c.PerSource
	if c.Public != "" {
		s.Advertise, _ = netip.ParseAddr(c.Public)
	}
	var err error
	if s.RTPPorts, err = c.ports(); err != nil {
		return nil, err
	}
	if s.TLS, err = c.certificates(); err != nil {
		return nil, err
	}
	s.TLSAddr = c.TLSListen
	if o.Direct, err = c.direct(); err != nil {
		return nil, err
	}
	if len(c.Trunks) == 0 && len(c.Allow) == 0 {
		return nil, nil
	}
	m, err := trunk.New(c.Trunks, o)
	if err != nil {
		return nil, err
	}
	s.Door, s.Leave, s.Lost = m, m.Leave, m.Lost
	return m, nil
}

// listenSIP binds the telephone line and sets up its trunks.
func (a *app) listenSIP(s sip.Config) (err error) {
	a.trunks, err = a.cfg.SIP.fill(&s, trunk.Options{Logger: a.log})
	if err != nil {
		return err
	}
	if a.sip, err = sip.Listen(s); err != nil {
		return err
	}
	if a.trunks != nil {
		a.trunks.Use(a.sip)
		a.parts = append(a.parts, part{"trunks", a.trunks.Run, false})
	}
	return nil
}

// trunkLine is a call that came by a trunk with an operator of its own.
type trunkLine struct {
	*sip.Call
	operator string
}

// Operator is where key 0 leads if the office names nobody.
func (l trunkLine) Operator() string { return l.operator }

// lineOf gives a call with the operator of its trunk; trunks may be nil.
func lineOf(c *sip.Call, trunks *trunk.Manager) ivr.Line {
	if trunks == nil {
		return c
	}
	return trunkLine{c, trunks.Operator(c.Trunk())}
}

// trunkRows is what /admin shows of the trunks.
func (a *app) trunkRows() (rows []page.Row) {
	if a.trunks == nil {
		return nil
	}
	for _, s := range a.trunks.Status() {
		vi, en, level := trunkWords(s)
		rows = append(rows, page.Row{Label: "Trung kế " + s.Name, LabelEN: "Trunk " + s.Name, Value: vi, ValueEN: en, Level: level})
	}
	return rows
}

// trunkWords says how a trunk is doing, and what to do.
func trunkWords(s trunk.Status) (vi, en string, level page.Level) {
	since := s.Since.Format("15:04")
	switch s.State {
	case trunk.Registered:
		vi, en, level = "đã đăng ký từ "+since, "registered since "+since, page.OK
	case trunk.Ready:
		vi, en, level = "sẵn sàng từ "+since, "ready since "+since, page.OK
	case trunk.Refused:
		vi = "bị từ chối: kiểm tra user và password_file, hoặc hỏi nhà mạng (" + s.Problem + ")"
		en = "refused: check user and password_file, or ask the provider (" + s.Problem + ")"
		return vi, en, page.Fail
	case trunk.Stopped:
		return "đã dừng", "stopped", page.Warn
	default:
		vi = "chưa kết nối được, đang thử lại; chạy \"xinmoi trunk doctor\" để biết lý do (" + s.Problem + ")"
		en = "not connected, being tried again; \"xinmoi trunk doctor\" tells why (" + s.Problem + ")"
		return vi, en, page.Fail
	}
	if s.RTT > 0 {
		ms := fmt.Sprintf(" · %d ms", s.RTT.Round(time.Millisecond).Milliseconds())
		vi, en = vi+ms, en+ms
	}
	if s.Problem != "" {
		vi, en, level = vi+" · gia hạn thất bại: "+s.Problem, en+" · renewal fails: "+s.Problem, page.Warn
	}
	return vi, en, level
}
