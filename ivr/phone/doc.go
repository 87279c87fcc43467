// Package phone is a telephone for tests and installers: it calls a SIP
// address, listens, presses keys when the speech has ended, and keeps what it
// heard as a WAV file.
//
// Run (run.go) is one call. When speech has ended is decided by Speech
// (speech.go), what is pressed by ParsePress (press.go).
package phone
