package main

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/ivr/operator"
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
	Trust     []string       `toml:"trust"`
	Trunks    []trunk.Config `toml:"trunk"`

	OperatorMode    string `toml:"operator_mode"`
	OperatorCalls   int    `toml:"operator_calls"`
	OperatorMinutes int    `toml:"operator_minutes"`
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
	if _, err := networks("sip.allow", c.Allow); err != nil {
		return err
	}
	if _, err := networks("sip.trust", c.Trust); err != nil {
		return err
	}
	if err := c.checkOperator(); err != nil {
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

// checkOperator refuses what callers could not be put through by.
func (c sipConfig) checkOperator() error {
	if _, err := operator.ParseMode(c.OperatorMode); err != nil {
		return fmt.Errorf("sip.operator_mode: %w", err)
	}
	for _, t := range c.Trunks {
		if _, err := operator.ParseMode(t.OperatorMode); err != nil {
			return fmt.Errorf("sip.trunk %q: operator_mode: %w", t.Name, err)
		}
	}
	switch {
	case c.OperatorCalls < 1 || c.OperatorCalls > 200:
		return fmt.Errorf("sip.operator_calls: %d: give 1 to 200", c.OperatorCalls)
	case c.OperatorMinutes < 1 || c.OperatorMinutes > 240:
		return fmt.Errorf("sip.operator_minutes: %d: give 1 to 240", c.OperatorMinutes)
	}
	return nil
}

// operators is how callers are put through to a person.
func (c sipConfig) operators(trunks *trunk.Manager, log *slog.Logger) operator.Config {
	usual, _ := operator.ParseMode(c.OperatorMode)
	modes := map[string]operator.Mode{}
	for _, t := range c.Trunks {
		if t.OperatorMode != "" {
			modes[t.Name], _ = operator.ParseMode(t.OperatorMode)
		}
	}
	return operator.Config{
		Trunks: trunks, From: c.Number, AtOnce: c.OperatorCalls, Longest: time.Duration(c.OperatorMinutes) * time.Minute, Logger: log,
		Mode: func(trunk string) operator.Mode { return cmp.Or(modes[trunk], usual) },
	}
}

// strangersWord says who is believed about who calls, for "config check".
func (c sipConfig) strangersWord() string {
	switch {
	case len(c.Trunks) == 0 && len(c.Trust) > 0:
		return "sip.trust chỉ có tác dụng khi đã có [[sip.trunk]]: hiện ai gọi đến cũng được tin số gọi. " +
			"(sip.trust matters once there is a trunk: now everybody who may call is believed.)"
	case len(c.Trunks) > 0 && len(c.Trust) == 0:
		return "Số gọi chỉ được tin khi cuộc gọi đến qua trung kế; ai gọi thẳng được coi là không rõ số (thêm mạng của tổng đài vào sip.trust nếu cần). " +
			"(Caller numbers are believed by the trunks only; who calls directly counts as unknown. Add a switchboard's network to sip.trust where it is to be believed.)"
	}
	return ""
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

// networks reads a list of networks; nil when the configuration leaves it open.
func networks(key string, list []string) (all []netip.Prefix, err error) {
	for _, text := range list {
		p, err := trunk.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
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
	if o.Direct, err = networks("sip.allow", c.Allow); err != nil {
		return nil, err
	}
	if o.Trust, err = networks("sip.trust", c.Trust); err != nil {
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

// trunkRows is what /admin shows of the trunks.
func (t *telephone) trunkRows() (rows []page.Row) {
	if t.trunks == nil {
		return nil
	}
	for _, s := range t.trunks.Status() {
		vi, en, level := trunkWords(s)
		if n := t.changes.fallen(s.Name); n > 0 {
			vi, en = fmt.Sprintf("%s · đã mất kết nối %d lần từ khi chạy", vi, n), fmt.Sprintf("%s · went down %s since the start", en, page.Count(n, "time"))
		}
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
