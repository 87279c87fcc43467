package api

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/xinmoi/xinmoi/queue"
)

// writeTimeout is how long a reader of the event stream may take for one
// message before it is cut off; it comes back with its Last-Event-ID.
const writeTimeout = 10 * time.Second

type eventsIn struct {
	OfficePath
	After       int64  `query:"after" minimum:"0" doc:"Only what came after this seq; 0 = from the beginning"`
	LastEventID string `header:"Last-Event-ID" doc:"As after, and stronger; browsers send it when they reconnect"`
}

func (s *Server) streamRoutes() {
	register(s, operation{
		id: "stream-events", method: http.MethodGet, path: "/offices/{office}/events", need: mayRead,
		summary: "The log as server-sent events: id = seq, event = kind, data = Event; never ends by itself",
		also: map[string]*huma.Response{"200": {
			Description: "Server-sent events",
			Content: map[string]*huma.MediaType{"text/event-stream": {
				Schema: s.api.OpenAPI().Components.Schemas.Schema(eventType(), true, ""),
			}},
		}},
	}, s.streamEvents)
}

func (s *Server) streamEvents(ctx context.Context, in *eventsIn) (*huma.StreamResponse, error) {
	o, err := s.office(in.Office)
	if err != nil {
		return nil, err
	}
	after := in.After
	if in.LastEventID != "" {
		after, err = strconv.ParseInt(in.LastEventID, 10, 64)
		if err != nil || after < 0 {
			return nil, newProblem(queue.CodeBadRequest, "Last-Event-ID must be a seq, 0 or more")
		}
	}
	if s.stop.Err() != nil {
		return nil, newProblem(queue.CodeUnavailable, "the server is shutting down")
	}
	release, ok := s.admit(identityOf(ctx))
	if !ok {
		return nil, newProblem(queue.CodeUnavailable, "%d event streams are open already", s.cfg.MaxStreams)
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer release()
		r, w := humago.Unwrap(hc)
		out := &eventWriter{w: w, control: http.NewResponseController(w), private: s.may(identityOf(ctx), mayTicket)}
		out.begin()
		if r.Method != http.MethodHead {
			s.pump(r.Context(), o, after, out)
		}
	}}, nil
}

// admit counts the streams of callers without a token.
func (s *Server) admit(id identity) (release func(), ok bool) {
	if len(id.grants) > 0 {
		return func() {}, true
	}
	if s.streams.Add(1) > int64(s.cfg.MaxStreams) {
		s.streams.Add(-1)
		return nil, false
	}
	return func() { s.streams.Add(-1) }, true
}

// pump copies the log to a reader until either side or the server goes away.
func (s *Server) pump(ctx context.Context, o queue.Office, after int64, out *eventWriter) {
	ctx, cancel := context.WithCancel(ctx)
	defer context.AfterFunc(s.stop, cancel)()
	events := make(chan queue.Event)
	go func() {
		defer close(events)
		for e, err := range o.Events(ctx, after) {
			if err != nil {
				return // The reader comes back by itself.
			}
			select {
			case events <- e:
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() {
		cancel()
		for range events { // Until the goroutine has ended.
		}
	}()
	beat := time.NewTicker(s.cfg.Heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			err = out.write([]byte(": \n\n"))
		case e, more := <-events:
			if !more {
				return
			}
			err = out.event(e)
			beat.Reset(s.cfg.Heartbeat)
		}
		if err != nil {
			return
		}
	}
}

// eventWriter writes the stream of one reader.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	private bool
	buf     []byte
}

// begin sends the head. Readers are told to come back after one to three
// seconds, spread so that a restart is not followed by a rush.
func (o *eventWriter) begin() {
	h := o.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // Proxies of the nginx family would hold events back.
	o.w.WriteHeader(http.StatusOK)
	_ = o.write(fmt.Appendf(nil, "retry: %d\n\n", 1000+rand.IntN(2000))) // The next write meets the same error.
}

func (o *eventWriter) event(e queue.Event) error {
	data, err := json.Marshal(toEvent(e, o.private))
	if err != nil {
		return err
	}
	o.buf = appendMessage(o.buf[:0], message{strconv.FormatInt(e.Seq, 10), string(e.Kind), string(data)})
	return o.write(o.buf)
}

func (o *eventWriter) write(b []byte) error {
	if err := o.control.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	if _, err := o.w.Write(b); err != nil {
		return err
	}
	if err := o.control.Flush(); err != nil {
		return err
	}
	return o.control.SetWriteDeadline(time.Time{}) // Silence is no fault.
}
