package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/bench/goal"
	"github.com/xinmoi/xinmoi/queue/web"
)

// consoleBench measures a counter's key: from the press, as the console sends
// it, until the last board shows the call, beside what the store needs to make
// it durable; with many waiting.
type consoleBench struct {
	Boards  int          `json:"boards"`
	Waiting int          `json:"waiting"`
	Presses int          `json:"presses"`
	Commit  spread       `json:"commit"` // Of the store alone, for each press.
	Answer  spread       `json:"answer"` // From the press until the console has its answer.
	Last    spread       `json:"last"`   // … until the last board shows the call.
	Line    spread       `json:"line"`   // The list of those who wait.
	Page    spread       `json:"page"`   // The console, loaded.
	Goals   []goal.Ratio `json:"goals"`
}

// What the bench looks at.
const (
	consoleBoards  = 10
	consoleWaiting = 500
	consoleLooks   = 50 // At the page and at the list.
)

// runConsoleBench measures for so many seconds on the disk of dir.
func runConsoleBench(ctx context.Context, dir string, seconds float64, asJSON bool, s streams) error {
	if seconds <= 0 {
		return usagef("-seconds %g: give a positive number", seconds)
	}
	dir, err := os.MkdirTemp(dir, "xinmoi-bench-")
	if err != nil {
		return err
	}
	report, err := benchConsole(ctx, dir, max(int(seconds*boardsRate), 10))
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		return err
	}
	if asJSON {
		return goal.WriteJSON(s.out, report)
	}
	fmt.Fprintf(s.out, "%d boards, %d waiting, %d presses\n", report.Boards, report.Waiting, report.Presses)
	for _, row := range []struct {
		name string
		spread
	}{{"the store makes it durable", report.Commit}, {"key → answer", report.Answer}, {"key → last board shows it", report.Last}, {"list of those who wait", report.Line}, {"the console, loaded", report.Page}} {
		fmt.Fprintf(s.out, "%-32s p50 %6.1f ms  p99 %6.1f ms  max %6.1f ms\n", row.name, row.P50, row.P99, row.Max)
	}
	var b strings.Builder
	goal.Write(&b, report.Goals, 2)
	_, err = io.WriteString(s.out, b.String())
	return err
}

// commitTimes notes how long each commit of a store takes.
type commitTimes struct {
	queue.Store
	mu    sync.Mutex
	taken []time.Duration
}

// Append implements queue.Store.
func (c *commitTimes) Append(ctx context.Context, b queue.Batch) error {
	begun := time.Now()
	err := c.Store.Append(ctx, b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken = append(c.taken, time.Since(begun))
	return err
}

// latest is the time of the latest commit.
func (c *commitTimes) latest() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.taken[len(c.taken)-1]
}

// consoleDesk is a counter's console, as far as HTTP sees it.
type consoleDesk struct {
	hall  *boardsHall
	token string
}

func benchConsole(ctx context.Context, dir string, presses int) (r consoleBench, err error) {
	d := &consoleDesk{}
	commits := &commitTimes{}
	d.hall, err = newBoardsHall(ctx, dir, boardsStore{
		wrap: func(s queue.Store) queue.Store { commits.Store = s; return commits },
		serve: func(b *boardsHall, links *queue.Links, pages *web.Web) (http.Handler, error) {
			if d.token, err = b.store.NewToken(ctx, queue.RoleStaff, ""); err != nil {
				return nil, err
			}
			server := api.New(api.Config{Offices: map[string]queue.Management{queue.CommuneCentre().Office: b.engine}, Tokens: b.store, Links: links})
			mux := http.NewServeMux()
			mux.Handle("/api/", server)
			mux.Handle("/counter/", server.Guard(queue.RoleStaff)(pages.Counter()))
			mux.Handle("/", pages.Public())
			return mux, nil
		},
	})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, d.hall.close()) }()
	if err := d.hall.hang(ctx, consoleBoards); err != nil {
		return r, err
	}
	r.Boards, r.Waiting, r.Presses = consoleBoards, consoleWaiting, presses
	if err := d.fill(ctx, presses); err != nil {
		return r, err
	}
	var commit, answer, last []time.Duration
	for i := range presses + 1 {
		a, l, err := d.press(ctx)
		if err != nil {
			return r, err
		}
		if i > 0 { // The first one warms up.
			commit, answer, last = append(commit, commits.latest()), append(answer, a), append(last, l)
		}
		if err := d.finish(ctx); err != nil {
			return r, err
		}
		queue.Await(ctx, nil, time.Second/boardsRate)
	}
	r.Commit, r.Answer, r.Last = spreadOf(commit), spreadOf(answer), spreadOf(last)
	if r.Line, err = d.looks(ctx, "/counter/1/waiting"); err != nil {
		return r, err
	}
	if r.Page, err = d.looks(ctx, "/counter/1"); err != nil {
		return r, err
	}
	const slack, soon = 10, 100 // Milliseconds.
	r.Goals = []goal.Ratio{
		goal.AtMost("key → last board, p99, as a share of 2 × commit p99 + 10 ms", goal.Over(r.Last.P99, 2*r.Commit.P99+slack), 1),
		goal.AtMost("list of 500 waiting, p99, ms", r.Line.P99, soon),
		goal.AtMost("console loaded at 500 waiting, p99, ms", r.Page.P99, soon),
	}
	return r, nil
}

// fill lets people come: as many as are called, and those who stay waiting.
func (d *consoleDesk) fill(ctx context.Context, presses int) error {
	if _, err := d.hall.engine.SetCounter(ctx, queue.SetCounterRequest{Meta: benchCaller(), Counter: "1", State: queue.Opened}); err != nil {
		return err
	}
	for range presses + 1 + consoleWaiting {
		if _, err := d.hall.engine.Take(ctx, queue.TakeRequest{Meta: benchCaller(), Service: "A", Channel: queue.Kiosk}); err != nil {
			return err
		}
	}
	return nil
}

// press presses the key, and waits until every board shows what it called.
func (d *consoleDesk) press(ctx context.Context) (answer, last time.Duration, err error) {
	var t struct{ Number string }
	pressed := time.Now()
	if err := d.send(ctx, http.MethodPost, "/api/v1/offices/"+queue.CommuneCentre().Office+"/counters/1/next", &t); err != nil {
		return 0, 0, err
	}
	answer = time.Since(pressed)
	times, err := d.hall.all(ctx, t.Number, pressed)
	if err != nil {
		return 0, 0, err
	}
	return answer, slices.Max(times), nil
}

func (d *consoleDesk) finish(ctx context.Context) error {
	views, err := d.hall.engine.Counters(ctx)
	if err != nil {
		return err
	}
	_, err = d.hall.engine.Act(ctx, queue.ActRequest{Meta: benchCaller(), Ticket: views[0].Ticket.ID, Action: queue.Finish})
	return err
}

// looks loads something again and again.
func (d *consoleDesk) looks(ctx context.Context, path string) (spread, error) {
	var taken []time.Duration
	for range consoleLooks {
		begun := time.Now()
		if err := d.send(ctx, http.MethodGet, path, nil); err != nil {
			return spread{}, err
		}
		taken = append(taken, time.Since(begun))
	}
	return spreadOf(taken), nil
}

// send sends a request as the console does, and reads the whole answer.
func (d *consoleDesk) send(ctx context.Context, method, path string, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+d.hall.addr+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+d.token)
	if method == http.MethodPost {
		req.Header.Set("Idempotency-Key", rand.Text())
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s %w", method, path, res.Status, err)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(body, out)
}
