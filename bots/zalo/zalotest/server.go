package zalotest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf16"

	"github.com/xinmoi/xinmoi/bots/eventtest"
)

// Server is a Zalo Bot server for one bot on a free port of this machine.
type Server struct {
	eventtest.Events // Whatever happens here.

	token string
	http  *httptest.Server
	life  context.Context
	end   context.CancelFunc
	tasks sync.WaitGroup

	mu       sync.Mutex
	pending  []map[string]any // Events that no poll has taken.
	lanes    map[string]*lane // Chats whose webhooks are under way.
	messages map[string][]Message
	nextID   int
	hook     string // Where events go; empty = polls.
	route    string // Where they really go in a test.
	secret   string
	tries    int
	copies   int
	bare     bool
	allowed  int // Messages left this month; negative = without end.
	faults   []Fault
	calls    []Call
}

// lane keeps the order of one chat's webhooks.
type lane struct {
	waiting [][]byte
	busy    bool
}

// Message is one message in a chat.
type Message struct {
	ID      string
	FromBot bool
	Text    string
	At      time.Time
}

// Call is one request that arrived, in order.
type Call struct {
	Method string
	Params map[string]string
	Code   int // error_code of the answer; 0 = ok; -1 = the connection was cut.
	At     time.Time
}

// Fault is how calls go wrong.
type Fault struct {
	Method     string // "sendMessage"; empty = any.
	Times      int    // How many calls; 0 = one.
	Code       int    // error_code to answer, with HTTP status 200; the call has no effect.
	RetryAfter int    // Seconds, beside Code.
	HTML       int    // HTTP status of a page to answer, as a proxy does.
	Drop       bool   // Cut the connection; no effect.
	DropAfter  bool   // Cut the connection after the call took effect: the ambiguous case.
	Delay      time.Duration
}

// tries is how often a webhook is sent until it is answered with 200.
const tries = 3

// New starts a server for the bot with this token on a free loopback port. End it
// with Close.
func New(token string) *Server {
	s := &Server{token: token, lanes: map[string]*lane{}, messages: map[string][]Message{}, tries: tries, copies: 1, allowed: -1}
	s.life, s.end = context.WithCancel(context.Background())
	s.http = httptest.NewServer(s)
	return s
}

// URL is the base address of the Bot API.
func (s *Server) URL() string { return s.http.URL }

// Close ends the server, every connection and every webhook under way.
func (s *Server) Close() {
	s.end()
	s.http.CloseClientConnections()
	s.http.Close()
	s.tasks.Wait()
}

// ServeHTTP answers /bot<token>/<method>, always with status 200.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method, known := strings.CutPrefix(r.URL.Path, "/bot"+s.token+"/")
	var params map[string]string
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, &params)
	}
	fault := s.fault(method)
	if fault.Delay > 0 {
		select {
		case <-time.After(fault.Delay):
		case <-r.Context().Done():
		}
	}
	var result any
	code, text := 0, ""
	switch {
	case fault.Drop:
		s.note(method, params, -1)
		panic(http.ErrAbortHandler)
	case fault.HTML != 0:
		s.note(method, params, fault.HTML)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(fault.HTML)
		_, _ = io.WriteString(w, "<html><h1>Bad Gateway</h1></html>")
		return
	case fault.Code != 0:
		code, text = fault.Code, "told to fail"
	case !known:
		code, text = 401, "Unauthorized"
	case err != nil:
		code, text = 400, "Bad request: not JSON with strings"
	default:
		result, code, text = s.dispatch(r, method, params)
	}
	s.note(method, params, code)
	if fault.DropAfter {
		panic(http.ErrAbortHandler)
	}
	s.reply(w, result, code, text, fault.RetryAfter)
}

