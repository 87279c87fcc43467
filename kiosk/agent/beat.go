package agent

import (
	"bytes"
	"context"
	"encoding/json"
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
	ctx, cancel := context.WithTimeout(ctx, lineTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(l.Base, "/")+path, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("address of the queue: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	if l.Token != "" {
		r.Header.Set("Authorization", "Bearer "+l.Token)
	}
	client := l.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(r)
	if err != nil {
		return 0, fmt.Errorf("the queue cannot be reached: %w", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxLine))
	if err != nil {
		return res.StatusCode, fmt.Errorf("the queue cannot be reached: %w", err)
	}
	if res.StatusCode/100 != 2 {
		return res.StatusCode, fmt.Errorf("the queue answered %s: %.200s", res.Status, strings.TrimSpace(string(answer)))
	}
	if out != nil && len(answer) > 0 {
		if err := json.Unmarshal(answer, out); err != nil {
			return res.StatusCode, fmt.Errorf("the queue's answer cannot be read: %w", err)
		}
	}
	return res.StatusCode, nil
}

// Ring asks for a member of staff at a machine.
func (l Line) Ring(ctx context.Context, machine string) error {
	_, err := l.post(ctx, RingPath, pairRequest{machine}, nil)
	return err
}

// Report sends what tell says until ctx ends. A line that is down is tried
// again and logged once.
func (l Line) Report(ctx context.Context, tell func() Beat, log *slog.Logger) error {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	failed := false
	for {
		_, err := l.post(ctx, BeatPath, tell(), nil)
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
