package webpush

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/queue"
)

// Config is what the adapter needs.
type Config struct {
	// Secret is the office's own, from which its key is made: 16 bytes at least.
	// With another secret all subscriptions are worth nothing.
	Secret []byte
	// Contact is whom a push service may ask about what we send: "mailto:…" or
	// "https://…" (RFC 8292 §2.1).
	Contact string
	// Services are origins that are trusted beside those of browsers, also within
	// the office: "https://push.example".
	Services []string
	Now      func() time.Time // Nil = time.Now.
}

// Adapter tells browsers.
type Adapter struct {
	identity *identity
	services services
	client   *http.Client
	now      func() time.Time
}

var (
	_ bots.Adapter = (*Adapter)(nil)
	_ bots.Dated   = (*Adapter)(nil)
)

const (
	maxText   = 600 // Letters of a notice; more is not read on a lock screen.
	perSecond = 50  // Services publish no rates; they answer 429 for a subscription that gets too much.
	leastSecs = 10  // A browser that sleeps for a moment still gets it.
	mostSecs  = 12 * 60 * 60
	ratePause = 30 * time.Second
	mostPause = time.Hour
)

// New makes an adapter. It does not touch the network.
func New(c Config) (*Adapter, error) {
	if len(c.Secret) < 16 {
		return nil, fmt.Errorf("webpush: a secret of %d bytes; at least 16 are needed", len(c.Secret))
	}
	if u, err := url.Parse(c.Contact); err != nil || !(u.Scheme == "mailto" && strings.Contains(u.Opaque, "@") || u.Scheme == "https" && u.Host != "") {
		return nil, fmt.Errorf("the contact %q: give mailto:name@office.example, or an https:// page, where the makers of browsers can reach you", c.Contact)
	}
	if err := checkOrigins(c.Services); err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	id, err := newIdentity(c.Secret, c.Contact, c.Now)
	if err != nil {
		return nil, err
	}
	s := services{c.Services}
	return &Adapter{identity: id, services: s, client: s.client(), now: c.Now}, nil
}

// Key is the office's public key, for PushManager.subscribe ("applicationServerKey").
func (a *Adapter) Key() string { return a.identity.public }

// Chat reads a browser's subscription and gives the chat it is told in; the error
// is ErrSubscription.
func (a *Adapter) Chat(subscription []byte) (string, error) {
	s, err := parse(subscription)
	if err != nil {
		return "", err
	}
	if origin, err := s.origin(); err != nil || !a.services.admits(origin) {
		return "", ErrSubscription
	}
	return s.chat(), nil
}

// Channel implements bots.Adapter.
func (a *Adapter) Channel() queue.Channel { return queue.Web }

// Caps implements bots.Adapter.
func (a *Adapter) Caps() bots.Caps {
	return bots.Caps{
		PerSecond: perSecond, PerChat: time.Second, OneWay: true,
		Form: dialogue.Form{OneWay: true, Fits: func(text string) bool { return len([]rune(text)) <= maxText }},
	}
}

// payload is what the browser's worker shows; the worker is with the ticket's page.
type payload struct {
	Title  string `json:"title"`
	Body   string `json:"body,omitempty"`
	Tag    string `json:"tag"` // A newer one takes the older one's place.
	URL    string `json:"url,omitempty"`
	Lang   string `json:"lang,omitempty"`
	Urgent bool   `json:"urgent,omitempty"`
}

// Send implements bots.Adapter.
func (a *Adapter) Send(ctx context.Context, chat string, t dialogue.Text) (string, error) {
	return a.SendDated(ctx, chat, bots.Dating{Until: a.now().Add(mostSecs * time.Second)}, t)
}

