package telegramtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/bots/eventtest"
)

// add puts a message into a chat. The caller holds s.mu.
func (s *Server) add(chat int64, m *Message) *Message {
	s.lastMsg++
	m.ID, m.At = s.lastMsg, time.Now()
	s.messages[chat] = append(s.messages[chat], m)
	return m
}

// messageBody is a message in the words of the Bot API.
func (s *Server) messageBody(chat int64, m *Message) map[string]any {
	return map[string]any{
		"message_id": m.ID, "date": m.At.Unix(), "text": m.Text, "chat": chatBody(chat),
	}
}

func chatBody(chat int64) map[string]any {
	kind := "private"
	if chat < 0 {
		kind = "group"
	}
	return map[string]any{"id": chat, "type": kind}
}

func userBody(u User) map[string]any {
	body := map[string]any{"id": u.ID, "is_bot": false, "first_name": u.Name}
	if u.Language != "" {
		body["language_code"] = u.Language
	}
	return body
}

// push appends an update for the bot. The caller holds s.mu.
func (s *Server) push(body map[string]any) int64 {
	id := s.nextID
	s.nextID++
	body["update_id"] = id
	s.updates = append(s.updates, update{id, body})
	s.Touch()
	return id
}

// SendText has a person write to the bot and gives the update's id.
func (s *Server) SendText(u User, text string) int64 { return s.SendTextIn(u.ID, u, text) }

// SendTextIn has a person write in a chat; a negative number is a group.
func (s *Server) SendTextIn(chat int64, u User, text string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.people[u.ID] = u
	m := s.add(chat, &Message{Text: text})
	body := s.messageBody(chat, m)
	body["from"] = userBody(u)
	return s.push(map[string]any{"message": body})
}

// Press has a person press a button below a message of the bot, found by its
// label or its payload; it looks from the newest message back.
func (s *Server) Press(u User, button string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range slices.Backward(s.messages[u.ID]) {
		for _, b := range m.Buttons {
			if b.Label == button || b.Data == button || strings.HasPrefix(b.Label, button+" ·") {
				s.press(u, m, b.Data)
				return nil
			}
		}
	}
	return fmt.Errorf("telegramtest: no button %q in the chat of %d", button, u.ID)
}

// PressData has a person send any payload, as a forged client may.
func (s *Server) PressData(u User, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.people[u.ID] = u
	s.press(u, &Message{ID: 1, At: time.Now()}, data)
}

func (s *Server) press(u User, m *Message, data string) {
	query := strconv.Itoa(len(s.acked) + 1)
	s.acked[query] = false
	s.push(map[string]any{"callback_query": map[string]any{
		"id": query, "from": userBody(u), "message": s.messageBody(u.ID, m), "chat_instance": "1", "data": data,
	}})
}

// PushRaw appends any update; its update_id is set.
func (s *Server) PushRaw(body map[string]any) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.push(maps.Clone(body))
}

// Replay appends the latest update once more under its old id, as Telegram
// does when it is in doubt. It does nothing if all are confirmed.
func (s *Server) Replay(times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.updates) == 0 {
		return
	}
	for range times {
		s.updates = append(s.updates, s.updates[len(s.updates)-1])
	}
	s.Touch()
}

// Block has a person block the bot, or unblock it.
func (s *Server) Block(u User, blocked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.people[u.ID], s.blocked[u.ID] = u, blocked
	status := "member"
	if blocked {
		status = "kicked"
	}
	s.push(map[string]any{"my_chat_member": map[string]any{
		"chat": chatBody(u.ID), "from": userBody(u), "date": time.Now().Unix(), "new_chat_member": map[string]any{"status": status},
	}})
}

// Messages gives a chat as the person sees it, oldest first, own ones too.
func (s *Server) Messages(chat int64) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Message
	for _, m := range s.messages[chat] {
		all = append(all, *m)
	}
	return all
}

// FromBot gives only what the bot wrote.
func (s *Server) FromBot(chat int64) []Message {
	return slices.DeleteFunc(s.Messages(chat), func(m Message) bool { return !m.FromBot })
}

// Calls gives every request of a method so far; "" for all methods.
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var some []Call
	for _, c := range s.calls {
		if method == "" || strings.EqualFold(c.Method, method) {
			some = append(some, c)
		}
	}
	return some
}

// Pending counts updates that the bot has not confirmed.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.updates)
}

// WaitMessage waits until some message of the bot in a chat contains text, and
// gives the newest such message.
func (s *Server) WaitMessage(ctx context.Context, chat int64, text string) (Message, error) {
	m, err := eventtest.Newest(ctx, &s.Events, func() []Message { return s.FromBot(chat) }, func(m Message) bool { return strings.Contains(m.Text, text) })
	if err != nil {
		return m, fmt.Errorf("telegramtest: no message with %q in chat %d: %w", text, chat, err)
	}
	return m, nil
}
