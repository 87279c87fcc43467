package afar

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/queue"
)

// desk is a book of wishes that remembers what it was asked.
type desk struct {
	asked     []ivr.Wish
	forgotten []string
	err       error
}

func (d *desk) Offer(number string) bool                        { return strings.HasPrefix(number, "+849") }
func (d *desk) Ask(_ context.Context, w ivr.Wish) error         { d.asked = append(d.asked, w); return d.err }
func (d *desk) Knows(_ context.Context, n string) (bool, error) { return n == "+84912345678", d.err }
func (d *desk) Forget(_ context.Context, number string) error {
	d.forgotten = append(d.forgotten, number)
	return d.err
}

// office serves a desk, which may be nil; the first broken requests fail.
func office(t *testing.T, d *desk, broken int32) *Book {
	t.Helper()
	var left atomic.Int32
	left.Store(broken)
	h := Handler(func() Wishes {
		if d == nil {
			return nil
		}
		return d
	}, func(_ context.Context, id string) (queue.Ticket, error) {
		if id != "7" {
			return queue.Ticket{}, queue.Errorf(queue.CodeUnknownTicket, "no ticket %s", id)
		}
		return queue.Ticket{ID: "7", Number: queue.Number{Prefix: "A", N: 12}}, nil
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			http.Error(w, "who?", http.StatusUnauthorized)
			return
		}
		if strings.Contains(r.URL.String(), "912345678") {
			t.Error("a telephone number is in an address")
		}
		h.ServeHTTP(w, r)
		if left.Add(-1) >= 0 {
			panic(http.ErrAbortHandler) // It was done, and the answer is lost.
		}
	}))
	t.Cleanup(s.Close)
	return &Book{Base: s.URL + "/", Token: "secret", HTTP: s.Client()}
}

func wanted() ivr.Wish {
	return ivr.Wish{Ticket: queue.Ticket{ID: "7"}, Number: "+84912345678", Language: "vi", Travel: 40}
}

func TestWishReachesTheOffice(t *testing.T) {
	d := &desk{}
	b := office(t, d, 0)
	if !b.Offer("+84912345678") || b.Offer("+8428123") {
		t.Error("offers are not the office's")
	}
	if err := b.Ask(t.Context(), wanted()); err != nil {
		t.Fatal(err)
	}
	if len(d.asked) != 1 || d.asked[0].Ticket.Number.N != 12 || d.asked[0].Number != "+84912345678" || d.asked[0].Language != "vi" || d.asked[0].Travel != 40 {
		t.Errorf("%+v", d.asked)
	}
	if yes, err := b.Knows(t.Context(), "+84912345678"); !yes || err != nil {
		t.Error(yes, err)
	}
	if err := b.Forget(t.Context(), "+84912345678"); err != nil || len(d.forgotten) != 1 {
		t.Error(err, d.forgotten)
	}
}

// An answer that is lost is asked for again; a refusal is not.
func TestOutcomeUnknown(t *testing.T) {
	d := &desk{}
	if err := office(t, d, 1).Ask(t.Context(), wanted()); err != nil || len(d.asked) != 2 {
		t.Errorf("%v, asked %d times", err, len(d.asked))
	}
	d = &desk{err: fmt.Errorf("%w: +8490…", callout.ErrNumber)}
	if err := office(t, d, 0).Ask(t.Context(), wanted()); !errors.Is(err, errRefused) || len(d.asked) != 1 {
		t.Errorf("%v, asked %d times", err, len(d.asked))
	}
	gone := wanted()
	gone.Ticket.ID = "8"
	if err := office(t, &desk{}, 0).Ask(t.Context(), gone); !errors.Is(err, errRefused) {
		t.Error(err)
	}
	stranger := office(t, &desk{}, 0)
	stranger.Token = "guessed"
	if err := stranger.Ask(t.Context(), wanted()); !errors.Is(err, errRefused) || stranger.Offer("+84912345678") {
		t.Error(err)
	}
}

// Where the office calls nobody the telephone does what it can itself; where the
// office cannot be reached nobody is promised anything.
func TestOfficeThatCallsNobody(t *testing.T) {
	own := &desk{}
	b := office(t, nil, 0)
	if b.Offer("+84912345678") || b.Ask(t.Context(), wanted()) == nil {
		t.Error("promised what nobody keeps")
	}
	if err := b.Forget(t.Context(), "+84912345678"); err != nil {
		t.Error(err)
	}
	b.Own = own
	if !b.Offer("+84912345678") {
		t.Error("not offered")
	}
	if err := b.Ask(t.Context(), wanted()); err != nil || len(own.asked) != 1 {
		t.Error(err, own.asked)
	}
	if yes, err := b.Knows(t.Context(), "+84912345678"); !yes || err != nil {
		t.Error(yes, err)
	}
	if err := b.Forget(t.Context(), "+84912345678"); err != nil || len(own.forgotten) != 1 {
		t.Error(err, own.forgotten)
	}
	away := &Book{Base: "http://127.0.0.1:1", Own: own}
	if away.Offer("+84912345678") {
		t.Error("offered while the office is away: two books would call the same citizen")
	}
}

