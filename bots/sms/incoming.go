package sms

import (
	"crypto/md5" //nolint:gosec // The provider's choice; see esmsSigned.
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/webhook"
	"github.com/xinmoi/xinmoi/queue"
)

// kannelSource reads what Kannel's smsbox asks for (get-url, User Guide
// "Parameters": %p %a %I %T %C). Its group sms-service says
//
//	get-url = "http://127.0.0.1:8080/bots/sms?secret=…&from=%p&text=%a&id=%I&ts=%T&charset=%C"
//	max-messages = 0
type kannelSource struct{ *Adapter }

// Receive implements webhook.Source.
func (k kannelSource) Receive(r *http.Request, body []byte) ([]bots.Inbound, error) {
	q, err := params(r, body)
	if err != nil {
		return nil, err
	}
	if k.isReport(r) {
		return k.kannelReport(q)
	}
	if !webhook.SameSecret(q.Get("secret"), k.in.Secret) {
		return nil, webhook.ErrAuth
	}
	text, err := decoded(q.Get("text"), q.Get("charset"))
	if err != nil {
		return nil, err
	}
	at, _ := strconv.ParseInt(q.Get("ts"), 10, 64) // Without, it is now.
	id := q.Get("id")
	if id == "" && at == 0 {
		return nil, fmt.Errorf("%w: neither id nor ts: a repetition could not be told from a new message", webhook.ErrMalformed)
	}
	if id == "" {
		id = q.Get("from") + "\x00" + text + "\x00" + q.Get("ts")
	}
	return []bots.Inbound{k.said(name("kannel", id), q.Get("from"), text, moment(at))}, nil
}

// params gives what was asked with, in the address or, as a form, in the body.
func params(r *http.Request, body []byte) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("%w: query", webhook.ErrMalformed)
	}
	if r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return q, nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fmt.Errorf("%w: form", webhook.ErrMalformed)
	}
	for key, values := range form {
		q[key] = append(q[key], values...)
	}
	return q, nil
}

// decoded gives a text as UTF-8. Kannel recodes to UTF-8 if told so (mo-recode),
// and else gives UCS-2 as it came.
func decoded(text, charset string) (string, error) {
	switch strings.ToUpper(charset) {
	case "UTF-16BE", "UTF-16", "UCS-2":
		return wide([]byte(text)), nil
	}
	if !utf8.ValidString(text) {
		return "", fmt.Errorf("%w: text is not UTF-8: set mo-recode = true in Kannel's group smsbox", webhook.ErrMalformed)
	}
	return text, nil
}

// wide reads UTF-16, the big end first unless a mark says otherwise.
func wide(b []byte) string {
	big := true
	if len(b) >= 2 && b[0] == 0xff && b[1] == 0xfe {
		big = false
	}
	var units []uint16
	for ; len(b) >= 2; b = b[2:] {
		u := uint16(b[0])<<8 | uint16(b[1])
		if !big {
			u = uint16(b[1])<<8 | uint16(b[0])
		}
		if u != 0xfeff {
			units = append(units, u)
		}
	}
	return string(utf16.Decode(units))
}

// moment is a time in Unix seconds; zero if it is none.
func moment(seconds int64) time.Time {
	if seconds <= 0 || seconds > 1<<40 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// name is a channel's own id of a message, or what stands for one that cannot be
// part of a request key. It tells nobody's telephone number.
func name(driver, id string) string {
	sum := sha256.Sum256([]byte(id))
	return driver + ":" + hex.EncodeToString(sum[:12])
}

// esmsSource reads what an aggregator of the eSMS form sends for a short code.
type esmsSource struct{ *Adapter }

// Receive implements webhook.Source.
func (e esmsSource) Receive(r *http.Request, body []byte) ([]bots.Inbound, error) {
	q, err := params(r, body)
	if err != nil {
		return nil, err
	}
	if e.isReport(r) {
		return e.esmsReport(q)
	}
	if !esmsSigned(q, e.in.Secret) {
		return nil, webhook.ErrAuth
	}
	id := q.Get("smsid")
	if id == "" || q.Get("sender") == "" {
		return nil, fmt.Errorf("%w: no smsid or no sender", webhook.ErrMalformed)
	}
	return []bots.Inbound{e.said(name("esms", id), q.Get("sender"), strings.ToValidUTF8(q.Get("content"), "?"), time.Time{})}, nil
}

// esmsSigned checks the signature, base64(md5(cpid+smsid+content+receiverTime+key));
// whether of the sum or of its figures, the manual does not say.
func esmsSigned(q url.Values, key string) bool {
	sum := md5.Sum([]byte(q.Get("cpid") + q.Get("smsid") + q.Get("content") + q.Get("receiverTime") + key)) //nolint:gosec // As above.
	sign := q.Get("sign")
	raw := webhook.SameSecret(sign, base64.StdEncoding.EncodeToString(sum[:]))
	figures := webhook.SameSecret(sign, base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sum[:]))))
	return key != "" && (raw || figures)
}

// Answer implements webhook.Answerer: that there is nothing to send in reply
// here; answers go out by themselves.
func (e esmsSource) Answer(r *http.Request, body []byte) (kind string, answer []byte) {
	q, err := params(r, body)
	if err != nil {
		return "", nil
	}
	var response struct {
		XMLName  xml.Name `xml:"ClientResponse"`
		Message  string   `xml:"Message"`
		Smsid    string   `xml:"Smsid"`
		Receiver string   `xml:"Receiver"`
	}
	response.Smsid, response.Receiver = q.Get("smsid"), queue.Telephone(q.Get("sender"))
	text, err := xml.Marshal(response)
	if err != nil {
		return "", nil
	}
	return "text/xml; charset=utf-8", text
}
