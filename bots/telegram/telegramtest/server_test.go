package telegramtest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const token = "123456789:AAtest-token-that-is-secret_0123456"

func ask(t *testing.T, s *Server, method, body string) (status int, ok bool, result json.RawMessage) {
	t.Helper()
	resp, err := http.Post(s.URL()+"/bot"+token+"/"+method, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, _ := io.ReadAll(resp.Body)
	var a struct {
		OK     bool            `json:"ok"`
		Result json.RawMessage `json:"result"`
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatalf("%s: %s", method, raw)
	}
	return resp.StatusCode, a.OK, a.Result
}

func TestLimitsOfTheBotAPI(t *testing.T) {
	s := New(token)
	defer s.Close()
	s.SendText(User{ID: 7, Name: "x"}, "hi")
	keys := func(data string) string {
		return `{"chat_id":"7","text":"x","reply_markup":{"inline_keyboard":[[{"text":"b","callback_data":"` + data + `"}]]}}`
	}
	for _, c := range []struct {
		method, body string
		want         int
	}{
		{"getMe", "", 200},
		{"sendMessage", `{"chat_id":7,"text":"x"}`, 200},
		{"sendMessage", `{"chat_id":8,"text":"x"}`, 400},
		{"sendMessage", `{"chat_id":"x","text":"x"}`, 400},
		{"sendMessage", `{"chat_id":7,"text":" "}`, 400},
		{"sendMessage", `{"chat_id":7,"text":"` + strings.Repeat("đ", 4096) + `"}`, 200},
		{"sendMessage", `{"chat_id":7,"text":"` + strings.Repeat("đ", 4097) + `"}`, 400},
		{"sendMessage", keys(strings.Repeat("x", 64)), 200},
		{"sendMessage", keys(strings.Repeat("đ", 33)), 400},
		{"sendMessage", keys(""), 400},
		{"sendMessage", `not json`, 400},
		{"editMessageText", `{"chat_id":7,"message_id":99,"text":"x"}`, 400},
		{"editMessageText", `{"chat_id":7,"message_id":2,"text":"x"}`, 400}, // Not modified.
		{"editMessageText", `{"chat_id":7,"message_id":2,"text":"y"}`, 200},
		{"editMessageText", `{"chat_id":7,"message_id":1,"text":"y"}`, 400}, // The person's own.
		{"answerCallbackQuery", `{"callback_query_id":"1"}`, 400},
		{"sendPhoto", `{}`, 404},
	} {
		if got, ok, _ := ask(t, s, c.method, c.body); got != c.want || ok != (got == 200) {
			t.Errorf("%s %.60s: %d %v, want %d", c.method, c.body, got, ok, c.want)
		}
	}
	if n := len(s.Calls("sendmessage")); n != 10 {
		t.Errorf("%d sendMessage calls recorded", n)
	}
}

func TestSecondPollerEndsTheFirst(t *testing.T) {
	s := New(token)
	defer s.Close()
	first := make(chan int, 1)
	go func() {
		status, _, _ := ask(t, s, "getUpdates", `{"timeout":30}`)
		first <- status
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	polling := func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.polls == 1 }
	if err := s.Wait(ctx, polling); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := ask(t, s, "getUpdates", `{"timeout":0}`); status != 200 {
		t.Errorf("the second poller got %d", status)
	}
	if got := <-first; got != http.StatusConflict {
		t.Errorf("the first poller got %d", got)
	}
	s.SetWebhook(true)
	if status, _, _ := ask(t, s, "getUpdates", `{}`); status != http.StatusConflict {
		t.Errorf("a poller beside a webhook got %d", status)
	}
	ask(t, s, "deleteWebhook", `{}`)
	s.SendText(User{ID: 7}, "a")
	s.SendText(User{ID: 7}, "b")
	var got []struct {
		ID int64 `json:"update_id"`
	}
	for range 2 { // Not confirmed: the same again.
		_, _, raw := ask(t, s, "getUpdates", `{"limit":1}`)
		if err := json.Unmarshal(raw, &got); err != nil || len(got) != 1 {
			t.Fatalf("%s %v", raw, err)
		}
	}
	if s.Pending() != 2 {
		t.Errorf("%d pending", s.Pending())
	}
}

func TestWrongTokenAndButtons(t *testing.T) {
	s := New(token)
	defer s.Close()
	resp, err := http.Get(s.URL() + "/botwrong/getMe")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a wrong token got %d", resp.StatusCode)
	}
	u := User{ID: 7}
	if err := s.Press(u, "nothing"); err == nil {
		t.Error("a button that is not there was pressed")
	}
	s.Block(u, true)
	if status, _, _ := ask(t, s, "sendMessage", `{"chat_id":7,"text":"x"}`); status != http.StatusForbidden {
		t.Errorf("a blocked chat answers %d", status)
	}
}
