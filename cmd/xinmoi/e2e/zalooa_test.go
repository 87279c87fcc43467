//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots/zalooa/zalooatest"
)

// accountOffice is a server with an Official Account, and Zalo; more is of the
// account's configuration.
func accountOffice(t *testing.T, more string) (*server, *zalooatest.Server) {
	t.Helper()
	api := zalooatest.New(nil)
	t.Cleanup(api.Close)
	config := filepath.Join(t.TempDir(), "xinmoi.toml")
	write(t, config, `[speaker]
output = "off"
[http]
public_url = "https://office.example"
[zalo_oa]
app_id = "`+zalooatest.AppID+`"
app_secret_file = "`+secretFile(t, zalooatest.AppSecret)+`"
oa_secret_file = "`+secretFile(t, zalooatest.OASecret)+`"
api_url = "`+api.URL()+`"
login_url = "`+api.URL()+`"
template_url = "`+api.URL()+`"
`+more)
	s := start(t, "", []string{"-config", config}, voiceless(t)) // Nothing is spoken here.
	api.RouteTo("http://" + s.http + "/bots/zalo")
	return s, api
}

// TestZaloOA takes a whole visit through an Official Account on Zalo: who follows
// it is greeted, webhooks come twice, the access token ends in between, and the
// server is killed: its one refresh token has been kept.
func TestZaloOA(t *testing.T) {
	t.Parallel()
	s, api := accountOffice(t, `refresh_token_file = "`+secretFile(t, "refresh-0")+`"
`)
	api.Repeat(2)
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	expect := func(text string) {
		t.Helper()
		if _, err := api.WaitTold(ctx, "lan", text); err != nil {
			t.Fatalf("%v\n%s", err, s.output)
		}
	}
	api.Follow("lan", true)
	expect("Xin chào")
	api.Say("lan", "lấy số A")
	expect("A001")
	s.await("the number to wait", time.Minute, func() bool { return stateOf(s, "A001") == "waiting" })
	s.kill()
	s.run()
	api.EndAccess()
	s.must(http.StatusOK, "POST", base+"/counters/2/open", "staff", nil, nil)
	s.must(http.StatusOK, "POST", base+"/counters/2/next", "staff", nil, nil)
	expect("Mời số A001 đến quầy 2")
	s.must(http.StatusOK, "POST", base+"/tickets/A001/finish", "staff", nil, nil)
	expect("A001 đã xong")
	s.await("every webhook to be answered", time.Minute, api.Idle)
	if n := api.Exchanges(); n != 2 || stateOf(s, "A002") != "" {
		t.Errorf("%d exchanges of tokens, want 2; a second number is %q", n, stateOf(s, "A002"))
	}
	body := `{"event_name":"user_send_text","sender":{"id":"minh"},"recipient":{"id":"9"},"message":{"text":"lấy số B","msg_id":"forged"},"timestamp":"1"}`
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.http+"/bots/zalo", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-ZEvent-Signature", "mac="+zalooatest.Sign([]byte(body+" "), "1"))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized || stateOf(s, "B001") != "" {
		t.Errorf("a forged webhook: %d, B001 is %q", res.StatusCode, stateOf(s, "B001"))
	}
	s.keeps(zalooatest.AppSecret, zalooatest.OASecret, "refresh-", "access-")
	t.Log(fmt.Sprint(len(api.Told("lan"))) + " messages for a visit")
}
