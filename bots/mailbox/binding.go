package mailbox

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/xinmoi/xinmoi/queue/beside"
)

// Binding ties a chat to a ticket.
type Binding struct {
	ID       int64 // Names the binding where the chat must not be named.
	Channel  string
	Chat     string
	Ticket   string
	Service  string
	Language string
	Heard    string // Notices that were said, or may no longer be said; as notice.Follower stores them.
	Ahead    int    // "Nearly your turn" is wanted when so many are ahead; 0 = as usual.

	CardRef   string // The channel's id of the message that shows the ticket.
	CardPrint string // What it shows, but for the clock.
	CardAt    time.Time

	At     time.Time
	Ended  time.Time // When the ticket ended; zero while it is open.
	Travel int       // Minutes that the person needs to get here and is to be told when to set out; 0 = not asked, or told.
}

const bindingColumns = "id, channel, chat, ticket, service, language, heard, ahead, card_ref, card_print, card_at, at, ended, travel"

func readBinding(s beside.Scanner) (v Binding, err error) {
	var cardAt, at, ended int64
	err = s.Scan(&v.ID, &v.Channel, &v.Chat, &v.Ticket, &v.Service, &v.Language, &v.Heard, &v.Ahead, &v.CardRef, &v.CardPrint, &cardAt, &at, &ended, &v.Travel)
	v.CardAt, v.At, v.Ended = beside.Moment(cardAt), beside.Moment(at), beside.Moment(ended)
	return v, err
}

// Bind ties v.Chat to v.Ticket; doing it again changes the language only.
func (t *Tx) Bind(v Binding) error {
	return t.file.Do(`INSERT INTO binding (channel, chat, ticket, service, language, heard, at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (channel, chat, ticket) DO UPDATE SET language = excluded.language`,
		v.Channel, v.Chat, v.Ticket, v.Service, v.Language, v.Heard, beside.Millis(v.At))
}

// BindingsOfChat gives a chat's tickets, oldest first, ended ones too.
func (b *Box) BindingsOfChat(ctx context.Context, channel, chat string) ([]Binding, error) {
	return beside.All(ctx, b.read, readBinding, "SELECT "+bindingColumns+" FROM binding WHERE channel = ? AND chat = ? ORDER BY id", channel, chat)
}

// BindingsOfTicket gives the chats that follow a ticket.
func (b *Box) BindingsOfTicket(ctx context.Context, ticket string) ([]Binding, error) {
	return beside.All(ctx, b.read, readBinding, "SELECT "+bindingColumns+" FROM binding WHERE ticket = ? ORDER BY id", ticket)
}

// Followers counts the chats that follow a ticket.
func (t *Tx) Followers(ticket string) (n int, err error) {
	return n, t.file.QueryRowContext(t.file.Context, "SELECT count(*) FROM binding WHERE ticket = ?", ticket).Scan(&n)
}

// OpenBindings gives up to limit bindings of a service whose ticket has not
// ended, in the order the tickets were taken, and beside them up to limit of
// those who are to be told when to set out: they may be far down the line.
func (b *Box) OpenBindings(ctx context.Context, service string, limit int) ([]Binding, error) {
	return beside.All(ctx, b.read, readBinding, "SELECT "+bindingColumns+` FROM binding
		WHERE id IN (SELECT id FROM binding WHERE service = ?1 AND ended = 0 ORDER BY id LIMIT ?2)
		OR id IN (SELECT id FROM binding WHERE service = ?1 AND ended = 0 AND travel > 0 ORDER BY id LIMIT ?2) ORDER BY id`, service, limit)
}

// OpenServices lists the services of which some binding is open.
func (b *Box) OpenServices(ctx context.Context) ([]string, error) {
	return beside.All(ctx, b.read, func(s beside.Scanner) (id string, err error) { return id, s.Scan(&id) },
		"SELECT DISTINCT service FROM binding WHERE ended = 0")
}

