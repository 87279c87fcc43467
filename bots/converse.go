package bots

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
)

const (
	conversations = 4                // Letters handled at once, of different chats.
	patience      = 30 * time.Second // How long a letter waits for an office that does not answer.
	maxPanics     = 3                // A letter that broke the program this often is put aside.
	askTimeout    = 5 * time.Second  // One question to the office.
	oldAfter      = time.Hour        // Nobody wants a number asked for so long ago.
	pendingFor    = 5 * time.Minute  // How long "yes" answers a question.
	menuEvery     = time.Minute      // At most one short menu in this time.
	maxMine       = 8                // Latest tickets of a chat that are looked at.
)

// reasonCitizen is written to the log when the citizen gave a number up.
const reasonCitizen = "citizen"

// converse answers letters, each chat's in order.
func (b *Bots) converse(ctx context.Context) {
	for ctx.Err() == nil {
		letters, err := b.box.Unread(ctx, b.now(), conversations)
		if err != nil && ctx.Err() == nil {
			b.log.Error("cannot read the inbox", "err", err)
			sleep(ctx, time.Second)
			continue
		}
		var batch sync.WaitGroup
		for _, l := range letters {
			batch.Go(func() { b.handle(ctx, l) })
		}
		batch.Wait()
		if len(letters) == 0 && !await(ctx, b.letters, b.untilUnread(ctx)) {
			return
		}
	}
}

func (b *Bots) untilUnread(ctx context.Context) time.Duration {
	const longest = 30 * time.Second
	at, ok, err := b.box.NextUnread(ctx, b.now())
	if err != nil || !ok {
		return longest
	}
	return min(longest, at.Sub(b.now()))
}

// handle answers one letter, or puts it off when the office does not answer.
func (b *Bots) handle(ctx context.Context, l mailbox.Letter) {
	err := b.answerSafely(ctx, l)
	if err == nil || ctx.Err() != nil {
		return
	}
	b.log.Warn("a letter is put off", "channel", l.Channel, "letter", l.Seq, "attempts", l.Attempts+1, "err", err)
	var broken *panicError
	if errors.As(err, &broken) && l.Attempts+1 >= maxPanics {
		err = b.box.Update(ctx, func(tx *mailbox.Tx) error { return tx.Read(l.Seq) })
	} else {
		err = b.box.Postpone(ctx, l.Seq, b.now().Add(backoff(l.Attempts+1, 200*time.Millisecond, 5*time.Second)))
	}
	if err != nil && ctx.Err() == nil {
		b.log.Error("cannot put a letter off", "letter", l.Seq, "err", err)
		sleep(ctx, time.Second)
	}
}

// panicError is a defect of the program, caught so that one letter does not
// end all conversations.
type panicError struct{ value any }

func (p *panicError) Error() string { return fmt.Sprintf("panic: %v", p.value) }

func (b *Bots) answerSafely(ctx context.Context, l mailbox.Letter) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicError{r}
		}
	}()
	return b.answer(ctx, l)
}

// talk is one letter being answered.
type talk struct {
	letter mailbox.Letter
	in     Inbound
	chat   mailbox.Chat
	facts  dialogue.Facts
	now    time.Time
	posted int
}

func (b *Bots) answer(ctx context.Context, l mailbox.Letter) error {
	t := &talk{letter: l, now: b.now()}
	if err := json.Unmarshal(l.Body, &t.in); err != nil {
		b.log.Error("a letter cannot be read and is put aside", "letter", l.Seq, "err", err)
		t.in.Kind = Ignore
	}
	b.acknowledge(ctx, l.Channel, t.in.Ack)
	switch {
	case t.in.Kind == Left:
		return b.box.Update(ctx, func(tx *mailbox.Tx) error {
			return errors.Join(tx.Silence(l.Channel, l.Chat, "the person left", t.now), tx.Read(l.Seq))
		})
	case t.in.Kind == Ignore, l.Attempts == 0 && !b.flood.open(l.Channel+":"+l.Chat, l.At):
		return b.box.Update(ctx, func(tx *mailbox.Tx) error { return tx.Read(l.Seq) })
	}
	err := b.respond(ctx, t)
	if err != nil && ctx.Err() == nil && t.now.Sub(l.At) > patience {
		return b.settle(ctx, t, dialogue.Decision{Reply: []dialogue.Message{t.facts.Busy()}}, nil)
	}
	return err
}

