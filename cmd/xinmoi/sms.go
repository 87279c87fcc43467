package main

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/sms"
	"github.com/xinmoi/xinmoi/bots/webhook"
	"github.com/xinmoi/xinmoi/ivr/callout"
)

// smsConfig is through whom this machine writes short messages.
type smsConfig struct {
	Driver     string `toml:"driver"`
	URL        string `toml:"url"`
	User       string `toml:"user"`
	SecretFile string `toml:"secret_file"`
	From       string `toml:"from"`
	GammuFile  string `toml:"gammu_config"`
	Marks      bool   `toml:"marks"`
	Parts      int    `toml:"parts"`

	Receive       bool   `toml:"receive"`
	ReceiveSecret string `toml:"receive_secret_file"`
	Number        string `toml:"number"`
	Office        string `toml:"office"`
	Receipts      string `toml:"receipts_url"`
}

// receiptsOff is what an office says that does not want to be told whether its
// messages arrived.
const receiptsOff = "off"

// reportTo is where the gateway tells whether a message arrived; empty = it is not
// asked. A gateway of one's own reaches this server where everybody does.
func (c smsConfig) reportTo(base string) string {
	switch c.Receipts {
	case receiptsOff:
		return ""
	case "":
		return base + hookPrefix + "sms"
	default:
		return strings.TrimRight(c.Receipts, "/") + hookPrefix + "sms"
	}
}

// sender makes what writes messages; nil if nothing does.
func (c smsConfig) sender() (*sms.Sender, error) {
	if c.Driver == "" {
		return nil, nil
	}
	s := sms.Config{Driver: c.Driver, URL: c.URL, User: c.User, From: c.From, File: c.GammuFile, Marks: c.Marks, Most: c.Parts}
	if c.SecretFile != "" {
		b, err := os.ReadFile(c.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("sms.secret_file: %w", err)
		}
		s.Secret = strings.TrimSpace(string(b))
	}
	sender, err := sms.New(s)
	if err != nil {
		return nil, fmt.Errorf("sms: %w", err)
	}
	return sender, nil
}

// converse makes the conversation by message, and its webhook where it has one;
// nil if messages are only sent.
func (c smsConfig) converse() (bots.Adapter, webhook.Source, error) {
	s, err := c.sender()
	if err != nil || s == nil || !c.Receive {
		return nil, nil, err
	}
	if c.Receipts != "" && c.Receipts != receiptsOff {
		if u, err := url.Parse(c.Receipts); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return nil, nil, fmt.Errorf("sms.receipts_url: give this server's address as the gateway reaches it, such as http://127.0.0.1:8080, or %q", receiptsOff)
		}
	}
	r := sms.Receiving{Office: c.Office}
	if c.ReceiveSecret != "" {
		if r.Secret, err = secretIn("sms.receive_secret_file", c.ReceiveSecret); err != nil {
			return nil, nil, err
		}
	}
	adapter, source, err := s.Converse(r)
	if err != nil {
		return nil, nil, fmt.Errorf("sms: %w", err)
	}
	return adapter, source, nil
}

// texter is what writes to citizens who do not take a call; nil = nobody does.
func (c smsConfig) texter() (callout.Texter, error) {
	s, err := c.sender()
	if s == nil {
		return nil, err
	}
	return s, nil
}
