package bots

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/notice"
)

// tooDear is written beside what was left out to save the month's messages.
const tooDear = "the month's messages run short"

// worth is whether a parcel is sent when the month's messages run short. The
// answer that tells a new number is never left out: it was affordable when the
// number was taken.
func (b *Bots) worth(p mailbox.Parcel) notice.Worth {
	if rule, ok := b.book.Rule(notice.Kind(p.Kind)); ok {
		return rule.Worth
	}
	if urgentWord(p) {
		return notice.Always
	}
	if p.Confirm || p.Kind == string(dialogue.Forgotten) {
		return notice.Always
	}
	return notice.Answer
}

// afford counts a parcel against its channel's month before it is sent, so that
// no crash makes more of them than there are; it reports whether it may be sent.
func (b *Bots) afford(ctx context.Context, p mailbox.Parcel) (ok bool, err error) {
	budget, worth, month := b.budget(p.Channel), b.worth(p), notice.Month(b.localNow())
	if budget.Month <= 0 {
		return true, nil
	}
	spend := func(anyway bool) error {
		return b.box.Update(ctx, func(tx *mailbox.Tx) error {
			u, err := tx.Month(p.Channel, month, string(notice.Called))
			if err != nil {
				return err
			}
			if ok = anyway || budget.Admits(worth, u.Sent, owed(u)); !ok {
				return nil
			}
			return tx.Spend(p.Channel, month, 1)
		})
	}
	if err := spend(false); err != nil || ok || worth != notice.Always {
		return ok, err
	}
	if _, _, other := b.otherWay(ctx, p); other {
		return false, nil
	}
	err = spend(true) // A call without another way: the provider has the last word.
	return err == nil, err
}

// refund takes back what was counted for a message that surely was not sent.
func (b *Bots) refund(ctx context.Context, p mailbox.Parcel, err error) {
	if b.budget(p.Channel).Month <= 0 || !definite(err) {
		return
	}
	if err := b.box.Update(ctx, func(tx *mailbox.Tx) error { return tx.Spend(p.Channel, notice.Month(b.localNow()), -1) }); err != nil {
		b.log.Warn("a message that was not sent stays counted", "channel", p.Channel, "err", err)
	}
}

// spare settles what the month's messages do not allow: a call goes another way,
// all else is left out.
func (b *Bots) spare(ctx, keep context.Context, p mailbox.Parcel) error {
	if b.worth(p) == notice.Always {
		if moved, err := b.moveOn(ctx, keep, p, tooDear); moved || err != nil {
			return err
		}
	}
	return b.end(keep, p, mailbox.Dropped, tooDear)
}

// patient is how long a call waits for a channel that cannot be reached.
const patient = 20 * time.Second

// late reports whether a parcel has waited for its channel long enough.
func (b *Bots) late(p mailbox.Parcel, now time.Time) bool {
	if urgentWord(p) {
		return now.Sub(p.NotBefore) > patient
	}
	rule, ok := b.book.Rule(notice.Kind(p.Kind))
	return ok && rule.Reserve && p.Expires.Sub(now) < rule.Life-patient
}

// rescue tells by another way what has waited too long for a channel that is
// left alone. It gives the time until it wants to look again.
func (b *Bots) rescue(ctx context.Context, l *line, due []mailbox.Parcel, now time.Time) time.Duration {
	keep := context.WithoutCancel(ctx)
	for _, p := range due {
		if !told(p) && (p.State != mailbox.Ready || !b.late(p, now)) || l.sender.serves(p.Chat) {
			continue
		}
		if stands, err := b.box.Stands(keep, p); err != nil || !stands {
			continue // Settled since it was read; or it is looked at again.
		}
		if told(p) {
			if err := b.aftermath(ctx, keep, p); err != nil && ctx.Err() == nil {
				b.log.Error("what became of a message could not be settled", "channel", p.Channel, "err", err)
			}
			continue
		}
		if _, err := b.moveOn(ctx, keep, p, "the channel is left alone"); err != nil && ctx.Err() == nil {
			b.log.Error("a call could not be given to another way", "channel", p.Channel, "err", err)
		}
	}
	return rescueEvery
}

