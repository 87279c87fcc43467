package zalo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/liberal"
)

const maxEvents = 100 // Of one request.

// event is the part of an event that matters here.
type event struct {
	Name    liberal.Text `json:"event_name"`
	Message *message     `json:"message"`
}

type message struct {
	ID   liberal.Text   `json:"message_id"`
	Date liberal.Number `json:"date"` // Unix milliseconds.
	Text liberal.Text   `json:"text"`
	From struct {
		ID    liberal.Text `json:"id"`
		IsBot bool         `json:"is_bot"`
	} `json:"from"`
	Chat struct {
		ID   liberal.Text `json:"id"`
		Type liberal.Text `json:"chat_type"`
	} `json:"chat"`
}

// parse reads what a webhook or a poll brought: one event or several, in the
// envelope of an answer or without. What is not for us is bots.Ignore; ok is
// false for what is no event at all. It never panics.
func (a *Adapter) parse(raw []byte) (batch []bots.Inbound, ok bool) {
	for i, one := range events(raw) {
		var e event
		if i == maxEvents {
			break
		}
		if json.Unmarshal(one, &e) != nil || (e.Message == nil && e.Name == "") {
			continue
		}
		in := a.inbound(e)
		in.ExtID = a.extID(e, one)
		batch = append(batch, in)
	}
	return batch, len(batch) > 0
}

// events takes off the envelope and gives the events one by one.
func events(raw []byte) []json.RawMessage {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '{' {
		var wrapped struct {
			Result json.RawMessage `json:"result"`
		}
		if json.Unmarshal(raw, &wrapped) == nil && len(wrapped.Result) > 0 && !bytes.Equal(wrapped.Result, []byte("null")) {
			raw = bytes.TrimSpace(wrapped.Result)
		}
	}
	if len(raw) == 0 || raw[0] != '[' {
		return []json.RawMessage{raw}
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	return list
}

// inbound reads one event. A picture or a sticker is answered like a text that
// was not understood.
func (a *Adapter) inbound(e event) bots.Inbound {
	now := a.config.Now()
	m := e.Message
	if m == nil || m.From.IsBot || !strings.HasPrefix(string(e.Name), "message.") && e.Name != "" {
		return bots.Inbound{Kind: bots.Ignore, At: now}
	}
	chat, from := string(m.Chat.ID), string(m.From.ID)
	if chat == "" {
		chat = from
	}
	if from == "" {
		from = chat
	}
	if !liberal.IsID(chat) || !liberal.IsID(from) {
		return bots.Inbound{Kind: bots.Ignore, At: now}
	}
	group := m.Chat.Type != "" && !strings.EqualFold(string(m.Chat.Type), "PRIVATE") && !strings.EqualFold(string(m.Chat.Type), "USER")
	return bots.Inbound{Kind: bots.Said, Chat: chat, From: from, Group: group, Text: string(m.Text), At: m.Date.Moment(now)}
}

// extID is what an event is known by when it comes again; of one without an id,
// its very text.
func (a *Adapter) extID(e event, raw []byte) string {
	if e.Message != nil && liberal.IsID(string(e.Message.ID)) {
		return a.id + ":" + string(e.Message.ID)
	}
	sum := sha256.Sum256(raw)
	return a.id + ":" + hex.EncodeToString(sum[:12])
}
