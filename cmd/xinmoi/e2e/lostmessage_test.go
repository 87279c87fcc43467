//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots/sms/smstest"
	"github.com/xinmoi/xinmoi/ivr/peertest"
)

// TestLostMessage: a real gateway takes the message of a call, and then tells that
// the network refuses it. Who was called is called by telephone instead; who has
// said to hear nothing never is: staff see it. Nobody is written to a second time.
func TestLostMessage(t *testing.T) {
	t.Parallel()
	need(t, "baresip")
	smstest.Need(t, "bearerbox", "smsbox", "/usr/lib/kannel/test/fakesmsc")
	const hears, deaf = "999000002", "999000001" // Of smstest.Nobody.
	password, secret := secretFile(t, "s3cret"), secretFile(t, "kannel-knows-it")
	port, line := smstest.FreePort(t), freePort(t)
	phone := soft{ctl: peertest.NewBaresip(t, peertest.BaresipConfig{
		Dir: t.TempDir(), User: "0" + hears, Account: []string{";answermode=auto"}, SIPPort: line, Control: freePort(t),
	}).Ask}
	s := telephone(t, fmt.Sprintf(`[speaker]
output = "off"
[callout]
via = "sip:127.0.0.1:%d"
[sms]
driver = "kannel"
url = %q
user = "office"
secret_file = %q
marks = true
receive = true
receive_secret_file = %q
`, line, smstest.SendURL(port), password, secret))
	s.decide(func(setup map[string]any) {
		setup["phone"] = body{"callback": body{"from": "00:00", "to": "24:00"}}
	})
	k := smstest.NewKannel(t, port, "office", "s3cret", "http://"+s.http+"/bots/sms?secret=kannel-knows-it")
	says := func(who string, texts ...string) {
		t.Helper()
		for i, text := range texts {
			t.Run(fmt.Sprintf("%s says %d", who, i+1), func(t *testing.T) { // The centre serves one telephone at a time.
				k.Says(t, 1, "84"+who+" 1900 data "+url.QueryEscape(text))
				s.await("the message to be answered", time.Minute, func() bool {
					return strings.Contains(s.admin("/admin/chat"), fmt.Sprintf("không đến %d,", i+1)) || who == hears
				})
				if who == hears {
					s.await("the number to wait", time.Minute, func() bool { return stateOf(s, "A002") == "waiting" })
				}
			})
		}
	}
	says(deaf, "tôi không nghe được", "LAY A")
	s.await("the number to wait", time.Minute, func() bool { return stateOf(s, "A001") == "waiting" })
	says(hears, "LAY A")

	s.must(http.StatusOK, "POST", base+"/counters/2/open", "staff", nil, nil)
	s.must(http.StatusOK, "POST", base+"/counters/2/next", "staff", nil, nil)
	s.await("staff to see that the call did not arrive", time.Minute, func() bool {
		page := s.admin("/admin/chat")
		return strings.Contains(page, "A001") && strings.Contains(page, "did not arrive: kannel: 16")
	})
	if s.noted(deaf) {
		t.Error("who does not hear is to be called")
	}
	s.must(http.StatusOK, "POST", base+"/tickets/A001/finish", "staff", nil, nil)
	s.must(http.StatusOK, "POST", base+"/counters/2/next", "staff", nil, nil)
	s.await("the telephone to ring", patience, phone.talks)
	page := s.admin("/admin/chat")
	if strings.Contains(page, "A002") || strings.Contains(page, hears) || strings.Contains(page, deaf) {
		t.Error("what was told by telephone is a dead letter, or the page shows a number")
	}
	s.keeps(hears, deaf, "s3cret", "kannel-knows-it")
}