// rescueEvery is between two looks at what waits for a channel left alone.
const rescueEvery = 5 * time.Second

// otherWay finds the way after a parcel's channel, and the telephone number for
// it; ok is false if there is none, or the citizen gave no number.
func (b *Bots) otherWay(ctx context.Context, p mailbox.Parcel) (w notice.Way, telephone string, ok bool) {
	rule, known := b.book.Rule(notice.Kind(p.Kind))
	if !known || !rule.Reserve || b.Settings().NoFallback {
		return w, "", false
	}
	chat, err := b.box.Chat(ctx, p.Channel, p.Chat)
	if err != nil {
		return w, "", false
	}
	telephone = chat.Phone
	if telephone == "" && p.Channel == string(queue.SMS) {
		telephone = p.Chat
	}
	if !strings.HasPrefix(telephone, "+") {
		return w, "", false
	}
	if yes, err := b.box.Reaches(ctx, telephone); err != nil || !yes {
		return w, "", false // Forgotten while it was on its way.
	}
	told, err := b.box.NeedsOf(ctx, telephone) // Also of the chat from which the message has come to this way.
	if err != nil {
		return w, "", false
	}
	needs := strings.Split(strings.Join(append(told, chat.Needs), ","), ",")
	if t, err := b.ticket(ctx, p.Ticket); err == nil {
		needs = append(needs, t.Needs...)
	} else if queue.ErrorCode(err) != queue.CodeUnknownTicket {
		needs = append(needs, queue.NeedHearing) // Not known: nobody is called who may not hear.
	}
	w, ok = notice.Next(b.ways(p.Channel), queue.Channel(p.Channel), needs)
	return w, telephone, ok
}

// ways lists how somebody is told, from the channel of the chat on.
func (b *Bots) ways(channel string) []notice.Way {
	ways := []notice.Way{{Channel: queue.Channel(channel)}}
	if channel != string(queue.SMS) && b.line(string(queue.SMS)) != nil {
		ways = append(ways, notice.Way{Channel: queue.SMS})
	}
	if b.voice != nil {
		ways = append(ways, notice.Way{Channel: queue.Phone, Voice: true})
	}
	return ways
}

// moveOn tells by the next way what its channel does not take. It reports
// whether the parcel is settled by that.
func (b *Bots) moveOn(ctx, keep context.Context, p mailbox.Parcel, why string) (moved bool, err error) {
	if settled, err := b.wordLost(ctx, keep, p, why); settled || err != nil {
		return settled, err
	}
	w, telephone, ok := b.otherWay(keep, p)
	if !ok || b.obsolete(ctx, p) {
		return false, nil
	}
	b.log.Warn("told by another way", "channel", p.Channel, "by", w.Channel, "kind", p.Kind, "why", why)
	if w.Voice {
		return b.call(ctx, keep, p, telephone)
	}
	rule, _ := b.book.Rule(notice.Kind(p.Kind))
	now := b.now()
	next := mailbox.Parcel{
		Channel: string(w.Channel), Chat: telephone, Ticket: p.Ticket, Kind: p.Kind, Priority: p.Priority, Body: p.Body, Resend: p.Resend,
		Dedupe: p.Dedupe + ":" + string(w.Channel), NotBefore: now, Expires: now.Add(rule.Life),
	}
	err = b.box.Update(keep, func(tx *mailbox.Tx) error {
		if err := tx.Post(next, now); err != nil {
			return err
		}
		return tx.Settle(p.ID, mailbox.Dropped, "told by "+string(w.Channel)+": "+why, now, now)
	})
	if l := b.line(string(w.Channel)); l != nil {
		ring(l.wake)
	}
	return err == nil, err
}

// obsolete reports whether a parcel would not be sent any more: nobody is called
// or written to elsewhere about what is over.
func (b *Bots) obsolete(ctx context.Context, p mailbox.Parcel) bool {
	var m dialogue.Message
	if json.Unmarshal(p.Body, &m) != nil {
		return true
	}
	_, verdict := b.upToDate(ctx, p, m)
	return verdict == drop
}

