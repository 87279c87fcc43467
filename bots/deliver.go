package bots

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/notice"
)

const (
	inFlight    = 8  // Messages on their way at once, each to another chat.
	dueBatch    = 64 // Rows looked at in one round.
	sendTimeout = 10 * time.Second
	sendBase    = 500 * time.Millisecond
	sendMost    = 20 * time.Second // Well below the two minutes that a call is worth.
	authPause   = time.Minute      // A wrong token does not get right by asking.
	maxLanes    = 4096             // Chats whose pace is remembered.
	catchUp     = 8                // A disk that was slow is made up for by an eighth of a second's messages at once.
)

// sender keeps one channel's pace.
type sender struct {
	mu     sync.Mutex
	all    *rate.Limiter
	gap    time.Duration        // Least time between two messages to one chat.
	busy   map[string]bool      // Chats with a message on its way.
	free   map[string]time.Time // When a chat may get the next message.
	paused time.Time            // Nothing is sent before.
	strict bool                 // The pause was asked for by the channel; resume does not end it.
	fails  int                  // Unreachable in a row.
	done   chan struct{}        // A message arrived or failed.
}

func newSender(c Caps) sender {
	limit := rate.Limit(c.PerSecond)
	if limit <= 0 {
		limit = 1
	}
	return sender{
		all: rate.NewLimiter(limit, max(1, int(limit/catchUp))), gap: c.PerChat,
		busy: map[string]bool{}, free: map[string]time.Time{}, done: make(chan struct{}, 1),
	}
}

// resume ends a pause of our own choice: the channel answers again.
func (s *sender) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = 0
	if !s.strict {
		s.paused = time.Time{}
	}
}

// pause leaves the channel alone until a time.
func (s *sender) pause(until time.Time, strict bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if until.After(s.paused) {
		s.paused, s.strict = until, strict || (s.strict && s.paused.After(until))
	}
}

// rests reports whether nothing is sent for now.
func (s *sender) rests(now time.Time) bool { return s.restsFor(now) > 0 }

// restsFor is for how long nothing is sent.
func (s *sender) restsFor(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(0, s.paused.Sub(now))
}

// admit picks the parcels that may go now and marks their chats busy; wait is
// when to look again for the others.
func (s *sender) admit(due []mailbox.Parcel, now time.Time) (admitted []mailbox.Parcel, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait = time.Minute
	if now.Before(s.paused) {
		return nil, s.paused.Sub(now)
	}
	for _, p := range due {
		if len(s.busy) >= inFlight {
			break // Whoever comes back wakes us.
		}
		if s.busy[p.Chat] {
			continue
		}
		if p.State == mailbox.Ready {
			// Who is called does not wait because a card was just shown anew: two at once
			// are borne, if the chat then rests for longer.
			until := s.free[p.Chat]
			if now.Before(until) && (p.Priority != int(notice.Now) || until.Sub(now) > s.gap) {
				wait = min(wait, until.Sub(now))
				continue
			}
			if !s.all.AllowN(now, 1) {
				wait = min(wait, time.Duration(float64(time.Second)/float64(s.all.Limit())))
				break
			}
			s.free[p.Chat] = now.Add(max(0, until.Sub(now)) + s.gap)
		}
		s.busy[p.Chat] = true
		admitted = append(admitted, p)
	}
	s.forget(now)
	return admitted, wait
}

// forget bounds what is remembered. The caller holds s.mu.
func (s *sender) forget(now time.Time) {
	if len(s.free) < maxLanes {
		return
	}
	for chat, until := range s.free {
		if now.After(until) {
			delete(s.free, chat)
		}
	}
}

// release lets a chat get its next message.
func (s *sender) release(chat string) {
	s.mu.Lock()
	delete(s.busy, chat)
	s.mu.Unlock()
	ring(s.done)
}

