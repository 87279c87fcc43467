package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/telegram"
	"github.com/xinmoi/xinmoi/bots/webhook"
	"github.com/xinmoi/xinmoi/bots/zalo"
	"github.com/xinmoi/xinmoi/queue/web"
)

// hookPrefix is where channels tell what people wrote: "/bots/zalo".
const hookPrefix = "/bots/"

// chatLine is one text channel as the configuration has it.
type chatLine struct {
	adapter bots.Adapter
	source  webhook.Source // Nil = the channel is asked.
	// keep tells the channel where its webhook is; nil = the installer does.
	keep func(ctx context.Context, address string, report func(error)) error
	// tend keeps the channel's access to its provider; nil = nothing is to be kept.
	tend  func(ctx context.Context, report func(error)) error
	door  web.Door // For citizens; zero = nobody begins there.
	place string   // For the installer.
}

// chatLines is every text channel there is; a new one is one line. Each gives
// nil where the configuration does not name it.
func (a *app) chatLines(ctx context.Context) []func(c config, data string) (*chatLine, error) {
	return []func(config, string) (*chatLine, error){zaloLine, zaloOALine, telegramLine, smsLine, a.webPushLine(ctx)}
}

// openBots sets up the chats that the configuration names.
func (a *app) openBots(ctx context.Context) error {
	a.chatHooks = map[string]http.Handler{}
	for _, open := range a.chatLines(ctx) {
		line, err := open(a.cfg, a.data.path)
		if err != nil {
			return err
		}
		if line != nil {
			a.chats = append(a.chats, line)
		}
	}
	if len(a.chats) == 0 {
		return nil
	}
	var adapters []bots.Adapter
	for _, line := range a.chats {
		adapters = append(adapters, line.adapter)
	}
	var err error
	if a.hallSecret, err = a.db.Secret(ctx, "hall"); err != nil {
		return err
	}
	topics, err := a.chatTopics()
	if err != nil {
		return err
	}
	a.bots, err = bots.New(bots.Config{
		Office: a.engine, Mailbox: filepath.Join(a.data.path, "messages.db"), Adapters: adapters, Logger: a.log,
		Links: a.links, HallCode: a.isHallCode, Voice: a.chatVoice(), Forget: a.forgetTelephone, Held: a.heldByTelephone,
		Topics: topics,
	})
	if err != nil {
		return err
	}
	if err := a.openChatDesk(); err != nil {
		return err
	}
	a.parts = append(a.parts, part{"chat", a.bots.Run, false})
	for _, line := range a.chats {
		a.openHook(line)
		a.openTending(line)
	}
	return nil
}

// openTending keeps a channel's access to its provider.
func (a *app) openTending(line *chatLine) {
	if line.tend == nil {
		return
	}
	name := string(line.adapter.Channel())
	report := func(err error) {
		a.log.Error("the access to the channel is not renewed; trying again", "channel", name, "err", err)
	}
	a.parts = append(a.parts, part{name + " access", func(ctx context.Context) error {
		if err := line.tend(ctx, report); ctx.Err() == nil {
			return err
		}
		return nil
	}, false})
}

// openHook lets a channel tell what people wrote.
func (a *app) openHook(line *chatLine) {
	if line.source == nil {
		return
	}
	name := string(line.adapter.Channel())
	hook := webhook.Handler(line.source, a.bots.Receive, a.log)
	a.chatHooks[hookPrefix+name] = hook
	if reports, ok := line.adapter.(interface{ ReportTo(address string) }); ok {
		a.chatHooks[hookPrefix+name+"/"] = hook
		reports.ReportTo(a.cfg.SMS.reportTo(a.base))
	}
	if line.keep == nil {
		return
	}
	report := func(err error) {
		a.log.Warn("the channel does not know yet where its webhook is; trying again", "channel", name, "err", err)
	}
	a.parts = append(a.parts, part{name + " webhook", func(ctx context.Context) error {
		if err := line.keep(ctx, a.base+hookPrefix+name, report); ctx.Err() == nil {
			return err
		}
		return nil
	}, false})
}

// chatDoors is how citizens get a number by text.
func (a *app) chatDoors() (doors []web.Door) {
	for _, line := range a.chats {
		if line.door.Title != "" {
			doors = append(doors, line.door)
		}
	}
	return doors
}

// chatPlace is where the chats are, for the installer.
func (a *app) chatPlace() string {
	var places []string
	for _, line := range a.chats {
		places = append(places, line.place)
	}
	if len(places) == 0 {
		return "tắt (off): zalo.token_file, zalo_oa.app_id, telegram.token_file, sms.receive, web_push.contact"
	}
	return strings.Join(places, ", ")
}

