// Package studio records a voice: a person reads sentences in the browser or
// on the telephone, and the accepted takes become a voice pack.
//
// A recording project lies in the folder "<id>.studio" beside the packs: one
// state file, replaced whole at every change, and one WAV per take. What the
// server has answered is on the disk, so that a person may go on another day,
// in another browser, after a power cut. The script (which sentence is read
// for which clip) comes from announce.Inventory; the words to be kept stand in
// a carrier sentence, because a word that is read alone sounds like the end of
// a list. The studio cuts them out, says in plain words what is wrong with a
// take, and lets every cut be corrected by hand.
//
// A voice is personal data: a project begins with the speaker's consent, and
// can be removed with everything in it.
package studio
