//go:build e2e

package e2e

import (
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/sqlite"
)

// officeAt makes the store of an office that was at work at another time: A001
// is in hand, A002 waits.
func officeAt(t *testing.T, at time.Time) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	setup := queue.CommuneCentre()
	setup.Rules.PersonMost = 2
	e, err := queue.NewEngine(t.Context(), queue.Config{Setup: setup, Store: db, Secret: []byte("then"), Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range e.Together(t.Context(),
		queue.SetCounterRequest{Counter: "1", State: queue.Opened},
		queue.TakeRequest{Service: "A", Channel: queue.Kiosk, Person: "tel:+84912345678"},
		queue.CounterRequest{Counter: "1"},
		queue.TakeRequest{Service: "A", Channel: queue.Kiosk},
	) {
		if a.Err != nil {
			t.Fatal(a.Err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// earlierDay is on an earlier business day, whatever the time is: one lasts some
// hours beyond midnight while people wait.
func earlierDay() time.Time { return time.Now().Add(-36 * time.Hour) }

// TestDayTurns starts the program on an earlier day's office: numbers begin anew,
// who waited has expired, who was at a counter still is, persons are gone.
func TestDayTurns(t *testing.T) {
	t.Parallel()
	dir := officeAt(t, earlierDay())
	s := start(t, dir, nil)
	var first, waited, inHand ticket
	s.must(http.StatusCreated, "POST", base+"/tickets", "kiosk", body{"service": "A", "channel": "kiosk"}, &first)
	if first.Number != "A001" {
		t.Errorf("the day's first number is %s", first.Number)
	}
	s.must(http.StatusOK, "GET", base+"/tickets/6", "staff", nil, &waited)
	s.must(http.StatusOK, "POST", base+"/tickets/4/finish", "staff", nil, &inHand)
	if waited.Number != "A002" || waited.State != "expired" || inHand.State != "completed" {
		t.Errorf("who waited: %+v, who was at the counter: %+v", waited, inHand)
	}
	s.stop()
	db, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if persons, err := db.Persons(t.Context(), office); err != nil || len(persons) != 0 {
		t.Errorf("%d persons are on record, %v", len(persons), err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	s.program("verify")
}

// TestClockThatCannotBeRight: no number is given by a clock that is behind the
// log, or months ahead of it; an administrator sees why, and an office that
// really was closed so long starts with a flag.
func TestClockThatCannotBeRight(t *testing.T) {
	t.Parallel()
	for name, ago := range map[string]time.Duration{"behind the log": -26 * time.Hour, "months ahead": 70 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := officeAt(t, time.Now().Add(-ago))
			s := start(t, dir, nil)
			s.refused("clock_wrong", "POST", base+"/tickets", "kiosk", body{"service": "A", "channel": "kiosk"})
			s.must(http.StatusOK, "GET", base+"/board", "", nil, nil) // It can be looked at.
			if !strings.Contains(s.output.String(), "clock cannot be right") {
				t.Errorf("no alarm in\n%s", s.output)
			}
			if page := s.page("/admin", "admin"); !strings.Contains(page, "chưa cấp số được") {
				t.Error("/admin says nothing of it")
			}
			s.stop()
			if ago < 0 {
				return
			}
			trusting := start(t, dir, []string{"-trust-clock"})
			trusting.must(http.StatusCreated, "POST", base+"/tickets", "kiosk", body{"service": "A", "channel": "kiosk"}, nil)
		})
	}
}

// page fetches a page as a browser with a device's cookie does.
func (s *server) page(path, role string) string {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://"+s.http+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "xinmoi_" + role, Value: s.token(role)})
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// TestDiskFull fills the disk under a running office: it says so, gives no
// number, loses none, and goes on when there is room again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk).Run(); err != nil {
		t.Skipf("this needs a small disk of its own, and mounting one is not allowed here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	s := start(t, filepath.Join(disk, "data"), nil) // Without a voice, which would fill the disk by itself.
	s.token("admin")                                // While it can still be stored.
	s.must(http.StatusCreated, "POST", base+"/tickets", "kiosk", body{"service": "A", "channel": "kiosk"}, nil)
	filler := filepath.Join(disk, "filler")
	if err := os.WriteFile(filler, make([]byte, 32<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	taken := 1
	for ; ; taken++ { // SQLite still has some pages of its own.
		status, text, err := s.try("POST", base+"/tickets", "kiosk", "", body{"service": "A", "channel": "kiosk"})
		if err == nil && status == http.StatusCreated && taken < 20_000 {
			continue
		}
		if err != nil || status != http.StatusServiceUnavailable || !strings.Contains(string(text), `"unavailable"`) {
			t.Fatalf("on the full disk: %d %v %s", status, err, text)
		}
		break
	}
	if page := s.page("/admin", "admin"); !strings.Contains(page, "không ghi được") {
		t.Error("/admin says nothing of the full disk")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	var after ticket
	s.await("numbers again", 20*time.Second, func() bool {
		return s.call("POST", base+"/tickets", "kiosk", body{"service": "A", "channel": "kiosk"}, &after) == http.StatusCreated
	})
	if want := (queue.Number{Prefix: "A", N: taken + 1}).String(); after.Number != want {
		t.Errorf("the next number is %s, want %s: %d were acknowledged", after.Number, want, taken)
	}
	s.program("verify")
}
