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
	"github.com/xinmoi/xinmoi/queue/notice"
)

const (
	conversations = 64               // Letters handled at once, of different chats.
	patience      = 30 * time.Second // How long a letter waits for an office that does not answer.
	maxPanics     = 3                // A letter that broke the program this often is put aside.
	askTimeout    = 5 * time.Second  // One question to the office.
	oldAfter      = time.Hour        // Nobody wants a number asked for so long ago.
	pendingFor    = 5 * time.Minute  // How long "yes" answers a question.
	menuEvery     = time.Minute      // At most one short menu in this time.
	maxMine       = 8                // Latest tickets of a chat that are looked at.
)

// reasonCitizen is written to the log when the citizen gave a number up.
const reasonCitizen = notice.ReasonCitizen

// converse answers letters, each chat's in order.
func (b *Bots) converse(ctx context.Context) {
	for ctx.Err() == nil {
		letters, talks, err := b.unread(ctx)
		if err != nil && ctx.Err() == nil {
			b.log.Error("cannot read the inbox", "err", err)
			sleep(ctx, time.Second)
			continue
		}
		place := newPlace(b)
		var batch sync.WaitGroup
		for i, l := range letters {
			batch.Go(func() { b.handle(ctx, l, talks[i], place) })
		}
		batch.Wait()
		if len(letters) == 0 && !queue.Await(ctx, b.letters, b.untilUnread(ctx)) {
			return
		}
	}
}

// unread gives the letters to be answered next, and what is known of their chats.
func (b *Bots) unread(ctx context.Context) (letters []mailbox.Letter, talks []mailbox.Talk, err error) {
	if letters, err = b.box.Unread(ctx, b.now(), conversations); err != nil || len(letters) == 0 {
		return nil, nil, err
	}
	if talks, err = b.box.Talks(ctx, letters); err != nil {
		return nil, nil, err
	}
	return letters, talks, nil
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
func (b *Bots) handle(ctx context.Context, l mailbox.Letter, known mailbox.Talk, p *place) {
	err := b.answerSafely(ctx, &talk{letter: l, known: known, place: p, now: b.now()})
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

func (b *Bots) answerSafely(ctx context.Context, t *talk) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicError{r}
		}
	}()
	return b.answer(ctx, t)
}

// talk is one letter being answered.
type talk struct {
	letter mailbox.Letter
	known  mailbox.Talk // Of its chat …
	place  *place       // … and of the office.
	in     Inbound
	chat   mailbox.Chat
	facts  dialogue.Facts
	change change // What a deed changes beside.

	informed bool // An answer tells what is kept.

	now    time.Time
	posted int
}

func (b *Bots) answer(ctx context.Context, t *talk) error {
	l := t.letter
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
	case t.in.Kind == Ignore, l.Attempts == 0 && !b.flood.open(l.Channel+":"+l.Chat, b.caps(l.Channel), l.At) && !b.wantsOut(ctx, l, t.in):
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
		Text: t.in.Text, Payload: b.chosen(t), Group: t.in.Group,
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
	case d.Enquire != "":
		m, err := b.enquire(ctx, t.facts, d.Enquire)
		if err != nil {
			return err
		}
		d.Reply = append(d.Reply, m)
	case d.Deed != nil:
		m, err := b.perform(ctx, t, *d.Deed)
		if err != nil {
			return err
		}
		d.Reply = append(d.Reply, m)
		if t.change.show != nil {
			d.Reply = append(d.Reply, t.facts.Card(*t.change.show))
		}
	case d.Cancel != "":
		m, err := b.cancel(ctx, t, d.Cancel)
		if err != nil {
			return err
		}
		d.Reply = append(d.Reply, m)
	}
	if err := b.leaveReason(ctx, t, d); err != nil {
		return err
	}
	t.inform(b, &d)
	return b.settle(ctx, t, d, taken)
}

// leaveReason gives the rating of who was asked for a reason and now talks of
// something else.
func (b *Bots) leaveReason(ctx context.Context, t *talk, d dialogue.Decision) error {
	if _, waits := dialogue.Overdue(t.chat.Pending); !waits || d.Deed != nil && d.Deed.Action == dialogue.Rate {
		return nil
	}
	return b.rateOverdue(ctx, t.chat)
}

