//go:build e2e

package e2e

import (
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots/sms/smstest"
)

// TestSMS has a citizen take a number by SMS through a real gateway, in
// Vietnamese with its marks, and be called; another telephone asks about it.
func TestSMS(t *testing.T) {
	t.Parallel()
	smstest.Need(t, "bearerbox", "smsbox", "/usr/lib/kannel/test/fakesmsc")
	password, secret := secretFile(t, "s3cret"), secretFile(t, "kannel-knows-it")
	port := smstest.FreePort(t)
	s := start(t, "", voiceConfig(t, `[speaker]
output = "off"
[sms]
driver = "kannel"
url = "`+smstest.SendURL(port)+`"
user = "office"
secret_file = "`+password+`"
marks = true
receive = true
receive_secret_file = "`+secret+`"
number = "8088"
office = "BINHAN"
`))
	hook := "http://" + s.http + "/bots/sms"
	k := smstest.NewKannel(t, port, "office", "s3cret", hook+"?secret=kannel-knows-it")
	t.Run("a visit", func(t *testing.T) {
		got := k.Says(t, 1, "84901234567 1900 data "+url.QueryEscape("XH BinhAn LẤY A"))
		smstest.Await(t, got, "84901234567", "Số của anh/chị: A001. Anh/chị là người kế tiếp.")
		s.await("the number to wait", time.Minute, func() bool { return stateOf(s, "A001") == "waiting" })
		s.must(http.StatusOK, "POST", base+"/counters/2/open", "staff", nil, nil)
		s.must(http.StatusOK, "POST", base+"/counters/2/next", "staff", nil, nil)
		smstest.Await(t, got, "84901234567", "Mời số A001 đến quầy 2")
	})
	t.Run("a stranger", func(t *testing.T) {
		got := k.Says(t, 1, "84987654321 1900 text XH BINHAN A001")
		smstest.Await(t, got, "84987654321", "Số A001: Mời đến quầy 2")
	})
	for _, q := range []string{"", "?secret=kannel-knows-iT&from=84901234567&text=LAY+A&id=9"} {
		if status := get(t, hook+q); status != http.StatusUnauthorized {
			t.Errorf("%q: %d", q, status)
		}
	}
	if got := stateOf(s, "A002"); got != "" {
		t.Errorf("A002 is %s", got)
	}
	s.keeps("901234567", "987654321", "s3cret", "kannel-knows-it")
}

func get(t *testing.T, address string) int {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	return res.StatusCode
}
