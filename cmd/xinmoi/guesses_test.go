package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/appointment"
)

// outsider is a stranger at the doors of a whole office, in which some people
// hold numbers and bookings.
type outsider struct {
	*testing.T
	app     *app
	tickets []queue.Ticket
	booking appointment.Booking
	codes   map[string]bool // That somebody holds.
}

const strangersPhone = "912345678"

// stranger opens an office with waiting numbers and a booking.
func stranger(t *testing.T, waiting int) *outsider {
	t.Helper()
	a := running(t, alone(t))
	o := &outsider{T: t, app: a, codes: map[string]bool{}}
	for i := range waiting {
		tk, err := a.engine.Take(t.Context(), queue.TakeRequest{Service: "A", Channel: queue.Phone, Person: fmt.Sprintf("tel:+84%d", 912345678+i), Language: "vi"})
		if err != nil {
			t.Fatal(err)
		}
		o.tickets, o.codes[tk.Code] = append(o.tickets, tk), true
	}
	days, err := a.appointments.Slots(t.Context(), "A", "", 3, false)
	if err != nil {
		t.Fatal(err)
	}
	o.booking, err = a.appointments.Book(t.Context(), appointment.Request{Service: "A", Channel: queue.Web, Contact: "tel:0" + strangersPhone, Start: days[1].Slots[0].Start})
	if err != nil {
		t.Fatal(err)
	}
	o.codes[o.booking.Code] = true
	return o
}

// ask asks for something from an address.
func (o *outsider) ask(method, path, address string, form url.Values) *httptest.ResponseRecorder {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.RemoteAddr = address + ":4711"
	w := httptest.NewRecorder()
	o.app.handler.ServeHTTP(w, r)
	return w
}

