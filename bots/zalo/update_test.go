package zalo

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/liberal"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const token = "12345689:abc-xyz-secret"

func adapter(t testing.TB, server string) *Adapter {
	t.Helper()
	a, err := New(Config{Token: token, Server: server, Secret: "a-secret-of-ours", PollTimeout: time.Second, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The official sample and every deviation from it that was seen.
func TestParse(t *testing.T) {
	a := adapter(t, "http://127.0.0.1:1")
	const said = `{"event_name":"message.text.received","message":{"from":{"id":"6ede9afa66b88fe6d6a9","display_name":"Ted","is_bot":false},
		"chat":{"id":"6ede9afa66b88fe6d6a9","chat_type":"PRIVATE"},"text":"Xin chào","message_id":"2d758cb5e222177a4e35","date":1750316131602}}`
	sample := bots.Inbound{
		ExtID: "12345689:2d758cb5e222177a4e35", Kind: bots.Said, Chat: "6ede9afa66b88fe6d6a9", From: "6ede9afa66b88fe6d6a9", Text: "Xin chào",
		At: time.UnixMilli(1750316131602).UTC(),
	}
	change := func(do func(*bots.Inbound)) bots.Inbound {
		in := sample
		do(&in)
		return in
	}
	for name, c := range map[string]struct {
		raw  string
		want bots.Inbound
	}{
		"wrapped":        {`{"ok":true,"result":` + said + `}`, sample},
		"bare":           {said, sample},
		"in a list":      {`{"ok":true,"result":[` + said + `]}`, sample},
		"no event name":  {strings.Replace(said, `"event_name":"message.text.received",`, "", 1), sample},
		"name":           {strings.Replace(said, "display_name", "name", 1), sample},
		"number as id":   {strings.ReplaceAll(said, `"6ede9afa66b88fe6d6a9"`, "4711"), change(func(in *bots.Inbound) { in.Chat, in.From = "4711", "4711" })},
		"no chat":        {strings.Replace(said, `"chat":{"id":"6ede9afa66b88fe6d6a9","chat_type":"PRIVATE"},`, "", 1), sample},
		"date in words":  {strings.Replace(said, "1750316131602", `"1750316131602"`, 1), sample},
		"date in s":      {strings.Replace(said, "1750316131602", "1750316131", 1), change(func(in *bots.Inbound) { in.At = time.Unix(1750316131, 0).UTC() })},
		"date to come":   {strings.Replace(said, "1750316131602", "99999999999999", 1), change(func(in *bots.Inbound) { in.At = noon })},
		"no date":        {strings.Replace(said, "1750316131602", "null", 1), change(func(in *bots.Inbound) { in.At = noon })},
		"sticker":        {strings.Replace(strings.Replace(said, "text.received", "sticker.received", 1), `"text":"Xin chào"`, `"sticker":"x"`, 1), change(func(in *bots.Inbound) { in.Text = "" })},
		"text no string": {strings.Replace(said, `"Xin chào"`, `["x"]`, 1), change(func(in *bots.Inbound) { in.Text = "" })},
		"group":          {strings.Replace(said, "PRIVATE", "GROUP", 1), change(func(in *bots.Inbound) { in.Group = true })},
		"a bot":          {strings.Replace(said, `"is_bot":false`, `"is_bot":true`, 1), bots.Inbound{ExtID: sample.ExtID, Kind: bots.Ignore, At: noon}},
		"another event":  {strings.Replace(said, "message.text.received", "follow", 1), bots.Inbound{ExtID: sample.ExtID, Kind: bots.Ignore, At: noon}},
		"an id too long": {strings.ReplaceAll(said, "6ede9afa66b88fe6d6a9", strings.Repeat("x", 65)), bots.Inbound{ExtID: sample.ExtID, Kind: bots.Ignore, At: noon}},
	} {
		batch, ok := a.parse([]byte(c.raw))
		if !ok || len(batch) != 1 || batch[0] != c.want {
			t.Errorf("%s: %+v, %t; want %+v", name, batch, ok, c.want)
		}
	}
	for _, junk := range []string{"", "null", "{}", "[]", "7", `"x"`, "{", `{"ok":true,"result":null}`, `{"ok":false,"error_code":408}`} {
		if batch, ok := a.parse([]byte(junk)); ok {
			t.Errorf("%q: %+v", junk, batch)
		}
	}
}

// What comes twice without an id is known by its text.
func TestEventsWithoutAnID(t *testing.T) {
	a := adapter(t, "http://127.0.0.1:1")
	one, _ := a.parse([]byte(`{"message":{"from":{"id":"7"},"text":"a","date":1}}`))
	same, _ := a.parse([]byte(`{"message":{"from":{"id":"7"},"text":"a","date":1}}`))
	other, _ := a.parse([]byte(`{"message":{"from":{"id":"7"},"text":"a","date":2}}`))
	if one[0].ExtID != same[0].ExtID || one[0].ExtID == other[0].ExtID || len(one[0].ExtID) > 100 {
		t.Errorf("%s, %s, %s", one[0].ExtID, same[0].ExtID, other[0].ExtID)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"ok":true,"result":{"event_name":"message.text.received","message":{"from":{"id":"1"},"chat":{"id":"1"},"text":"x","message_id":"2","date":1750316131602}}}`,
		`[{"message":{}}]`, `{"result":[[]]}`, `{"message":{"date":1e308,"message_id":-1}}`, "null", "",
	} {
		f.Add([]byte(s))
	}
	a := adapter(f, "http://127.0.0.1:1")
	f.Fuzz(func(t *testing.T, raw []byte) {
		batch, ok := a.parse(raw)
		if ok != (len(batch) > 0) || len(batch) > maxEvents {
			t.Fatalf("%d events, %t", len(batch), ok)
		}
		for _, in := range batch {
			if in.At.After(noon) || in.At.IsZero() || len(in.Chat) > liberal.MaxID || len(in.From) > liberal.MaxID || len(in.ExtID) > 100 ||
				strings.ContainsFunc(in.ExtID, func(r rune) bool { return r <= ' ' || r > '~' }) || (in.Kind == bots.Said) != (in.Chat != "") {
				t.Fatalf("%+v", in)
			}
			if _, err := json.Marshal(in); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func FuzzReadAnswer(f *testing.F) {
	f.Add(200, "", []byte(`{"ok":false,"description":"Unauthorized","error_code":401}`))
	f.Add(502, "7", []byte(`<html>`))
	a := adapter(f, "http://127.0.0.1:1")
	f.Fuzz(func(t *testing.T, status int, after string, body []byte) {
		if _, err := readAnswer("sendMessage", status, after, body); err != nil {
			if text := a.failure(err, true).Error(); len(text) > 3000 {
				t.Errorf("an error of %d bytes", len(text))
			}
		}
	})
}