// deliver sends what is due in one channel, for ever.
func (b *Bots) deliver(ctx context.Context, l *line) {
	var flying sync.WaitGroup
	defer flying.Wait()
	for ctx.Err() == nil {
		wait, err := b.round(ctx, l, &flying)
		if err != nil && ctx.Err() == nil {
			b.log.Error("cannot read the outbox", "channel", l.Channel(), "err", err)
			wait = time.Second
		}
		timer := time.NewTimer(max(wait, time.Millisecond))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-l.wake:
		case <-l.sender.done:
		}
		timer.Stop()
	}
}

// admit picks what may go now. Mostly the first few that are due may; only where
// their chats want a rest is looked further.
func (b *Bots) admit(ctx context.Context, l *line, now time.Time) (admitted []mailbox.Parcel, wait time.Duration, err error) {
	for _, most := range []int{2 * l.sender.places(), dueBatch} {
		if most == 0 {
			return nil, time.Minute, nil // Whoever comes back wakes us.
		}
		due, err := b.box.Due(ctx, string(l.Channel()), now, most)
		if err != nil {
			return nil, 0, err
		}
		if admitted, wait = l.sender.admit(due, now); len(admitted) > 0 || len(due) < most {
			break
		}
	}
	return admitted, wait, nil
}

// places is how many more messages may be on their way.
func (s *sender) places() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(0, inFlight-len(s.busy))
}

// round starts what may be sent now and tells when to look again.
func (b *Bots) round(ctx context.Context, l *line, flying *sync.WaitGroup) (time.Duration, error) {
	channel := string(l.Channel())
	now := b.now()
	if l.sender.rests(now) {
		due, err := b.box.Due(ctx, channel, now, dueBatch)
		if err != nil {
			return 0, err
		}
		return min(b.rescue(ctx, l, due, now), l.sender.restsFor(now)), nil
	}
	admitted, wait, err := b.admit(ctx, l, now)
	if err != nil {
		return 0, err
	}
	var ids []int64
	for _, p := range admitted {
		if p.State == mailbox.Ready {
			ids = append(ids, p.ID)
		}
	}
	marked, err := b.box.MarkSending(ctx, ids)
	if err != nil {
		for _, p := range admitted {
			l.sender.release(p.Chat)
		}
		return 0, err
	}
	for _, p := range admitted {
		if p.State == mailbox.Ready && !slices.Contains(marked, p.ID) {
			l.sender.release(p.Chat) // Superseded in this moment.
			continue
		}
		p.Attempts++
		flying.Go(func() {
			defer l.sender.release(p.Chat)
			b.carry(ctx, l, p)
		})
	}
	if next, ok, err := b.box.NextDue(ctx, channel, now); err != nil {
		return 0, err
	} else if ok {
		wait = min(wait, next.Sub(b.now()))
	}
	return wait, nil
}

// carry takes one parcel all the way. Its outcome is written down even when
// ctx has ended meanwhile, because it is known.
func (b *Bots) carry(ctx context.Context, l *line, p mailbox.Parcel) {
	keep := context.WithoutCancel(ctx)
	stands, err := true, error(nil)
	if p.State != mailbox.Ready { // Nothing has marked it as ours: it was read before its chat was.
		stands, err = b.box.Stands(keep, p)
	}
	switch {
	case err != nil || !stands:
	case p.State == mailbox.Delivered:
		err = b.confirm(ctx, p)
	case told(p):
		err = b.aftermath(ctx, keep, p)
	case b.now().After(p.Expires):
		err = b.expire(keep, p)
	case p.Kind == editKind:
		err = b.carryEdit(ctx, keep, l, p)
	default:
		err = b.carryMessage(ctx, keep, l, p)
	}
	// A row left as "sending" would hold up its chat until the next start.
	for n := 1; err != nil && ctx.Err() == nil; n++ {
		b.log.Error("an outgoing message could not be settled", "channel", l.Channel(), "kind", p.Kind, "attempt", n, "err", err)
		if b.putOff(keep, p, err) == nil {
			return
		}
		sleep(ctx, backoff(n, sendBase, sendMost)) // Nothing can be written: nothing else can be sent either.
	}
}

