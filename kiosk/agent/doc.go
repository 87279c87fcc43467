// Package agent is what runs on the kiosk's own computer, and what the server
// of the queue knows of such machines.
//
// On the kiosk: Journal remembers over a crash which tickets were on their way
// to paper, so that a number that somebody holds is never lost; Office goes on
// giving numbers for a while when the queue on another machine cannot be
// reached; Cupboard keeps the voice and the logo that the server supplies; Beat
// tells that machine how the kiosk is; Pair gets the kiosk's token by a short
// code. On the server: Desk answers these and shows the machines in /admin,
// Supplies gives what a kiosk has not.
//
// Numbers set aside count among those of the day. A kiosk that has some goes on
// giving them when the office has given all others, and none of a service that
// staff had closed or stopped. They are remembered, confirmed and compared by
// their lookup codes: where an older backup of the office was restored, ids and
// numbers belong to others. What the office does not know any more is dropped,
// and a paper that is out already becomes an alarm (see Orphan).
package agent
