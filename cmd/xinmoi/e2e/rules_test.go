//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// configure changes the office's setup as an administrator does: read, edit,
// put back.
func (s *server) configure(edit func(setup map[string]any)) {
	s.t.Helper()
	var view map[string]any
	s.must(http.StatusOK, "GET", base+"/setup", "admin", nil, &view)
	edit(view["setup"].(map[string]any))
	s.must(http.StatusOK, "PUT", base+"/setup", "admin", view, nil)
}

// refused wants a problem with a code, and a next step in it.
func (s *server) refused(code, method, path, role string, body any) (opens string) {
	s.t.Helper()
	_, text, err := s.try(method, path, role, "", body)
	var p struct {
		Code, Hint string
		Opens      *string
	}
	if err != nil || json.Unmarshal(text, &p) != nil || p.Code != code || p.Hint == "" {
		s.t.Errorf("%s %s %v: %v %s, want %s", method, path, body, err, text, code)
	}
	if p.Opens != nil {
		opens = *p.Opens
	}
	return opens
}

// program runs one command of the binary on the server's data.
func (s *server) program(args ...string) string {
	s.t.Helper()
	out, err := exec.Command(binary(s.t), append(args, "-data", s.data)...).Output()
	if err != nil {
		s.t.Errorf("xinmoi %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

type body = map[string]any

// TestOfficeDecides sets an office up over HTTP and holds it to its rules, over
// a kill -9.
func TestOfficeDecides(t *testing.T) {
	t.Parallel()
	s := start(t, "", nil)
	s.configure(func(setup map[string]any) {
		setup["rules"] = body{"person_most": 2, "auto_call": true}
		a := setup["services"].([]any)[0].(map[string]any)
		a["first"], a["last"], a["quotas"] = 101, 104, body{"web": 1}
	})
	s.kill()
	s.run()
	take := func(b body) (tk ticket) {
		s.must(http.StatusCreated, "POST", base+"/tickets", "kiosk", b, &tk)
		return tk
	}
	// One person through two doors, however the number is written.
	if got := take(body{"service": "A", "channel": "phone", "person": "tel:+84912345678"}); got.Number != "A101" {
		t.Errorf("the first number is %s", got.Number)
	}
	take(body{"service": "A", "channel": "web", "person": "tel:0912 345 678"})
	s.refused("person_limit", "POST", base+"/tickets", "kiosk", body{"service": "B", "channel": "kiosk", "person": "TEL:84912345678"})
	s.refused("channel_full", "POST", base+"/tickets", "kiosk", body{"service": "A", "channel": "web"})
	take(body{"service": "A", "channel": "kiosk"})
	take(body{"service": "A", "channel": "kiosk"})
	if opens := s.refused("service_full", "POST", base+"/tickets", "kiosk", body{"service": "A", "channel": "kiosk"}); opens == "" {
		t.Error("it does not say when numbers are given again")
	}
	// A card gives priority until it is revoked; nobody else calls himself staff.
	var card struct{ ID, Text string }
	s.must(http.StatusCreated, "POST", base+"/cards", "staff", body{"kind": "nguoi-cao-tuoi", "until": time.Now().AddDate(1, 0, 0)}, &card)
	quick := take(body{"service": "B", "channel": "kiosk", "card": card.Text})
	s.must(http.StatusOK, "POST", base+"/cards/"+card.ID+"/revoke", "staff", nil, nil)
	s.refused("card_invalid", "POST", base+"/tickets", "kiosk", body{"service": "B", "channel": "kiosk", "card": card.Text})
	s.refused("forbidden", "POST", base+"/tickets", "kiosk", body{"service": "B", "channel": "staff", "class": "priority"})

	// A counter that opens calls by itself, and the one who was first.
	s.must(http.StatusOK, "POST", base+"/counters/2/open", "staff", nil, nil)
	var called struct{ Ticket *ticket }
	inHand := func() bool {
		var counters []struct {
			ID     string
			Ticket *ticket
		}
		s.must(http.StatusOK, "GET", base+"/counters", "staff", nil, &counters)
		called.Ticket = counters[1].Ticket
		return called.Ticket != nil
	}
	s.await("an automatic call", 5*time.Second, inHand)
	if called.Ticket.Number != "A101" && called.Ticket.Number != quick.Number {
		t.Errorf("called %s", called.Ticket.Number)
	}
	s.must(http.StatusOK, "POST", base+"/tickets/"+called.Ticket.ID+"/finish", "staff", nil, nil)
	s.await("the next automatic call", 5*time.Second, inHand)

	// Why, for the one who waits; what staff looked at; figures; stop.
	late := take(body{"service": "C", "channel": "kiosk", "class": "priority"})
	s.must(http.StatusOK, "POST", base+"/tickets/"+late.ID+"/disentitle", "staff", nil, nil)
	var why struct{ Summary struct{ VI, EN string } }
	s.must(http.StatusOK, "GET", base+"/tickets/A104/why", "staff", nil, &why)
	if why.Summary.VI == "" || why.Summary.EN == "" {
		t.Errorf("%+v", why)
	}
	s.must(http.StatusOK, "POST", base+"/issuing", "staff", body{"stopped": true, "reason": "mất điện"}, nil)
	s.refused("issuing_stopped", "POST", base+"/tickets", "kiosk", body{"service": "C", "channel": "kiosk"})
	var figures struct {
		Total struct {
			Issued   int
			Priority struct{ Declared, Refused int }
		}
	}
	s.must(http.StatusOK, "GET", base+"/figures", "staff", nil, &figures)
	if figures.Total.Issued != 6 || figures.Total.Priority.Refused != 1 {
		t.Errorf("figures %+v", figures)
	}

	// What the program itself says of the log, beside the running server.
	day := time.Now().In(time.FixedZone("Việt Nam", 7*3600)).Format(time.DateOnly)
	if out := s.program("whatif", "-day", day, "-add-counter", "A,B"); !strings.Contains(out, day) {
		t.Errorf("whatif:\n%s", out)
	}
	if out := s.program("report"); !strings.Contains(out, day) {
		t.Errorf("report:\n%s", out)
	}
	s.program("verify")
}