// inDoubt is a failure to write down what became of a message that the channel
// took, or may have taken.
type inDoubt struct{ err error }

func (d *inDoubt) Error() string { return "perhaps sent: " + d.err.Error() }
func (d *inDoubt) Unwrap() error { return d.err }

// doubt marks a failure as one that came after sending.
func doubt(err error) error {
	if err == nil {
		return nil
	}
	return &inDoubt{err}
}

// putOff settles a parcel whose outcome could not be written down: it goes out
// (again) later, unless it may have arrived and must not arrive twice.
func (b *Bots) putOff(ctx context.Context, p mailbox.Parcel, why error) error {
	var d *inDoubt
	if errors.As(why, &d) && !p.Resend && !p.Aside {
		return b.end(ctx, p, mailbox.Unknown, why.Error())
	}
	return b.retry(ctx, p, why.Error(), b.now().Add(time.Second+backoff(p.Attempts, sendBase, sendMost)))
}

func (b *Bots) carryMessage(ctx, keep context.Context, l *line, p mailbox.Parcel) error {
	var m dialogue.Message
	if err := json.Unmarshal(p.Body, &m); err != nil {
		return b.end(keep, p, mailbox.Dead, "unreadable: "+err.Error())
	}
	m, verdict := b.upToDate(ctx, p, m)
	switch {
	case ctx.Err() != nil:
		return b.retry(keep, p, "stopped before sending", b.now())
	case verdict == drop:
		return b.end(keep, p, mailbox.Dropped, "no longer true")
	case verdict == later:
		return b.retry(keep, p, "the office does not answer", b.now().Add(backoff(p.Attempts, sendBase, sendMost)))
	}
	if afford, err := b.afford(keep, p); err != nil {
		return err
	} else if !afford {
		return b.spare(ctx, keep, p)
	}
	ref, err := b.send(ctx, keep, l, p, m)
	if err != nil {
		b.refund(keep, p, err)
		return b.failed(ctx, keep, l, p, err)
	}
	l.sender.resume()
	b.answers(l)
	if err := b.sent(keep, p, m, ref); err != nil {
		return doubt(err)
	}
	if m.Kind == dialogue.Forgotten {
		b.scrub(keep)
	}
	if p.Confirm {
		return b.confirm(ctx, p)
	}
	return nil
}

