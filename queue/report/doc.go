// Package report is for knowing how a business day went: how many numbers were
// given and what became of them, how long people waited, what each counter
// did, and how often somebody was called out of order. It reads the office's
// log and nothing else, in one pass, and keeps one day in memory.
//
// What was undone is taken back: a finished ticket that was undone was not
// served, a call that was undone ended nobody's wait. What happened is counted
// all the same where it matters to those who waited: a call out of order that
// was undone is still one, with its undo beside it.
//
// Refusals (quota, limit per person, closed) are no events and not in the log.
package report
