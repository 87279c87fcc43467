package mailbox

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Binding ties a chat to a ticket.
type Binding struct {
	ID       int64 // Names the binding where the chat must not be named.
	Channel  string
	Chat     string
	Ticket   string
	Service  string
	Language string
	Told     bool // "Nearly your turn" was said, or may no longer be said.

	CardRef   string // The channel's id of the message that shows the ticket.
	CardPrint string // What it shows, but for the clock.
	CardAt    time.Time

	At    time.Time
	Ended time.Time // When the ticket ended; zero while it is open.
}

const bindingColumns = "id, channel, chat, ticket, service, language, told, card_ref, card_print, card_at, at, ended"

func readBinding(s scanner) (v Binding, err error) {
	var cardAt, at, ended int64
	err = s.Scan(&v.ID, &v.Channel, &v.Chat, &v.Ticket, &v.Service, &v.Language, &v.Told, &v.CardRef, &v.CardPrint, &cardAt, &at, &ended)
	v.CardAt, v.At, v.Ended = moment(cardAt), moment(at), moment(ended)
	return v, err
}

// Bind ties v.Chat to v.Ticket; doing it again changes the language only.
func (t *Tx) Bind(v Binding) error {
	return t.exec(`INSERT INTO binding (channel, chat, ticket, service, language, told, at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (channel, chat, ticket) DO UPDATE SET language = excluded.language`,
		v.Channel, v.Chat, v.Ticket, v.Service, v.Language, v.Told, millis(v.At))
}

// BindingsOfChat gives a chat's tickets, oldest first, ended ones too.
func (b *Box) BindingsOfChat(ctx context.Context, channel, chat string) ([]Binding, error) {
	return queryAll(ctx, b, readBinding, "SELECT "+bindingColumns+" FROM binding WHERE channel = ? AND chat = ? ORDER BY id", channel, chat)
}

// BindingsOfTicket gives the chats that follow a ticket.
func (b *Box) BindingsOfTicket(ctx context.Context, ticket string) ([]Binding, error) {
	return queryAll(ctx, b, readBinding, "SELECT "+bindingColumns+" FROM binding WHERE ticket = ? ORDER BY id", ticket)
}

// OpenBindings gives up to limit bindings of a service whose ticket has not
// ended, in the order the tickets were taken.
func (b *Box) OpenBindings(ctx context.Context, service string, limit int) ([]Binding, error) {
	return queryAll(ctx, b, readBinding, "SELECT "+bindingColumns+" FROM binding WHERE service = ? AND ended = 0 ORDER BY id LIMIT ?", service, limit)
}

// OpenServices lists the services of which some binding is open.
func (b *Box) OpenServices(ctx context.Context) ([]string, error) {
	return queryAll(ctx, b, func(s scanner) (id string, err error) { return id, s.Scan(&id) },
		"SELECT DISTINCT service FROM binding WHERE ended = 0")
}

// EndBindings notes that a ticket ended at a time, or, with the zero time,
// that it is open after all.
func (t *Tx) EndBindings(ticket string, at time.Time) error {
	return t.exec("UPDATE binding SET ended = ? WHERE ticket = ?", millis(at), ticket)
}

// Tell notes that "nearly your turn" need not be said any more.
func (t *Tx) Tell(ticket string) error {
	return t.exec("UPDATE binding SET told = 1 WHERE ticket = ?", ticket)
}

// ShowCard notes what the message that shows a ticket shows now.
func (t *Tx) ShowCard(channel, chat, ticket, ref, print string, at time.Time) error {
	return t.exec("UPDATE binding SET card_ref = ?, card_print = ?, card_at = ? WHERE channel = ? AND chat = ? AND ticket = ?",
		ref, print, millis(at), channel, chat, ticket)
}

// Chat is what is remembered of a conversation.
type Chat struct {
	Channel      string
	ID           string
	Language     string // Chosen by the person; empty = by the channel's hint.
	Pending      string // Question that was asked and awaits an answer.
	PendingUntil time.Time
	MenuAt       time.Time // When the short menu was last shown.
	Seen         time.Time // When the person last wrote.
}