// send words a message for its channel and sends it; what the numbers of a menu
// mean is written down before, because the answer may come at once.
func (b *Bots) send(ctx, keep context.Context, l *line, p mailbox.Parcel, m dialogue.Message) (ref string, err error) {
	form := l.Caps().Form
	text := form.Render(m, b.clock(ctx))
	// A topic's question is not answered from an older menu, and where there are no
	// other menus, numbers answer the latest message alone.
	if len(text.Choices) > 0 || m.Kind == dialogue.TopicText || form.Brief {
		var choices []string
		for _, c := range text.Choices {
			choices = append(choices, c.Payload())
		}
		err := b.box.Update(keep, func(tx *mailbox.Tx) error { return tx.SetMenu(p.Channel, p.Chat, choices, b.now()) })
		if err != nil {
			return "", &Failure{Class: Retry, Err: err}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	switch a := l.Adapter.(type) {
	case Keyed:
		return a.SendOnce(ctx, p.Chat, p.Mark, text)
	case Marker:
		return a.SendMarked(ctx, p.Chat, p.Mark, text)
	case Dated:
		return a.SendDated(ctx, p.Chat, dating(p, m), text)
	}
	return l.Send(ctx, p.Chat, text)
}

// dating is what a channel that keeps messages is told of one.
func dating(p mailbox.Parcel, m dialogue.Message) Dating {
	d := Dating{Until: p.Expires, Urgent: notice.Urgency(p.Priority) <= notice.Soon, Ticket: p.Ticket, Language: m.Language}
	if len(m.Slips) > 0 {
		d.URL = m.Slips[0].URL
	}
	return d
}

// sent writes down that the channel took a message.
func (b *Bots) sent(ctx context.Context, p mailbox.Parcel, m dialogue.Message, ref string) error {
	now := b.now()
	m.Consent = false // Read once; no card is shown anew for it.
	return b.box.Update(ctx, func(tx *mailbox.Tx) error {
		if m.Kind == dialogue.Card && len(m.Slips) == 1 {
			s := m.Slips[0]
			if err := tx.ShowCard(p.Channel, p.Chat, s.Ticket, ref, dialogue.Print(dialogue.Render(m, "")), now); err != nil {
				return err
			}
			if s.Ahead != nil && *s.Ahead <= notice.NearAhead { // The card itself said so.
				if err := hearNearly(tx, p, s.Ticket); err != nil {
					return err
				}
			}
		}
		if b.budget(p.Channel).Month <= 0 { // Else it was counted before it was sent.
			if err := tx.Spend(p.Channel, notice.Month(b.localNow()), 1); err != nil {
				return err
			}
		}
		if p.Confirm {
			return tx.MarkDelivered(p.ID)
		}
		if mark, wait := b.awaits(p, ref); wait > 0 {
			return tx.Await(p.ID, mark, now, now.Add(wait))
		}
		return tx.Settle(p.ID, mailbox.Sent, "", now, now)
	})
}

// hearNearly notes that a chat knows that its turn is near.
func hearNearly(tx *mailbox.Tx, p mailbox.Parcel, ticket string) error {
	v, bound, err := tx.Binding(p.Channel, p.Chat, ticket)
	if err != nil || !bound {
		return err
	}
	return tx.Hear(v.ID, follower(v).Hears(notice.Nearly).String())
}

// scrub makes what was just erased unreadable in the file as well. What fails
// now is made up for when old chats are erased.
func (b *Bots) scrub(ctx context.Context) {
	if err := b.box.Scrub(ctx); err != nil {
		b.log.Error("a forgotten chat is not yet scrubbed from the file", "err", err)
		b.unscrubbed.Store(true)
	}
}

// confirm tells the office that the citizen knows the number. It may be
// repeated, and it may come late: the office revives a lapsed number.
func (b *Bots) confirm(ctx context.Context, p mailbox.Parcel) error {
	ask, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	_, err := b.office.Act(ask, queue.ActRequest{
		Meta: queue.Meta{Caller: p.Channel}, Ticket: p.Ticket, Action: queue.Confirm,
	})
	keep := context.WithoutCancel(ctx)
	switch queue.ErrorCode(err) {
	case "":
		return b.end(keep, p, mailbox.Sent, "")
	case queue.CodeWrongState, queue.CodeUnknownTicket:
		return b.lapse(keep, p, mailbox.Sent, "the number had ended")
	default:
		return b.retry(keep, p, err.Error(), b.now().Add(backoff(p.Attempts, sendBase, sendMost)))
	}
}

// lapse settles a parcel whose number is lost and says so, unless the citizen
// gave the number up anyway.
func (b *Bots) lapse(ctx context.Context, p mailbox.Parcel, state mailbox.State, reason string) error {
	t, err := b.ticket(ctx, p.Ticket)
	if code := queue.ErrorCode(err); code != "" && code != queue.CodeUnknownTicket {
		return err
	}
	facts, err := b.facts(ctx)
	if err != nil {
		return err
	}
	now := b.now()
	return b.box.Update(ctx, func(tx *mailbox.Tx) error {
		v, bound, err := tx.Binding(p.Channel, p.Chat, p.Ticket)
		if err != nil {
			return err
		}
		if bound && t.Reason != reasonCitizen && !t.State.InHand() && t.State != queue.Completed {
			facts.Language = v.Language
			about, err := parcel(facts.About(dialogue.Lapsed, t), p.Channel, p.Chat, now)
			if err != nil {
				return err
			}
			about.Ticket, about.Dedupe = "", p.Dedupe+":lapsed"
			if err := tx.Post(about, now); err != nil {
				return err
			}
		}
		return tx.Settle(p.ID, state, reason, now, now)
	})
}

// expire settles a message that came too late. A number that could not be
// told in time is excused, so that nobody waits for an answer.
func (b *Bots) expire(ctx context.Context, p mailbox.Parcel) error {
	if p.Confirm {
		return b.lapse(ctx, p, mailbox.Dead, "expired")
	}
	if renewed, err := b.renew(ctx, p); renewed || err != nil {
		return err
	}
	if p.Attempts > firstAttempt {
		return b.undelivered(ctx, ctx, p, "expired")
	}
	b.log.Warn("a message expired and was never tried", "channel", p.Channel, "kind", p.Kind, "since", p.Expires)
	return b.undelivered(ctx, ctx, p, neverTried)
}

// firstAttempt is what a parcel counts that is taken up for the first time.
const firstAttempt = 1

// mostDoubts is Caps.Doubts where a channel says nothing: five messages of which
// each may have arrived are a nuisance, sixty a plague.
const mostDoubts = 5

// neverTried is written beside what expired before anybody tried to send it: the
// program was off, or the channel away.
const neverTried = "expired before it was tried"

// renew gives a notice of how the line stands another life where it expired and
// is as true now as it was: who is still near hears so. Whoever was called
// meanwhile hears nothing of that kind. Its doubts stay counted: they are bounded
// over all its lives.
func (b *Bots) renew(ctx context.Context, p mailbox.Parcel) (renewed bool, err error) {
	rule, known := b.book.Rule(notice.Kind(p.Kind))
	if !known || rule.If == nil {
		return false, nil
	}
	t, err := b.ticket(ctx, p.Ticket)
	if err != nil {
		return false, nil // Nobody knows what is true: a dead letter, then.
	}
	now := b.now()
	err = b.box.Update(ctx, func(tx *mailbox.Tx) error {
		v, bound, err := tx.Binding(p.Channel, p.Chat, p.Ticket)
		if err != nil || !bound || !b.book.StillSo(notice.Kind(p.Kind), follower(v), t, now) {
			return err
		}
		renewed = true
		return tx.Renew(p.ID, now, now.Add(rule.Life))
	})
	return renewed, err
}

func (b *Bots) end(ctx context.Context, p mailbox.Parcel, s mailbox.State, reason string) error {
	now := b.now()
	return b.box.Update(ctx, func(tx *mailbox.Tx) error { return tx.Settle(p.ID, s, reason, now, now) })
}

func (b *Bots) retry(ctx context.Context, p mailbox.Parcel, reason string, until time.Time) error {
	return b.box.Update(ctx, func(tx *mailbox.Tx) error { return tx.Retry(p.ID, reason, b.now(), until) })
}

// failed decides what becomes of a message that the channel did not take.
func (b *Bots) failed(ctx, keep context.Context, l *line, p mailbox.Parcel, err error) error {
	if ctx.Err() != nil && !definite(err) {
		return nil // Stays marked as on its way; sorted at the next start.
	}
	f := failureOf(err)
	err = &Failure{f.Class, f.After, f.Alone, errors.New(hideChat(fmt.Sprint(f.Err), p.Chat))} // For logs, pages and the disk.
	now := b.now()
	until := now.Add(max(backoff(p.Attempts, sendBase, sendMost), f.After))
	if f.After > 0 && !f.Alone {
		l.sender.pause(now.Add(min(f.After, time.Hour)), true)
	}
	b.log.Warn("a message was not taken", "channel", l.Channel(), "kind", p.Kind, "attempt", p.Attempts, "err", err)
	switch f.Class {
	case Unreachable:
		l.health.failed(err, now)
		l.sender.pause(now.Add(l.sender.unreachable()), false)
		if b.late(p, now) {
			if moved, err := b.moveOn(ctx, keep, p, err.Error()); moved || err != nil {
				return err
			}
		}
		return b.retry(keep, p, err.Error(), now)
	case Auth, Conflict:
		l.health.failed(err, now)
		l.sender.pause(now.Add(authPause), false)
		if moved, err := b.moveOn(ctx, keep, p, err.Error()); moved || err != nil {
			return err // A wrong token does not get right while somebody is waited for.
		}
		return b.retry(keep, p, err.Error(), now)
	case Retry:
		if until.Sub(now) > patient {
			if moved, err := b.moveOn(ctx, keep, p, err.Error()); moved || err != nil {
				return err
			}
		}
		return b.retry(keep, p, err.Error(), until)
	case Gone:
		if moved, err := b.moveOn(ctx, keep, p, err.Error()); moved || err != nil {
			return err
		}
		return b.gone(keep, p, err.Error())
	case Rejected:
		return b.undelivered(ctx, keep, p, err.Error())
	default:
		l.health.failed(err, now)
		_, once := l.Adapter.(Keyed)
		most := l.Caps().Doubts
		if most <= 0 && p.Priority != int(notice.Now) && p.Kind != editKind { // An edit shows but what is there.
			most = mostDoubts
		}
		switch again := p.Resend || p.Aside; {
		case once, again && (most <= 0 || p.Doubts+1 < most):
			return b.box.Update(keep, func(tx *mailbox.Tx) error {
				return errors.Join(tx.Doubt(p.ID), tx.Retry(p.ID, err.Error(), now, until))
			})
		case again && p.Confirm: // One of so many has arrived: nobody shall hold a number that has lapsed.
			return b.box.Update(keep, func(tx *mailbox.Tx) error { return tx.MarkDelivered(p.ID) })
		}
		return doubt(b.end(keep, p, mailbox.Unknown, err.Error()))
	}
}

// unreachable counts a failure of the whole channel and gives the pause.
func (s *sender) unreachable() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails++
	return backoff(s.fails, sendBase, sendMost)
}

// gone settles everything for a chat that takes no messages any more.
func (b *Bots) gone(ctx context.Context, p mailbox.Parcel, reason string) error {
	now := b.now()
	return b.box.Update(ctx, func(tx *mailbox.Tx) error {
		errs := []error{tx.Silence(p.Channel, p.Chat, reason, now), tx.Settle(p.ID, mailbox.Dead, reason, now, now)}
		if b.caps(p.Channel).OneWay {
			errs = append(errs, tx.Forget(p.Channel, p.Chat, now))
		}
		return errors.Join(errs...)
	})
}

func failureOf(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Class: Ambiguous, Err: err}
}

