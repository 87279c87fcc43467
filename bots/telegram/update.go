package telegram

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/go-telegram/bot/models"

	"github.com/xinmoi/xinmoi/bots"
)

// update is the part of an Update that matters here. It is decoded on its own
// so that a surprise in any other field does no harm.
type update struct {
	Message      *message  `json:"message"`
	Callback     *callback `json:"callback_query"`
	MyChatMember *member   `json:"my_chat_member"`
}

type message struct {
	From *models.User `json:"from"`
	Chat chat         `json:"chat"`
	Date int64        `json:"date"` // Unix seconds.
	Text string       `json:"text"`
}

type chat struct {
	ID   int64           `json:"id"`
	Type models.ChatType `json:"type"`
}

type callback struct {
	ID      string      `json:"id"`
	From    models.User `json:"from"`
	Message *message    `json:"message"` // May be inaccessible: then without text and date.
	Data    string      `json:"data"`
}

type member struct {
	Chat chat `json:"chat"`
	New  struct {
		Status string `json:"status"`
	} `json:"new_chat_member"`
}

// parseUpdate reads one update of an untrusted source; what is not for us is
// bots.Ignore. It never fails and never panics.
func parseUpdate(raw json.RawMessage, now time.Time) bots.Inbound {
	var u update
	if err := json.Unmarshal(raw, &u); err != nil {
		return bots.Inbound{Kind: bots.Ignore, At: now}
	}
	switch {
	case u.Message != nil:
		return said(u.Message, now)
	case u.Callback != nil:
		return pressed(u.Callback, now)
	case u.MyChatMember != nil && u.MyChatMember.New.Status == "kicked" && u.MyChatMember.Chat.Type == models.ChatTypePrivate:
		return bots.Inbound{Kind: bots.Left, Chat: number(u.MyChatMember.Chat.ID), At: now}
	default:
		return bots.Inbound{Kind: bots.Ignore, At: now}
	}
}

// said reads a message. One without text (a photo, a sticker) is answered like
// a text that was not understood.
func said(m *message, now time.Time) bots.Inbound {
	if m.From == nil || m.From.IsBot || m.Chat.ID == 0 || m.Chat.Type == models.ChatTypeChannel {
		return bots.Inbound{Kind: bots.Ignore, At: now}
	}
	at := now
	if m.Date > 0 && m.Date < now.Unix() { // Never in the future, whatever the clocks say.
		at = time.Unix(m.Date, 0).UTC()
	}
	return bots.Inbound{
		Kind: bots.Said, Chat: number(m.Chat.ID), From: number(m.From.ID), Group: m.Chat.Type != models.ChatTypePrivate,
		Language: m.From.LanguageCode, Text: m.Text, At: at,
	}
}

// pressed reads a pressed button. In a private chat the chat bears the
// number of the person, so the message may be gone.
func pressed(c *callback, now time.Time) bots.Inbound {
	in := bots.Inbound{
		Kind: bots.Press, Chat: number(c.From.ID), From: number(c.From.ID), Language: c.From.LanguageCode,
		Payload: c.Data, Ack: c.ID, At: now,
	}
	if c.From.ID == 0 || c.From.IsBot || c.Data == "" {
		return bots.Inbound{Kind: bots.Ignore, Ack: c.ID, At: now}
	}
	if c.Message != nil && c.Message.Chat.ID != 0 && c.Message.Chat.ID != c.From.ID {
		in.Chat, in.Group = number(c.Message.Chat.ID), true
	}
	return in
}

func number(id int64) string { return strconv.FormatInt(id, 10) }
