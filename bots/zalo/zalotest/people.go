package zalotest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/bots/eventtest"
)

// RouteTo sends webhooks to an address of this machine, whatever public address
// the bot has set; events go there even before it has set one, if secret is given.
func (s *Server) RouteTo(address, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.route = address
	if secret != "" {
		s.hook, s.secret = address, secret
	}
}

// Insist makes webhooks come until they are answered with 200, n times at most.
func (s *Server) Insist(n int) { s.set(func() { s.tries = n }) }

// Repeat makes every webhook come n times, as if answers got lost.
func (s *Server) Repeat(n int) { s.set(func() { s.copies = n }) }

// Bare leaves the envelope {ok, result} away, as some have seen it.
func (s *Server) Bare(bare bool) { s.set(func() { s.bare = bare }) }

// Allow bounds the messages that the bot may still send this month.
func (s *Server) Allow(n int) { s.set(func() { s.allowed = n }) }

// Fail makes coming calls go wrong; faults are used up in order.
func (s *Server) Fail(f Fault) {
	s.set(func() { f.Times = max(f.Times, 1); s.faults = append(s.faults, f) })
}

func (s *Server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	s.Touch()
}

// Say has a person write to the bot and gives the id of the message.
func (s *Server) Say(person, text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.add(person, false, text)
	s.push(person, m)
	return m.ID
}

// Again has the latest message of a person come again under its old id.
func (s *Server) Again(person string, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range slices.Backward(s.messages[person]) {
		if !m.FromBot {
			for range times {
				s.push(person, m)
			}
			return
		}
	}
}

// push lets the bot know of a message. The caller holds s.mu.
func (s *Server) push(person string, m Message) {
	event := map[string]any{"event_name": "message.text.received", "message": map[string]any{
		"from": map[string]any{"id": person, "display_name": "Lan", "is_bot": false},
		"chat": map[string]any{"id": person, "chat_type": "PRIVATE"},
		"text": m.Text, "message_id": m.ID, "date": m.At.UnixMilli(),
	}}
	if s.hook == "" {
		s.pending = append(s.pending, event)
		s.Touch()
		return
	}
	body := any(map[string]any{"ok": true, "result": event})
	if s.bare {
		body = event
	}
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err) // Only strings and maps of them.
	}
	l := s.lanes[person]
	if l == nil {
		l = &lane{}
		s.lanes[person] = l
	}
	for range s.copies {
		l.waiting = append(l.waiting, raw)
	}
	if !l.busy {
		l.busy = true
		s.tasks.Go(func() { s.deliver(l) })
	}
}

// deliver posts the webhooks of one chat, one after the other.
func (s *Server) deliver(l *lane) {
	for {
		s.mu.Lock()
		if len(l.waiting) == 0 || s.life.Err() != nil {
			l.busy = false
			s.Touch()
			s.mu.Unlock()
			return
		}
		raw, most := l.waiting[0], s.tries
		l.waiting = l.waiting[1:]
		s.mu.Unlock()
		for n := 0; n < most && s.post(raw) != http.StatusOK; n++ {
			select {
			case <-time.After(min(time.Second, 20*time.Millisecond<<min(n, 6))):
			case <-s.life.Done():
			}
		}
	}
}

// post sends one webhook and gives the status of the answer; 0 = none.
func (s *Server) post(raw []byte) int {
	s.mu.Lock()
	address, secret := s.hook, s.secret
	if s.route != "" {
		address = s.route
	}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(s.life, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(raw))
	if err != nil {
		return 0
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Bot-Api-Secret-Token", secret)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)) // So that the connection is used again.
	_ = res.Body.Close()
	return res.StatusCode
}

// Idle reports whether every webhook was taken or given up.
func (s *Server) Idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lanes {
		if l.busy {
			return false
		}
	}
	return len(s.pending) == 0
}

// Webhook gives the address that the bot has set.
func (s *Server) Webhook() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hook
}

// FromBot gives what the bot wrote to a person, oldest first.
func (s *Server) FromBot(person string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.messages[person]), func(m Message) bool { return !m.FromBot })
}

// Calls gives every request of a method so far; "" for all.
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.calls), func(c Call) bool { return method != "" && c.Method != method })
}

// WaitMessage waits until some message of the bot to a person contains text,
// and gives the newest such message.
func (s *Server) WaitMessage(ctx context.Context, person, text string) (Message, error) {
	m, err := eventtest.Newest(ctx, &s.Events, func() []Message { return s.FromBot(person) }, func(m Message) bool { return strings.Contains(m.Text, text) })
	if err != nil {
		return m, fmt.Errorf("zalotest: no message with %q to %s: %w", text, person, err)
	}
	return m, nil
}
