// Package e2e tries the built binary as its users would: real telephones call
// it, a browser takes numbers, a sound server hears the loudspeaker, a Bot API
// carries the chat. Run it with "make e2e".
package e2e