// respond gathers the facts, decides, asks the office and settles the letter.
func (b *Bots) respond(ctx context.Context, t *talk) error {
	if err := b.gather(ctx, t); err != nil {
		return err
	}
	d := dialogue.Decide(t.facts, dialogue.Input{
		Text: t.in.Text, Payload: t.in.Payload, Group: t.in.Group,
		Old: t.in.Kind == Said && t.now.Sub(t.in.At) > oldAfter,
	})
	var taken *queue.Ticket
	switch {
	case d.Take != "":
		ticket, err := b.take(ctx, t, d.Take)
		if queue.ErrorCode(err) == queue.CodeUnavailable {
			return err
		}
		if err == nil {
			taken = &ticket
		}
		d.Reply = append(d.Reply, t.facts.Taken(ticket, d.Take, err))
	case d.Cancel != "":
		m, err := b.cancel(ctx, t, d.Cancel)
		if err != nil {
			return err
		}
		d.Reply = append(d.Reply, m)
	}
	return b.settle(ctx, t, d, taken)
}

// gather reads what is known of the chat and of the office.
func (b *Bots) gather(ctx context.Context, t *talk) (err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if t.chat, err = b.box.Chat(ctx, t.letter.Channel, t.letter.Chat); err != nil {
		return err
	}
	t.facts.Language = dialogue.ChooseLanguage(t.chat.Language, t.in.Language)
	t.facts.MenuShown = t.now.Sub(t.chat.MenuAt) < menuEvery
	if t.now.Before(t.chat.PendingUntil) {
		t.facts.Pending = t.chat.Pending
	}
	if t.facts.Office, err = b.office.Info(ctx); err != nil {
		return err
	}
	if t.facts.Services, err = b.office.Services(ctx); err != nil {
		return err
	}
	bindings, err := b.box.BindingsOfChat(ctx, t.letter.Channel, t.letter.Chat)
	if err != nil {
		return err
	}
	for _, v := range bindings[max(0, len(bindings)-maxMine):] {
		ticket, err := b.office.Ticket(ctx, v.Ticket)
		switch queue.ErrorCode(err) {
		case "":
			t.facts.Mine = append(t.facts.Mine, ticket)
		case queue.CodeUnknownTicket:
		default:
			return err
		}
	}
	return nil
}