func definite(err error) bool { return failureOf(err).Class != Ambiguous }

// carryEdit shows a card anew, as the ticket stands now.
func (b *Bots) carryEdit(ctx, keep context.Context, l *line, p mailbox.Parcel) error {
	v, card, body, err := b.cardNow(ctx, p)
	if err != nil {
		return b.retry(keep, p, err.Error(), b.now().Add(backoff(p.Attempts, sendBase, sendMost)))
	}
	print := dialogue.Print(dialogue.Render(card, ""))
	if v.CardRef == "" || (print == v.CardPrint && !body.Forced) {
		return b.endEdit(keep, l, p, mailbox.Dropped, "nothing changed")
	}
	editor, ok := l.Adapter.(Editor)
	if !ok {
		return b.endEdit(keep, l, p, mailbox.Dropped, "the channel cannot edit")
	}
	send, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if err := editor.Edit(send, p.Chat, v.CardRef, dialogue.Render(card, b.clock(ctx))); err != nil {
		return b.failed(ctx, keep, l, p, err)
	}
	l.sender.resume()
	now := b.now()
	return b.box.Update(keep, func(tx *mailbox.Tx) error {
		if err := tx.ShowCard(p.Channel, p.Chat, p.Ticket, v.CardRef, print, now); err != nil {
			return err
		}
		return tx.Settle(p.ID, mailbox.Sent, "", now, now.Add(l.Caps().EditEvery))
	})
}

