// Package sip answers the telephone: it turns SIP calls (RFC 3261) from a
// trunk, an office switchboard or a softphone into Calls that a dialogue can
// speak to and listen to, and places calls itself.
//
// Messages, transports and transactions are sipgo's. The dialog layer is ours:
// sipgo delivers requests in no particular order, so that each Call has a
// mailbox and one goroutine that reads it (dialog.go), repeats its 200 until
// the ACK, watches the session timer and the media, and sends the BYE.
//
// An INVITE may be forged. Until its sender repeats our tag, which only the
// 200 tells, it gets no sound and no conversation, and one of a few places
// (admission.go). What stands before sipgo is in filter.go and stream.go.
//
// Read a call from top to bottom in uas.go: incoming checks an INVITE,
// negotiates (sdp.go), opens the sound (leg.go) and runs the dialog.
//
// What is needed to live with trunks and switchboards is here too, as single
// steps: REGISTER (register.go), OPTIONS (peer.go), who may talk to us at all
// (door.go), connections by TCP and TLS (connect.go), early media and reliable
// responses (ringing.go, early.go), sending a caller on (transfer.go) or letting
// two calls hear each other (bridge.go), whom to believe about who calls
// (identity.go). Package trunk makes a life of them, and package operator puts
// callers through to a person with them.
//
// A Horn (horn.go) is the other direction: it calls loudspeakers that answer by
// themselves and speaks an announcement into them.
package sip