// wrongLink is a link like that of a ticket that there is, with an authenticator
// of nobody.
func (o *outsider) wrongLink() string {
	raw, err := base64.RawURLEncoding.DecodeString(o.app.links.Token(o.tickets[0].Office, o.tickets[0].ID))
	if err != nil {
		o.Fatal(err)
	}
	if _, err := rand.Read(raw[len(raw)-8:]); err != nil {
		o.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// wrongCode is a whole code that nobody holds.
func (o *outsider) wrongCode(parse func(string) (string, bool)) string {
	for {
		var b [4]byte
		if _, err := rand.Read(b[:]); err != nil {
			o.Fatal(err)
		}
		digits := fmt.Sprintf("%08d", binary.BigEndian.Uint32(b[:])%100_000_000)
		for check := range 10 {
			if code, ok := parse(digits + strconv.Itoa(check)); ok && !o.codes[code] {
				return code
			}
		}
	}
}

// TestGuesses: a million guesses at everything that opens a number or a booking,
// by one machine and by a crowd of them, find nothing, and all but a few are
// turned away unseen. XINMOI_GUESSES makes it the million.
func TestGuesses(t *testing.T) {
	guesses, err := strconv.Atoi(os.Getenv("XINMOI_GUESSES"))
	if err != nil {
		guesses = 3000
	}
	o := stranger(t, 30)
	const api = "/api/v1/offices/trung-tam/"
	kinds := []struct {
		name string
		try  func(address string) *httptest.ResponseRecorder
	}{
		{"ticket's page", func(from string) *httptest.ResponseRecorder { return o.ask("GET", "/t/"+o.wrongLink(), from, nil) }},
		{"ticket's stream", func(from string) *httptest.ResponseRecorder {
			return o.ask("GET", "/t/"+o.wrongLink()+"/stream", from, nil)
		}},
		{"cancelling", func(from string) *httptest.ResponseRecorder {
			return o.ask("POST", "/t/"+o.wrongLink()+"/cancel", from, url.Values{})
		}},
		{"rating", func(from string) *httptest.ResponseRecorder {
			return o.ask("POST", "/t/"+o.wrongLink()+"/rate", from, url.Values{"level": {"1"}})
		}},
		{"look-up", func(from string) *httptest.ResponseRecorder {
			return o.ask("POST", "/find", from, url.Values{"code": {o.wrongCode(queue.ParseCode)}})
		}},
		{"booking", func(from string) *httptest.ResponseRecorder {
			return o.ask("GET", "/hen/"+o.wrongCode(appointment.ParseCode), from, nil)
		}},
		{"cancelling a booking", func(from string) *httptest.ResponseRecorder {
			return o.ask("POST", "/hen/"+o.wrongCode(appointment.ParseCode)+"/cancel", from, url.Values{})
		}},
		{"interface", func(from string) *httptest.ResponseRecorder {
			return o.ask("GET", api+"tickets/"+o.wrongCode(queue.ParseCode), from, nil)
		}},
		{"booking by the interface", func(from string) *httptest.ResponseRecorder {
			return o.ask("GET", api+"appointments/"+o.wrongCode(appointment.ParseCode), from, nil)
		}},
	}
	begun, told := time.Now(), 0
	seen := map[string]int{}
	for i := range guesses {
		from := "203.0.113.7" // Half of it by one machine, the rest each by another.
		if i/len(kinds)%2 == 0 {
			from = fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255)
		}
		kind := kinds[i%len(kinds)]
		switch a := kind.try(from); a.Code {
		case http.StatusNotFound:
			told++
		case http.StatusTooManyRequests:
			seen[kind.name]++
			if a.Header().Get("Retry-After") == "" || a.Body.Len() > 2000 {
				t.Fatalf("%s: turned away with %d bytes, Retry-After %q", kind.name, a.Body.Len(), a.Header().Get("Retry-After"))
			}
		default:
			t.Fatalf("%s: %d %s", kind.name, a.Code, a.Body)
		}
	}
	took := time.Since(begun)
	if most := 200 + 5*int(took.Seconds()+1); told > most {
		t.Errorf("%d guesses were looked at in %v, at most %d should be", told, took, most)
	}
	for _, kind := range kinds {
		if seen[kind.name] == 0 {
			t.Errorf("%s is not slowed down", kind.name)
		}
	}
	t.Logf("%d guesses in %v: %d looked at, the others turned away unseen (%.0f µs each)", guesses, took, told, float64(took.Microseconds())/float64(guesses))
	if a := o.ask("GET", "/t/"+o.app.links.Token(o.tickets[0].Office, o.tickets[0].ID), "203.0.113.7", nil); a.Code != http.StatusOK {
		t.Errorf("a true link, from where it was guessed: %d", a.Code)
	}
}

// TestStrangersLearnNobody: whoever reads all that is open to everybody, counts
// through all numbers and ids, and follows the log, learns no telephone number,
// no code, no link and no booking.
func TestStrangersLearnNobody(t *testing.T) {
	o := stranger(t, 12)
	secrets := []string{strangersPhone, "345 678", o.booking.Code, appointment.FormatCode(o.booking.Code)}
	for _, tk := range o.tickets {
		secrets = append(secrets, tk.Code, o.app.links.Token(tk.Office, tk.ID))
	}
	const api = "/api/v1/offices/trung-tam"
	paths := []string{"/", "/board", "/board/latest", "/widget", "/widget.js", "/hen", "/hen?service=A", "/lay-so", "/announce", "/install-ca", "/in",
		"/api/v1/offices", "/api/v1/openapi.json", api, api + "/services", api + "/procedures", api + "/counters", api + "/board", api + "/open", api + "/appointments",
		api + "/appointments/slots?service=A", api + "/appointments/" + o.booking.ID, "/hen/" + o.booking.ID}
	for i, tk := range o.tickets {
		for _, ref := range []string{tk.ID, tk.Number.String(), strconv.Itoa(i)} {
			paths = append(paths, api+"/tickets/"+ref, "/t/"+ref, "/hen/"+ref, api+"/appointments/"+ref)
		}
	}
	open := 0
	for i, path := range paths {
		from := fmt.Sprintf("10.0.%d.%d", i>>8, i&255)
		a := o.ask("GET", path, from, nil)
		if a.Code == http.StatusOK {
			open++
		}
		text := a.Body.String() + fmt.Sprint(a.Header())
		for _, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("%s tells %s", path, s)
			}
		}
	}
	if open < 15 {
		t.Errorf("only %d of the pages were open at all", open)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	last := o.tickets[len(o.tickets)-1]
	log := &streamUntil{ResponseRecorder: httptest.NewRecorder(), words: `"` + last.Number.String() + `"`, stop: cancel}
	o.app.handler.ServeHTTP(log, httptest.NewRequestWithContext(ctx, "GET", api+"/events?after=0", nil))
	for _, s := range secrets {
		if strings.Contains(log.Body.String(), s) {
			t.Errorf("the log tells %s", s)
		}
	}
}

// TestHallCheck: the hall's code is asked for where there is a chat, and the screen
// that comes with it; that browsers are told of their turn is none.
func TestHallCheck(t *testing.T) {
	browsers, err := webPushConfig{Contact: "mailto:it@office.example"}.open(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	a := &app{chats: []*chatLine{{adapter: browsers}}}
	if (&app{}).hallCheck() != nil || a.hallCheck() != nil {
		t.Error("a code is asked for that no hall shows")
	}
	if a.chats = append(a.chats, &chatLine{adapter: chatting{}}); a.hallCheck() == nil {
		t.Error("no code is asked for")
	}
}

// chatting is a channel in which people converse.
type chatting struct{ bots.Adapter }

func (chatting) Caps() bots.Caps { return bots.Caps{} }

// streamUntil reads a stream until it has said some words.
type streamUntil struct {
	*httptest.ResponseRecorder
	words string
	stop  func()
}

func (u *streamUntil) Write(p []byte) (int, error) {
	n, err := u.ResponseRecorder.Write(p)
	if strings.Contains(u.Body.String(), u.words) {
		u.stop()
	}
	return n, err
}