func (b *Bots) endEdit(ctx context.Context, l *line, p mailbox.Parcel, s mailbox.State, reason string) error {
	now := b.now()
	return b.box.Update(ctx, func(tx *mailbox.Tx) error { return tx.Settle(p.ID, s, reason, now, now.Add(l.Caps().EditEvery)) })
}

// cardNow gives the binding of an edit and the card as it must look now; the
// zero binding if the chat follows the ticket no more.
func (b *Bots) cardNow(ctx context.Context, p mailbox.Parcel) (v mailbox.Binding, m dialogue.Message, body edit, err error) {
	if err := json.Unmarshal(p.Body, &body); err != nil {
		return v, m, body, fmt.Errorf("body of an edit: %w", err)
	}
	err = b.box.Update(ctx, func(tx *mailbox.Tx) (err error) {
		v, _, err = tx.Binding(p.Channel, p.Chat, p.Ticket)
		return err
	})
	if err != nil || v.CardRef == "" {
		return v, m, body, err
	}
	t, err := b.ticket(ctx, p.Ticket)
	if queue.ErrorCode(err) == queue.CodeUnknownTicket {
		return mailbox.Binding{}, m, body, nil
	}
	if err != nil {
		return v, m, body, err
	}
	facts, err := b.facts(ctx)
	facts.Language = v.Language
	return v, facts.Card(t), body, err
}

