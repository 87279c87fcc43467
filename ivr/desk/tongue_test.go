package desk

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/queue"
)

// TestTongues: a language that the voice speaks is offered until the office
// takes it away, and comes back when it wants it again.
func TestTongues(t *testing.T) {
	var phone *ivr.Service
	h, office := room(t, func(c *Config) {
		phone = ivr.New(ivr.Config{
			Office:    c.Setup.(*queue.Engine),
			Render:    func(context.Context, announce.Sentence) ([]int16, error) { return make([]int16, 800), nil },
			Languages: func() []string { return []string{"vi", "en"} },
		})
		c.Phone = phone
	})
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- phone.Run(ctx) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for len(phone.Tongues(queue.PhoneSetup{})) == 0 {
		<-tick.C // The test's own time limit is the only one.
	}
	cancel()
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	const offered, ticked = "English press seven.", `value="en" checked`
	save := func(languages ...string) {
		t.Helper()
		if w := post(h, "/settings", url.Values{"operator": {"100"}, "languages": languages}); w.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	for _, step := range []struct {
		save  []string
		first bool
		want  []string
		shown bool
	}{{first: true, shown: true}, {save: []string{"en"}, shown: true}, {want: []string{"vi"}}, {save: []string{"en"}, want: []string{"en"}, shown: true}} {
		if !step.first {
			save(step.save...)
		}
		page := get(h, "").Body.String()
		if got := phoneOf(t, office).Languages; !slices.Equal(got, step.want) || strings.Contains(page, offered) != step.shown || strings.Contains(page, ticked) != step.shown {
			t.Errorf("saved %q: kept %q, want %q; said to callers %v, ticked %v", step.save, got, step.want, strings.Contains(page, offered), strings.Contains(page, ticked))
		}
	}
}
