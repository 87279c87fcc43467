//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// atTen puts the office's clock at about ten in the morning (see atHour), whatever
// the time is, so that there is a rest of the day to book.
func atTen(t *testing.T, s *server) { t.Helper(); atHour(t, s, 10) }

// atHour puts the office's clock at about an hour by its time zone. The office
// began its day in Viet Nam, and a day that has begun does not go back: from 17:00
// UTC on the zone is far in the east, where it is the same day, up to three hours
// earlier than asked.
func atHour(t *testing.T, s *server, hour int) {
	t.Helper()
	var view struct {
		Version string         `json:"version"`
		Setup   map[string]any `json:"setup"`
	}
	s.must(http.StatusOK, "GET", base+"/setup", "admin", nil, &view)
	view.Setup["time_zone"] = fmt.Sprintf("Etc/GMT%+d", -eastFor(time.Now().UTC(), hour)) // The sign is POSIX's: west is positive.
	s.must(http.StatusOK, "PUT", base+"/setup", "admin", view, nil)
}

// eastFor is by how many hours a zone must be ahead of UTC to have about an hour of
// the day that it is in Viet Nam.
func eastFor(now time.Time, hour int) int {
	east := hour - now.Hour()
	if at := func(h int) int { return now.Add(time.Duration(h) * time.Hour).YearDay() }; at(east) != at(7) {
		east = min(east+24, 14)
	}
	return east
}

// TestEastFor: whatever the time is, it is the same day there as in Viet Nam, and
// morning.
func TestEastFor(t *testing.T) {
	t.Parallel()
	for _, hour := range []int{8, 10} {
		for utc := range 24 {
			now := time.Date(2026, 12, 31, utc, 30, 0, 0, time.UTC)
			east := eastFor(now, hour)
			there, here := now.Add(time.Duration(east)*time.Hour), now.Add(7*time.Hour)
			if there.YearDay() != here.YearDay() || east < -12 || east > 14 || there.Hour() > hour || there.Hour() < 7 {
				t.Errorf("at %d UTC the zone %+d has %v, Viet Nam %v", utc, east, there, here)
			}
		}
	}
}

// TestAppointment is a whole visit in the browser: a citizen looks at the queue
// and books, staff confirm, a message reminds, the kiosk gives the number for the
// code, a counter calls, the citizen rates, and staff hear that it was not good.
func TestAppointment(t *testing.T) {
	t.Parallel()
	browsing(t)
	sent := newGateway(t)
	config := filepath.Join(t.TempDir(), "xinmoi.toml")
	write(t, config, "[speaker]\noutput = \"off\"\n"+sent.config(t))
	s := start(t, "", []string{"-config", config}, voiceless(t))
	atTen(t, s)
	url := "http://" + s.http
	steps := browse(t, s, "appointments.mjs", map[string]any{
		"base": url, "staff": url + "/counter/bookings?token=" + s.token("staff"), "admin": url + "/admin/appointments?token=" + s.token("admin"), "kiosk": url + "/kiosk?token=" + s.token("kiosk"),
	}, func(st step) any { return forVisitor(s, sent, st) }, "weighed home", "weighed hen", "weighed ticket", "booked", "confirmed", "arrived", "called", "rated", "noted")
	for _, page := range []string{"home", "hen", "ticket"} {
		n := steps["weighed "+page].Takes
		t.Logf("%s takes %d bytes", page, n)
		if n == 0 || n > 60<<10 {
			t.Errorf("%s takes %d bytes when opened first, at most 60 KiB are promised", page, n)
		}
	}
	number := steps["arrived"].Number
	for name, words := range map[string]string{
		"booked": "chờ cán bộ xác nhận", "confirmed": "Đã xác nhận", "called": "Đến lượt quý vị. Xin đến ngay Quầy số 1", "rated": "Đã ghi đánh giá của quý vị",
	} {
		if got := steps[name].Words; !strings.Contains(got, words) {
			t.Errorf("%s: %q is not in %s", name, words, got)
		}
	}
	if got := s.level(number); got != 1 {
		t.Errorf("rated %d", got)
	}
	if t.Failed() {
		return
	}
	code := steps["booked"].Number
	var one, two struct{ ID, Number string }
	s.must(http.StatusOK, "POST", base+"/appointments/"+code+"/check-in", "kiosk", map[string]any{"channel": "kiosk"}, &one)
	s.kill()
	s.run()
	s.must(http.StatusOK, "POST", base+"/appointments/"+code+"/check-in", "", nil, &two)
	if one.Number != number || two != one {
		t.Errorf("checked in again: %+v, after kill -9 %+v", one, two)
	}
}

// forVisitor does what staff, and time, do for the citizen in the browser.
func forVisitor(s *server, sent *gateway, st step) any {
	s.t.Helper()
	switch st.Need {
	case "remind":
		sent.await(s, "da xac nhan lich hen")
		return map[string]string{"minutes": s.soon(st.Number)}
	case "reminded":
		sent.await(s, "nhac quy vi lich hen")
	case "now":
		var days []struct {
			Slots []struct{ Start time.Time }
		}
		s.must(http.StatusOK, "GET", base+"/appointments/slots?service=A&days=1", "staff", nil, &days)
		s.must(http.StatusOK, "POST", base+"/appointments/"+st.Number+"/reschedule", "staff", body{"start": days[0].Slots[0].Start}, nil)
	case "paper":
		var tk ticket
		s.must(http.StatusOK, "GET", base+"/tickets/"+st.Number, "kiosk", nil, &tk)
		return map[string]string{"code": tk.Code}
	case "call":
		s.callBooked("A001")
	case "finish":
		s.finish(st.Number)
	case "alarmed":
		s.await("the alarm of a low rating", patience, func() bool {
			_, text := s.visit("GET", "/live/alarms", "admin", nil)
			return strings.Contains(text, "Số "+st.Number)
		})
	}
	return nil
}

// gateway takes short messages as Kannel does, and keeps what was sent.
type gateway struct {
	url string

	mu    sync.Mutex
	texts []string
}

func newGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.texts = append(g.texts, r.URL.Query().Get("to")+" "+r.URL.Query().Get("text"))
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(server.Close)
	g.url = server.URL
	return g
}

// config is what names the gateway to the program.
func (g *gateway) config(t *testing.T) string {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "secret")
	write(t, secret, "geheim\n")
	return fmt.Sprintf("[sms]\ndriver = \"kannel\"\nurl = %q\nuser = \"xinmoi\"\nsecret_file = %q\n", g.url, secret)
}

// await waits for a message with some words.
func (g *gateway) await(s *server, words string) {
	s.t.Helper()
	s.await("a message with "+words, patience, func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return slices.ContainsFunc(g.texts, func(text string) bool { return strings.Contains(text, words) })
	})
}
