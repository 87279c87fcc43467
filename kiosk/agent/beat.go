package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Beat is what a kiosk tells of itself every few seconds.
type Beat struct {
	Machine string `json:"machine"` // What people call it: "Máy cửa chính".
	ID      string `json:"id"`      // Which one it is; two may have one name by mistake.
	Version string `json:"version"` // Of the program.

	Printer string `json:"printer"` // Where it is: "tcp://192.168.1.50".
	State   string `json:"state"`   // printer.State; empty = no printer.
	Detail  string `json:"detail,omitempty"`
	Repeat  string `json:"repeat,omitempty"` // A ticket that the printer may still spill; see printer.Status.MayRepeat.

	Taken  int `json:"taken"`  // Numbers given since the start.
	Shown  int `json:"shown"`  // Of these, delivered by the screen.
	Asking int `json:"asking"` // Screens that ask whether paper came out.
	Owed   int `json:"owed"`   // Deliveries that the office is yet to hear of.

	Reserve map[string]int `json:"reserve,omitempty"` // Numbers set aside, by service.
	Away    int            `json:"away,omitempty"`    // Seconds for which the queue was out of reach, last time.
	Refused []string       `json:"refused,omitempty"` // Numbers that citizens have and the office refuses.
	Orphans []Orphan       `json:"orphans,omitempty"` // Numbers that citizens have and that the office does not know any more.
	Unsure  []string       `json:"unsure,omitempty"`  // Tickets that nobody knows whether they came out; they keep their place.
}

// Paths of the server's side; see Desk.
const (
	pairPath  = "/kiosk/agent/pair"
	claimPath = "/kiosk/agent/claim"
	BeatPath  = "/kiosk/agent/beat"
	RingPath  = "/kiosk/agent/ring"
)

// beatEvery is how often a kiosk says that it is there.
const beatEvery = 10 * time.Second

// Line is the way from a kiosk to the server of its queue.
type Line struct {
	Base  string       // "http://192.168.1.10:8080"
	Token string       // The kiosk's; not needed for pairing.
	HTTP  *http.Client // Nil = http.DefaultClient.
}

// lineTime bounds one request, and maxLine its answer in bytes.
const (
	lineTime = 10 * time.Second
	maxLine  = 16 << 10
)

// post sends JSON and reads JSON. status is the answer's.
func (l Line) post(ctx context.Context, path string, in, out any) (status int, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return 0, fmt.Errorf("kiosk agent: %w", err)
	}
	_, answer, err := l.fetch(ctx, http.MethodPost, path, body, maxLine)
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		return refused.status, err
	case err != nil:
		return 0, err
	}
	if out != nil && len(answer) > 0 {
		if err := json.Unmarshal(answer, out); err != nil {
			return http.StatusOK, fmt.Errorf("the queue's answer cannot be read: %w", err)
		}
	}
	return http.StatusOK, nil
}

// refusal is an answer of the server that is none.
type refusal struct {
	status int
	text   string
}

// Error implements error.
func (r *refusal) Error() string {
	return fmt.Sprintf("the queue answered %d %s: %s", r.status, http.StatusText(r.status), r.text)
}

// fetch sends a request and reads an answer of at most so many bytes.
func (l Line) fetch(ctx context.Context, method, path string, body []byte, most int64) (http.Header, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, lineTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(l.Base, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, fmt.Errorf("address of the queue: %w", err)
	}
	if len(body) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	if l.Token != "" {
		r.Header.Set("Authorization", "Bearer "+l.Token)
	}
	client := l.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(r)
	if err != nil {
		return nil, nil, fmt.Errorf("the queue cannot be reached: %w", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("the queue cannot be reached: %w", err)
	case res.StatusCode/100 != 2:
		return nil, nil, &refusal{res.StatusCode, fmt.Sprintf("%.200s", strings.TrimSpace(string(answer)))}
	case int64(len(answer)) > most:
		return nil, nil, fmt.Errorf("the queue's answer to %s has more than %d bytes", path, most)
	}
	return res.Header, answer, nil
}

// Ring asks for a member of staff at a machine.
func (l Line) Ring(ctx context.Context, machine string) error {
	_, err := l.post(ctx, RingPath, pairRequest{Machine: machine}, nil)
	return err
}

// Report sends what tell says until ctx ends, and gives hear the answers. A line
// that is down is tried again and logged once.
func (l Line) Report(ctx context.Context, tell func() Beat, hear func(Answer), log *slog.Logger) error {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	failed := false
	for {
		var answer Answer
		_, err := l.post(ctx, BeatPath, tell(), &answer)
		if err == nil {
			hear(answer)
		}
		if err != nil && !failed && ctx.Err() == nil {
			log.Warn("the server does not hear of this kiosk", "err", err)
		}
		failed = err != nil
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
