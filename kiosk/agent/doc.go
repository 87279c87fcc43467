// Package agent is what runs on the kiosk's own computer, and what the server
// of the queue knows of such machines.
//
// On the kiosk: Journal remembers over a crash which tickets were on their way
// to paper, so that a number that somebody holds is never lost; Office goes on
// giving numbers for a while when the queue on another machine cannot be
// reached; Beat tells that machine how the kiosk is; Pair gets the kiosk's token
// by a short code. On the server: Desk answers these and shows the machines in
// /admin.
package agent
