package bots

import (
	"context"
	"fmt"
	"strings"

	"github.com/xinmoi/xinmoi/bots/dialogue"
	"github.com/xinmoi/xinmoi/bots/mailbox"
	"github.com/xinmoi/xinmoi/queue"
)

// question is what a letter asks of a topic.
func (t *talk) question(arg string) dialogue.Question {
	q := dialogue.Question{
		Arg: arg, Language: t.facts.Language, Person: t.person(), Tickets: t.facts.Mine, Now: t.facts.Now,
		Key: requestKey(t.letter, "topic"), Channel: queue.Channel(t.letter.Channel), Chat: t.letter.Chat,
	}
	if t.letter.Channel == string(queue.SMS) {
		q.Phone = t.letter.Chat
	}
	return q
}

// ask asks a topic. What it does not answer in time is told as busy.
func (b *Bots) ask(ctx context.Context, t *talk, d dialogue.Deed) (dialogue.Message, error) {
	topic, ok := b.topic(d.Topic)
	if !ok || topic.Answer == nil {
		return t.facts.Busy(), nil
	}
	// What buttons carry, some telephones can make up: it does not replace the code.
	if word, _, _ := strings.Cut(d.Arg, " "); topic.Here != "" && (d.Ref != "" || word == topic.Here) {
		if err := b.inHall(t, d.Ref); err != nil {
			return t.facts.Did(dialogue.Deed{Action: dialogue.Here}, queue.Ticket{}, err), nil
		}
	}
	answer, err := topic.Answer(ctx, t.question(d.Arg))
	if queue.ErrorCode(err) == queue.CodeUnavailable {
		return dialogue.Message{}, err
	}
	if err != nil {
		b.log.Warn("a topic does not answer", "topic", topic.Name, "err", err)
		return t.facts.Busy(), nil
	}
	if asks := dialogue.Asks(topic.Name, answer.Ask); asks != "" {
		t.change.chat = func(c *mailbox.Chat) { c.Pending, c.PendingUntil = asks, t.now.Add(pendingFor) }
	}
	t.change.bind, t.change.show = answer.Follow, answer.Follow
	return t.facts.Told(topic.Name, answer), nil
}

func (b *Bots) topic(name string) (dialogue.Topic, bool) {
	for _, t := range b.topics {
		if t.Name == name {
			return t, true
		}
	}
	return dialogue.Topic{}, false
}

// heldByTopics is what the topics hold of who wrote a letter.
func (b *Bots) heldByTopics(ctx context.Context, t *talk) (lines []string, err error) {
	for _, topic := range b.topics {
		if topic.Held == nil {
			continue
		}
		more, err := topic.Held(ctx, t.question(""))
		if err != nil {
			return nil, queue.Errorf(queue.CodeUnavailable, "%s: what is held is not known: %v", topic.Name, err)
		}
		lines = append(lines, more...)
	}
	return lines, nil
}

// forgetInTopics has the topics erase who wrote a letter.
func (b *Bots) forgetInTopics(ctx context.Context, t *talk) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	for _, topic := range b.topics {
		if topic.Forget == nil {
			continue
		}
		if err := topic.Forget(ctx, t.question("")); err != nil {
			return fmt.Errorf("%s: not erased: %w", topic.Name, err)
		}
	}
	return nil
}
