//go:build e2e

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/ivr/peertest"
)

// TestRatedByTelephone: who was served and calls again says how it was, by one
// key; then is not asked any more.
func TestRatedByTelephone(t *testing.T) {
	t.Parallel()
	s := telephone(t, "")
	const number = "0912345621"
	call(t, s, number, "press 1", "expect number A001", hear(t, "vi", "keep-stay"), "press 1", hear(t, "vi", "goodbye"))
	phoneTicket(s, "A001")
	s.serve(1)
	call(t, s, number, hear(t, "vi", "do-rate"), "press 8", hear(t, "vi", "rate"), hear(t, "vi", "rate-keys"), "press 4", hear(t, "vi", "rated"), "hangup")
	var tk struct {
		Rating *struct {
			Level int `json:"level"`
		} `json:"rating"`
	}
	s.must(http.StatusOK, "GET", base+"/tickets/A001", "admin", nil, &tk)
	if tk.Rating == nil || tk.Rating.Level != 4 {
		t.Errorf("rated %+v, want 4", tk.Rating)
	}
	call(t, s, number, `expect "Xin chào,"`, "press 8", hear(t, "vi", "wrong"), "hangup")
}

// citizens serves an office that calls a softphone in place of every citizen;
// only the number lives lives there. The sixth in line, by telephone, wants to be
// called when three are ahead.
func citizens(t *testing.T, number, lives, config string) (*server, soft) {
	t.Helper()
	need(t, "baresip")
	port := freePort(t)
	phone := soft{ctl: peertest.NewBaresip(t, peertest.BaresipConfig{
		Dir: t.TempDir(), User: lives, Account: []string{";answermode=auto"}, SIPPort: port, Control: freePort(t),
	}).Ask}
	s := telephone(t, fmt.Sprintf("[callout]\nvia = \"sip:127.0.0.1:%d\"\n%s", port, config))
	s.decide(func(setup map[string]any) {
		setup["phone"] = body{"callback": body{"from": "00:00", "to": "24:00"}}
	})
	for range 5 {
		s.must(http.StatusCreated, "POST", base+"/tickets", "kiosk", body{"service": "A", "channel": "kiosk"}, nil)
	}
	call(t, s, number, "press 1", "expect number A006", hear(t, "vi", "keep-stay"), "press 1", hear(t, "vi", "ask-call"), "press 1", hear(t, "vi", "will-call"), "expect hangup within 3m")
	phoneTicket(s, "A006")
	if !s.noted(number) {
		t.Fatal("nobody has noted whom to call")
	}
	return s, phone
}

// noted looks for a number, with its country and without, in all files of the
// book of calls.
func (s *server) noted(number string) bool {
	s.t.Helper()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		b, err := os.ReadFile(filepath.Join(s.data, book.FileName+suffix))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			s.t.Fatal(err)
		}
		if bytes.Contains(b, []byte(strings.TrimPrefix(number, "0"))) {
			return true
		}
	}
	return false
}

// serve lets counter 1 serve the next n.
func (s *server) serve(n int) {
	s.t.Helper()
	s.must(http.StatusOK, "POST", base+"/counters/1/open", "staff", nil, nil)
	for range n {
		var tk ticket
		s.must(http.StatusOK, "POST", base+"/counters/1/next", "staff", nil, &tk)
		s.must(http.StatusOK, "POST", base+"/tickets/"+tk.Number+"/finish", "staff", nil, nil)
	}
}

// calledBack lets two of those ahead be served, and waits until the citizen's
// telephone has taken the call and hears what it is about. It gives what presses a
// key there and waits until it has come; get fetches pages of who calls.
func (s *server) calledBack(p soft, get func(path string) string) (press func(key string)) {
	s.t.Helper()
	s.serve(2)
	s.await("the citizen to be called", patience, p.talks)
	trace := s.liveTrace(get)
	presses := 0
	press = func(key string) {
		s.t.Helper()
		p.ctl("sndcode", key)
		presses++
		s.await("the key "+key, patience, func() bool { return strings.Count(trace(), "  key  ") >= presses })
	}
	press("5") // No key of these calls: like a word, it ends the wait for the citizen's hello.
	return press
}

