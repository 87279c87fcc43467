package bots

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/notice"
)

// ErrNoChat says that a channel is not there, so that nothing can be told in it.
var ErrNoChat = errors.New("bots: the channel is not in use")

// Word is something that a topic tells a chat of its own accord.
type Word struct {
	Channel queue.Channel
	Chat    string // As the topic was asked from.
	// Key names the word: it is told once. Without chats or telephone numbers, it
	// is kept longer than they are; at most 60 letters.
	Key      string
	Topic    string // Whose it is, and whose offers are.
	Language string // "vi" or "en".
	Body     string
	Offers   []dialogue.Offer
	// NotBefore and Expires bound when it is worth telling; zero = from now on, and
	// for a quarter of an hour.
	NotBefore, Expires time.Time
	Urgent             bool // Somebody waits for it: neither quiet hours nor the month's messages hold it back.
}

// wordKind is the kind of a parcel that carries a Word.
const wordKind = string(dialogue.TopicText)

// wordLead stands before a word's topic and key where parcels are told apart; by
// it the mailbox knows what is told once.
const wordLead = "word:"

// wordLife is how long a word is worth telling that does not say so.
const wordLife = 15 * time.Minute

// Tell has a chat told something; when it returns nil, that is safe. The same
// word again, by its topic and key, changes nothing.
func (b *Bots) Tell(ctx context.Context, w Word) error {
	l := b.line(string(w.Channel))
	if l == nil {
		return fmt.Errorf("%w: %q", ErrNoChat, w.Channel)
	}
	p, err := b.wordParcel(w)
	if err != nil {
		return err
	}
	if err := b.box.Update(ctx, func(tx *mailbox.Tx) error { return tx.Post(p, b.now()) }); err != nil {
		return err
	}
	ring(l.wake)
	return nil
}

func (b *Bots) wordParcel(w Word) (mailbox.Parcel, error) {
	language := dialogue.ChooseLanguage(w.Language, "")
	m := dialogue.Facts{Language: language}.Told(w.Topic, dialogue.Answer{Body: w.Body, Offers: w.Offers})
	now := b.now()
	p, err := parcel(m, string(w.Channel), w.Chat, now)
	if err != nil {
		return p, err
	}
	p.Dedupe, p.Resend, p.Aside = wordLead+w.Topic+":"+w.Key, true, w.NotBefore.After(now)
	if p.NotBefore = w.NotBefore; p.NotBefore.IsZero() {
		p.NotBefore = now
	}
	if p.Expires = w.Expires; p.Expires.IsZero() {
		p.Expires = p.NotBefore.Add(wordLife)
	}
	if w.Urgent {
		p.Priority = int(notice.Now)
		return p, nil
	}
	p.Priority = int(notice.Soon)
	if end, quiet := b.Settings().Quiet.Until(p.NotBefore.In(b.localNow().Location())); quiet {
		switch {
		case w.Expires.IsZero():
			p.Expires = end.Add(time.Hour)
		case w.Expires.Before(end): // In the morning it would be worth nothing.
			return p, nil
		}
		p.NotBefore, p.Aside = end, true
	}
	return p, nil
}

// wordOf tells whose word a parcel is, if it is one.
func wordOf(p mailbox.Parcel) (topic, key string, ok bool) {
	rest, ok := strings.CutPrefix(p.Dedupe, wordLead)
	topic, key, found := strings.Cut(rest, ":")
	return topic, key, ok && found && p.Kind == wordKind
}

// wordLost has a word's topic find another way; it reports whether the parcel is
// settled by that.
func (b *Bots) wordLost(ctx, keep context.Context, p mailbox.Parcel, why string) (settled bool, err error) {
	name, key, ok := wordOf(p)
	topic, known := b.topic(name)
	if !ok || !known || topic.Lost == nil {
		return false, nil
	}
	ask, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if err := topic.Lost(ask, key); err != nil {
		b.log.Warn("a topic finds no other way", "topic", name, "err", err)
		return false, nil // A dead letter, then.
	}
	return true, b.end(keep, p, mailbox.Dropped, "left to its topic: "+why)
}

// urgentWord reports whether a parcel is a word that somebody waits for.
func urgentWord(p mailbox.Parcel) bool {
	_, _, ok := wordOf(p)
	return ok && p.Priority == int(notice.Now)
}

// heldElsewhere is what lies beside the mailbox of who wrote a letter.
func (b *Bots) heldElsewhere(ctx context.Context, t *talk) ([]string, error) {
	lines, err := b.heldByTopics(ctx, t)
	if err != nil || b.held == nil {
		return lines, err
	}
	who := Holder{Given: t.chat.Phone, Language: t.facts.Language, Now: t.facts.Now}
	if t.letter.Channel == string(queue.SMS) {
		who.Telephone = t.letter.Chat
	}
	for _, ticket := range t.facts.Mine {
		who.Tickets = append(who.Tickets, ticket.ID)
	}
	more, err := b.held(ctx, who)
	return append(lines, more...), err
}
