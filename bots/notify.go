package bots

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/notice"
)

// follower is who follows a ticket in a chat, and what was heard there. The
// ticket was shown when it was bound.
func follower(v mailbox.Binding) notice.Follower {
	return notice.Follower{Ahead: v.Ahead, Travel: v.Travel, Shown: true}.Recall(v.Heard)
}

// heard is what an event leads to.
type heard struct {
	say  notice.Kind
	void []notice.Kind
}

// hear asks the book what an event is worth saying, and drops what all who
// follow its ticket need not hear any more.
func (b *Bots) hear(tx *mailbox.Tx, ev queue.Event) (h heard, err error) {
	h.say, h.void = b.book.Hear(ev)
	var kinds []string
	for _, k := range h.void {
		kinds = append(kinds, string(k))
	}
	return h, tx.Supersede(ev.Ticket.ID, b.now(), kinds...)
}

// noticeOne posts what one chat is to hear of an event.
func (b *Bots) noticeOne(tx *mailbox.Tx, facts dialogue.Facts, v mailbox.Binding, ev queue.Event, h heard) error {
	now, t := b.now(), *ev.Ticket
	ended := time.Time{}
	if !t.State.Open() {
		ended = ev.At
	}
	if err := tx.EndBindings(t.ID, ended); err != nil {
		return err
	}
	v, bound, err := tx.Binding(v.Channel, v.Chat, v.Ticket) // As it is in this transaction.
	if err != nil || !bound {
		return err
	}
	if after := follower(v).After(ev, h.say, h.void).String(); after != v.Heard {
		if err := tx.Hear(v.ID, after); err != nil {
			return err
		}
	}
	if h.say != "" {
		m := inLanguage(facts, v, h.say, t)
		if err := b.tell(tx, m, v, h.say, strconv.FormatInt(ev.Seq, 10), ev.At); err != nil {
			return err
		}
	}
	return b.postEditIfShown(tx, v, now)
}

// inLanguage words a notice's facts in the language of a chat.
func inLanguage(facts dialogue.Facts, v mailbox.Binding, k notice.Kind, t queue.Ticket) dialogue.Message {
	facts.Language = v.Language
	return facts.About(dialogue.Kind(k), t)
}

// look posts what a chat is to hear of a ticket as it stands now.
func (b *Bots) look(tx *mailbox.Tx, facts dialogue.Facts, v mailbox.Binding, t queue.Ticket) error {
	f := follower(v)
	say := b.book.Look(f, t, facts.Now)
	for _, k := range say {
		m := inLanguage(facts, v, k, t)
		once := strconv.Itoa(t.LaterCount)
		if k == notice.Leave {
			m.Slips[0] = dialogue.SetOut(m.Slips[0], t, v.Travel, v.Language, facts.Now)
			// Who asks again after a lost place is told again; the transaction sees to once.
			once = strconv.FormatInt(b.now().UnixNano(), 10)
			if err := tx.Remind(v.Channel, v.Chat, v.Ticket, 0); err != nil {
				return err
			}
		}
		if err := b.tell(tx, m, v, k, once, b.now()); err != nil {
			return err
		}
	}
	if len(say) == 0 {
		return nil
	}
	return tx.Hear(v.ID, f.Hears(say...).String())
}

// tell posts a notice as its rule says; at is when what it tells happened. In the
// quiet hours what can wait stands aside until they end, and holds up nothing.
func (b *Bots) tell(tx *mailbox.Tx, m dialogue.Message, v mailbox.Binding, k notice.Kind, once string, at time.Time) error {
	rule, ok := b.book.Rule(k)
	if !ok {
		return nil
	}
	now := b.now()
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	p := mailbox.Parcel{
		Channel: v.Channel, Chat: v.Chat, Ticket: v.Ticket, Kind: string(k), Priority: int(rule.Urgency), Body: body, Resend: rule.Twice,
		Dedupe: "notice:" + string(k) + ":" + strconv.FormatInt(v.ID, 10) + ":" + once, NotBefore: now, Expires: now.Add(rule.Life),
	}
	// A call is worth telling while it lasts, and that is looked up when it is
	// sent; the others are news only for a while after they happened.
	if rule.Urgency != notice.Now {
		p.Expires = at.Add(rule.Life)
	}
	if end, quiet := b.Settings().Quiet.Until(b.localNow()); quiet && rule.Waits {
		p.NotBefore, p.Aside = end, true
		if last := end.Add(time.Hour); p.Expires.Before(last) {
			p.Expires = last
		}
	}
	return tx.Post(p, now)
}