// verdict says whether a message may still be sent.
type verdict int

const (
	send verdict = iota
	drop
	later
)

// upToDate looks a ticket up in the moment of sending: what is no longer true
// is not said, and a card shows what is true now.
func (b *Bots) upToDate(ctx context.Context, p mailbox.Parcel, m dialogue.Message) (dialogue.Message, verdict) {
	if len(m.Slips) == 0 || m.Slips[0].Ticket == "" {
		return m, send
	}
	t, err := b.ticket(ctx, m.Slips[0].Ticket)
	switch queue.ErrorCode(err) {
	case "":
	case queue.CodeUnknownTicket:
		return m, drop
	default:
		if rule, told := b.book.Rule(notice.Kind(m.Kind)); told && rule.If != nil {
			return m, later // It may have been called meanwhile.
		}
		return m, send
	}
	old := m.Slips[0]
	now := b.now()
	if info, err := b.office.Info(ctx); err == nil {
		now = local(now, info)
	}
	fresh := dialogue.SlipOf(t, old.Service, m.Language, now)
	if t.State == queue.Called {
		fresh.Where = b.where(ctx, t.Counter, m.Language)
	}
	ok := true
	kind := notice.Kind(m.Kind)
	switch rule, told := b.book.Rule(kind); {
	case told:
		ok = rule.True == nil || rule.True(queue.Ticket{ID: old.Ticket, State: old.State, Counter: old.Counter, CallCount: old.Calls}, t)
		fresh.SetOut = old.SetOut
	case m.Kind == dialogue.Card:
		if p.Confirm && t.State == queue.Cancelled && t.Reason == queue.ReasonUndelivered {
			fresh = old // Confirming revives it in its place.
			fresh.State = queue.Held
		}
		ok = fresh.State.Open()
	default:
		return m, send
	}
	if !ok {
		return m, drop
	}
	m.Slips[0] = fresh
	return m, send
}

// clock gives the office's time of day, empty if its zone is not known here.
func (b *Bots) clock(ctx context.Context) string {
	info, err := b.office.Info(ctx)
	if err != nil {
		return ""
	}
	zone, err := time.LoadLocation(info.TimeZone)
	if err != nil {
		return ""
	}
	return b.now().In(zone).Format("15:04")
}

// where tells where a counter is. Nobody waits for it: without an answer the
// counter's number must do.
func (b *Bots) where(ctx context.Context, counter, language string) string {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	counters, err := b.office.Counters(ctx)
	if err != nil {
		return ""
	}
	for _, c := range counters {
		if c.ID == counter {
			return announce.Where(c.Place, language)
		}
	}
	return ""
}