// TestCitizenAnswers: what a citizen answers by key when called shows in the
// queue, and the number is gone from the disk when there is nothing left to do.
func TestCitizenAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		keys  []string
		state string
		later int
		kept  bool // The number stays: there will be another call.
	}{
		"coming":      {[]string{"1"}, "waiting", 0, false},
		"later":       {[]string{"2"}, "waiting", 1, true},
		"gives it up": {[]string{"3", "3"}, "cancelled", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const number = "0912345622"
			s, phone := citizens(t, number, number, "")
			for range 6 { // Behind, so that there is somebody to let go first.
				s.must(http.StatusCreated, "POST", base+"/tickets", "kiosk", body{"service": "A", "channel": "kiosk"}, nil)
			}
			press := s.calledBack(phone, s.admin)
			for _, k := range tt.keys {
				press(k)
			}
			var tk struct {
				State string `json:"state"`
				Later int    `json:"later_count"`
			}
			s.await("the answer to show in the queue", 30*time.Second, func() bool {
				s.must(http.StatusOK, "GET", base+"/tickets/A006", "admin", nil, &tk)
				return tk.State == tt.state && tk.Later == tt.later
			})
			s.await("the call to end", 60*time.Second, func() bool { return !phone.talks() })
			if tt.kept {
				if !s.noted(number) {
					t.Error("nobody knows any more whom to call later")
				}
				return
			}
			s.await("the number to be erased", 60*time.Second, func() bool { return !s.noted(number) })
		})
	}
}

// TestForgottenByTelephone: a caller has the number erased; it is in no file of
// the book, nobody calls, and the number in line stays.
func TestForgottenByTelephone(t *testing.T) {
	t.Parallel()
	const number = "0912345623"
	s, phone := citizens(t, number, number, "")
	call(t, s, number, hear(t, "vi", "mine-one"), hear(t, "vi", "do-forget"), "press 7", hear(t, "vi", "sure-forget"), "press 1", hear(t, "vi", "forgotten"), "hangup")
	if s.noted(number) {
		t.Error("the number is still on the disk")
	}
	s.serve(4)
	<-time.After(10 * time.Second)
	if phone.talks() || s.figure("xinmoi_callout_running") > 0 {
		t.Error("somebody forgotten is called")
	}
	if got := stateOf(s, "A006"); got != "waiting" {
		t.Errorf("the number in line is %s", got)
	}
}

// TestWrittenToInstead: whose telephone does not take the call gets one short
// message, by the gateway that the configuration names, and then the number is
// gone from the disk.
func TestWrittenToInstead(t *testing.T) {
	t.Parallel()
	const number = "0912345624"
	sent := make(chan url.Values, 10)
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent <- r.URL.Query()
		w.WriteHeader(http.StatusAccepted)
	}))
	defer gateway.Close()
	secret := filepath.Join(t.TempDir(), "secret")
	write(t, secret, "geheim\n")
	s, _ := citizens(t, number, "somebody-else", fmt.Sprintf("[sms]\ndriver = \"kannel\"\nurl = %q\nuser = \"xinmoi\"\nsecret_file = %q\n", gateway.URL, secret))
	s.serve(2)
	select {
	case q := <-sent:
		const want = "Trung tam Phuc vu hanh chinh cong xa Binh An: so A006 sap den luot. Moi quy vi co mat tai phong cho."
		if q.Get("to") != "+84912345624" || q.Get("text") != want {
			t.Errorf("sent %q to %s, want %q", q.Get("text"), q.Get("to"), want)
		}
	case <-time.After(patience):
		t.Fatal("nothing was sent")
	}
	s.await("the number to be erased", 60*time.Second, func() bool { return !s.noted(number) })
	s.serve(2)
	<-time.After(5 * time.Second)
	if len(sent) > 0 {
		t.Errorf("sent again: %q", <-sent)
	}
}
