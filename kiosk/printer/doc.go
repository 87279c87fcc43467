// Package printer brings a ticket onto paper and tells truthfully whether it
// got there: printed, not printed, or unknown.
//
// A printer is asked before (no job is sent to one that is known to be out of
// paper, open or offline, since it would spill out stale tickets later) and
// asked after: GS ( H (process ID), else GS r 1, else the paper is assumed.
// Connections are closed after every job, because many network printers serve
// one client at a time.
package printer
