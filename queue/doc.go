// Package queue decides who is next in a public office and never forgets it:
// one office, one owner, one ordered log of events behind every door.
//
// Read "a counter presses next" from top to bottom: Engine.Next (engine.go)
// hands a command to the owner goroutine, decide (decide.go) turns it into
// events by the rules of policy.go and the transition table of transition.go, the
// Store makes them durable, apply changes the live state, and only then does
// anyone hear of it.
//
// The package uses the standard library only. Channels (phone, loudspeaker,
// kiosk, chat, web) talk to an office through the Office interface and do not
// know whether it lives in this process or behind the network.
package queue
