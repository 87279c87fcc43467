package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/queue"
)

// DefaultServer is the Bot API of Telegram itself.
const DefaultServer = "https://api.telegram.org"

// Config is what the adapter needs.
type Config struct {
	Token  string // "123456:ABC…" of @BotFather.
	Server string // Base address of the Bot API; defaults to DefaultServer.

	// PollTimeout is how long Telegram may hold a poll open; defaults to 25 s.
	PollTimeout time.Duration
	Now         func() time.Time // Defaults to time.Now.
}

// Adapter implements bots.Adapter, bots.Editor and bots.Acknowledger.
type Adapter struct {
	api    *bot.Bot
	client *http.Client
	server string
	token  string
	id     string // Number of the bot: the public half of the token.
	poll   time.Duration
	now    func() time.Time
}

var (
	_ bots.Adapter      = (*Adapter)(nil)
	_ bots.Editor       = (*Adapter)(nil)
	_ bots.Acknowledger = (*Adapter)(nil)
)

const (
	defaultPoll = 25 * time.Second
	dialTimeout = 5 * time.Second
	maxBody     = 8 << 20 // Bytes of an answer that are read.
)

var tokenForm = regexp.MustCompile(`^[0-9]{1,20}:[A-Za-z0-9_-]{8,128}$`)

// New makes an adapter. It does not touch the network.
func New(c Config) (*Adapter, error) {
	if !tokenForm.MatchString(c.Token) {
		return nil, fmt.Errorf("the Telegram token of %d characters is not of the form 123456:ABC…: copy it once more from @BotFather", len(c.Token))
	}
	if c.Server == "" {
		c.Server = DefaultServer
	}
	c.Server = strings.TrimSuffix(c.Server, "/")
	if u, err := url.Parse(c.Server); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("the address %q of the Bot API is not of the form https://host", c.Server)
	}
	a := &Adapter{server: c.Server, token: c.Token, poll: c.PollTimeout, now: c.Now, client: newClient()}
	a.id, _, _ = strings.Cut(c.Token, ":")
	if a.poll <= 0 {
		a.poll = defaultPoll
	}
	if a.now == nil {
		a.now = time.Now
	}
	api, err := bot.New(c.Token, bot.WithSkipGetMe(), bot.WithServerURL(c.Server),
		bot.WithHTTPClient(a.poll, &strictClient{a.client}), bot.WithErrorsHandler(func(error) {}))
	if err != nil {
		return nil, a.scrub(err)
	}
	a.api = api
	return a, nil
}

// newClient makes a client that follows no redirects: they would carry the
// token, which is part of the path, elsewhere. Times are set per call.
func newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DialContext = dialer().DialContext
	transport.MaxIdleConnsPerHost = 16
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Channel implements bots.Adapter.
func (a *Adapter) Channel() queue.Channel { return queue.Telegram }

// Caps implements bots.Adapter. Telegram allows about 30 messages a second to
// all, one a second to a chat, and counts edits among them (FAQ of the Bot
// API); edits of one message are kept to 12 a minute.
func (a *Adapter) Caps() bots.Caps {
	return bots.Caps{PerSecond: 25, PerChat: time.Second, EditEvery: 5 * time.Second}
}

// Send implements bots.Adapter with sendMessage.
func (a *Adapter) Send(ctx context.Context, chat string, t dialogue.Text) (string, error) {
	m, err := a.api.SendMessage(ctx, &bot.SendMessageParams{
		ChatID: chat, Text: t.Body, DisableNotification: t.Silent,
		LinkPreviewOptions: noPreview(), ReplyMarkup: markup(t.Buttons),
	})
	if err != nil {
		return "", a.classify(err)
	}
	return strconv.Itoa(m.ID), nil
}

// Edit implements bots.Editor with editMessageText.
func (a *Adapter) Edit(ctx context.Context, chat, ref string, t dialogue.Text) error {
	id, err := strconv.Atoi(ref)
	if err != nil {
		return &bots.Failure{Class: bots.Rejected, Err: fmt.Errorf("message id %q: %w", ref, err)}
	}
	_, err = a.api.EditMessageText(ctx, &bot.EditMessageTextParams{
		ChatID: chat, MessageID: id, Text: t.Body, LinkPreviewOptions: noPreview(), ReplyMarkup: markup(t.Buttons),
	})
	if err != nil && strings.Contains(err.Error(), "message is not modified") {
		return nil
	}
	return a.classify(err)
}

// Acknowledge implements bots.Acknowledger with answerCallbackQuery.
func (a *Adapter) Acknowledge(ctx context.Context, ack string) error {
	_, err := a.api.AnswerCallbackQuery(ctx, &bot.AnswerCallbackQueryParams{CallbackQueryID: ack})
	return a.classify(err)
}

func noPreview() *models.LinkPreviewOptions {
	return &models.LinkPreviewOptions{IsDisabled: bot.True()}
}

// markup gives the buttons below a message; nil for none, which also takes
// away those of an edited message.
func markup(rows [][]dialogue.Button) models.ReplyMarkup {
	if len(rows) == 0 {
		return nil
	}
	var keys models.InlineKeyboardMarkup
	for _, row := range rows {
		var line []models.InlineKeyboardButton
		for _, b := range row {
			line = append(line, models.InlineKeyboardButton{Text: b.Label, CallbackData: b.Intent.Payload()})
		}
		keys.InlineKeyboard = append(keys.InlineKeyboard, line)
	}
	return &keys
}

// scrub gives an error whose text does not contain the token, and whose
// causes cannot be reached, because theirs may.
func (a *Adapter) scrub(err error) error {
	text := strings.ReplaceAll(err.Error(), a.token, "…")
	if _, secret, ok := strings.Cut(a.token, ":"); ok {
		text = strings.ReplaceAll(text, secret, "…")
	}
	const longest = 300
	if r := []rune(text); len(r) > longest {
		text = string(r[:longest]) + "…"
	}
	return errors.New(text)
}