// SendDated implements bots.Dated: what is too old is not shown, and of what a
// browser has not yet fetched about a ticket only the newest is (RFC 8030 §5.4).
func (a *Adapter) SendDated(ctx context.Context, chat string, d bots.Dating, t dialogue.Text) (string, error) {
	s, err := ofChat(chat)
	if err != nil {
		return "", &bots.Failure{Class: bots.Gone, Err: err}
	}
	origin, err := s.origin()
	if err != nil || !a.services.admits(origin) {
		return "", &bots.Failure{Class: bots.Gone, Err: ErrSubscription} // The configuration trusted it once.
	}
	topic := topicOf(d.Ticket)
	title, body, _ := strings.Cut(t.Body, "\n")
	text, err := json.Marshal(payload{Title: title, Body: body, Tag: topic, URL: pathOf(d.URL), Lang: d.Language, Urgent: d.Urgent})
	if err != nil {
		return "", &bots.Failure{Class: bots.Rejected, Err: err}
	}
	sealed, err := seal(s, text)
	if err != nil {
		return "", &bots.Failure{Class: bots.Rejected, Err: err}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint, bytes.NewReader(sealed))
	if err != nil {
		return "", &bots.Failure{Class: bots.Gone, Err: ErrSubscription}
	}
	authorization, err := a.identity.authorization(origin.String())
	if err != nil {
		return "", &bots.Failure{Class: bots.Retry, Err: err}
	}
	r.Header.Set("Authorization", authorization)
	r.Header.Set("Content-Encoding", "aes128gcm")
	r.Header.Set("Content-Type", "application/octet-stream")
	r.Header.Set("TTL", strconv.Itoa(lifeOf(d.Until.Sub(a.now()))))
	r.Header.Set("Topic", topic)
	r.Header.Set("Urgency", urgencyOf(d, t))
	res, err := a.client.Do(r)
	if err != nil {
		return "", unsent(err)
	}
	defer func() { _ = res.Body.Close() }() // Read to its end, or not worth keeping.
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 16<<10))
	return "", a.failure(res, origin.Host)
}

// lifeOf is a TTL in seconds.
func lifeOf(d time.Duration) int { return min(max(int(d/time.Second), leastSecs), mostSecs) }

// topicOf names what a message is about: 32 letters that tell nothing.
func topicOf(ticket string) string {
	sum := sha256.Sum256([]byte("topic of " + ticket))
	return encoding.EncodeToString(sum[:24])
}

// urgencyOf tells which of a sleeping telephone's messages wake it (RFC 8030 §5.3).
func urgencyOf(d bots.Dating, t dialogue.Text) string {
	switch {
	case d.Urgent:
		return "high"
	case t.Silent:
		return "low"
	default:
		return "normal"
	}
}

// pathOf is a ticket's page without the address of the server, which the browser
// knows better.
func pathOf(link string) string {
	u, err := url.Parse(link)
	if err != nil || !strings.HasPrefix(u.Path, "/") {
		return ""
	}
	return u.EscapedPath()
}

// unsent tells what to do about a request without an answer. Its text has no
// address: who knows that can write to the browser.
func unsent(err error) error {
	f := &bots.Failure{Class: bots.Ambiguous, Err: err}
	var at *url.Error
	if errors.As(err, &at) {
		f.Err = at.Err
	}
	// Another browser's service may well answer: the channel is not away.
	if bots.NeverSent(err) {
		f.Class = bots.Retry
	}
	if errors.Is(err, errInside) {
		f.Class = bots.Gone
	}
	return f
}

// failure reads the answer of a push service (RFC 8030 §5, RFC 8292 §4); nil =
// it has taken the message.
func (a *Adapter) failure(res *http.Response, host string) error {
	f := &bots.Failure{Err: fmt.Errorf("%s: HTTP status %d", host, res.StatusCode)}
	switch code := res.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusNotFound, code == http.StatusGone:
		f.Class = bots.Gone
	case code == http.StatusTooManyRequests:
		f.Class, f.Alone, f.After = bots.Retry, true, a.pause(res.Header.Get("Retry-After"), ratePause)
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		// The subscription was made for another key, or this machine's clock is wrong;
		// anybody can bring the former about, so it stops nothing else.
		f.Class, f.Err = bots.Rejected, fmt.Errorf("%w: our signature is not taken: look at the machine's clock; a browser that asked elsewhere has to ask anew", f.Err)
	case code >= 500:
		f.Class, f.Alone, f.After = bots.Retry, true, a.pause(res.Header.Get("Retry-After"), 0)
	default: // 400, 413 and redirects: it would never be taken.
		f.Class = bots.Rejected
	}
	return f
}

// pause reads Retry-After: seconds or a date.
func (a *Adapter) pause(header string, usual time.Duration) time.Duration {
	if n, err := strconv.Atoi(header); err == nil && n >= 0 {
		return min(time.Duration(min(n, int(mostPause/time.Second)))*time.Second, mostPause)
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(0, at.Sub(a.now())), mostPause)
	}
	return usual
}
