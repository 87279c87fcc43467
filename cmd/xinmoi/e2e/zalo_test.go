//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/bots/zalo/zalotest"
)

const (
	zaloToken  = "12345689:end-to-end"
	zaloSecret = "a-secret-of-this-office"
)

// zaloOffice is a server with a bot on Zalo, and Zalo.
func zaloOffice(t *testing.T) (*server, *zalotest.Server) {
	t.Helper()
	api := zalotest.New(zaloToken)
	t.Cleanup(api.Close)
	s := start(t, "", voiceConfig(t, `[speaker]
output = "off"
[http]
public_url = "https://office.example"
[zalo]
token_file = "`+secretFile(t, zaloToken)+`"
secret_file = "`+secretFile(t, zaloSecret)+`"
mode = "webhook"
api_url = "`+api.URL()+`"
`))
	api.RouteTo("http://"+s.http+"/bots/zalo", "") // What stands between the office and the world.
	api.Insist(1000)
	s.await("Zalo to know the webhook", time.Minute, func() bool { return api.Webhook() == "https://office.example/bots/zalo" })
	return s, api
}

// TestZalo holds conversations over a local Zalo whose webhooks all come twice,
// and kills the server while many join at once.
func TestZalo(t *testing.T) {
	t.Parallel()
	s, api := zaloOffice(t)
	api.Repeat(2)
	t.Run("a whole visit", func(t *testing.T) { zaloVisit(t, s, api) })
	t.Run("killed", func(t *testing.T) { zaloKilled(t, s, api) })
	s.keeps("end-to-end", zaloSecret)
}

// zaloVisit takes a whole visit through Zalo alone: no buttons, numbered answers.
func zaloVisit(t *testing.T, s *server, api *zalotest.Server) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	const lan = "6ede9afa66b88fe6d6a9"
	expect := func(text string) string {
		t.Helper()
		m, err := api.WaitMessage(ctx, lan, text)
		if err != nil {
			t.Fatalf("no message with %q: %v\n%s", text, err, s.output)
		}
		return m.Text
	}
	for range 4 {
		s.must(http.StatusCreated, "POST", base+"/tickets", "kiosk", map[string]any{"service": "A", "channel": "kiosk"}, nil)
	}
	api.Say(lan, "Xin chào")
	if menu := expect("Xin chào"); !strings.Contains(menu, "\n1. A · ") {
		t.Errorf("the services are not numbered: %s", menu)
	}
	api.Say(lan, "1")
	expect("A005")
	s.await("the number to wait", time.Minute, func() bool { return stateOf(s, "A005") == "waiting" })
	api.Again(lan, 100) // The join, a hundred times more.

	s.must(http.StatusOK, "POST", base+"/counters/2/open", "staff", nil, nil)
	for i := 1; i <= 4; i++ {
		s.must(http.StatusOK, "POST", base+"/counters/2/next", "staff", nil, nil)
		s.must(http.StatusOK, "POST", fmt.Sprintf("%s/tickets/A00%d/finish", base, i), "staff", nil, nil)
		if i == 1 {
			expect("Số A005 sắp đến lượt")
		}
	}
	s.must(http.StatusOK, "POST", base+"/counters/2/next", "staff", nil, nil)
	expect("Mời số A005 đến quầy 2")
	s.must(http.StatusOK, "POST", base+"/tickets/A005/finish", "staff", nil, nil)
	expect("A005 đã xong")
	s.await("every webhook to be answered", time.Minute, api.Idle)
	if got := stateOf(s, "A006"); got != "" {
		t.Errorf("a repeated join took A006: %s", got)
	}
	told := api.FromBot(lan)
	t.Logf("%d messages for a visit", len(told))
	for i, m := range told {
		t.Logf("%d. %s", i+1, strings.ReplaceAll(m.Text, "\n", " | "))
	}
	if len(told) > 5 { // The menu, and four of the ticket.
		t.Errorf("%d messages", len(told))
	}

	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.http+"/bots/zalo", strings.NewReader(`{"message":{"from":{"id":"7"},"text":"lay so B","message_id":"1"}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Bot-Api-Secret-Token", zaloSecret+"x")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized || stateOf(s, "B001") != "" {
		t.Errorf("a wrong secret: %d, B001 is %q", res.StatusCode, stateOf(s, "B001"))
	}
}

// zaloKilled kills the server while many join at once: everybody gets one number
// and hears of it, nobody's message is lost. XINMOI_CHAT_KILLS makes it longer.
func zaloKilled(t *testing.T, s *server, api *zalotest.Server) {
	const people, flying = 20, 8
	kills := 2
	if n, err := strconv.Atoi(os.Getenv("XINMOI_CHAT_KILLS")); err == nil {
		kills = n
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(6+kills)*time.Minute)
	defer cancel()
	number := regexp.MustCompile(`B\d{3}`)
	told := func(person string) string {
		for _, m := range api.FromBot(person) {
			if n := number.FindString(m.Text); n != "" {
				return n
			}
		}
		return ""
	}
	var all []string
	for round := range kills {
		for i := range people {
			who := fmt.Sprintf("person-%d-%d", round, i)
			all = append(all, who)
			api.Say(who, "lấy số B")
		}
		if err := api.Wait(ctx, func() bool { return told(all[len(all)-people]) != "" || told(all[len(all)-1]) != "" }); err != nil {
			t.Fatalf("nobody hears anything\n%s", s.output)
		}
		s.kill()
		s.run()
	}
	if err := api.Wait(ctx, func() bool { return !slices.ContainsFunc(all, func(who string) bool { return told(who) == "" }) }); err != nil {
		t.Fatalf("not everybody was told a number\n%s", s.output)
	}
	numbers, messages := map[string]bool{}, 0
	for _, who := range all {
		numbers[told(who)] = true
		for _, m := range api.FromBot(who) {
			if number.MatchString(m.Text) {
				messages++
			}
		}
	}
	if len(numbers) != len(all) {
		t.Errorf("%d people hold %d numbers", len(all), len(numbers))
	}
	if extra := fmt.Sprintf("B%03d", len(all)+1); stateOf(s, extra) != "" {
		t.Errorf("%s was given out: somebody has two", extra)
	}
	if messages > len(all)+kills*flying {
		t.Errorf("%d messages for %d people and %d kills", messages, len(all), kills)
	}
	t.Logf("%d kills, %d people, %d numbers, %d messages", kills, len(all), len(numbers), messages)
}
