package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/bots"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/bots/telegram"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/bench/goal"
	"github.com/xinmoi/xinmoi/queue/web"
)

// noticesBench measures how soon who is called in a chat is told: from the counter's
// key until the provider has the whole request; and how long it takes to tell many
// at once within the provider's limits. Beside it, what nobody can be quicker than.
type noticesBench struct {
	People  int          `json:"people"`
	Calls   int          `json:"calls"`
	All     float64      `json:"all_s"`    // Until the last of so many people had an answer.
	TooFast int          `json:"too_fast"` // Requests beyond the provider's limits.
	Call    spread       `json:"call"`     // From the key until the provider has the request.
	Commit  spread       `json:"commit"`   // The queue's own, for each call.
	Chat    spread       `json:"chat"`     // One commit of the chats' file.
	Request spread       `json:"request"`  // A request over the loopback, by itself.
	Goals   []goal.Ratio `json:"goals"`
}

// What the bench does.
const (
	noticesPeople = 300
	noticesRate   = 10 // Calls a second; a hall of forty counters makes one in three seconds.
	noticesWait   = 2 * time.Minute
	chatCommits   = 2 // Before a request leaves: the notice, and that it is on its way.

	// The provider's limits (Telegram's, as it tells them): messages a second to all
	// chats; and one a second to one chat, of which two may come at once.
	providerRate   = 30
	providerAtOnce = 2
	providerJitter = 50 * time.Millisecond // Of arrival; the line may carry the first a little longer.
)

// provider is a chat's provider on the loopback.
type provider struct {
	mu      sync.Mutex
	changed chan struct{}
	came    []arrival
}

type arrival struct {
	chat, text string
	at         time.Time
}

// ServeHTTP takes messages, and has nobody say anything by itself.
func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const bound = 1 << 20
	err := r.ParseMultipartForm(bound)
	at := time.Now()
	if strings.HasSuffix(r.URL.Path, "/getUpdates") {
		queue.Await(r.Context(), nil, time.Second)
		_, _ = io.WriteString(w, `{"ok":true,"result":[]}`)
		return
	}
	if err == nil && r.PostForm.Get("chat_id") != "" {
		p.mu.Lock()
		p.came = append(p.came, arrival{r.PostForm.Get("chat_id"), r.PostForm.Get("text"), at})
		close(p.changed)
		p.changed = make(chan struct{})
		p.mu.Unlock()
	}
	_, _ = io.WriteString(w, `{"ok":true,"result":{"message_id":7,"date":1,"chat":{"id":1,"type":"private"}}}`)
}

// await waits until something came that is wanted, from the n-th on.
func (p *provider) await(ctx context.Context, n int, wanted func(came []arrival) (time.Time, bool)) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, noticesWait)
	defer cancel()
	for {
		p.mu.Lock()
		changed := p.changed
		at, ok := wanted(p.came[n:])
		p.mu.Unlock()
		if ok {
			return at, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("the chat does not tell what it should within %v: %w", noticesWait, ctx.Err())
		}
	}
}

func (p *provider) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.came)
}

// tooFast counts what came beyond the limits.
func (p *provider) tooFast() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	chats := map[string][]time.Time{}
	for i, a := range p.came {
		told := append(chats[a.chat], a.at)
		chats[a.chat] = told
		if first := len(told) - 1 - providerAtOnce; first >= 0 && a.at.Sub(told[first]) < providerAtOnce*time.Second-providerJitter {
			n++
		}
		if i >= providerRate && a.at.Sub(p.came[i-providerRate].at) < time.Second-providerJitter {
			n++
		}
	}
	return n
}

// runNoticesBench measures on the disk of dir for so many seconds of calls.
func runNoticesBench(ctx context.Context, dir string, seconds float64, asJSON bool, s streams) error {
	if seconds <= 0 {
		return usagef("-seconds %g: give a positive number", seconds)
	}
	dir, err := os.MkdirTemp(dir, "xinmoi-bench-")
	if err != nil {
		return err
	}
	report, err := benchNotices(ctx, dir, noticesPeople, min(max(int(seconds*noticesRate), 10), noticesPeople-1))
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		return err
	}
	if asJSON {
		return goal.WriteJSON(s.out, report)
	}
	fmt.Fprintf(s.out, "%d people ask at once: the last is answered after %.1f s, %d requests too fast; then %d calls\n", report.People, report.All, report.TooFast, report.Calls)
	for _, row := range []struct {
		name string
		spread
	}{{"key → provider has the request", report.Call}, {"the queue makes it durable", report.Commit}, {"the chats' file, one commit", report.Chat}, {"a request by itself", report.Request}} {
		fmt.Fprintf(s.out, "%-32s p50 %6.1f ms  p99 %6.1f ms  max %6.1f ms\n", row.name, row.P50, row.P99, row.Max)
	}
	var b strings.Builder
	goal.Write(&b, report.Goals, 2)
	_, err = io.WriteString(s.out, b.String())
	return err
}

