package bots

import (
	"context"
	"encoding/json"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/xinmoi/xinmoi/bots/mailbox"
)

const (
	pollBase = 500 * time.Millisecond
	pollMost = 30 * time.Second
	maxText  = 256 // Bytes of a text that are kept; longer ones are no commands.
)

// ingest polls one channel for ever and commits what came before it asks on.
func (b *Bots) ingest(ctx context.Context, l *line) {
	p, ok := l.Adapter.(Poller)
	if !ok {
		return // It comes to Receive.
	}
	failed := 0
	for ctx.Err() == nil {
		began := b.now()
		came, err := b.pollOnce(ctx, l, p)
		if err == nil {
			failed = 0
			if !came && b.now().Sub(began) < pollBase && !sleep(ctx, pollBase) {
				return // A channel that does not hold polls open is not asked in a tight circle.
			}
			continue
		}
		if ctx.Err() != nil {
			return
		}
		failed++
		l.health.failed(err, b.now())
		pause := max(backoff(failed, pollBase, pollMost), retryAfter(err))
		b.log.Warn("channel does not answer; trying again", "channel", l.Channel(), "err", err, "failures", failed, "pause", pause)
		if !sleep(ctx, pause) {
			return
		}
	}
}

// pollOnce takes one batch and tells whether anything came. A channel that returned after failures may have
// messages waiting for it, so the sender is told.
func (b *Bots) pollOnce(ctx context.Context, l *line, p Poller) (came bool, err error) {
	name := "poll:" + string(l.Channel())
	cursor, err := b.box.Cursor(ctx, name)
	if err != nil {
		return false, err
	}
	batch, next, err := p.Poll(ctx, cursor)
	if err != nil {
		return false, err
	}
	b.answers(l)
	if len(batch) == 0 && next == cursor {
		return false, nil
	}
	return len(batch) > 0, b.store(ctx, l, batch, name, next)
}

// answers notes that a channel answers; after failures, messages may wait.
func (b *Bots) answers(l *line) {
	if l.health.worked(b.now()) {
		b.log.Info("channel answers", "channel", l.Channel())
		l.sender.resume()
		ring(l.wake)
	}
}

// store commits what came, with the cursor to go on from where there is one.
func (b *Bots) store(ctx context.Context, l *line, batch []Inbound, cursorName, cursor string) error {
	if err := b.noteReceipts(ctx, l, batch); err != nil {
		return err
	}
	letters := make([]mailbox.Letter, 0, len(batch))
	for _, in := range batch {
		if isReceipt(in) {
			continue
		}
		in.Text = cut(in.Text, maxText)
		body, err := json.Marshal(in)
		if err != nil {
			return err
		}
		letters = append(letters, mailbox.Letter{
			Channel: string(l.Channel()), ExtID: in.ExtID, Chat: in.Chat, Body: body, At: b.now(),
		})
	}
	if len(letters) == 0 && cursorName == "" {
		return nil
	}
	added, err := b.box.Receive(ctx, letters, cursorName, cursor)
	if added > 0 {
		ring(b.letters)
	}
	return err
}

// retryAfter is how long the channel wants to be left alone, at most an hour.
func retryAfter(err error) time.Duration {
	var f *Failure
	if !errors.As(err, &f) {
		return 0
	}
	return min(f.After, time.Hour)
}

// cut shortens a text to at most n bytes of whole characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