// take asks for a number under the letter's own key, so that a repetition of
// the letter leads to the same number.
func (b *Bots) take(ctx context.Context, t *talk, service string) (queue.Ticket, error) {
	select {
	case <-b.following:
	default:
		return queue.Ticket{}, queue.Errorf(queue.CodeUnavailable, "the office's log cannot be read yet")
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return b.office.Take(ctx, queue.TakeRequest{
		Meta:    queue.Meta{Key: requestKey(t.letter, "take"), Caller: t.letter.Channel},
		Service: service, Channel: queue.Channel(t.letter.Channel), Language: t.facts.Language,
		Person: t.letter.Channel + ":" + t.in.From, Hold: true,
	})
}

func (b *Bots) cancel(ctx context.Context, t *talk, ticket string) (dialogue.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	_, err := b.office.Act(ctx, queue.ActRequest{
		Meta:   queue.Meta{Key: requestKey(t.letter, "cancel"), Caller: t.letter.Channel},
		Ticket: ticket, Action: queue.Cancel, Reason: reasonCitizen,
	})
	if queue.ErrorCode(err) == queue.CodeUnavailable {
		return dialogue.Message{}, err
	}
	for _, mine := range t.facts.Mine {
		if mine.ID == ticket {
			return t.facts.Cancelled(mine, err), nil
		}
	}
	return t.facts.Cancelled(queue.Ticket{ID: ticket}, err), nil
}

// requestKey names what a letter asks for: 1–128 visible ASCII.
func requestKey(l mailbox.Letter, action string) string {
	return l.Channel + ":" + l.ExtID + ":" + action
}

// settle makes the outcome of a letter durable in one transaction.
func (b *Bots) settle(ctx context.Context, t *talk, d dialogue.Decision, taken *queue.Ticket) error {
	err := b.box.Update(ctx, func(tx *mailbox.Tx) error {
		if d.Forget {
			if err := tx.Forget(t.letter.Channel, t.letter.Chat, t.now); err != nil {
				return err
			}
		} else if err := tx.SaveChat(t.after(d)); err != nil {
			return err
		}
		if taken != nil {
			if err := b.bind(tx, t, *taken); err != nil {
				return err
			}
		}
		for _, m := range d.Reply {
			if err := t.post(tx, m); err != nil {
				return err
			}
		}
		if d.Refresh != "" {
			if err := t.refresh(b, tx, d.Refresh); err != nil {
				return err
			}
		}
		return tx.Read(t.letter.Seq)
	})
	if err != nil {
		return err
	}
	if l := b.line(t.letter.Channel); l != nil {
		ring(l.wake)
	}
	ring(b.letters)
	return nil
}

// bind ties a new number to the chat. What was still to be told of an earlier
// number of the same service that lapsed meanwhile would revive it: dropped.
func (b *Bots) bind(tx *mailbox.Tx, t *talk, ticket queue.Ticket) error {
	for _, old := range t.facts.Mine {
		if old.Service == ticket.Service && !old.State.Open() {
			if err := tx.Supersede(old.ID, t.now, string(dialogue.Card)); err != nil {
				return err
			}
		}
	}
	return tx.Bind(mailbox.Binding{
		Channel: t.letter.Channel, Chat: t.letter.Chat, Ticket: ticket.ID, Service: ticket.Service,
		Language: t.facts.Language, At: t.now,
	})
}

// after is what is remembered of the chat once d is done.
func (t *talk) after(d dialogue.Decision) mailbox.Chat {
	c := t.chat
	c.Channel, c.ID = t.letter.Channel, t.letter.Chat
	c.Seen, c.Pending, c.PendingUntil = t.now, "", time.Time{}
	if d.Language != "" {
		c.Language = d.Language
	}
	if d.Pending != "" {
		c.Pending, c.PendingUntil = d.Pending, t.now.Add(pendingFor)
	}
	for _, m := range d.Reply {
		if m.Kind == dialogue.ShortMenu || m.Kind == dialogue.PrivateOnly {
			c.MenuAt = t.now
		}
	}
	return c
}

// post puts one answer into the outbox. A message that tells a held number
// makes the office keep it once the channel took the message.
func (t *talk) post(tx *mailbox.Tx, m dialogue.Message) error {
	p, err := parcel(m, t.letter.Channel, t.letter.Chat, t.now)
	if err != nil {
		return err
	}
	p.Dedupe = "reply:" + strconv.FormatInt(t.letter.Seq, 10) + ":" + strconv.Itoa(t.posted)
	t.posted++
	if m.Kind == dialogue.Card || m.Kind == dialogue.Forgotten {
		p.Confirm = len(m.Slips) > 0 && m.Slips[0].State == queue.Held
	}
	return tx.Post(p, t.now)
}

// parcel packs a message.
func parcel(m dialogue.Message, channel, chat string, now time.Time) (mailbox.Parcel, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return mailbox.Parcel{}, err
	}
	p := mailbox.Parcel{
		Channel: channel, Chat: chat, Kind: string(m.Kind), Priority: m.Kind.Priority(),
		NotBefore: now, Expires: now.Add(m.Kind.Lifetime()), Resend: m.Kind.Resend(), Body: body,
	}
	if len(m.Slips) > 0 {
		p.Ticket = m.Slips[0].Ticket
	}
	return p, nil
}

// refresh has the card of a ticket shown anew, even if only its clock changed.
func (t *talk) refresh(b *Bots, tx *mailbox.Tx, ticket string) error {
	v, ok, err := tx.Binding(t.letter.Channel, t.letter.Chat, ticket)
	if err != nil {
		return err
	}
	if _, edits := b.line(t.letter.Channel).Adapter.(Editor); ok && edits && v.CardRef != "" {
		return b.postEdit(tx, v, t.now, true)
	}
	for _, mine := range t.facts.Mine {
		if mine.ID == ticket {
			return t.post(tx, t.facts.Card(mine))
		}
	}
	return nil
}

// acknowledge lets a pressed button rest, beside the conversation and without
// ever holding it up.
func (b *Bots) acknowledge(ctx context.Context, channel, ack string) {
	l := b.line(channel)
	if l == nil || ack == "" {
		return
	}
	a, ok := l.Adapter.(Acknowledger)
	if !ok {
		return
	}
	select {
	case l.acks <- struct{}{}:
	default:
		return // Too many at once: the button rests by itself after a while.
	}
	b.beside.Go(func() {
		defer func() { <-l.acks }()
		ctx, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		if err := a.Acknowledge(ctx, ack); err != nil && ctx.Err() == nil {
			b.log.Debug("button not acknowledged", "channel", channel, "err", err)
		}
	})
}
