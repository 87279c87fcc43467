package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/queue"
)

func TestBell(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	b := &bell{now: func() time.Time { return now }}
	b.ring("Máy 1", false)
	b.ring("Máy 2", false)
	b.ring("Máy 1", false)
	if got := b.asking(); len(got) != 2 || got[0].Place != "Máy 1" || got[1].Place != "Máy 2" {
		t.Errorf("%+v", got)
	}
	b.answer(b.asking()[0].ID)
	b.answer("99")
	if got := b.asking(); len(got) != 1 || got[0].Place != "Máy 2" {
		t.Errorf("answered: %+v", got)
	}
	now = now.Add(keepRing)
	if got := b.asking(); len(got) != 0 {
		t.Errorf("after %v: %+v", keepRing, got)
	}
	for n := range 2 * maxRings {
		b.ring(fmt.Sprint("Máy ", n, strings.Repeat("x", maxPlaceOf)), false)
	}
	if got := b.asking(); len(got) != maxRings || len(got[0].Place) != maxPlaceOf {
		t.Errorf("%d rings, the first at %q", len(got), got[0].Place)
	}
	b.ring("x"+strings.Repeat("ấ", maxPlaceOf), false)
	if got := b.asking()[maxRings-1].Place; !utf8.ValidString(got) || len(got) > maxPlaceOf {
		t.Errorf("cut in the middle of a letter: %q", got)
	}
}

// Every console is told, and the answer of one takes it off all.
func TestRingReachesTheCounters(t *testing.T) {
	w, err := New(Config{Office: new(queue.Engine), Links: queue.NewLinks([]byte("secret"), "http://office.test")})
	if err != nil {
		t.Fatal(err)
	}
	w.Ring("Máy lấy số 1")
	id := w.bell.asking()[0].ID
	if got := staffView(hall{rings: w.bell.asking()}); len(got.Rings) != 1 || got.Rings[0].Place != "Máy lấy số 1" {
		t.Errorf("%+v", got.Rings)
	}
	for _, c := range []struct {
		origin string
		want   int
		left   int
	}{{"https://evil.example", http.StatusForbidden, 1}, {"", http.StatusNoContent, 0}} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/counter/rings/"+id+"/answer", nil)
		r.Header.Set("Origin", c.origin)
		out := httptest.NewRecorder()
		w.Counter().ServeHTTP(out, r)
		if out.Code != c.want || len(w.bell.asking()) != c.left {
			t.Errorf("from %q: %d, %d left", c.origin, out.Code, len(w.bell.asking()))
		}
	}
}