func (s *Server) reply(w http.ResponseWriter, result any, code int, text string, after int) {
	answer := map[string]any{"ok": code == 0}
	if code == 0 {
		answer["result"] = result
	} else {
		answer["error_code"], answer["description"] = code, text
	}
	if after > 0 {
		answer["parameters"] = map[string]int{"retry_after": after}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // The client may be gone.
}

func (s *Server) dispatch(r *http.Request, method string, params map[string]string) (result any, code int, text string) {
	switch method {
	case "getMe":
		return map[string]any{"id": "1", "account_name": "bot.test", "account_type": "BASIC", "can_join_groups": false}, 0, ""
	case "sendMessage":
		return s.send(params)
	case "getUpdates":
		return s.poll(r)
	case "setWebhook":
		return s.setWebhook(params)
	case "deleteWebhook":
		s.mu.Lock()
		defer s.mu.Unlock()
		s.hook = ""
		return map[string]any{"url": ""}, 0, ""
	case "getWebhookInfo":
		s.mu.Lock()
		defer s.mu.Unlock()
		return map[string]any{"url": s.hook, "updated_at": time.Now().UnixMilli()}, 0, ""
	default:
		return nil, 404, "Not found"
	}
}

const mostText = 2000

func (s *Server) send(params map[string]string) (result any, code int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	units := len(utf16.Encode([]rune(params["text"])))
	switch {
	case units < 1 || units > mostText:
		return nil, 400, fmt.Sprintf("text of %d characters", units)
	case s.messages[params["chat_id"]] == nil:
		return nil, 400, "no such chat: nobody wrote from it"
	case s.allowed == 0:
		return nil, 429, "Quota exceeded"
	}
	s.allowed--
	m := s.add(params["chat_id"], true, params["text"])
	return map[string]any{"message_id": m.ID, "date": m.At.UnixMilli()}, 0, ""
}

// add puts a message into a chat. The caller holds s.mu.
func (s *Server) add(chat string, fromBot bool, text string) Message {
	s.nextID++
	m := Message{ID: fmt.Sprintf("%08x%s", s.nextID, "e222177a4e35"), FromBot: fromBot, Text: text, At: time.Now()}
	s.messages[chat] = append(s.messages[chat], m)
	s.Touch()
	return m
}

// setWebhook refuses what Zalo refuses: addresses that are not public and HTTPS.
func (s *Server) setWebhook(params map[string]string) (result any, code int, text string) {
	u, err := url.Parse(params["url"])
	if err != nil || u.Scheme != "https" || u.Hostname() == "localhost" || (net.ParseIP(u.Hostname()) != nil && !net.ParseIP(u.Hostname()).IsGlobalUnicast()) ||
		strings.HasPrefix(u.Hostname(), "10.") || strings.HasPrefix(u.Hostname(), "192.168.") {
		return nil, 400, "url: a public HTTPS address is needed"
	}
	if n := len(params["secret_token"]); n < 8 || n > 256 {
		return nil, 400, "secret_token: 8 to 256 characters"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook, s.secret = params["url"], params["secret_token"]
	s.Touch()
	return map[string]any{"url": s.hook, "verification": map[string]any{"ok": true, "status_code": 200, "outcome": "webhook.ok"}}, 0, ""
}

// poll hands out one event and forgets it, or says after a while that there was none.
func (s *Server) poll(r *http.Request) (result any, code int, text string) {
	idle := time.After(time.Second)
	for {
		s.mu.Lock()
		changed := s.Next()
		switch {
		case s.hook != "":
			s.mu.Unlock()
			return nil, 400, "a webhook is set"
		case len(s.pending) > 0:
			one := s.pending[0]
			s.pending = s.pending[1:]
			s.mu.Unlock()
			return one, 0, ""
		}
		s.mu.Unlock()
		select {
		case <-changed:
		case <-idle:
			return nil, 408, "Request timeout"
		case <-r.Context().Done():
			return nil, 408, "Request timeout"
		case <-s.life.Done():
			return nil, 408, "Request timeout"
		}
	}
}

func (s *Server) fault(method string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Method != "" && f.Method != method {
			continue
		}
		if f.Times--; f.Times <= 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
		} else {
			s.faults[i] = f
		}
		return f
	}
	return Fault{}
}

const maxCalls = 100_000

func (s *Server) note(method string, params map[string]string, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) < maxCalls {
		s.calls = append(s.calls, Call{method, params, code, time.Now()})
	}
	s.Touch()
}
