package zalo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/liberal"
	"github.com/xinmoi/xinmoi/queue"
)

// DefaultServer is the Bot API of Zalo itself.
const DefaultServer = "https://bot-api.zaloplatforms.com"

// Config is what the adapter needs.
type Config struct {
	Token  string // "12345689:abc-xyz" of "Zalo Bot Manager".
	Server string // Base address of the Bot API; empty = DefaultServer.
	Secret string // Proves that a webhook comes from Zalo, 8 to 256 characters; only Webhook needs it.

	PerMonth    int              // Messages a month that the bot may send; 0 = the free allowance.
	PollTimeout time.Duration    // How long Zalo may hold a poll open; 0 = 25 s.
	Now         func() time.Time // Nil = time.Now.
}

// Adapter sends messages and reads what came; Polling and Webhook say how it comes.
type Adapter struct {
	client *http.Client
	config Config
	id     string // Number of the bot: the public half of the token.
}

var _ bots.Adapter = (*Adapter)(nil)

const (
	maxText     = 2000 // Characters of a message (sendMessage).
	freeMonthly = 3000 // Messages a month without paying.
	defaultPoll = 25 * time.Second
	maxBody     = 1 << 20 // Bytes of an answer that are read.
)

var (
	tokenForm  = regexp.MustCompile(`^[0-9]{1,24}:[A-Za-z0-9_-]{3,256}$`)
	secretForm = regexp.MustCompile(`^[!-~]{8,256}$`)
)

// New makes an adapter. It does not touch the network.
func New(c Config) (*Adapter, error) {
	if !tokenForm.MatchString(c.Token) {
		return nil, fmt.Errorf("the Zalo token of %d characters is not of the form 12345689:abc-xyz: copy it once more from the message of Zalo Bot Manager", len(c.Token))
	}
	if c.Secret != "" && !secretForm.MatchString(c.Secret) {
		return nil, errors.New("the secret of Zalo's webhook: give 8 to 256 letters, digits or signs without spaces")
	}
	if c.Server == "" {
		c.Server = DefaultServer
	}
	c.Server = strings.TrimSuffix(c.Server, "/")
	if u, err := url.Parse(c.Server); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("the address of Zalo's Bot API is not of the form https://host")
	}
	if c.PollTimeout <= 0 {
		c.PollTimeout = defaultPoll
	}
	if c.PerMonth <= 0 {
		c.PerMonth = freeMonthly
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	a := &Adapter{client: liberal.Client(), config: c}
	a.id, _, _ = strings.Cut(c.Token, ":")
	return a, nil
}

// Channel implements bots.Adapter.
func (a *Adapter) Channel() queue.Channel { return queue.Zalo }

// Caps implements bots.Adapter. Zalo publishes no rates; it answers 429 when
// something was too much, which is then left alone for a while. What it may have
// taken counts against the month, so that is not tried for ever.
func (a *Adapter) Caps() bots.Caps {
	return bots.Caps{
		PerSecond: 20, PerChat: time.Second, PerMonth: a.config.PerMonth, Doubts: 5,
		Form: dialogue.Form{Numbered: true, Fits: func(text string) bool { return len(utf16.Encode([]rune(text))) <= maxText }},
	}
}

// Send implements bots.Adapter with sendMessage.
func (a *Adapter) Send(ctx context.Context, chat string, t dialogue.Text) (string, error) {
	result, err := a.call(ctx, "sendMessage", map[string]string{"chat_id": chat, "text": t.Body})
	if err != nil {
		return "", a.failure(err, true)
	}
	var sent struct {
		ID liberal.Text `json:"message_id"`
	}
	if err := json.Unmarshal(result, &sent); err != nil {
		return "", nil // It was taken; without an id nothing could be done with it anyway.
	}
	return liberal.Clip(string(sent.ID), liberal.MaxID), nil
}
