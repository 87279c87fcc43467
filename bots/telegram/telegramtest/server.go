package telegramtest

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/bots/eventtest"
)

// Server is a Bot API server for one bot on a free port of this machine.
type Server struct {
	eventtest.Events // Whatever happens here.

	token string
	http  *http.Server
	addr  string

	mu       sync.Mutex
	updates  []update
	nextID   int64
	polls    int // Number of the latest getUpdates.
	people   map[int64]User
	blocked  map[int64]bool
	messages map[int64][]*Message // By chat.
	lastMsg  int
	acked    map[string]bool
	faults   []Fault
	down     bool
	webhook  bool
	calls    []Call
}

type update struct {
	id   int64
	body map[string]any
}

// User is a person with a private chat; the chat bears the same number.
type User struct {
	ID       int64
	Name     string
	Language string // BCP 47; empty = unknown.
}

// Message is one message in a chat, as the person sees it now.
type Message struct {
	ID      int
	FromBot bool
	Text    string
	Buttons []Button
	Silent  bool
	Edits   int // How often it was changed.
	At      time.Time
}

// Button is an inline button below a message.
type Button struct{ Label, Data, URL string }

// Call is one request that arrived, in order, also when a fault answered it.
type Call struct {
	Method string
	Params map[string]string
	At     time.Time
	Status int // Answered HTTP status; 0 = the connection was cut.
}

// New starts a server for the bot with this token on a free loopback port.
// It panics if there is none, as httptest does. End it with Close.
func New(token string) *Server {
	s, err := Listen(token, "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return s
}

// Listen starts a server on an address of choice.
func Listen(token, address string) (*Server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("telegramtest: %w", err)
	}
	s := &Server{
		token: token, addr: listener.Addr().String(), nextID: 700_000_001,
		people: map[int64]User{}, blocked: map[int64]bool{}, messages: map[int64][]*Message{}, acked: map[string]bool{},
	}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.http.Serve(listener) }() // Ends with Close.
	return s, nil
}

// URL is the base address for bot.WithServerURL.
func (s *Server) URL() string { return "http://" + s.addr }

// Close ends the server and every connection.
func (s *Server) Close() {
	_ = s.http.Close()
	s.mu.Lock()
	s.Touch()
	s.mu.Unlock()
}

// ServeHTTP answers /bot<token>/<method>.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method, ok := s.route(r.URL.Path)
	params, err := readParams(w, r)
	fault := s.enter(method)
	switch {
	case fault.Drop:
		s.note(method, params, 0)
		panic(http.ErrAbortHandler) // Cuts the connection.
	case fault.Status != 0:
		s.note(method, params, fault.Status)
		fault.write(w)
	case !ok:
		s.reply(w, method, params, refuse(http.StatusUnauthorized, "Unauthorized"))
	case err != nil:
		s.reply(w, method, params, refuse(http.StatusBadRequest, "Bad Request: "+err.Error()))
	default:
		out := s.dispatch(r, method, params)
		if fault.DropAfter {
			s.note(method, params, 0)
			panic(http.ErrAbortHandler)
		}
		s.reply(w, method, params, out)
	}
}

// outcome is an answer to a call.
type outcome struct {
	status      int
	result      any
	description string
	retryAfter  int
}

func accept(result any) outcome { return outcome{status: http.StatusOK, result: result} }

func refuse(status int, description string) outcome {
	return outcome{status: status, description: description}
}

func (s *Server) reply(w http.ResponseWriter, method string, params map[string]string, o outcome) {
	s.note(method, params, o.status)
	w.Header().Set("Content-Type", "application/json")
	body := map[string]any{"ok": o.status == http.StatusOK}
	if o.status == http.StatusOK {
		body["result"] = o.result
	} else {
		body["error_code"], body["description"] = o.status, o.description
	}
	if o.retryAfter > 0 {
		body["parameters"] = map[string]any{"retry_after": o.retryAfter}
		w.Header().Set("Retry-After", strconv.Itoa(o.retryAfter))
	}
	w.WriteHeader(o.status)
	_ = json.NewEncoder(w).Encode(body) // The client may be gone.
}

// maxCalls bounds what is remembered of a long run.
const maxCalls = 100_000

func (s *Server) note(method string, params map[string]string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.calls) < maxCalls {
		s.calls = append(s.calls, Call{Method: method, Params: params, At: time.Now(), Status: status})
	}
	s.Touch()
}
