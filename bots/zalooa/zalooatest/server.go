package zalooatest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/bots/eventtest"
)

// What the server knows an account by.
const (
	AppID     = "1234567890123456789"
	AppSecret = "app-secret-of-the-test"
	OASecret  = "oa-secret-of-the-test"
	OAID      = "4567890123456789012"
)

// Bounds of the OpenAPI.
const (
	window    = 7 * 24 * time.Hour // After the last word of a person.
	accessFor = 25 * time.Hour
	maxText   = 2000
	tries     = 100
)

// Server is an OpenAPI and its tokens for one account, on a free port of this machine.
type Server struct {
	eventtest.Events // Whatever happens here.

	http *httptest.Server
	now  func() time.Time
	life context.Context
	end  context.CancelFunc
	done sync.WaitGroup

	mu        sync.Mutex
	refresh   string // The one that is good.
	access    string
	until     time.Time
	exchanges int
	codes     map[string]code
	declines  bool
	next      int
	hook      string
	bare      bool // Signatures without "mac=".
	copies    int
	said      map[string]time.Time
	messages  map[string][]string
	faults    []Fault
	flying    int
}

// Fault is how coming messages go wrong; faults are used up in order.
type Fault struct {
	Path      string // End of the address; empty = any but tokens.
	Code      int    // Error to answer, with status 200.
	HTML      int    // Status of a page to answer, as a proxy does.
	DropAfter bool   // Cut the connection after the call took effect.
}

// New starts a server. End it with Close. now nil = the real clock.
func New(now func() time.Time) *Server {
	if now == nil {
		now = time.Now
	}
	s := &Server{now: now, refresh: "refresh-0", copies: 1, said: map[string]time.Time{}, messages: map[string][]string{}}
	s.codes = map[string]code{}
	s.life, s.end = context.WithCancel(context.Background())
	s.http = httptest.NewServer(s)
	return s
}

// URL is the base address of everything.
func (s *Server) URL() string { return s.http.URL }

// Close ends the server and every webhook under way.
func (s *Server) Close() {
	s.end()
	s.http.CloseClientConnections()
	s.http.Close()
	s.done.Wait()
}

// Consent gives a new refresh token, as the account's owner does; the old one is
// worth nothing from then on.
func (s *Server) Consent() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	s.refresh = "refresh-" + strconv.Itoa(s.next)
	return s.refresh
}

// EndAccess makes the access token end at once.
func (s *Server) EndAccess() { s.set(func() { s.until = time.Time{} }) }

// RouteTo sends webhooks to an address.
func (s *Server) RouteTo(address string) { s.set(func() { s.hook = address }) }

// Repeat makes every webhook come n times.
func (s *Server) Repeat(n int) { s.set(func() { s.copies = n }) }

// Bare signs webhooks without "mac=".
func (s *Server) Bare() { s.set(func() { s.bare = true }) }

// Fail makes a coming call go wrong.
func (s *Server) Fail(f Fault) { s.set(func() { s.faults = append(s.faults, f) }) }

// Exchanges is how many refresh tokens were used.
func (s *Server) Exchanges() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.exchanges
}

func (s *Server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	s.Touch()
}

// Told gives what the account told a person.
func (s *Server) Told(person string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages[person])
}

// WaitTold waits until the account has told a person something with a text in it.
func (s *Server) WaitTold(ctx context.Context, person, text string) (string, error) {
	told, err := eventtest.Newest(ctx, &s.Events, func() []string { return s.Told(person) }, func(m string) bool { return strings.Contains(m, text) })
	if err != nil {
		return "", fmt.Errorf("zalooatest: %q was not told to %s: %w", text, person, err)
	}
	return told, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if strings.HasSuffix(r.URL.Path, "/v4/oa/permission") {
		s.permission(w, r)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/v4/oa/access_token") {
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.reply(w, s.login(r))
		return
	}
	var f Fault
	s.set(func() {
		if len(s.faults) > 0 && strings.HasSuffix(r.URL.Path, s.faults[0].Path) {
			f, s.faults = s.faults[0], s.faults[1:]
		}
	})
	switch {
	case f.HTML != 0:
		w.WriteHeader(f.HTML)
		_, _ = io.WriteString(w, "<html>Bad Gateway</html>")
		return
	case f.Code != 0:
		s.reply(w, no(f.Code, "told to fail"))
		return
	}
	answer := s.answer(r, body)
	if f.DropAfter {
		panic(http.ErrAbortHandler)
	}
	s.reply(w, answer)
}

func (s *Server) reply(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // The client may be gone.
}

func no(code int, text string) any { return map[string]any{"error": code, "message": text} }

