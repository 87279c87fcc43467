package telegramtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// route gives the method of a path with the right token.
func (s *Server) route(path string) (method string, ok bool) {
	rest, found := strings.CutPrefix(path, "/bot")
	token, method, _ := strings.Cut(rest, "/")
	return method, found && token == s.token
}

const maxParams = 1 << 20 // Bytes of a request.

// readParams reads a call's parameters from any form the Bot API takes: query,
// urlencoded, multipart or JSON. Values that are not texts stay JSON.
func readParams(w http.ResponseWriter, r *http.Request) (map[string]string, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxParams)
	params := map[string]string{}
	add := func(values url.Values) {
		for k, v := range values {
			if len(v) > 0 {
				params[k] = v[0]
			}
		}
	}
	add(r.URL.Query())
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil || kind == "":
		return params, nil // No body.
	case kind == "application/json":
		return params, readJSON(r.Body, params)
	case kind == "multipart/form-data":
		if err := r.ParseMultipartForm(maxParams); err != nil && !errors.Is(err, io.EOF) {
			return params, err
		}
	default:
		if err := r.ParseForm(); err != nil {
			return params, err
		}
	}
	if r.MultipartForm != nil {
		add(r.MultipartForm.Value)
	}
	add(r.PostForm)
	return params, nil
}

func readJSON(body io.Reader, params map[string]string) error {
	var fields map[string]json.RawMessage
	if err := json.NewDecoder(body).Decode(&fields); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for k, raw := range fields {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		params[k] = text
	}
	return nil
}

func (s *Server) dispatch(r *http.Request, method string, p map[string]string) outcome {
	switch strings.ToLower(method) {
	case "getme":
		id, _, _ := strings.Cut(s.token, ":")
		n, _ := strconv.ParseInt(id, 10, 64)
		return accept(map[string]any{"id": n, "is_bot": true, "first_name": "Xin mời", "username": "xinmoi_test_bot"})
	case "getupdates":
		return s.getUpdates(r, p)
	case "sendmessage":
		return s.sendMessage(p)
	case "editmessagetext":
		return s.editMessage(p)
	case "answercallbackquery":
		return s.answerCallback(p)
	case "deletewebhook":
		s.SetWebhook(false)
		return accept(true)
	case "setmycommands":
		return accept(true)
	default:
		return refuse(http.StatusNotFound, "Not Found: method "+method+" not found")
	}
}

// getUpdates confirms what lies before the offset, then answers what there
// is, or waits for it.
func (s *Server) getUpdates(r *http.Request, p map[string]string) outcome {
	offset, _ := strconv.ParseInt(p["offset"], 10, 64)
	limit, err := strconv.Atoi(p["limit"])
	if err != nil || limit < 1 || limit > 100 {
		limit = 100
	}
	wait, _ := strconv.Atoi(p["timeout"])
	deadline := time.NewTimer(time.Duration(min(max(wait, 0), 50)) * time.Second)
	defer deadline.Stop()

	s.mu.Lock()
	s.polls++
	mine := s.polls
	if offset > 0 {
		s.updates = slices.DeleteFunc(s.updates, func(u update) bool { return u.id < offset })
	}
	s.Touch() // Ends an earlier poll.
	s.mu.Unlock()
	for {
		s.mu.Lock()
		changed, conflict, batch := s.Next(), s.conflict(mine), s.batch(limit)
		s.mu.Unlock()
		if conflict != "" {
			return refuse(http.StatusConflict, "Conflict: "+conflict)
		}
		if len(batch) > 0 {
			return accept(batch)
		}
		select {
		case <-changed:
		case <-deadline.C:
			return accept([]any{})
		case <-r.Context().Done():
			return accept([]any{})
		}
	}
}

// conflict tells why a poll must end. The caller holds s.mu.
func (s *Server) conflict(poll int) string {
	switch {
	case s.webhook:
		return "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
	case poll != s.polls:
		return "terminated by other getUpdates request; make sure that only one bot instance is running"
	default:
		return ""
	}
}