// benchNotices has so many people ask at once, and calls some of them: fewer than
// they are.
func benchNotices(ctx context.Context, dir string, people, calls int) (r noticesBench, err error) {
	commits, d := &commitTimes{}, &consoleDesk{}
	d.hall, err = newBoardsHall(ctx, dir, boardsStore{
		wrap: func(s queue.Store) queue.Store { commits.Store = s; return commits },
		serve: func(b *boardsHall, links *queue.Links, _ *web.Web) (http.Handler, error) {
			d.token, err = b.store.NewToken(ctx, queue.RoleStaff, "")
			return api.New(api.Config{Offices: map[string]queue.Management{queue.CommuneCentre().Office: b.engine}, Tokens: b.store, Links: links}), err
		},
	})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, d.hall.close()) }()
	p := &provider{changed: make(chan struct{})}
	server := httptest.NewServer(p)
	defer server.Close()
	chat, end, err := openBenchChat(ctx, d.hall.engine, dir, server.URL)
	if err != nil {
		return r, err
	}
	defer end()
	r.People, r.Calls = people, calls
	if r.All, err = askAll(ctx, chat, p, people); err != nil {
		return r, err
	}
	if _, err := d.hall.engine.SetCounter(ctx, queue.SetCounterRequest{Meta: benchCaller(), Counter: "1", State: queue.Opened}); err != nil {
		return r, err
	}
	var call, commit, own, request []time.Duration
	for i := range calls + 1 {
		begun := time.Now()
		took, err := d.tells(ctx, p)
		if err != nil {
			return r, err
		}
		durable, written, asked, err := least(ctx, commits, dir, server.URL)
		if err != nil {
			return r, err
		}
		if i > 0 { // The first one warms up.
			call, commit, own, request = append(call, took), append(commit, durable), append(own, written), append(request, asked)
		}
		if err := d.finish(ctx); err != nil {
			return r, err
		}
		queue.Await(ctx, nil, time.Until(begun.Add(time.Second/noticesRate)))
	}
	r.TooFast = p.tooFast()
	r.Call, r.Commit, r.Chat, r.Request = spreadOf(call), spreadOf(commit), spreadOf(own), spreadOf(request)
	const soon, all = 500, 12
	physical := r.Commit.P50 + chatCommits*r.Chat.P50 + r.Request.P50
	r.Goals = []goal.Ratio{
		goal.AtMost("key → request, p99, ms", r.Call.P99, soon),
		goal.AtMost(fmt.Sprint(people, " people answered, s"), r.All, all),
		goal.AtMost("requests beyond the provider's limits", float64(r.TooFast), 0),
		{Name: "key → request, p50, in times of what the disk and the line need", Value: goal.Over(r.Call.P50, physical)},
	}
	return r, nil
}

// openBenchChat runs the chats of an office; end ends them.
func openBenchChat(ctx context.Context, office queue.Office, dir, server string) (chat *bots.Bots, end func(), err error) {
	adapter, err := telegram.New(telegram.Config{Token: "1:bench-bench-bench-bench-bench-bench", Server: server})
	if err != nil {
		return nil, nil, err
	}
	chat, err = bots.New(bots.Config{Office: office, Mailbox: filepath.Join(dir, "messages.db"), Adapters: []bots.Adapter{adapter}})
	if err != nil {
		return nil, nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	var parts sync.WaitGroup
	parts.Go(func() { _ = chat.Run(ctx) })
	return chat, func() { stop(); parts.Wait() }, nil
}

// askAll has everybody ask for a number in the same moment, and gives how many
// seconds the last of them waited for it.
func askAll(ctx context.Context, chat *bots.Bots, p *provider, people int) (seconds float64, err error) {
	batch := make([]bots.Inbound, people)
	begun := time.Now()
	for i := range batch {
		who := fmt.Sprint(1000 + i)
		batch[i] = bots.Inbound{ExtID: who, Kind: bots.Said, Chat: who, From: who, Language: "vi", Text: "lấy số A", At: begun}
	}
	if err := chat.Receive(ctx, queue.Telegram, batch); err != nil {
		return 0, err
	}
	last, err := p.await(ctx, 0, func(came []arrival) (time.Time, bool) {
		told, last := map[string]bool{}, time.Time{}
		for _, a := range came {
			if !told[a.chat] {
				told[a.chat], last = true, a.at
			}
		}
		return last, len(told) == people
	})
	return last.Sub(begun).Seconds(), err
}

// tells presses the key, and waits until the provider is told.
func (d *consoleDesk) tells(ctx context.Context, p *provider) (time.Duration, error) {
	var t struct{ Number string }
	before, pressed := p.count(), time.Now()
	if err := d.send(ctx, http.MethodPost, "/api/v1/offices/"+queue.CommuneCentre().Office+"/counters/1/next", &t); err != nil {
		return 0, err
	}
	at, err := p.await(ctx, before, func(came []arrival) (time.Time, bool) {
		for _, a := range came {
			if strings.Contains(a.text, "Mời số "+t.Number) {
				return a.at, true
			}
		}
		return time.Time{}, false
	})
	return at.Sub(pressed), err
}

// least measures what no call can do without: the commit that it was, a commit of a
// file like the chats', and a request to the provider.
func least(ctx context.Context, commits *commitTimes, dir, server string) (durable, written, asked time.Duration, err error) {
	durable = commits.latest()
	box, err := mailbox.Open(ctx, filepath.Join(dir, "alone.db"))
	if err != nil {
		return 0, 0, 0, err
	}
	begun := time.Now()
	err = box.Update(ctx, func(tx *mailbox.Tx) error { return tx.SetCursor("bench", begun.String()) })
	written = time.Since(begun)
	if err = errors.Join(err, box.Close()); err != nil {
		return 0, 0, 0, err
	}
	begun = time.Now()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server+"/alone", http.NoBody)
	if err != nil {
		return 0, 0, 0, err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, 0, 0, err
	}
	asked = time.Since(begun)
	return durable, written, asked, res.Body.Close()
}
