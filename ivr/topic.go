package ivr

import (
	"context"
	"strings"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/queue"
)

// Topic is something that callers can do by telephone and that another part of
// the program does: ask how a dossier stands, book an appointment. It is
// plugged in by Config.Topics and from then on a kind of option that an office
// puts into its menu as any other.
//
// A topic leads its callers turn by turn: the caller's keys go in, a sentence
// and how many keys are wanted next come out. What a topic may not do is keep a
// caller for ever or in silence: turns are counted, and who waits for one hears
// so.
type Topic interface {
	// Kind names the option; its name is like those of queue.PhoneOption.Kind.
	Kind() Kind
	// Offer is its line of the menu in a language, "vi", up to the figure of the
	// key: "Để tra cứu hồ sơ, bấm phím".
	Offer(language string) string
	// Turn answers what was pressed. On an error the caller hears that it could
	// not be done, with what to do, and is back in the menu.
	Turn(ctx context.Context, t Turn) (Reply, error)
}

// Ready is a Topic that cannot always be had: while it is not ready, callers are
// not offered it. It answers at once.
type Ready interface{ Ready() bool }

// Turn is what a caller has done.
type Turn struct {
	Key      string // Names this turn of this call: a request key for what it leads to.
	Number   string // Who calls, E.164; empty when withheld.
	Language string // What the caller hears, "vi".
	Speech   Speech // In which the reply is spoken.
	Keys     string // Pressed since the latest reply, without the #; empty at the first turn.
	State    string // That of the latest reply; empty at the first turn.
}

// Reply is what a caller hears of a topic.
type Reply struct {
	Lead   announce.Sentence // Said once before Say, and not when that is heard again.
	Say    announce.Sentence
	Digits int    // At most so many keys are awaited: 1 = a choice, more = an entry that # ends; 0 = that was all, the menu follows.
	State  string // Comes back with the next Turn.
	Back   bool   // The star key is the topic's, as "*"; else it leads to the menu.
}

// maxTopicKeys bounds one entry: a dossier's code is the longest there is.
const maxTopicKeys = 24

// topicKind makes a topic a kind of option.
func topicKind(t Topic) kind {
	k := t.Kind()
	return kind{name: k.Name, about: k.About, topic: t, open: topicOpen(t), do: func(d Dialogue, _ queue.PhoneOption) (Dialogue, []Action) {
		d.topic, d.reply = t, Reply{}
		return d.consult("")
	}}
}

// topicOpen reports whether a topic is read out now; nil = always.
func topicOpen(t Topic) func(Dialogue, queue.PhoneOption) bool {
	r, sometimes := t.(Ready)
	if !sometimes {
		return nil
	}
	return func(Dialogue, queue.PhoneOption) bool { return r.Ready() }
}

// consult asks the topic what comes next.
func (d Dialogue) consult(keys string) (Dialogue, []Action) {
	if d.turnsTaken++; d.turnsTaken > d.most.topics {
		return d.toMenu(d.speak.say("not-done"))
	}
	d = d.ask(consulting)
	t := Turn{Language: d.speak.Code, Speech: Speech{d.speak}, Keys: keys, State: d.reply.State}
	return d, []Action{Hush{}, Consult{N: d.questions, Topic: d.topic, Turn: t}, SetTimer{officeWait}}
}

// consulted says what the topic answers.
func (d Dialogue) consulted(in Consulted) (Dialogue, []Action) {
	if d.stage != consulting || in.N != d.questions {
		return d, nil
	}
	d.misses, d.typed = 0, ""
	switch {
	case in.Err != nil:
		return d.toMenu(d.speak.say("not-done"))
	case in.Reply.Digits <= 0:
		return d.toMenu(in.Reply.Lead, in.Reply.Say)
	case in.Reply.Say.IsZero(): // A topic that asks for keys says which.
		return d.toMenu(d.speak.say("not-done"))
	}
	d.stage, d.reply = topical, in.Reply
	d.reply.Digits = min(d.reply.Digits, maxTopicKeys)
	return d.offerChoices(d.reply.Lead, d.reply.Say)
}

// topicKey takes one key: where one is a choice, 9, 0 and * mean what they mean
// everywhere; in an entry all figures are its own.
func (d Dialogue) topicKey(k rune) (Dialogue, []Action) {
	one := d.reply.Digits == 1
	switch {
	case one && k == repeatKey:
		return d.offerChoices(d.reply.Say)
	case one && k == operatorKey:
		return d.operator()
	case k == backKey && d.typed != "":
		d.typed = ""
		return d.offerChoices(d.reply.Say)
	case k == backKey && d.reply.Back:
		return d.consult(string(backKey))
	case k == backKey:
		return d.toMenu()
	case k == endKey && d.typed != "":
		return d.consult(d.typed)
	case k < '0' || k > '9':
		return d, nil
	}
	d.typed += string(k)
	if len(d.typed) < d.reply.Digits {
		return d, []Action{Hush{}, SetTimer{betweenKeys}}
	}
	d.closer = !one
	return d.consult(d.typed)
}

// topicSilence ends an entry without #; who pressed nothing is asked again.
func (d Dialogue) topicSilence() (Dialogue, []Action) {
	if d.typed != "" {
		return d.consult(d.typed)
	}
	d.silences++
	d.misses++
	if d.misses >= d.most.misses {
		return d.helpOut()
	}
	return d.offerChoices(d.speak.say("nothing"), d.reply.Say)
}

// offerTopic is the line of the menu for a topic.
func (s speech) offerTopic(t Topic, key rune) announce.Sentence {
	text := strings.TrimSpace(t.Offer(s.Code))
	if text == "" { // In that language it has no words: better theirs than none.
		return announce.Join(announce.Phrase(t.Offer(vietnamese)), s.phrase(s.figure(key)+"."))
	}
	return announce.Join(s.phrase(text), s.phrase(s.figure(key)+"."))
}

// topicName names the topic that a conversation is in: " dossier".
func (d Dialogue) topicName() string {
	if d.stage != consulting && d.stage != topical {
		return ""
	}
	return " " + d.topic.Kind().Name
}