// batch gives the oldest unconfirmed updates. The caller holds s.mu.
func (s *Server) batch(limit int) (batch []map[string]any) {
	for _, u := range s.updates[:min(limit, len(s.updates))] {
		batch = append(batch, u.body)
	}
	return batch
}

func (s *Server) sendMessage(p map[string]string) outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	chat, refused := s.writable(p["chat_id"])
	if refused != nil {
		return *refused
	}
	text, buttons, err := content(p)
	if err != nil {
		return refuse(http.StatusBadRequest, "Bad Request: "+err.Error())
	}
	m := s.add(chat, &Message{FromBot: true, Text: text, Buttons: buttons, Silent: p["disable_notification"] == "true"})
	s.Touch()
	return accept(s.messageBody(chat, m))
}

// writable gives the chat of a chat_id, or why it cannot be written to. The
// caller holds s.mu.
func (s *Server) writable(id string) (chat int64, refused *outcome) {
	no := func(status int, text string) *outcome { o := refuse(status, text); return &o }
	chat, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0, no(http.StatusBadRequest, "Bad Request: chat_id is empty")
	}
	if _, known := s.people[chat]; !known {
		if _, group := s.messages[chat]; !group {
			return 0, no(http.StatusBadRequest, "Bad Request: chat not found")
		}
	}
	if s.blocked[chat] {
		return 0, no(http.StatusForbidden, "Forbidden: bot was blocked by the user")
	}
	return chat, nil
}

// content checks text and buttons against the limits of the Bot API: 4096
// UTF-16 units, payloads of 1 to 64 bytes.
func content(p map[string]string) (string, []Button, error) {
	text := strings.TrimSpace(p["text"])
	if text == "" {
		return "", nil, errors.New("message text is empty")
	}
	if n := len(utf16.Encode([]rune(text))); n > 4096 {
		return "", nil, fmt.Errorf("message is too long (%d)", n)
	}
	buttons, err := readButtons(p["reply_markup"])
	return text, buttons, err
}

func readButtons(markup string) (buttons []Button, err error) {
	if markup == "" || markup == "null" {
		return nil, nil
	}
	var keys struct {
		Rows [][]struct {
			Text string `json:"text"`
			Data string `json:"callback_data"`
			URL  string `json:"url"`
		} `json:"inline_keyboard"`
	}
	if err := json.Unmarshal([]byte(markup), &keys); err != nil {
		return nil, errors.New("can't parse reply keyboard markup JSON object")
	}
	for _, row := range keys.Rows {
		for _, b := range row {
			if b.Text == "" {
				return nil, errors.New("text buttons are unallowed in the inline keyboard")
			}
			if b.URL == "" && (len(b.Data) < 1 || len(b.Data) > 64) {
				return nil, errors.New("BUTTON_DATA_INVALID")
			}
			buttons = append(buttons, Button{b.Text, b.Data, b.URL})
		}
	}
	return buttons, nil
}

func (s *Server) editMessage(p map[string]string) outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	chat, refused := s.writable(p["chat_id"])
	if refused != nil {
		return *refused
	}
	text, buttons, err := content(p)
	if err != nil {
		return refuse(http.StatusBadRequest, "Bad Request: "+err.Error())
	}
	id, _ := strconv.Atoi(p["message_id"])
	for _, m := range s.messages[chat] {
		if m.ID != id || !m.FromBot {
			continue
		}
		if m.Text == text && slices.Equal(m.Buttons, buttons) {
			return refuse(http.StatusBadRequest, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
		}
		m.Text, m.Buttons = text, buttons
		m.Edits++
		s.Touch()
		return accept(s.messageBody(chat, m))
	}
	return refuse(http.StatusBadRequest, "Bad Request: message to edit not found")
}

func (s *Server) answerCallback(p map[string]string) outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	done, known := s.acked[p["callback_query_id"]]
	if !known || done {
		return refuse(http.StatusBadRequest, "Bad Request: query is too old and response timeout expired or query ID is invalid")
	}
	s.acked[p["callback_query_id"]] = true
	s.Touch()
	return accept(true)
}
