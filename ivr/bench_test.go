package ivr

import "testing"

// BenchmarkConversation is the work of one whole conversation beside sound and
// signalling.
func BenchmarkConversation(b *testing.B) {
	c := conversations()["first_call"]
	for b.Loop() {
		d, _ := NewDialogue("vi").Step(c.started)
		for _, in := range c.inputs {
			d, _ = d.Step(in)
		}
		if !d.Ended() {
			b.Fatal("not ended")
		}
	}
}
