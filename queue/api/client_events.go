package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// silence is how long an event stream may say nothing, not even a heartbeat,
// before the line is taken for dead.
const silence = 40 * time.Second

// Events implements queue.Office. Reconnecting is left to the caller: go on
// from the last Seq seen.
func (c *Client) Events(ctx context.Context, after int64) iter.Seq2[queue.Event, error] {
	return func(yield func(queue.Event, error) bool) {
		if err := c.follow(ctx, after, yield); err != nil {
			yield(queue.Event{}, err)
		}
	}
}

// follow yields events until the consumer has enough (nil) or the stream ends.
func (c *Client) follow(ctx context.Context, after int64, yield func(queue.Event, error) bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(silence, func() { cancel(fmt.Errorf("no sign of life for %v", silence)) })
	defer watchdog.Stop()
	res, err := c.subscribe(ctx, after)
	if err != nil {
		return cause(ctx, err)
	}
	defer res.Body.Close()
	in := newStreamReader(res.Body, func() { watchdog.Reset(silence) })
	for {
		m, err := in.next()
		if err != nil {
			return cause(ctx, unavailable(err))
		}
		var j eventJSON
		if err := json.Unmarshal([]byte(m.data), &j); err != nil {
			return misunderstood(err)
		}
		e, err := j.event(c.office)
		if err != nil {
			return misunderstood(err)
		}
		if e.Seq != after+1 {
			return misunderstood(fmt.Errorf("event %d follows event %d", e.Seq, after))
		}
		after = e.Seq
		if !yield(e, nil) {
			return nil
		}
	}
}

// cause prefers the reason for which a stream was cut to its consequence.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return unavailable(context.Cause(ctx))
	}
	return err
}

// subscribe opens the stream.
func (c *Client) subscribe(ctx context.Context, after int64) (*http.Response, error) {
	req, err := c.request(ctx, http.MethodGet, "/events?after="+strconv.FormatInt(after, 10), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "text/event-stream")
	res, err := c.http.Do(req)
	if err != nil {
		return nil, unavailable(err)
	}
	if res.StatusCode != http.StatusOK {
		defer res.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(res.Body, MaxBody)) // A cut problem is told by its status.
		return nil, fromProblem(res.StatusCode, body)
	}
	if kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); kind != "text/event-stream" {
		res.Body.Close()
		return nil, misunderstood(fmt.Errorf("its event stream is %q", kind))
	}
	return res, nil
}
