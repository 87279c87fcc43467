package zalooa

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/liberal"
	"github.com/xinmoi/xinmoi/bots/webhook"
)

// signatureHeader carries what proves that a webhook comes from Zalo.
const signatureHeader = "X-ZEvent-Signature"

var _ webhook.Source = (*Adapter)(nil)

// event is the part of an event that matters here.
type event struct {
	App      liberal.Text              `json:"app_id"`
	Name     liberal.Text              `json:"event_name"`
	OA       liberal.Text              `json:"oa_id"` // Of those who follow; else the recipient.
	Time     liberal.Text              `json:"timestamp"`
	Sender   struct{ ID liberal.Text } `json:"sender"`
	Receiver struct{ ID liberal.Text } `json:"recipient"`
	Follower struct{ ID liberal.Text } `json:"follower"`
	Message  struct {
		Text liberal.Text `json:"text"`
		ID   liberal.Text `json:"msg_id"`
	} `json:"message"`
}

// Receive implements webhook.Source: one event of Zalo, signed over the very
// bytes that came: hex(sha256(app id + body + timestamp + secret of the account)).
func (a *Adapter) Receive(r *http.Request, body []byte) ([]bots.Inbound, error) {
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, fmt.Errorf("%w: no JSON", webhook.ErrAuth) // Unsigned, at any rate.
	}
	sum := sha256.Sum256([]byte(a.config.AppID + string(body) + string(e.Time) + a.config.OASecret))
	got := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(r.Header.Get(signatureHeader)), "mac="))
	if !webhook.SameSecret(got, hex.EncodeToString(sum[:])) {
		return nil, webhook.ErrAuth
	}
	in := a.inbound(e)
	in.ExtID = extID(e, body)
	return []bots.Inbound{in}, nil
}

// inbound reads one event. A picture or a sticker is answered like a text that
// was not understood; who begins to follow is greeted.
func (a *Adapter) inbound(e event) bots.Inbound {
	name, who, now := string(e.Name), string(e.Sender.ID), a.config.Now()
	in := bots.Inbound{Kind: bots.Ignore, At: now}
	switch {
	case name == "follow":
		who, in.Kind, in.Text = string(e.Follower.ID), bots.Said, greeting
	case name == "unfollow":
		who, in.Kind = string(e.Follower.ID), bots.Left
	case strings.HasPrefix(name, "user_send_"):
		in.Kind, in.Text = bots.Said, string(e.Message.Text)
		if name != "user_send_text" {
			in.Text = ""
		}
	}
	if in.Kind == bots.Ignore || !liberal.IsID(who) || e.App != "" && string(e.App) != a.config.AppID {
		return bots.Inbound{Kind: bots.Ignore, At: now}
	}
	in.Chat, in.From, in.At = who, who, moment(e.Time).Moment(now)
	return in
}

// greeting is what who begins to follow is taken to say.
const greeting = "bắt đầu"

// extID is what an event is known by when it comes again, for as long as Zalo
// repeats it: its message's id, or, of one without, what happened to whom and when.
func extID(e event, body []byte) string {
	oa := string(e.Receiver.ID)
	if oa == "" {
		oa = string(e.OA)
	}
	id := string(e.Message.ID)
	if id == "" && e.Follower.ID != "" {
		id = string(e.Name + "-" + e.Follower.ID + "-" + e.Time)
	}
	if liberal.IsID(id) && len(oa) <= mostOA && liberal.IsID(oa) {
		return oa + ":" + id
	}
	if id != "" {
		body = []byte(oa + ":" + id)
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:12])
}

// mostOA keeps an id within what a request key may have.
const mostOA = 32

// moment reads the time of an event, which has to be signed as it was written.
func moment(t liberal.Text) (n liberal.Number) {
	_ = n.UnmarshalJSON([]byte(t)) // Never fails.
	return n
}
