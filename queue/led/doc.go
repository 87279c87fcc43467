// Package led keeps the number panels over the counters true: it follows the
// office's log as a board does and writes to every panel, over a serial line,
// the number that its counters call.
//
// Several panels share one line (RS-485). Each line has one goroutine, which
// asks what a panel is to show at the moment it writes, also when it writes
// again after a failure: the newest state wins, and no older number ever comes
// after it. What a panel shows is written anew every few seconds, so that one
// that lost its power shows the number again. A panel that does not answer
// raises an alarm.
package led
