// Package smstest is for trying short messages without a provider: an
// aggregator of the eSMS form, which answers errors with HTTP status 200, takes
// a RequestId once in a day, may be slow, cut connections and tell of a received
// message more than once.
package smstest

import (
	"context"
	"crypto/md5" //nolint:gosec // The provider's choice.
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/bots/eventtest"
)

// Provider is an aggregator on a free port of this machine.
type Provider struct {
	key, secret, sign string
	server            *httptest.Server

	taken eventtest.Events // Messages.

	mu     sync.Mutex
	sent   []Sent
	seen   map[string]bool // RequestIds of today.
	faults []Fault
	asked  int
	next   int
}

// Sent is a message that the provider took, once.
type Sent struct {
	To, Text, RequestID string
	Unicode             bool
	Callback            string // Where it is to be told what became of it.
}

// Fault is how calls go wrong, in order.
type Fault struct {
	Code      string        // CodeResult, with status 200; the call has no effect.
	Status    int           // HTTP status with a page.
	Drop      bool          // Cut the connection; no effect.
	DropAfter bool          // Cut the connection after the message was taken.
	Delay     time.Duration // Before the answer, after the effect.
}

// New starts a provider that knows one customer; sign is the key that received
// messages are signed with. End it with Close.
func New(key, secret, sign string) *Provider {
	p := &Provider{key: key, secret: secret, sign: sign, seen: map[string]bool{}}
	p.server = httptest.NewServer(p)
	return p
}

// URL is where messages are sent.
func (p *Provider) URL() string { return p.server.URL }

// Close ends the server.
func (p *Provider) Close() { p.server.Close() }

// Fail makes coming calls go wrong.
func (p *Provider) Fail(faults ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, faults...)
}

// Sent gives the messages taken so far, and Asked how many calls there were.
func (p *Provider) Sent() []Sent {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.sent)
}

// Asked counts the calls, also those that failed.
func (p *Provider) Asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// ServeHTTP answers SendMultipleMessage_V4.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var form struct{ ApiKey, SecretKey, Phone, Content, IsUnicode, RequestId, CallbackUrl string } //nolint:revive,staticcheck // The provider's names.
	err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&form)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	var fault Fault
	if len(p.faults) > 0 {
		fault, p.faults = p.faults[0], p.faults[1:]
	}
	code := "100"
	switch {
	case fault.Drop:
		panic(http.ErrAbortHandler)
	case fault.Status != 0:
		w.WriteHeader(fault.Status)
		return
	case fault.Code != "":
		code = fault.Code
	case err != nil || form.ApiKey != p.key || form.SecretKey != p.secret:
		code = "101"
	case len(form.RequestId) > 50 || !strings.HasPrefix(form.Phone, "84"):
		code = "99"
	case form.RequestId != "" && p.seen[form.RequestId]:
		code = "124"
	default:
		p.seen[form.RequestId] = true
		p.sent = append(p.sent, Sent{"+" + form.Phone, form.Content, form.RequestId, form.IsUnicode == "1", form.CallbackUrl})
		p.taken.Touch()
	}
	if fault.Delay > 0 {
		select {
		case <-time.After(fault.Delay):
		case <-r.Context().Done():
		}
	}
	if fault.DropAfter {
		panic(http.ErrAbortHandler)
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"CodeResult": code, "SMSID": strconv.Itoa(p.asked)}) // The client may be gone.
}

// Tell brings a citizen's message to the office's webhook, signed, times times,
// and gives the status of every answer.
func (p *Provider) Tell(ctx context.Context, hook, from, text string, times int) (statuses []int, err error) {
	p.mu.Lock()
	p.next++
	id := strconv.Itoa(1000 + p.next)
	p.mu.Unlock()
	at := time.Now().Format("2006-01-02 15:04:05")
	sum := md5.Sum([]byte("7" + id + text + at + p.sign)) //nolint:gosec // As above.
	q := url.Values{
		"sender": {strings.TrimPrefix(from, "+")}, "content": {text}, "serviceNumber": {"8088"}, "keyword": {"XH"}, "cpid": {"7"},
		"smsid": {id}, "receiverTime": {at}, "sign": {base64.StdEncoding.EncodeToString(sum[:])},
	}
	for range times {
		status, err := ask(ctx, hook, q)
		if err != nil {
			return statuses, err
		}
		statuses = append(statuses, status)
	}
	return statuses, nil
}

// ask asks an address of the office's and gives the status of the answer.
func ask(ctx context.Context, address string, q url.Values) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"?"+q.Encode(), http.NoBody)
	if err != nil {
		return 0, err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode, res.Body.Close()
}

// Report tells the office what became of a message, as it asked to be told, and
// gives the status of the answer.
func (p *Provider) Report(ctx context.Context, s Sent, arrived bool) (status int, err error) {
	q := url.Values{
		"SMSID": {"1"}, "SendStatus": {"5"}, "SendSuccess": {"0"}, "SendFailed": {"1"}, "TotalReceiver": {"1"}, "RequestId": {s.RequestID},
		"TypeId": {"2"}, "telcoid": {"1"}, "phonenumber": {"0" + strings.TrimPrefix(s.To, "+84")},
	}
	if arrived {
		q.Set("SendSuccess", "1")
		q.Set("SendFailed", "0")
	}
	return ask(ctx, s.Callback, q)
}

// Wait waits until something was taken that contains text.
func (p *Provider) Wait(ctx context.Context, to, text string) (Sent, error) {
	return eventtest.Newest(ctx, &p.taken, p.Sent, func(s Sent) bool { return s.To == to && strings.Contains(s.Text, text) })
}
