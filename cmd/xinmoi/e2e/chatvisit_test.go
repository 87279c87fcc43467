//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots/telegram/telegramtest"
)

// visit asks for a page, or posts a form, as a device or a member of staff.
func (s *server) visit(method, path, role string, form url.Values) (status int, text string) {
	s.t.Helper()
	req, err := http.NewRequest(method, "http://"+s.http+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if role != "" {
		req.Header.Set("Authorization", "Bearer "+s.token(role))
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// TestVisitByChat goes through a whole visit on the built binary: a paper ticket
// followed by its link, a number from afar checked in by the hall's code, the
// call, the rating, a message that failed and is sent again by staff, and then
// all that is held told and erased from the disk.
func TestVisitByChat(t *testing.T) {
	t.Parallel()
	const token = "123456:end-to-end"
	api := telegramtest.New(token)
	defer api.Close()
	tokenFile := filepath.Join(t.TempDir(), "token")
	write(t, tokenFile, token+"\n")
	config := filepath.Join(t.TempDir(), "xinmoi.toml")
	write(t, config, fmt.Sprintf("[speaker]\noutput = \"off\"\n[telegram]\nname = \"xinmoi_bot\"\ntoken_file = %q\napi_url = %q\n", tokenFile, api.URL()))
	s := start(t, "", []string{"-config", config}, voiceless(t))
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	lan, nam := telegramtest.User{ID: 987650123456, Name: "Lan", Language: "vi"}, telegramtest.User{ID: 4712, Name: "Nam", Language: "vi"}
	expect := func(u telegramtest.User, text string) string {
		t.Helper()
		m, err := api.WaitMessage(ctx, u.ID, text)
		if err != nil {
			t.Fatalf("no message with %q: %v\n%v\n%s", text, err, api.FromBot(u.ID), s.output)
		}
		return m.Text
	}
	for _, counter := range []string{"1", "2"} {
		s.must(http.StatusOK, "POST", base+"/counters/"+counter+"/open", "staff", nil, nil)
	}

	paper := s.take("A")
	_, shown := s.visit("GET", paper.URL[strings.Index(paper.URL, "/t/"):], "", nil)
	link := regexp.MustCompile(`https://t\.me/xinmoi_bot\?start=([A-Za-z0-9_-]{4,64})"`).FindStringSubmatch(shown)
	if link == nil {
		t.Fatalf("the ticket's page does not lead to the chat: %s", shown)
	}
	api.SendText(lan, "/start "+link[1])
	if card := expect(lan, paper.Number); !strings.Contains(card, "dữ liệu của tôi") {
		t.Errorf("the first card does not tell what is kept: %q", card)
	}

	api.SendText(nam, "ls b nhé")
	expect(nam, "B001")
	s.await("the number to wait", time.Minute, func() bool { return stateOf(s, "B001") == "waiting" })
	api.SendText(nam, "tôi đã đến")
	expect(nam, "6 chữ số")
	if status, _ := s.visit("GET", "/hall", "", nil); status != http.StatusUnauthorized && status != http.StatusForbidden {
		t.Errorf("a stranger reads the hall's code: %d", status)
	}
	_, screen := s.visit("GET", "/hall", "board", nil)
	code := regexp.MustCompile(`\d{3} \d{3}`).FindString(screen)
	api.SendText(nam, code)
	expect(nam, "Đã ghi nhận anh/chị có mặt")

	s.must(http.StatusOK, "POST", base+"/counters/1/next", "staff", nil, nil)
	first := stateOf(s, paper.Number) == "called"
	if !first {
		s.must(http.StatusOK, "POST", base+"/counters/2/next", "staff", nil, nil)
	}
	expect(lan, "Mời số "+paper.Number+" đến quầy")
	s.must(http.StatusOK, "POST", base+"/tickets/"+paper.Number+"/finish", "staff", nil, nil)
	expect(lan, "hài lòng thế nào")
	api.SendText(lan, "rất hài lòng")
	expect(lan, "Đã ghi đánh giá mức 5")

	// A message that the channel refuses waits for staff, who send it again.
	api.Fail(telegramtest.Fault{Method: "sendMessage", Status: 400, Description: "Bad Request: message is too strange"})
	api.SendText(lan, "dữ liệu của tôi")
	s.await("the message to fail", time.Minute, func() bool {
		_, text := s.visit("GET", "/admin/chat", "admin", nil)
		return strings.Contains(text, "message is too strange") && !strings.Contains(text, "987650123456")
	})
	if status, text := s.visit("POST", "/admin/chat/again-all", "admin", url.Values{"x": {"1"}}); status != http.StatusOK || strings.Contains(text, "too strange") {
		t.Errorf("sending again: %d %s", status, text)
	}
	expect(lan, "987650123456")

	api.SendText(lan, "/quên")
	expect(lan, "Trợ lý đã xóa cuộc trò chuyện này")
	s.await("the chat to be gone from the disk", time.Minute, func() bool { return !onDisk(t, s.data, "987650123456") })
	if strings.Contains(s.output.String(), "987650123456") {
		t.Error("the chat's id is in the log")
	}
}

// onDisk tells whether some words can be read in the mailbox's files.
func onDisk(t *testing.T, data, words string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(data, "messages.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no mailbox in %s: %v", data, err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err == nil && strings.Contains(string(raw), words) {
			return true
		}
	}
	return false
}