// Remind notes that a person so many minutes away is to be told when to set
// out for a ticket; 0 minutes: no more.
func (t *Tx) Remind(channel, chat, ticket string, travel int) error {
	return t.file.Do("UPDATE binding SET travel = ? WHERE channel = ? AND chat = ? AND ticket = ?", travel, channel, chat, ticket)
}

// RemindServices lists the services in which somebody is to be told when to set
// out.
func (b *Box) RemindServices(ctx context.Context) ([]string, error) {
	return beside.All(ctx, b.read, func(s beside.Scanner) (id string, err error) { return id, s.Scan(&id) },
		"SELECT DISTINCT service FROM binding WHERE ended = 0 AND travel > 0")
}

// EndBindings notes that a ticket ended at a time, or, with the zero time,
// that it is open after all.
func (t *Tx) EndBindings(ticket string, at time.Time) error {
	return t.file.Do("UPDATE binding SET ended = ? WHERE ticket = ?", beside.Millis(at), ticket)
}

// Hear notes what one chat has heard of a ticket, or needs not hear any more.
func (t *Tx) Hear(binding int64, heard string) error {
	return t.file.Do("UPDATE binding SET heard = ? WHERE id = ?", heard, binding)
}

// Watch notes at how many ahead a person wants to hear of a ticket; 0 = as usual.
func (t *Tx) Watch(channel, chat, ticket string, ahead int) error {
	return t.file.Do("UPDATE binding SET ahead = ? WHERE channel = ? AND chat = ? AND ticket = ?", ahead, channel, chat, ticket)
}

// ShowCard notes what the message that shows a ticket shows now.
func (t *Tx) ShowCard(channel, chat, ticket, ref, print string, at time.Time) error {
	return t.file.Do("UPDATE binding SET card_ref = ?, card_print = ?, card_at = ? WHERE channel = ? AND chat = ? AND ticket = ?",
		ref, print, beside.Millis(at), channel, chat, ticket)
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

	Phone     string    // Where a message or a call may go when the chat cannot be reached, E.164; empty = not given.
	Needs     string    // What the person said to need, "hearing"; more are parted by commas.
	Consent   string    // Version of the words about personal data that the person was shown; empty = none yet.
	ConsentAt time.Time // When that was.
}

const chatColumns = "channel, chat, language, pending, pending_until, menu_at, seen, phone, needs, consent, consent_at"

// Chat gives what is remembered of a chat; of an unknown one just its name.
func (b *Box) Chat(ctx context.Context, channel, id string) (Chat, error) {
	found, err := beside.All(ctx, b.read, readChat,
		"SELECT "+chatColumns+" FROM chat WHERE channel = ? AND chat = ?", channel, id)
	if err != nil || len(found) == 0 {
		return Chat{Channel: channel, ID: id}, err
	}
	return found[0], nil
}

func readChat(s beside.Scanner) (c Chat, err error) {
	var until, menu, seen, consent int64
	err = s.Scan(&c.Channel, &c.ID, &c.Language, &c.Pending, &until, &menu, &seen, &c.Phone, &c.Needs, &c.Consent, &consent)
	c.PendingUntil, c.MenuAt, c.Seen, c.ConsentAt = beside.Moment(until), beside.Moment(menu), beside.Moment(seen), beside.Moment(consent)
	return c, err
}

// SaveChat remembers c.
func (t *Tx) SaveChat(c Chat) error {
	return t.file.Do("INSERT OR REPLACE INTO chat ("+chatColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		c.Channel, c.ID, c.Language, c.Pending, beside.Millis(c.PendingUntil), beside.Millis(c.MenuAt), beside.Millis(c.Seen),
		c.Phone, c.Needs, c.Consent, beside.Millis(c.ConsentAt))
}

