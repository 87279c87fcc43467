package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"

	"github.com/xinmoi/xinmoi/bots"
)

// unreachable reports whether a connection was never made.
func unreachable(err error) bool {
	var op *net.OpError
	return errors.Is(err, syscall.ECONNREFUSED) || (errors.As(err, &op) && op.Op == "dial")
}

// ask sends a request and reads a bounded answer.
func (s *Sender) ask(r *http.Request) (status int, body []byte, err error) {
	res, err := s.config.Client.Do(r)
	if err != nil {
		return 0, nil, netFailure(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return 0, nil, netFailure(err)
	}
	return res.StatusCode, body, nil
}

// kannel asks a smsbox (Kannel User Guide, "Using the HTTP interface to send
// SMS messages"): 202 is taken or queued, 403 a wrong user or a telephone that
// is not allowed, 503 a failure that passes.
func (s *Sender) kannel(ctx context.Context, m message) error {
	q := url.Values{"username": {s.config.User}, "password": {s.config.Secret}, "to": {m.number}, "text": {m.text}, "charset": {"UTF-8"}}
	if s.config.From != "" {
		q.Set("from", s.config.From)
	}
	if m.wide {
		q.Set("coding", "2")
	}
	if m.report != "" {
		q.Set("dlr-mask", kannelMask)
		q.Set("dlr-url", m.report+"?mark="+m.key+kannelTells)
	}
	address := s.config.URL
	if address == "" {
		address = kannelURL
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"?"+q.Encode(), http.NoBody)
	if err != nil {
		return netFailure(err)
	}
	status, body, err := s.ask(r)
	switch said := clip(body); {
	case err != nil:
		return err
	case status == http.StatusAccepted || status == http.StatusOK:
		return nil
	case status == http.StatusForbidden:
		return failure(bots.Auth, "kannel: "+said)
	case status >= http.StatusInternalServerError:
		return failure(bots.Retry, "kannel: "+said)
	default:
		return failure(bots.Rejected, fmt.Sprintf("kannel: %d %s", status, said))
	}
}

// esms asks an aggregator of the eSMS form (SendMultipleMessage_V4): what became
// of it is in CodeResult, whatever the status says.
func (s *Sender) esms(ctx context.Context, m message) error {
	address := s.config.URL
	if address == "" {
		address = esmsURL
	}
	form := map[string]any{
		"ApiKey": s.config.User, "SecretKey": s.config.Secret, "Phone": strings.TrimPrefix(m.number, "+"), "Content": m.text,
		"SmsType": "2", "IsUnicode": "0", "RequestId": m.key, // Not sent twice within a day, however often it is asked.
	}
	if m.wide {
		form["IsUnicode"] = "1"
	}
	if s.config.From != "" {
		form["Brandname"] = s.config.From
	}
	if m.report != "" {
		form["CallbackUrl"] = m.report
	}
	body, err := json.Marshal(form)
	if err != nil {
		return netFailure(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return netFailure(err)
	}
	r.Header.Set("Content-Type", "application/json")
	status, body, err := s.ask(r)
	if err != nil {
		return err
	}
	return esmsAnswer(status, body)
}

// esmsAnswer tells what an answer means.
func esmsAnswer(status int, body []byte) error {
	var a struct {
		CodeResult   json.RawMessage
		ErrorMessage string
	}
	if err := json.Unmarshal(body, &a); err != nil || a.CodeResult == nil {
		if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
			return failure(bots.Retry, fmt.Sprintf("esms: %d", status))
		}
		return failure(bots.Ambiguous, fmt.Sprintf("esms: %d, no answer that can be read: %s", status, clip(body)))
	}
	code := strings.Trim(string(a.CodeResult), `"`) // Numbers have been seen too.
	said := fmt.Sprintf("esms: %s %s", clip([]byte(code)), clip([]byte(a.ErrorMessage)))
	switch code {
	case "100", "124": // Taken; taken before under the same RequestId.
		return nil
	case "101", "140": // Wrong key; address not on the provider's list.
		return failure(bots.Auth, said)
	case "177", "500", "99999":
		return failure(bots.Retry, said)
	case "99", "108": // Blocked or no telephone.
		return failure(bots.Gone, said)
	default: // Balance, brand name, template, words that are not allowed.
		return failure(bots.Rejected, said)
	}
}

// digits are a telephone number, however it is written.
var digits = regexp.MustCompile(`\+?[0-9](?:[ .-]?[0-9]){6,}`)

// clip makes a provider's words fit for a log: short, one line, printable, and
// without a telephone number.
func clip(b []byte) string {
	const most = 120
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, digits.ReplaceAllString(strings.ToValidUTF8(string(b), "?"), "***"))
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}
