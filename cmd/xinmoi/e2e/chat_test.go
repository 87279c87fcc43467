//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots/telegram/telegramtest"
)

// TestTelegram holds a conversation over a local Bot API that is unreachable
// at first, and kills the server in between.
func TestTelegram(t *testing.T) {
	t.Parallel()
	const token = "123456:end-to-end"
	api := telegramtest.New(token)
	defer api.Close()
	api.SetDown(true)
	tokenFile := filepath.Join(t.TempDir(), "token")
	write(t, tokenFile, token+"\n")
	s := start(t, "", voiceConfig(t, "[speaker]\noutput = \"off\"\n[telegram]\ntoken_file = \""+tokenFile+"\"\napi_url = \""+api.URL()+"\"\n"))

	lan := telegramtest.User{ID: 4711, Name: "Lan", Language: "vi"}
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	expect := func(text string) string {
		t.Helper()
		m, err := api.WaitMessage(ctx, lan.ID, text)
		if err != nil {
			t.Fatalf("no message with %q: %v\n%v\n%s", text, err, api.FromBot(lan.ID), s.output)
		}
		return m.Text
	}
	api.SendText(lan, "lay so A") // Sent while the API cannot be reached.
	api.SetDown(false)
	expect("A001")
	s.await("the number to wait", 20*time.Second, func() bool { return stateOf(s, "A001") == "waiting" })

	s.kill()
	api.SendText(lan, "tôi ở đâu") // Sent while the server is down.
	s.run()
	expect("người kế tiếp")

	s.must(http.StatusOK, "POST", base+"/counters/2/open", "staff", nil, nil)
	s.must(http.StatusOK, "POST", base+"/counters/2/next", "staff", nil, nil)
	expect("Mời số A001 đến quầy 2")
	s.must(http.StatusOK, "POST", base+"/tickets/A001/finish", "staff", nil, nil)

	api.SendText(lan, "LẤY SỐ b")
	expect("B001")
	s.await("the second number to wait", 20*time.Second, func() bool { return stateOf(s, "B001") == "waiting" })
	api.SendText(lan, "hủy")
	expect("Bỏ số B001")
	api.SendText(lan, "có")
	expect("Đã bỏ số B001")
	if got := stateOf(s, "B001"); got != "cancelled" {
		t.Errorf("B001 is %s", got)
	}
	api.Replay(3) // Delivered again and again: no more numbers come of it.
	api.SendText(lan, "giúp")
	expect("lấy số thứ tự")
	for _, none := range []string{"A002", "B002"} {
		if got := stateOf(s, none); got != "" {
			t.Errorf("a repeated message took %s", none)
		}
	}
	if strings.Contains(s.output.String(), token) {
		t.Error("the token is in the log")
	}
}

// stateOf is a ticket's state, empty if there is none.
func stateOf(s *server, number string) string {
	status, text, err := s.try("GET", base+"/tickets/"+number, "staff", "", nil)
	var tk ticket
	if err != nil || status != http.StatusOK || json.Unmarshal(text, &tk) != nil {
		return ""
	}
	return tk.State
}
