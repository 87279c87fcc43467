package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/xinmoi/xinmoi/bots/webpush"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// webPushConfig is how browsers are told whose page is closed.
type webPushConfig struct {
	Contact  string   `toml:"contact"`
	Services []string `toml:"services"`
}

// open makes the adapter; nil if no browser is to be told.
func (c webPushConfig) open(secret []byte) (*webpush.Adapter, error) {
	if c.Contact == "" {
		return nil, nil
	}
	p, err := webpush.New(webpush.Config{Secret: secret, Contact: c.Contact, Services: c.Services})
	if err != nil {
		return nil, fmt.Errorf("web_push: %w", err)
	}
	return p, nil
}

// check refuses what no part could work with.
func (c webPushConfig) check() error {
	_, err := c.open(make([]byte, 32))
	return err
}

// webPushLine has browsers told; nobody writes back there.
func (a *app) webPushLine(ctx context.Context) func(config, string) (*chatLine, error) {
	return func(c config, _ string) (*chatLine, error) {
		if c.WebPush.Contact == "" {
			return nil, nil
		}
		secret, err := a.db.Secret(ctx, "web push")
		if err != nil {
			return nil, err
		}
		p, err := c.WebPush.open(secret)
		if err != nil {
			return nil, err
		}
		a.push = p
		place := "trình duyệt (browsers)"
		if !strings.HasPrefix(a.base, "https://") && !strings.HasPrefix(a.base, "http://127.0.0.1") {
			place += ": cần https (needs https): http.public_url"
		}
		return &chatLine{adapter: p, place: place}, nil
	}
}

// browsers tells holders in their browsers.
type browsers struct{ *app }

// pushes is what the tickets' pages ask; nil where no browser is told.
func (a *app) pushes() web.Push {
	if a.push == nil {
		return nil
	}
	return browsers{a}
}

// Key implements web.Push.
func (b browsers) Key() string { return b.push.Key() }

// Subscribe implements web.Push.
func (b browsers) Subscribe(ctx context.Context, t queue.Ticket, l page.Lang, subscription []byte) error {
	chat, err := b.chat(subscription)
	if err != nil {
		return err
	}
	return b.bots.Subscribe(ctx, queue.Web, chat, t.ID, string(l))
}

// Resubscribe implements web.Push.
func (b browsers) Resubscribe(ctx context.Context, t queue.Ticket, l page.Lang, old, subscription []byte) error {
	was, err := b.chat(old)
	if err != nil {
		return err
	}
	chat, err := b.chat(subscription)
	if err != nil {
		return err
	}
	return b.bots.Resubscribe(ctx, queue.Web, was, chat, t.ID, string(l))
}

// Unsubscribe implements web.Push.
func (b browsers) Unsubscribe(ctx context.Context, subscription []byte) error {
	chat, err := b.chat(subscription)
	if err != nil {
		return err
	}
	return b.bots.Unsubscribe(ctx, queue.Web, chat)
}

func (b browsers) chat(subscription []byte) (string, error) {
	chat, err := b.push.Chat(subscription)
	if errors.Is(err, webpush.ErrSubscription) {
		return "", web.ErrSubscription
	}
	return chat, err
}