// login exchanges a refresh token, which is spent by that.
func (s *Server) login(r *http.Request) (answer any) {
	refused := func(name string) any {
		return map[string]any{"error_name": name, "error_reason": "it is", "error": -14014}
	}
	s.set(func() {
		switch grant := r.FormValue("grant_type"); {
		case r.Header.Get("secret_key") != AppSecret || r.FormValue("app_id") != AppID || grant != "refresh_token" && grant != "authorization_code":
			answer = refused("Invalid app")
		case grant == "refresh_token" && r.FormValue("refresh_token") != s.refresh:
			answer = refused("Invalid refresh token")
		case grant == "authorization_code" && !s.redeem(r.FormValue("code"), r.FormValue("code_verifier")):
			answer = refused("Invalid authorization code")
		default:
			s.next++
			s.exchanges++
			s.refresh, s.access, s.until = "refresh-"+strconv.Itoa(s.next), "access-"+strconv.Itoa(s.next), s.now().Add(accessFor)
			answer = map[string]string{"access_token": s.access, "refresh_token": s.refresh, "expires_in": "90000"}
		}
	})
	return answer
}

func (s *Server) answer(r *http.Request, body []byte) (answer any) {
	var in struct {
		Recipient struct {
			ID string `json:"user_id"`
		} `json:"recipient"`
		Message struct{ Text string } `json:"message"`
		Person  string                `json:"user_id"`
		Data    map[string]string     `json:"template_data"`
	}
	if len(body) > 0 && json.Unmarshal(body, &in) != nil {
		return no(-201, "Params is invalid")
	}
	s.set(func() {
		person := in.Recipient.ID
		switch {
		case r.Header.Get("access_token") != s.access || !s.now().Before(s.until):
			answer = no(-216, "Access token is invalid")
		case strings.HasSuffix(r.URL.Path, "/v2.0/oa/getoa"):
			answer = map[string]any{"error": 0, "message": "Success", "data": map[string]string{"oa_id": OAID, "name": "Trung tâm"}}
		case strings.HasSuffix(r.URL.Path, "/message/template"):
			s.next++
			s.messages[in.Person] = append(s.messages[in.Person], "template: "+in.Data["office"]+": "+in.Data["text"])
			answer = map[string]any{"error": 0, "message": "Success", "data": map[string]string{"msg_id": strconv.Itoa(s.next)}}
		case !strings.HasSuffix(r.URL.Path, "/v3.0/oa/message/cs") || person == "" || in.Message.Text == "" || len([]rune(in.Message.Text)) > maxText:
			answer = no(-201, "Params is invalid")
		case s.said[person].IsZero():
			answer = no(-213, "User has not followed OA")
		case s.now().Sub(s.said[person]) > window:
			answer = no(-230, "User has not interacted with the OA in the past 7 days")
		default:
			s.next++
			s.messages[person] = append(s.messages[person], in.Message.Text)
			answer = map[string]any{"error": 0, "message": "Success", "data": map[string]string{"message_id": strconv.Itoa(s.next), "user_id": person}}
		}
	})
	return answer
}

// Say has a person write to the account.
func (s *Server) Say(person, text string) {
	s.mu.Lock()
	s.next++
	id := strconv.Itoa(s.next)
	s.said[person] = s.now()
	s.mu.Unlock()
	s.Event(map[string]any{
		"app_id": AppID, "user_id_by_app": "7", "event_name": "user_send_text", "sender": map[string]string{"id": person}, "recipient": map[string]string{"id": OAID},
		"message": map[string]string{"text": text, "msg_id": id}, "timestamp": strconv.FormatInt(s.now().UnixMilli(), 10),
	})
}

// Follow has a person begin to follow the account, or cease.
func (s *Server) Follow(person string, follows bool) {
	name := "follow"
	if !follows {
		name = "unfollow"
	}
	s.set(func() { s.said[person] = s.now() })
	s.Event(map[string]any{"app_id": AppID, "oa_id": OAID, "event_name": name, "follower": map[string]string{"id": person}, "timestamp": strconv.FormatInt(s.now().UnixMilli(), 10)})
}

// Event posts an event until it is taken, with its signature.
func (s *Server) Event(event map[string]any) {
	raw, err := json.Marshal(event)
	if err != nil {
		panic(err) // Only strings and maps of them.
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for range s.copies {
		s.flying++
		s.done.Go(func() {
			defer s.set(func() { s.flying-- })
			for n := 0; n < tries && s.post(raw) != http.StatusOK; n++ {
				select {
				case <-time.After(min(time.Second, 20*time.Millisecond<<min(n, 6))):
				case <-s.life.Done():
				}
			}
		})
	}
}

// Idle reports whether every webhook was taken or given up.
func (s *Server) Idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flying == 0
}

// Sign gives the signature of a body.
func Sign(body []byte, timestamp string) string {
	sum := sha256.Sum256([]byte(AppID + string(body) + timestamp + OASecret))
	return hex.EncodeToString(sum[:])
}

func (s *Server) post(raw []byte) int {
	s.mu.Lock()
	address, lead := s.hook, "mac="
	if s.bare {
		lead = ""
	}
	s.mu.Unlock()
	var e struct {
		Timestamp string `json:"timestamp"`
	}
	_ = json.Unmarshal(raw, &e) // Made by us.
	ctx, cancel := context.WithTimeout(s.life, 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(raw))
	if err != nil {
		return 0
	}
	r.Header.Set("X-ZEvent-Signature", lead+Sign(raw, e.Timestamp))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16))
	_ = res.Body.Close()
	return res.StatusCode
}
