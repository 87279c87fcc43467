// Package ivr gives people with any telephone a place in the queue: a caller
// hears a short Vietnamese menu, presses a key, hears a number twice and keeps
// it.
//
// The conversation itself is Dialogue (dialogue.go), a pure state machine: an
// Input goes in, Actions come out, and nothing in it knows SIP, sound or time.
// What it says stands in texts.go. Service (service.go) runs one Dialogue per
// call (call.go): it renders sentences into shared prompts (prompts.go), asks
// the office, keeps the timers and sees to it that a caller never meets
// silence.
package ivr
