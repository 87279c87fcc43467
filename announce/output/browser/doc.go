// Package browser lets the hall's board speak: a web page plays the
// announcements and tells when it has done so.
//
// The handler serves, below /announce/: stream (server-sent events, one "call"
// per announcement), audio/{id}.wav, ack/{id} (what a page reports) and
// player.js, the script that a page includes. Reading is public; whoever mounts
// the handler guards ack, since an acknowledgement counts as "the call was
// heard". Pages that may not acknowledge still play and show the call.
package browser
