// Package afar brings what callers ask of the office to the office, although
// telephones on other machines answer them: their wishes to be called back, which
// must not end with the process that answered, and their appointments. Handler
// and AppointmentsHandler are the office's side, Book and Appointments that of
// the telephone.
package afar

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Where the office takes wishes. No telephone number is ever part of an
// address: addresses are logged.
const (
	Path       = "/telephone/callbacks" // POST: notes a wish.
	lookPath   = Path + "/look"         // POST: what a caller may be offered.
	forgetPath = Path + "/forget"       // POST: erases a number.
)

// Bounds of what is sent.
const (
	maxBody  = 4 << 10
	maxField = 64
)

// wish is a consent on its way to the office.
type wish struct {
	Ticket   string `json:"ticket"`
	Number   string `json:"number"`
	Language string `json:"language"`
	Travel   int    `json:"travel,omitempty"`
}

// caller is somebody who calls.
type caller struct {
	Number string `json:"number"`
}

// known is what a caller may be offered.
type known struct {
	Offer bool `json:"offer"` // A call when the turn is near.
	Known bool `json:"known"` // The number is in the book.
}

// Wishes is where the office keeps them; *callout.Caller is one.
type Wishes interface {
	ivr.Callbacks
	ivr.Forgetter
}

// Handler takes wishes for an office, under Path and below. wishes is asked for
// every request and may give nil while the office calls nobody. Whoever mounts
// it lets only telephones in.
func Handler(wishes func() Wishes, ticket func(ctx context.Context, id string) (queue.Ticket, error)) http.Handler {
	s := server{wishes, ticket}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Path, s.do(s.note))
	mux.HandleFunc("POST "+lookPath, s.do(s.look))
	mux.HandleFunc("POST "+forgetPath, s.do(s.forget))
	return mux
}

type server struct {
	wishes func() Wishes
	ticket func(ctx context.Context, id string) (queue.Ticket, error)
}

// errBody says that a request is not one of ours.
var errBody = errors.New("no request of a telephone")

// do answers one kind of request.
func (s server) do(answer func(w Wishes, r *http.Request, body []byte) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		wishes := s.wishes()
		if wishes == nil {
			http.Error(w, "this office calls nobody", http.StatusNotFound)
			return
		}
		var out any
		body, err := readBody(w, r, maxBody)
		if err == nil {
			out, err = answer(wishes, r, body)
		}
		switch {
		case err != nil:
			refuse(w, err)
		case out == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			_ = page.JSON(w, http.StatusOK, out)
		}
	}
}

// soon is when a telephone may ask again after something that passes, in seconds.
const soon = "1"

// refuse tells a telephone why its request was not done, and whether asking
// again may help: a fault of the disk, an office that is being started or too
// many requests pass; what the office has decided stays so.
func refuse(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, errBody):
		http.Error(w, err.Error(), http.StatusBadRequest)
	case errors.Is(err, errNobody):
		http.Error(w, err.Error(), http.StatusNotFound)
	case decided(err):
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
	default:
		w.Header().Set("Retry-After", soon)
		http.Error(w, "not now, ask again", http.StatusServiceUnavailable)
	}
}

// decided reports whether an error is an answer that asking again will not change,
// as long as a caller waits.
func decided(err error) bool {
	for _, answer := range [...]error{callout.ErrNumber, callout.ErrOver, book.ErrFull} {
		if errors.Is(err, answer) {
			return true
		}
	}
	switch queue.ErrorCode(err) {
	case queue.CodeUnavailable, queue.CodeRateLimited, queue.CodeFenced, queue.CodeInternal: // The last is also what all other errors are.
		return false
	}
	return true
}

// readBody wants JSON by name: a page elsewhere cannot send that with
// somebody's cookie.
func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return nil, errBody
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		return nil, errBody
	}
	return body, nil
}

// read takes a request in; fields are names and numbers, short ones.
func read(body []byte, v any, fields ...*string) error {
	if json.Unmarshal(body, v) != nil {
		return errBody
	}
	for _, f := range fields {
		if *f = strings.TrimSpace(*f); *f == "" || len(*f) > maxField {
			return errBody
		}
	}
	return nil
}

func (s server) note(w Wishes, r *http.Request, body []byte) (any, error) {
	var in wish
	if err := read(body, &in, &in.Ticket, &in.Number, &in.Language); err != nil {
		return nil, err
	}
	t, err := s.ticket(r.Context(), in.Ticket)
	if err != nil {
		return nil, err
	}
	return nil, w.Ask(r.Context(), ivr.Wish{Ticket: t, Number: in.Number, Language: in.Language, Travel: in.Travel})
}

func (s server) look(w Wishes, r *http.Request, body []byte) (any, error) {
	var in caller
	if err := read(body, &in, &in.Number); err != nil {
		return nil, err
	}
	noted, err := w.Knows(r.Context(), in.Number)
	return known{Offer: w.Offer(in.Number), Known: noted}, err
}

func (s server) forget(w Wishes, r *http.Request, body []byte) (any, error) {
	var in caller
	if err := read(body, &in, &in.Number); err != nil {
		return nil, err
	}
	return nil, w.Forget(r.Context(), in.Number)
}
