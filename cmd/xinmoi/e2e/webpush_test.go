//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xinmoi/xinmoi/bots/webpush/webpushtest"
)

// TestWebPush has somebody who has nothing but a browser press the button on the
// ticket's page. The subscription is that of a push service of ours, because a
// browser without a screen has none; worker, notification and permission are the
// browser's own. What arrives there encrypted is shown by the worker, which also tells the
// office when the browser has changed its subscription; turned off, nothing of either
// address is left.
func TestWebPush(t *testing.T) {
	t.Parallel()
	browsing(t)
	service := webpushtest.New()
	t.Cleanup(service.Close)
	b, fresh := service.Subscribe(), service.Subscribe()
	config := filepath.Join(t.TempDir(), "xinmoi.toml")
	write(t, config, `[speaker]
output = "off"
[web_push]
contact = "mailto:it@office.example"
services = ["`+service.URL()+`"]
`)
	s := start(t, "", []string{"-config", config}, voiceless(t)) // Nothing is spoken here.
	var mine struct{ ID, URL string }
	s.must(http.StatusCreated, "POST", base+"/tickets", "kiosk", map[string]any{"service": "A", "channel": "kiosk"}, &mine)
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	shown := func(b *webpushtest.Browser, text string) any {
		m, err := b.WaitShown(ctx, text)
		if err != nil {
			t.Fatalf("%v\n%s", err, s.output)
		}
		return m
	}
	given := func(b *webpushtest.Browser) (subscription map[string]any) {
		if err := json.Unmarshal(b.Subscription(), &subscription); err != nil {
			t.Fatal(err)
		}
		return subscription
	}
	browse(t, s, "webpush.mjs", map[string]any{"ticket": mine.URL, "origin": "http://" + s.http, "subscription": given(b), "fresh": given(fresh)}, func(st step) any {
		switch st.Need {
		case "joined":
			return shown(b, "Từ giờ máy này báo lượt số A001")
		case "called":
			s.must(http.StatusOK, "POST", base+"/counters/1/open", "staff", nil, nil)
			s.must(http.StatusOK, "POST", base+"/counters/1/next", "staff", nil, nil)
			return shown(b, "Mời số A001 đến quầy 1")
		case "changed":
			return shown(fresh, "Mời số A001 đến quầy 1")
		}
		return nil
	}, "on", "shown", "changed", "off")
	for _, name := range []string{"messages.db", "messages.db-wal"} {
		raw, err := os.ReadFile(filepath.Join(s.data, name))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(b.Path())) || bytes.Contains(raw, []byte(fresh.Path())) {
			t.Errorf("%s holds the browser's address after it was turned off", name)
		}
	}
	if strings.Contains(s.output.String(), b.Path()) || strings.Contains(s.output.String(), fresh.Path()) {
		t.Error("the log holds the browser's address")
	}
}
