//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// emulator is a Bot API that others wrote, with one citizen in front of it.
type emulator struct {
	t     *testing.T
	url   string
	token string
}

// emulated starts one, and gives the address at which a bot finds it.
func emulated(t *testing.T, token string) (e *emulator, forBots string) {
	t.Helper()
	if _, err := os.Stat("node_modules/telegram-test-api"); err != nil {
		t.Skip("telegram-test-api is not installed; run make e2e")
	}
	port := freePort(t)
	cmd := exec.Command("node", "telegram_emulator.mjs", fmt.Sprint(port))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("no node: %v", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if _, err := out.Read(make([]byte, 16)); err != nil {
		t.Fatalf("the emulator does not start: %v", err)
	}
	e = &emulator{t, fmt.Sprintf("http://127.0.0.1:%d", port), token}
	bridge := httptest.NewServer(http.HandlerFunc(e.bridge))
	t.Cleanup(bridge.Close)
	return e, bridge.URL
}

// bridge hands a bot's calls on: Telegram takes forms of several parts, which the
// emulator does not read.
func (e *emulator) bridge(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err == nil && strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") && r.ParseMultipartForm(1<<20) == nil {
		fields := map[string]any{}
		for k := range r.PostForm {
			fields[k] = r.PostFormValue(k)
			if v := r.PostFormValue(k); strings.HasPrefix(v, "{") && json.Valid([]byte(v)) {
				fields[k] = json.RawMessage(v) // It is told back as it came.
			}
		}
		body, err = json.Marshal(fields)
	}
	var res *http.Response
	if err == nil {
		res, err = http.Post(e.url+r.URL.Path, "application/json", bytes.NewReader(body))
	}
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer res.Body.Close()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body)
}

func (e *emulator) post(path string, in, out any) {
	e.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		e.t.Fatal(err)
	}
	res, err := http.Post(e.url+path, "application/json", bytes.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || json.Unmarshal(text, out) != nil {
		e.t.Fatalf("%s: %d %s, %v", path, res.StatusCode, text, err)
	}
}

const emulatedCitizen = 4711

func (e *emulator) person() map[string]any {
	return map[string]any{"id": emulatedCitizen, "first_name": "Lan", "is_bot": false, "language_code": "vi"}
}

func (e *emulator) chat() map[string]any {
	return map[string]any{"id": emulatedCitizen, "first_name": "Lan", "type": "private"}
}

// say writes to the bot; a command begins with a slash.
func (e *emulator) say(text string) {
	e.t.Helper()
	m := map[string]any{"botToken": e.token, "from": e.person(), "chat": e.chat(), "date": time.Now().Unix(), "text": text}
	path := "/sendMessage"
	if strings.HasPrefix(text, "/") {
		word, _, _ := strings.Cut(text, " ")
		path, m["entities"] = "/sendCommand", []map[string]any{{"type": "bot_command", "offset": 0, "length": len(word)}}
	}
	e.post(path, m, new(any))
}

// shown is one message of the bot as it stands now.
type shown struct {
	MessageID int
	Message   struct {
		Text   string
		Markup struct {
			Rows [][]struct {
				Text string
				Data string `json:"callback_data"`
			} `json:"inline_keyboard"`
		} `json:"reply_markup"`
	}
}

// find waits for a message of the bot with a text in it; the newest one.
func (e *emulator) find(s *server, text string) (found shown) {
	e.t.Helper()
	s.await("the bot to say "+text, 2*time.Minute, func() bool {
		var all struct{ Result []shown }
		e.post("/getUpdatesHistory", map[string]string{"token": e.token}, &all)
		for _, m := range all.Result {
			if strings.Contains(m.Message.Text, text) {
				found = m
			}
		}
		return found.MessageID != 0
	})
	return found
}

// press presses the button of a message whose label begins so.
func (e *emulator) press(m shown, label string) {
	e.t.Helper()
	for _, row := range m.Message.Markup.Rows {
		for _, b := range row {
			if strings.HasPrefix(b.Text, label) {
				e.post("/sendCallback", map[string]any{"botToken": e.token, "from": e.person(), "data": b.Data,
					"message": map[string]any{"message_id": m.MessageID, "chat": e.chat(), "text": m.Message.Text, "date": time.Now().Unix()}}, new(any))
				return
			}
		}
	}
	e.t.Fatalf("no button %q: %+v", label, m.Message.Markup)
}

// TestTelegramOfOthers takes a whole visit on a Bot API that others wrote: menu,
// number, card that changes in place, near, call, rating.
func TestTelegramOfOthers(t *testing.T) {
	t.Parallel()
	const token = "123456:emulated"
	e, api := emulated(t, token)
	tokenFile, config := filepath.Join(t.TempDir(), "token"), filepath.Join(t.TempDir(), "xinmoi.toml")
	write(t, tokenFile, token+"\n")
	write(t, config, "[speaker]\noutput = \"off\"\n[telegram]\ntoken_file = \""+tokenFile+"\"\napi_url = \""+api+"\"\n")
	s := start(t, "", []string{"-config", config}, voiceless(t)) // Nothing is spoken here.
	for range 4 {
		s.take("A")
	}
	e.say("/start")
	e.press(e.find(s, "Xin chào"), "A")
	card := e.find(s, "A005")
	s.await("the number to wait", time.Minute, func() bool { return stateOf(s, "A005") == "waiting" })

	s.must(http.StatusOK, "POST", base+"/counters/2/open", "staff", nil, nil)
	for i := 1; i <= 4; i++ {
		s.must(http.StatusOK, "POST", base+"/counters/2/next", "staff", nil, nil)
		s.must(http.StatusOK, "POST", fmt.Sprintf("%s/tickets/A00%d/finish", base, i), "staff", nil, nil)
	}
	e.find(s, "A005 sắp đến lượt")
	s.must(http.StatusOK, "POST", base+"/counters/2/next", "staff", nil, nil)
	e.find(s, "Mời số A005 đến quầy 2")
	s.await("the card to show the call, in its place", 2*time.Minute, func() bool {
		var all struct{ Result []shown }
		e.post("/getUpdatesHistory", map[string]string{"token": token}, &all)
		for _, m := range all.Result {
			if m.MessageID == card.MessageID {
				return m.Message.Text != card.Message.Text
			}
		}
		return false
	})
	s.must(http.StatusOK, "POST", base+"/tickets/A005/finish", "staff", nil, nil)
	e.press(e.find(s, "A005 đã xong"), "5")
	e.find(s, "đánh giá mức 5")
	var rated struct {
		Rating *struct{ Level int }
	}
	s.await("the rating to be kept", time.Minute, func() bool {
		s.must(http.StatusOK, "GET", base+"/tickets/A005", "staff", nil, &rated)
		return rated.Rating != nil
	})
	if rated.Rating.Level != 5 || strings.Contains(s.output.String(), token) {
		t.Errorf("rated %+v; the token is in the log: %t", rated.Rating, strings.Contains(s.output.String(), token))
	}
}
