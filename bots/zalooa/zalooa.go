package zalooa

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf16"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/liberal"
	"github.com/xinmoi/xinmoi/queue"
)

// Where Zalo is.
const (
	DefaultServer    = "https://openapi.zalo.me"          // Messages.
	DefaultLogin     = "https://oauth.zaloapp.com"        // Tokens.
	DefaultTemplates = "https://business.openapi.zalo.me" // Registered templates.
)

// Config is what the adapter needs.
type Config struct {
	AppID     string // Of the application at developers.zalo.me: digits.
	AppSecret string // Of the application; exchanges tokens.
	OASecret  string // Of the account's webhooks; signs them. Not AppSecret.

	// Refresh is the refresh token that the consent of the account's owner gave. It
	// is used once; what follows it lies in the file Tokens. Another one given here
	// later, after a new consent, is used instead. Empty = the consent is given by
	// way of Permission.
	Refresh string
	Tokens  string // File that the adapter alone writes.

	// Template is the id of a registered template with the parameters "office" and
	// "text", which goes to who is beyond the window; empty = nobody is told there.
	Template string
	Office   string // For the template.

	Server, Login, Templates string // Base addresses; empty = Zalo itself.

	PerMonth int              // Messages a month that the office pays for; 0 = no bound.
	Now      func() time.Time // Nil = time.Now.
}

// Adapter sends messages; what people write comes to Receive.
type Adapter struct {
	client *http.Client
	config Config

	mu        sync.Mutex // Held while a token is exchanged: one at a time.
	tokens    tokens
	unwritten bool             // The disk does not have them.
	refused   bool             // Zalo takes no refresh token of ours any more.
	asked     map[string]asked // Consents being given, by state.
	margin    time.Duration    // So long before their end they are exchanged.
}

var _ bots.Adapter = (*Adapter)(nil)

const (
	maxText     = 2000    // Characters of a message.
	maxTemplate = 400     // Characters of the template's "text".
	maxBody     = 1 << 20 // Bytes of an answer that are read.
	perSecond   = 15
)

const refreshToken = "the refresh token"

// New makes an adapter. It reads the file of tokens and does not touch the
// network.
func New(c Config) (*Adapter, error) {
	for what, value := range map[string]string{
		"the id of the Zalo application": c.AppID, "the secret of the Zalo application": c.AppSecret,
		"the secret of the Official Account's webhooks": c.OASecret, refreshToken: c.Refresh,
	} {
		if value == "" && what == refreshToken {
			continue
		}
		if !isSecret(value) {
			return nil, fmt.Errorf("%s, of %d characters, is not one: copy it once more from developers.zalo.me", what, len(value))
		}
	}
	if c.Tokens == "" {
		return nil, errors.New("zalooa: a file for the tokens is needed")
	}
	for base, usual := range map[*string]string{&c.Server: DefaultServer, &c.Login: DefaultLogin, &c.Templates: DefaultTemplates} {
		if *base == "" {
			*base = usual
		}
		*base = strings.TrimSuffix(*base, "/")
		if u, err := url.Parse(*base); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return nil, errors.New("an address of Zalo's OpenAPI is not of the form https://host")
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	a := &Adapter{client: liberal.Client(), config: c, margin: early, asked: map[string]asked{}}
	var err error
	a.tokens, err = readTokens(c.Tokens, c.Refresh)
	return a, err
}

// isSecret reports whether something can be an id, a secret or a token of Zalo.
func isSecret(s string) bool {
	return len(s) >= 8 && len(s) <= 4096 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// Channel implements bots.Adapter. An office has a bot or an account; for its
// citizens both are Zalo.
func (a *Adapter) Channel() queue.Channel { return queue.Zalo }

// Caps implements bots.Adapter. Zalo publishes no rates: it answers -32 when
// something was too much, which is then left alone for a while.
func (a *Adapter) Caps() bots.Caps {
	return bots.Caps{
		PerSecond: perSecond, PerChat: time.Second, PerMonth: a.config.PerMonth, Doubts: 5,
		Form: dialogue.Form{Numbered: true, Fits: func(text string) bool { return letters(text) <= maxText }},
	}
}

// letters counts as Zalo does.
func letters(text string) int { return len(utf16.Encode([]rune(text))) }

// Send implements bots.Adapter. Whoever has not written for so long that Zalo
// takes no message for them gets the template, if there is one.
func (a *Adapter) Send(ctx context.Context, chat string, t dialogue.Text) (string, error) {
	ref, err := a.sent(a.call(ctx, a.config.Server+"/v3.0/oa/message/cs", map[string]any{
		"recipient": map[string]string{"user_id": chat}, "message": map[string]string{"text": t.Body},
	}))
	var said *refusal
	if errors.As(err, &said) && said.window() && a.config.Template != "" {
		ref, err = a.sent(a.call(ctx, a.config.Templates+"/message/template", map[string]any{
			"user_id": chat, "template_id": a.config.Template, "template_data": map[string]string{
				"office": liberal.Clip(a.config.Office, 100), "text": dialogue.Form{Fits: func(s string) bool { return letters(s) <= maxTemplate }}.Shorten(t.Body),
			},
		}))
	}
	if err != nil {
		return "", a.failure(err)
	}
	return ref, nil
}

// sent reads the id of a message that was taken.
func (a *Adapter) sent(data json.RawMessage, err error) (string, error) {
	if err != nil {
		return "", err
	}
	var got struct {
		ID  liberal.Text `json:"message_id"`
		Msg liberal.Text `json:"msg_id"` // Of templates.
	}
	_ = json.Unmarshal(liberal.OrEmpty(data), &got) // It was taken; without an id nothing could be done with it anyway.
	if got.ID == "" {
		got.ID = got.Msg
	}
	return liberal.Clip(string(got.ID), liberal.MaxID), nil
}

// Who asks Zalo which account the tokens belong to. The error is a *bots.Failure.
func (a *Adapter) Who(ctx context.Context) (string, error) {
	data, err := a.call(ctx, a.config.Server+"/v2.0/oa/getoa", nil)
	if err != nil {
		return "", a.failure(err)
	}
	var oa struct {
		Name liberal.Text `json:"name"`
	}
	_ = json.Unmarshal(liberal.OrEmpty(data), &oa)
	return liberal.Clip(string(oa.Name), 100), nil
}
