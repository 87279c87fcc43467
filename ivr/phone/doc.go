// Package phone is a telephone for tests and installers: it calls a SIP
// address, listens, presses keys, checks what it hears, and keeps it as a WAV
// file.
//
// Run (run.go) is one call: it presses groups of keys, each when the speech has
// ended (press.go, speech.go), or follows a script (script.go, follow.go) that
// says which words must be heard. Words are told by matched filter against the
// far end's own voice (expect.go): no speech recognition, no doubt.
package phone
