package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot/models"

	"github.com/xinmoi/xinmoi/bots"
)

const (
	pollLimit = 100              // Updates of one answer; the most there is (getUpdates).
	pollGrace = 10 * time.Second // For the network, beyond the time Telegram holds a poll.
)

// Poll implements bots.Adapter with getUpdates. The cursor is "bot:offset", so
// that the offset of another bot, after a change of token, is not used.
func (a *Adapter) Poll(ctx context.Context, cursor string) ([]bots.Inbound, string, error) {
	offset := a.offset(cursor)
	ctx, cancel := context.WithTimeout(ctx, a.poll+pollGrace)
	defer cancel()
	raw, err := a.getUpdates(ctx, offset)
	if err != nil {
		return nil, cursor, err
	}
	batch, next, err := a.readUpdates(raw, offset)
	if err != nil {
		return nil, cursor, err
	}
	if next == offset {
		return batch, cursor, nil
	}
	return batch, a.id + ":" + strconv.FormatInt(next, 10), nil
}

func (a *Adapter) offset(cursor string) int64 {
	id, rest, ok := strings.Cut(cursor, ":")
	n, err := strconv.ParseInt(rest, 10, 64)
	if !ok || id != a.id || err != nil {
		return 0
	}
	return n
}

// readUpdates decodes a batch and gives the offset that confirms it. An
// update that cannot be read is kept as a trace: it must not come for ever.
func (a *Adapter) readUpdates(raw []json.RawMessage, offset int64) (batch []bots.Inbound, next int64, err error) {
	next = offset
	for _, r := range raw {
		var head struct {
			ID *int64 `json:"update_id"`
		}
		if err := json.Unmarshal(r, &head); err != nil || head.ID == nil {
			return nil, offset, &bots.Failure{Class: bots.Retry, Err: errors.New("an update has no update_id")}
		}
		next = max(next, *head.ID+1)
		in := parseUpdate(r, a.now())
		in.ExtID = a.id + ":" + strconv.FormatInt(*head.ID, 10)
		batch = append(batch, in)
	}
	return batch, next, nil
}

// answer is the envelope of every Bot API answer.
type answer struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	ErrorCode   int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int `json:"retry_after"`
	} `json:"parameters"`
}

// getUpdates asks for what lies at and after offset, which lets Telegram
// forget what lies before it; 0 lets it forget nothing.
func (a *Adapter) getUpdates(ctx context.Context, offset int64) ([]json.RawMessage, error) {
	params := map[string]any{
		"timeout": int(a.poll / time.Second), "limit": pollLimit,
		"allowed_updates": []string{models.AllowedUpdateMessage, models.AllowedUpdateCallbackQuery, models.AllowedUpdateMyChatMember},
	}
	if offset > 0 {
		params["offset"] = offset
	}
	got, err := a.call(ctx, "getUpdates", params)
	if err != nil {
		return nil, err
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(got, &raw); err != nil {
		return nil, &bots.Failure{Class: bots.Retry, Err: a.scrub(fmt.Errorf("getUpdates: %w", err))}
	}
	return raw, nil
}

// call is one raw call with JSON, for what the library does not offer.
func (a *Adapter) call(ctx context.Context, method string, params any) (json.RawMessage, error) {
	body, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.server+"/bot"+a.token+"/"+method, bytes.NewReader(body))
	if err != nil {
		return nil, a.scrub(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.client.Do(req)
	if err != nil {
		return nil, &bots.Failure{Class: bots.Unreachable, Err: a.scrub(err)}
	}
	defer func() { _ = resp.Body.Close() }() // Read to its end, or not worth keeping.
	if err := statusOf(resp); err != nil {
		return nil, a.classify(err)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return nil, &bots.Failure{Class: bots.Unreachable, Err: a.scrub(err)}
	}
	var got answer
	if err := json.Unmarshal(text, &got); err != nil {
		return nil, &bots.Failure{Class: bots.Unreachable, Err: a.scrub(fmt.Errorf("%s: not a Bot API answer (HTTP %d): %w", method, resp.StatusCode, err))}
	}
	if !got.OK {
		return nil, a.refusal(method, got)
	}
	return got.Result, nil
}

// refusal turns an error answer to a poll into a Failure that says what to do.
func (a *Adapter) refusal(method string, got answer) error {
	f := &bots.Failure{Class: bots.Retry, After: time.Duration(max(0, min(got.Parameters.RetryAfter, 3600))) * time.Second}
	hint := ""
	switch got.ErrorCode {
	case http.StatusUnauthorized, http.StatusNotFound:
		f.Class, hint = bots.Auth, ": check the token with @BotFather"
	case http.StatusConflict:
		f.Class, hint = bots.Conflict, ": another program uses this bot, or a webhook is set; stop it, or call deleteWebhook"
	}
	f.Err = a.scrub(fmt.Errorf("%s: %d %s%s", method, got.ErrorCode, got.Description, hint))
	return f
}
