// Package book is for forgetting no citizen who asked to be called, and for
// calling nobody twice by mistake: a durable list of wishes and of every attempt
// at a call, in one SQLite file of its own beside the office's log.
//
// An attempt is committed before the telephone rings, how far it came while it
// lasts, and how it ended together with what becomes of the wish. After a crash
// everybody therefore knows which calls are in doubt (Unfinished).
//
// The file is the only place where a telephone number stands beside a ticket.
// A wish loses its number as soon as nothing is left to do for it, and the whole
// wish is gone when the day turns. What limits calls per number and day is a
// count under a hash whose key is thrown away with the day.
package book
