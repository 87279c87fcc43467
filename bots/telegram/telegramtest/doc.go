// Package telegramtest is for testing chat without Telegram: a Bot API server
// with people who write, press buttons and read, and with the faults of the
// real one on demand.
//
// It keeps what clients trip over: getUpdates forgets only what its offset
// confirms, a second poller ends the first with 409, an edit that changes
// nothing is a 400, texts and payloads have limits, and nobody can be written
// to who has not written first.
package telegramtest