// Chat gives what is remembered of a chat; of an unknown one just its name.
func (b *Box) Chat(ctx context.Context, channel, id string) (Chat, error) {
	found, err := queryAll(ctx, b, readChat,
		"SELECT channel, chat, language, pending, pending_until, menu_at, seen FROM chat WHERE channel = ? AND chat = ?", channel, id)
	if err != nil || len(found) == 0 {
		return Chat{Channel: channel, ID: id}, err
	}
	return found[0], nil
}

func readChat(s scanner) (c Chat, err error) {
	var until, menu, seen int64
	err = s.Scan(&c.Channel, &c.ID, &c.Language, &c.Pending, &until, &menu, &seen)
	c.PendingUntil, c.MenuAt, c.Seen = moment(until), moment(menu), moment(seen)
	return c, err
}

// SaveChat remembers c.
func (t *Tx) SaveChat(c Chat) error {
	return t.exec(`INSERT OR REPLACE INTO chat (channel, chat, language, pending, pending_until, menu_at, seen) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		c.Channel, c.ID, c.Language, c.Pending, millis(c.PendingUntil), millis(c.MenuAt), millis(c.Seen))
}

// Forget erases everything about one chat but what it is yet to be told after
// this call. Scrub makes it vanish from the file.
func (t *Tx) Forget(channel, chat string, now time.Time) error {
	if err := t.exec("DELETE FROM binding WHERE channel = ? AND chat = ?", channel, chat); err != nil {
		return err
	}
	if err := t.exec("DELETE FROM chat WHERE channel = ? AND chat = ?", channel, chat); err != nil {
		return err
	}
	return t.Silence(channel, chat, "forgotten", now)
}

// Scrub empties the write-ahead log into the file, where erased rows are
// overwritten (secure_delete), so that what was erased cannot be read from the
// disk either.
func (b *Box) Scrub(ctx context.Context) error {
	var busy, log, done int
	return b.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done)
}

// Retention says how long things are kept.
type Retention struct {
	Bindings time.Duration // After the ticket ended.
	Stray    time.Duration // After it was taken, however it went: nobody waits longer than a day.
	Chats    time.Duration // After the person last wrote, if no ticket is bound.
	Traces   time.Duration // Ids of settled letters and parcels, by which a replay is recognised.
}

// Erase removes what is older than the retention allows and tells how many
// rows that were.
func (b *Box) Erase(ctx context.Context, r Retention, now time.Time) (rows int, err error) {
	before := func(d time.Duration) int64 { return millis(now.Add(-d)) }
	err = b.Update(ctx, func(tx *Tx) error {
		var errs []error
		for _, q := range []struct {
			query string
			args  []any
		}{
			{"DELETE FROM binding WHERE (ended > 0 AND ended <= ?) OR at <= ?", []any{before(r.Bindings), before(r.Stray)}},
			{`DELETE FROM chat WHERE seen <= ? AND NOT EXISTS (
				SELECT 1 FROM binding b WHERE b.channel = chat.channel AND b.chat = chat.chat)`, []any{before(r.Chats)}},
			{"DELETE FROM inbox WHERE done = 1 AND at <= ?", []any{before(r.Traces)}},
			{"DELETE FROM outbox WHERE settled > 0 AND settled <= ?", []any{before(r.Traces)}},
		} {
			n, err := tx.execCount(q.query, q.args...)
			rows += n
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	})
	return rows, err
}

// Binding gives one binding; ok is false if the chat does not follow the ticket.
func (t *Tx) Binding(channel, chat, ticket string) (v Binding, ok bool, err error) {
	row := t.tx.QueryRowContext(t.ctx, "SELECT "+bindingColumns+" FROM binding WHERE channel = ? AND chat = ? AND ticket = ?", channel, chat, ticket)
	v, err = readBinding(row)
	if errors.Is(err, sql.ErrNoRows) {
		return Binding{}, false, nil
	}
	return v, err == nil, err
}
