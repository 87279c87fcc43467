package ivr

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// What tests outside of this package need of it: those of topics, which import
// it.

// Morning is the office of the transcripts.
func Morning() Started { return morning() }

// Updating reports whether transcripts are written anew.
func Updating() bool { return *update }

// TopicTranscript is a conversation as people read it, in which the topics of
// the office answer themselves: each figure of keys is a key, "." lets a sentence
// end and "-" stays silent.
func TopicTranscript(t *testing.T, title string, started Started, keys string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", title)
	d := NewDialogue("vi")
	var step func(in Input)
	step = func(in Input) {
		if d.Ended() {
			t.Errorf("the conversation ended before %T", in)
		}
		b.WriteString(happened(in))
		var actions []Action
		d, actions = d.Step(in)
		for _, a := range actions {
			switch a := a.(type) {
			case Say:
				fmt.Fprintf(&b, "— %s\n", a.Sentence.Text())
			case Hangup:
				b.WriteString("☎ we hang up\n")
			case Consult:
				a.Turn.Number, a.Turn.Key = testCaller, fmt.Sprintf("call-topic-%d", a.N)
				reply, err := a.Topic.Turn(context.Background(), a.Turn)
				step(Consulted{N: a.N, Reply: reply, Err: err})
			}
		}
	}
	step(started)
	for _, k := range keys {
		switch k {
		case '.':
			step(Played{})
		case '-':
			step(Silence{})
		default:
			step(Key{k})
		}
	}
	step(HungUp{})
	return b.String()
}
