package dialogue

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// Topic is something else that can be talked about, such as appointments or
// dossiers. It is data: whoever has something to tell adds a row, and neither
// the conversation nor the channels change.
type Topic struct {
	Name string // Names it in buttons: at most 12 lower-case letters and digits.
	// Phrases are what opens it, folded ("tra cuu ho so"); an argument may follow.
	// One of several words goes before what is otherwise understood, one of a
	// single word is heard where nothing else is.
	Phrases []string
	Help    [2]string // Its line in the help, Vietnamese and English; empty = none.
	// Here is asked, followed by the code of the hall if that shows one, when
	// somebody has come who holds no number; empty = nothing is.
	Here string
	// Answer answers a question. It is asked outside of any transaction, with a
	// time limit, and may be asked the same again. An error of queue.CodeUnavailable
	// has it asked once more, later; any other is told as "busy".
	Answer func(ctx context.Context, q Question) (Answer, error)
	// Held tells what the topic holds of somebody, a line each, in the question's
	// language; nil = nothing.
	Held func(ctx context.Context, q Question) ([]string, error)
	// Forget erases somebody; it may be asked the same again. Nil = nobody is held.
	Forget func(ctx context.Context, q Question) error
	// Lost tells that what was to be told of the topic's own accord did not arrive,
	// by its key; it may be told the same again. Nil = it becomes a dead letter.
	Lost func(ctx context.Context, key string) error
}

// Question is what somebody asks of a topic.
type Question struct {
	Arg      string // What followed the phrase, folded, or what a button carried.
	Language string // "vi" or "en".
	Person   string // As limits are counted by: "telegram:4711"; not to be kept.
	Tickets  []queue.Ticket
	Now      time.Time // In the office's zone.

	Key     string        // One of each thing that somebody says; the same when it is asked again. 1–128 visible ASCII.
	Channel queue.Channel // Where it was said, and …
	Chat    string        // … where notices go.
	Phone   string        // E.164, where the channel itself proves it; else empty.
}

// Answer is what a topic says.
type Answer struct {
	Body   string // In the question's language; without names and other personal data.
	Offers []Offer
	// Ask has what is written next, unless it is a command, come to this topic,
	// with Ask and a space in front; at most 40 bytes. "" = nothing is asked.
	Ask string
	// Follow is a ticket that the chat follows from here on, and whose card is
	// shown below the answer; nil = none.
	Follow *queue.Ticket
}

// Offer is one thing to choose next, of the same topic.
type Offer struct {
	Label string `json:"label"`
	Topic string `json:"topic"` // Filled in by the conversation.
	Arg   string `json:"arg"`   // At most 40 bytes.
}

// maxTopicArg keeps a topic's payload within MaxPayload.
const maxTopicArg = 40

// pendingTopic is in Facts.Pending while a topic has asked something: its name, a
// dash, and what stands before the answer.
const pendingTopic = "topic:"

// Asks is what waits for the answer to a topic's question.
func Asks(topic, ask string) string {
	if ask == "" || len(ask) > maxTopicArg {
		return ""
	}
	return pendingTopic + topic + "-" + ask
}

// topicIn finds the topic that a text opens: by a phrase of several words, or,
// where nothing else was understood, by any.
func (f Facts) topicIn(folded string, unknown bool) (Intent, bool) {
	for _, t := range f.Topics {
		for _, p := range t.Phrases {
			if !unknown && !strings.Contains(p, " ") {
				continue
			}
			if rest, ok := strings.CutPrefix(folded+" ", p+" "); ok {
				return Intent{Other, t.Name + "-" + strings.TrimSpace(rest)}, true
			}
		}
	}
	return Intent{}, false
}

// topicAnswer reads a text as the answer to what a topic asked: any but a
// command, and "yes" and "no" as well.
func (f Facts) topicAnswer(folded string) (Intent, bool) {
	asked, ok := strings.CutPrefix(f.Pending, pendingTopic)
	if !ok {
		return Intent{}, false
	}
	action, _, is := command(folded)
	if !is {
		action, _, is = command(spellOut(folded))
	}
	switch {
	case action == Yes:
		folded = topicYes
	case action == No:
		folded = topicNo
	case is:
		return Intent{}, false
	}
	return Intent{Other, strings.TrimSpace(asked + " " + folded)}, true
}

// What a topic reads where somebody agreed or did not.
const (
	topicYes = "co"
	topicNo  = "khong"
)

// hereTopic is the topic to ask when somebody has come without a number.
func (f Facts) hereTopic() (t Topic, ok bool) {
	i := slices.IndexFunc(f.Topics, func(t Topic) bool { return t.Here != "" })
	if i < 0 {
		return Topic{}, false
	}
	return f.Topics[i], true
}

func (f Facts) decideTopic(arg string) Decision {
	name, rest, _ := strings.Cut(arg, "-")
	for _, t := range f.Topics {
		if t.Name == name {
			return do(Deed{Action: Other, Topic: name, Arg: rest})
		}
	}
	return f.decideUnknown("", false)
}

// Told words what a topic answered.
func (f Facts) Told(topic string, a Answer) Message {
	m := f.message(TopicText)
	m.Services, m.Text = nil, a.Body
	for _, o := range a.Offers[:min(len(a.Offers), maxServices)] {
		if len(o.Arg) <= maxTopicArg && o.Label != "" {
			m.More = append(m.More, Offer{o.Label, topic, o.Arg})
		}
	}
	return m
}

// topicHelp is the lines of the help that topics add.
func (f Facts) topicHelp() string {
	var b strings.Builder
	for _, t := range f.Topics {
		line := t.Help[0]
		if f.Language == "en" {
			line = t.Help[1]
		}
		if line != "" {
			b.WriteString("\n• " + line)
		}
	}
	return b.String()
}