func telegramLine(c config, _ string) (*chatLine, error) {
	token, err := c.telegramToken()
	if err != nil || token == "" {
		return nil, err
	}
	tg, err := telegram.New(telegram.Config{Token: token, Server: c.Telegram.APIURL})
	if err != nil {
		return nil, err
	}
	return &chatLine{
		adapter: tg, place: "Telegram: " + c.Telegram.APIURL,
		door: web.Door{
			Title: "Telegram", TitleEN: "Telegram",
			Text: "Nhắn LẤY SỐ cho trợ lý của trung tâm.", TextEN: "Send \"take\" to the centre's bot.",
		},
	}, nil
}

// zaloConfig is the office's bot on Zalo.
type zaloConfig struct {
	TokenFile  string `toml:"token_file"`
	SecretFile string `toml:"secret_file"`
	Mode       string `toml:"mode"`
	Name       string `toml:"name"`
	APIURL     string `toml:"api_url"`
	PerMonth   int    `toml:"messages_per_month"`
}

// The ways by which Zalo's messages come.
const (
	zaloPoll    = "poll"
	zaloWebhook = "webhook"
)

// open makes the adapter; nil if there is to be no bot.
func (c zaloConfig) open(publicURL string) (*zalo.Adapter, error) {
	if c.TokenFile == "" {
		return nil, nil
	}
	token, err := secretIn("zalo.token_file", c.TokenFile)
	if err != nil {
		return nil, err
	}
	z := zalo.Config{Token: token, Server: c.APIURL, PerMonth: c.PerMonth}
	switch {
	case c.Mode == zaloPoll:
	case c.Mode != zaloWebhook:
		return nil, fmt.Errorf("zalo.mode: %q: give %q or %q", c.Mode, zaloWebhook, zaloPoll)
	case c.SecretFile == "":
		return nil, errors.New("zalo.secret_file: put 8 to 256 characters that nobody knows into a file and name it here, or, for a trial, say mode = \"poll\"")
	case !strings.HasPrefix(publicURL, "https://"):
		return nil, errors.New("zalo.mode: Zalo reaches webhooks by a public https:// address alone: give it as http.public_url, or, for a trial, say mode = \"poll\"")
	default:
		if z.Secret, err = secretIn("zalo.secret_file", c.SecretFile); err != nil {
			return nil, err
		}
	}
	if c.PerMonth < 0 {
		return nil, fmt.Errorf("zalo.messages_per_month: %d: give how many messages the bot may send", c.PerMonth)
	}
	adapter, err := zalo.New(z)
	if err != nil {
		return nil, fmt.Errorf("zalo: %w", err)
	}
	return adapter, nil
}

// secretIn reads a file that holds one secret.
func secretIn(key, file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	secret := strings.TrimSpace(string(b))
	if secret == "" {
		return "", fmt.Errorf("%s: %s is empty", key, file)
	}
	return secret, nil
}

func zaloLine(c config, _ string) (*chatLine, error) {
	z, err := c.Zalo.open(c.HTTP.PublicURL)
	if z == nil || err != nil {
		return nil, err
	}
	name := c.Zalo.Name
	if name == "" {
		name = "bot của trung tâm"
	}
	line := &chatLine{
		adapter: z.Polling(), place: "Zalo: " + c.Zalo.APIURL + " (" + c.Zalo.Mode + ")",
		door: web.Door{
			Title: "Zalo", TitleEN: "Zalo",
			Text:   "Tìm " + name + " trong Zalo và nhắn LẤY SỐ.",
			TextEN: "Find " + strings.ReplaceAll(name, "bot của trung tâm", "the centre's bot") + " in Zalo and send \"take\".",
		},
	}
	if c.Zalo.Mode == zaloWebhook {
		line.adapter, line.source, line.keep = z, z, z.KeepWebhook
	}
	return line, nil
}

func smsLine(c config, _ string) (*chatLine, error) {
	adapter, source, err := c.SMS.converse()
	if adapter == nil || err != nil {
		return nil, err
	}
	to, toEN := "", ""
	if c.SMS.Number != "" {
		to, toEN = " gửi "+c.SMS.Number, " to "+c.SMS.Number
	}
	word := ""
	if c.SMS.Office != "" {
		word = "XH " + c.SMS.Office + " "
	}
	return &chatLine{
		adapter: adapter, source: source, place: "SMS: " + c.SMS.Driver,
		door: web.Door{
			Title: "Tin nhắn SMS", TitleEN: "By SMS",
			Text:   "Nhắn " + word + "LAY A" + to + " để lấy số; nhắn " + strings.TrimSuffix("XH "+c.SMS.Office, " ") + " A012" + to + " để hỏi một số.",
			TextEN: "Send " + word + "TAKE A" + toEN + " for a number, or " + strings.TrimSuffix("XH "+c.SMS.Office, " ") + " A012" + toEN + " to ask about one.",
		},
	}, nil
}