// inform adds the words about personal data to the first number that a chat is
// told, unless it was shown them with the welcome.
func (t *talk) inform(b *Bots, d *dialogue.Decision) {
	if t.facts.Seen || t.in.Group || len(d.Reply) == 0 || d.Forget {
		return
	}
	first := &d.Reply[0]
	if first.Kind == dialogue.Welcome {
		t.informed = true
		return
	}
	if first.Kind != dialogue.Card {
		return
	}
	t.informed = true
	first.Consent = true
}

// gather reads what is known of the chat and of the office.
func (b *Bots) gather(ctx context.Context, t *talk) (err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	t.chat = t.known.Chat
	t.facts, err = t.place.look(ctx)
	t.facts.Language = dialogue.ChooseLanguage(t.chat.Language, t.in.Language)
	if err != nil {
		return err
	}
	t.facts.Seen = t.chat.Consent == dialogue.ConsentVersion
	t.facts.MenuShown = t.now.Sub(t.chat.MenuAt) < menuEvery
	if t.now.Before(t.chat.PendingUntil) {
		t.facts.Pending = t.chat.Pending
	}
	bindings := t.known.Bindings
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
	if err := t.place.reserve(ctx, t.letter.Channel); err != nil {
		return queue.Ticket{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return b.office.Take(ctx, queue.TakeRequest{
		Meta:    queue.Meta{Key: requestKey(t.letter, "take"), Caller: t.letter.Channel},
		Service: service, Channel: queue.Channel(t.letter.Channel), Language: t.facts.Language,
		Person: t.person(), Hold: true, Needs: needs(t.chat),
	})
}

// person is what limits are counted by.
func (t *talk) person() string {
	if t.in.Person != "" {
		return t.in.Person
	}
	return t.letter.Channel + ":" + t.in.From
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
	if d.Forget {
		if err := errors.Join(b.forgetInTopics(ctx, t), b.unring(ctx, t)); err != nil {
			return err // Once more, later: what is said to be erased is.
		}
	}
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
		if err := t.change.apply(b, tx, t); err != nil {
			return err
		}
		for _, m := range d.Reply {
			if err := t.post(tx, m); err != nil {
				return err
			}
		}
		for _, ticket := range d.Remind {
			if err := tx.Remind(t.letter.Channel, t.letter.Chat, ticket, d.Travel); err != nil {
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

// unring has the telephone forget the number that is written from: who wants no
// messages wants no call, and none in its place. The number that a chat gave may
// be somebody else's: of it only what concerns the chat's own tickets is forgotten.
func (b *Bots) unring(ctx context.Context, t *talk) error {
	if t.chat.Phone != "" && b.voice != nil {
		bound, err := b.box.BindingsOfChat(ctx, t.letter.Channel, t.letter.Chat)
		if err != nil {
			return err
		}
		var tickets []string
		for _, v := range bound {
			tickets = append(tickets, v.Ticket)
		}
		if err := b.voice.ForgetFor(ctx, t.chat.Phone, tickets); err != nil {
			return err
		}
	}
	if t.letter.Channel != string(queue.SMS) {
		return nil
	}
	if b.forget != nil {
		if err := b.forget(ctx, t.letter.Chat); err != nil {
			return err
		}
	}
	if b.voice == nil {
		return nil
	}
	return b.voice.Forget(ctx, t.letter.Chat)
}

// wantsOut reports whether somebody who is known here wants to be forgotten.
// That is heard from whoever has written too much as well, once.
func (b *Bots) wantsOut(ctx context.Context, l mailbox.Letter, in Inbound) bool {
	if in.Group || dialogue.Understand(in.Text).Action != dialogue.Forget {
		return false
	}
	chat, err := b.box.Chat(ctx, l.Channel, l.Chat)
	return err != nil || !chat.Seen.IsZero()
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
	if t.change.chat != nil {
		t.change.chat(&c)
	}
	if t.informed {
		c.Consent, c.ConsentAt = dialogue.ConsentVersion, t.now
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
		Channel: channel, Chat: chat, Kind: string(m.Kind), Priority: int(notice.Anyhow),
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