// What is no request of a telephone changes nothing.
func TestBodies(t *testing.T) {
	d := &desk{}
	h := Handler(func() Wishes { return d }, func(context.Context, string) (queue.Ticket, error) { return queue.Ticket{ID: "7"}, nil })
	for name, c := range map[string]struct{ path, kind, body string }{
		"a form":        {Path, "application/x-www-form-urlencoded", `{"ticket":"7","number":"+84912345678","language":"vi"}`},
		"no JSON":       {Path, "application/json", "ticket=7"},
		"nothing":       {Path, "application/json", ""},
		"no number":     {Path, "application/json", `{"ticket":"7","language":"vi"}`},
		"a long number": {Path, "application/json", `{"ticket":"7","language":"vi","number":"` + strings.Repeat("9", 100) + `"}`},
		"too much":      {Path, "application/json", `{"ticket":"7","language":"vi","number":"1","x":"` + strings.Repeat("9", 2*maxBody) + `"}`},
		"look":          {lookPath, "application/json", `{}`},
		"forget":        {forgetPath, "application/json", `{"number":""}`},
	} {
		r := httptest.NewRequest("POST", c.path, strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	if len(d.asked)+len(d.forgotten) > 0 {
		t.Errorf("%+v", d)
	}
}

// What passes is told apart from what the office has decided: only the first is
// worth asking again, and a fault tells a stranger nothing of the disk.
func TestWhatPasses(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		code  int
		again bool
	}{
		"full disk":             {errors.New("book of calls: database or disk is full (/var/lib/office)"), http.StatusServiceUnavailable, true},
		"too slow":              {fmt.Errorf("book of calls: %w", context.DeadlineExceeded), http.StatusServiceUnavailable, true},
		"office being started":  {queue.Errorf(queue.CodeUnavailable, "not yet"), http.StatusServiceUnavailable, true},
		"another process owns":  {queue.Errorf(queue.CodeFenced, "taken over"), http.StatusServiceUnavailable, true},
		"too many requests":     {queue.Errorf(queue.CodeRateLimited, "slower"), http.StatusServiceUnavailable, true},
		"a number nobody calls": {fmt.Errorf("note: %w", callout.ErrNumber), http.StatusUnprocessableEntity, false},
		"a ticket that is over": {fmt.Errorf("note: %w", callout.ErrOver), http.StatusUnprocessableEntity, false},
		"a full book":           {fmt.Errorf("note: %w", book.ErrFull), http.StatusUnprocessableEntity, false},
		"no such ticket":        {queue.Errorf(queue.CodeUnknownTicket, "no ticket 9"), http.StatusUnprocessableEntity, false},
	} {
		d := &desk{err: c.err}
		h := Handler(func() Wishes { return d }, func(context.Context, string) (queue.Ticket, error) { return queue.Ticket{ID: "7"}, nil })
		r := httptest.NewRequest("POST", Path, strings.NewReader(`{"ticket":"7","number":"+84912345678","language":"vi"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.code || (w.Header().Get("Retry-After") != "") != c.again || strings.Contains(w.Body.String(), "/var/") {
			t.Errorf("%s: %d, Retry-After %q, %q", name, w.Code, w.Header().Get("Retry-After"), w.Body)
		}
	}
}

// passing is a desk whose faults pass.
type passing struct {
	desk
	faults atomic.Int32 // Left.
}

func (p *passing) Ask(ctx context.Context, w ivr.Wish) error {
	if p.faults.Add(-1) >= 0 {
		return errors.New("database is locked")
	}
	return p.desk.Ask(ctx, w)
}

// A wish that meets a fault that passes is noted all the same, once.
func TestWishOutlastsFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &passing{}
		d.faults.Store(2)
		h := Handler(func() Wishes { return d }, func(context.Context, string) (queue.Ticket, error) { return queue.Ticket{ID: "7"}, nil })
		b := &Book{Base: "http://office", HTTP: &http.Client{Transport: direct{h}}}
		if err := b.Ask(t.Context(), wanted()); err != nil || len(d.asked) != 1 {
			t.Errorf("%v, noted %d times", err, len(d.asked))
		}
	})
}

// direct hands requests to a handler without a network.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}
