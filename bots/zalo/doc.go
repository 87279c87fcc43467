// Package zalo is for citizens who write on Zalo: the adapter of the Zalo Bot
// Platform, by webhook where the office can be reached from outside, by polling
// where it cannot.
//
// The platform looks like Telegram's and is less: no buttons, no edits, no way
// to ask for an update twice. So choices are numbered, every message stands for
// itself, and a poll that is cut off after the platform answered loses what it
// brought; a webhook loses nothing. Errors come with HTTP status 200.
package zalo
