package afar

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xinmoi/xinmoi/ivr/callout/book"
)

const lan = "+84912345678"

func refusals(t *testing.T, path string, now func() time.Time) *Refusals {
	t.Helper()
	r, err := OpenRefusals(t.Context(), path, []byte("secret"), now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func note(t *testing.T, r *Refusals, telephone string) {
	t.Helper()
	if err := r.Note(t.Context(), telephone); err != nil {
		t.Fatal(err)
	}
}

// What the office is told is true after a restart, for what was asked before it,
// and no number stands on its disk.
func TestRefusals(t *testing.T) {
	path, at := filepath.Join(t.TempDir(), RefusalsName), time.Now()
	r := refusals(t, path, func() time.Time { return at })
	note(t, r, "0912 345 678") // As a person writes it.
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	at = at.Add(time.Hour)
	r = refusals(t, path, func() time.Time { return at })
	defer func() { _ = r.Close() }()
	mux := http.NewServeMux()
	mux.Handle(RefusalsPath, RefusalsHandler(r))
	s := httptest.NewServer(mux)
	defer s.Close()
	b := &Book{Base: s.URL, HTTP: s.Client()}
	wish := func(ticket, telephone string, age time.Duration) book.Wish {
		return book.Wish{Ticket: ticket, Telephone: telephone, Asked: time.Now().Add(-age)}
	}
	wishes := []book.Wish{
		wish("before", lan, 2*time.Hour), wish("since", lan, 30*time.Minute), wish("just after", lan, time.Hour-5*time.Second),
		wish("long before", lan, 999*time.Hour), wish("another's", "+84987654321", 2*time.Hour), wish("from tomorrow", lan, -time.Hour),
	}
	for n := range 2 * maxAsked { // Several questions.
		wishes = append(wishes, wish("other", "+8490000"+string(rune('0'+n%10)), time.Hour))
	}
	wishes = append(wishes, wish("last", lan, 3*time.Hour))
	got, err := b.Refused(t.Context(), wishes)
	if want := []string{"before", "just after", "long before", "last"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	for _, name := range []string{path, path + "-wal"} {
		if text, err := os.ReadFile(name); err == nil && strings.Contains(string(text), "912345678") {
			t.Errorf("a telephone number is in %s", name)
		}
	}
	for _, bad := range []string{"", `{"wishes":[{"number":"1","age_ms":-1}]}`, `{"wishes":[` + strings.Repeat(`{},`, maxAsked) + `{}]}`} {
		res, err := s.Client().Post(s.URL+RefusalsPath, "application/json", strings.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("%.40q: %d", bad, res.StatusCode)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Refused(t.Context(), wishes); err == nil {
		t.Error("an office that cannot look says that nobody refuses")
	}
}

// A telephone may be newer than its office.
func TestOfficeThatKnowsNoRefusals(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	b := &Book{Base: s.URL, HTTP: s.Client()}
	if got, err := b.Refused(t.Context(), []book.Wish{{Ticket: "7", Telephone: lan}}); err != nil || got != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// What is older than two days is gone.
func TestRefusalsAreErased(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := refusals(t, filepath.Join(dir, RefusalsName), nil)
		note(t, r, lan)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		count := func() (n int) {
			if err := r.db.QueryRowContext(t.Context(), "SELECT count(*) FROM refusal").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		time.Sleep(keepRefusals - time.Minute)
		if count() != 1 {
			t.Error("a refusal was forgotten while wishes may be open")
		}
		time.Sleep(pruneEvery + 2*time.Minute)
		if count() != 0 {
			t.Error("a refusal is kept for longer than two days")
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
}