// Forget erases everything about one chat but what it is yet to be told after
// this call. Scrub makes it vanish from the file.
func (t *Tx) Forget(channel, chat string, now time.Time) error {
	if err := t.forgetPhone(channel, chat, now); err != nil {
		return err
	}
	if err := t.file.Do("UPDATE chat SET phone = '' WHERE phone = ?", chat); err != nil { // Given elsewhere, by SMS taken back.
		return err
	}
	if err := t.file.Do("DELETE FROM binding WHERE channel = ? AND chat = ?", channel, chat); err != nil {
		return err
	}
	if err := t.file.Do("DELETE FROM chat WHERE channel = ? AND chat = ?", channel, chat); err != nil {
		return err
	}
	if err := t.file.Do("DELETE FROM menu WHERE channel = ? AND chat = ?", channel, chat); err != nil {
		return err
	}
	if err := t.file.Do("DELETE FROM letter WHERE channel = ? AND chat = ?", channel, chat); err != nil {
		return err
	}
	return t.Silence(channel, chat, "forgotten", now)
}

// forgetPhone drops what was to go to the telephone that a chat gave for when it
// cannot be reached.
func (t *Tx) forgetPhone(channel, chat string, now time.Time) error {
	const given = "chat IN (SELECT phone FROM chat WHERE channel = ? AND chat = ? AND phone <> '')"
	if err := t.file.Do("DELETE FROM letter WHERE "+given, channel, chat); err != nil {
		return err
	}
	return t.file.Do(settle+" WHERE state IN ('ready', 'awaiting', 'lost') AND settled = 0 AND dedupe LIKE 'notice:%:sms' AND "+given, string(Dead), "forgotten", beside.Millis(now), channel, chat)
}

// Scrub empties the write-ahead log into the file, where erased rows are
// overwritten (secure_delete), so that what was erased cannot be read from the
// disk either.
func (b *Box) Scrub(ctx context.Context) error {
	return b.db.Scrub(ctx)
}

// Retention says how long things are kept.
type Retention struct {
	Bindings time.Duration // After the ticket ended.
	Stray    time.Duration // After it was taken, however it went: nobody waits longer than a day.
	Chats    time.Duration // After the person last wrote, if no ticket is bound.
	Letters  time.Duration // Texts that could not be delivered, for staff to send again.
	Traces   time.Duration // Ids of settled letters and parcels, by which a replay is recognised.
}

// Erase removes what is older than the retention allows and tells how many
// rows that were.
func (b *Box) Erase(ctx context.Context, r Retention, now time.Time) (rows int, err error) {
	before := func(d time.Duration) int64 { return beside.Millis(now.Add(-d)) }
	err = b.Update(ctx, func(tx *Tx) error {
		var errs []error
		for _, q := range []struct {
			query string
			args  []any
		}{
			{"DELETE FROM binding WHERE (ended > 0 AND ended <= ?) OR at <= ?", []any{before(r.Bindings), before(r.Stray)}},
			{`DELETE FROM chat WHERE seen <= ? AND NOT EXISTS (
				SELECT 1 FROM binding b WHERE b.channel = chat.channel AND b.chat = chat.chat)`, []any{before(r.Chats)}},
			{"DELETE FROM menu WHERE at <= ?", []any{before(r.Chats)}},
			{"DELETE FROM letter WHERE at <= ?", []any{before(r.Letters)}},
			{"DELETE FROM inbox WHERE done = 1 AND at <= ?", []any{before(r.Traces)}},
			{"DELETE FROM outbox WHERE settled > 0 AND settled <= ?", []any{before(r.Traces)}},
			{settle + " WHERE settled = 0 AND state <> 'sending' AND max(expires, not_before) <= ?", []any{string(Dead), "its channel is gone", beside.Millis(now), before(r.Traces)}},
		} {
			n, err := tx.file.Changed(q.query, q.args...)
			rows += n
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	})
	return rows, err
}

// Binding gives one binding; ok is false if the chat does not follow the ticket.
func (t *Tx) Binding(channel, chat, ticket string) (v Binding, ok bool, err error) {
	row := t.file.QueryRowContext(t.file.Context, "SELECT "+bindingColumns+" FROM binding WHERE channel = ? AND chat = ? AND ticket = ?", channel, chat, ticket)
	v, err = readBinding(row)
	if errors.Is(err, sql.ErrNoRows) {
		return Binding{}, false, nil
	}
	return v, err == nil, err
}
