//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/ivr/peertest"
)

// TestWishOutlivesItsTelephone: a caller wants to be called, the process that
// answered the telephone is killed, and the office calls all the same.
func TestWishOutlivesItsTelephone(t *testing.T) {
	t.Parallel()
	need(t, "baresip")
	const number = "0912345681"
	port := freePort(t)
	citizen := soft{ctl: peertest.NewBaresip(t, peertest.BaresipConfig{
		Dir: t.TempDir(), User: number, Account: []string{";answermode=auto"}, SIPPort: port, Control: freePort(t),
	}).Ask}
	s := telephone(t, fmt.Sprintf("[callout]\nvia = \"sip:127.0.0.1:%d\"\n", port))
	s.decide(func(setup map[string]any) {
		setup["phone"] = body{"callback": body{"from": "00:00", "to": "24:00"}}
	})
	for range 5 {
		s.must(http.StatusCreated, "POST", base+"/tickets", "kiosk", body{"service": "A", "channel": "kiosk"}, nil)
	}
	p := answerFor(t, s, voiceConfig(t, ""))
	call(t, &server{t: t, sip: p.sip}, number, "press 1", "expect number A006", hear(t, "vi", "keep-stay"), "press 1", hear(t, "vi", "ask-call"), "press 1", hear(t, "vi", "will-call"), "expect hangup within 3m")
	logCalls(t, func(path string) string {
		_, text := p.get(path, s.token("admin"))
		return text
	})
	p.kill()
	if !s.noted(number) {
		t.Fatal("the office does not know whom to call")
	}
	s.serve(2)
	s.await("the citizen to be called", 90*time.Second, citizen.talks)
	var pressed time.Time
	s.await("the call to end, and the number to be erased", 3*time.Minute, func() bool {
		talks := citizen.talks()
		if talks && time.Since(pressed) > 2*time.Second { // A key in the greeting is not heard.
			citizen.ctl("sndcode", "1")
			pressed = time.Now()
		}
		return !talks && !s.noted(number)
	})
}

// TestStopReachesTelephones: a caller wants to be called by a telephone that keeps a
// book of its own, then writes STOP to the office by message: the telephone erases
// the number and calls nobody.
func TestStopReachesTelephones(t *testing.T) {
	t.Parallel()
	need(t, "baresip")
	const number = "0912345682"
	secret := filepath.Join(t.TempDir(), "secret")
	write(t, secret, "kannel-knows-it\n")
	phone := peertest.NewBaresip(t, peertest.BaresipConfig{User: number, Account: []string{";answermode=auto"}})
	citizen := soft{ctl: phone.Ask}
	_, addr, _ := strings.Cut(phone.URI, "@")
	addr, _, _ = strings.Cut(addr, ";")
	s := start(t, "", voiceConfig(t, fmt.Sprintf("[sms]\ndriver = \"kannel\"\nurl = \"http://127.0.0.1:%d/cgi-bin/sendsms\"\nuser = \"office\"\nsecret_file = %q\nreceive = true\nreceive_secret_file = %q\n", freePort(t), secret, secret)))
	s.decide(func(setup map[string]any) {
		setup["phone"] = body{"callback": body{"from": "00:00", "to": "24:00"}}
	})
	for range 9 {
		s.must(http.StatusCreated, "POST", base+"/tickets", "kiosk", body{"service": "A", "channel": "kiosk"}, nil)
	}
	p := answerFor(t, s, voiceConfig(t, "[callout]\nvia = \"sip:"+addr+"\"\n"))
	call(t, &server{t: t, sip: p.sip}, number, "press 1", "expect number A010", hear(t, "vi", "keep-stay"), "press 1", hear(t, "vi", "ask-call"), "press 1", hear(t, "vi", "will-call"), "expect hangup within 3m")
	if n := p.figure("xinmoi_callout_waiting"); n != 1 {
		t.Fatalf("%v citizens wait to be called", n)
	}
	if status := get(t, "http://"+s.http+"/bots/sms?secret=kannel-knows-it&from=84912345682&text=STOP&id=1"); status != http.StatusOK {
		t.Fatalf("the message: %d", status)
	}
	s.await("the number to be erased", time.Minute, func() bool { return p.figure("xinmoi_callout_waiting") == 0 })
	if citizen.talks() || p.figure(`xinmoi_calls_answered_total{direction="out"}`) != 0 {
		t.Error("somebody was called who had written STOP")
	}
}