// call asks for a telephone call about a parcel's ticket.
func (b *Bots) call(ctx, keep context.Context, p mailbox.Parcel, telephone string) (called bool, err error) {
	t, err := b.ticket(ctx, p.Ticket)
	if err != nil || t.Needing(queue.NeedHearing) {
		return false, nil
	}
	language := "vi"
	var m dialogue.Message
	if json.Unmarshal(p.Body, &m) == nil && m.Language != "" {
		language = m.Language
	}
	if err := b.voice.Call(ctx, t, telephone, language); err != nil {
		b.log.Warn("no call could be asked for", "err", err)
		return false, nil
	}
	return true, b.end(keep, p, mailbox.Dropped, "told by telephone")
}

// undelivered settles what will not arrive: by another way if there is one, else
// as a dead letter that staff can see.
func (b *Bots) undelivered(ctx, keep context.Context, p mailbox.Parcel, reason string) error {
	if moved, err := b.moveOn(ctx, keep, p, reason); moved || err != nil {
		return err
	}
	now := b.now()
	return b.box.Update(keep, func(tx *mailbox.Tx) error {
		if p.Kind == editKind || p.Kind == string(dialogue.Forgotten) {
			return tx.Settle(p.ID, mailbox.Dead, reason, now, now)
		}
		return tx.Bury(p, reason, now)
	})
}

// Letter is a message that could not be delivered, as staff see it.
type Letter struct {
	ID      int64
	Channel queue.Channel
	Kind    string // What it says: "called".
	Number  string // Of the ticket it is about, if one.
	Reason  string // What the channel answered.
	At      time.Time
}

// Letters lists the newest messages that could not be delivered.
func (b *Bots) Letters(ctx context.Context, limit int) (all []Letter, err error) {
	dead, err := b.box.DeadLetters(ctx, limit)
	for _, d := range dead {
		l := Letter{ID: d.ID, Channel: queue.Channel(d.Parcel.Channel), Kind: d.Parcel.Kind, Reason: hideChat(d.Reason, d.Parcel.Chat), At: d.At}
		var m dialogue.Message
		if json.Unmarshal(d.Parcel.Body, &m) == nil && len(m.Slips) > 0 {
			l.Number = m.Slips[0].Number
		}
		all = append(all, l)
	}
	return all, err
}

// hideChat takes a chat's id out of what a channel answered.
func hideChat(text, chat string) string {
	if chat == "" {
		return text
	}
	return strings.ReplaceAll(text, chat, "…")
}

// SendAgain puts a dead letter back into the outbox. What is no longer true is
// dropped there, as always.
func (b *Bots) SendAgain(ctx context.Context, id int64) error {
	now := b.now()
	channel := ""
	err := b.box.Update(ctx, func(tx *mailbox.Tx) error {
		d, ok, err := tx.DeadLetter(id)
		if err != nil || !ok {
			return err
		}
		p := d.Parcel
		life := dialogue.Kind(p.Kind).Lifetime()
		if rule, ok := b.book.Rule(notice.Kind(p.Kind)); ok {
			life = rule.Life
		}
		p.NotBefore, p.Expires, p.Dedupe = now, now.Add(life), "again:"+itoa(id)+":"+itoa(now.UnixMilli())
		channel = p.Channel
		if err := tx.Post(p, now); err != nil {
			return err
		}
		return tx.Dismiss(id)
	})
	if l := b.line(channel); l != nil {
		ring(l.wake)
	}
	return err
}

// Dismiss erases a dead letter.
func (b *Bots) Dismiss(ctx context.Context, id int64) error {
	if err := b.box.Update(ctx, func(tx *mailbox.Tx) error { return tx.Dismiss(id) }); err != nil {
		return err
	}
	b.scrub(ctx)
	return nil
}

// EachLetter does something with all dead letters there are, the oldest first.
func (b *Bots) EachLetter(ctx context.Context, do func(ctx context.Context, id int64) error) error {
	dead, err := b.box.DeadLetters(ctx, 10_000)
	if err != nil {
		return err
	}
	for _, d := range slices.Backward(dead) {
		if err := do(ctx, d.ID); err != nil {
			return err
		}
	}
	return nil
}
