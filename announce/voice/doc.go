// Package voice keeps packs of recorded clips, Vietnamese and further languages
// beside it: building a placeholder with espeak-ng or a pack of a person's
// takes, extending, opening, checking, choosing, and handing them on as one file.
//
// A pack is a folder with a manifest and clips, WAV or FLAC of 8 to 96 kHz. It
// appears whole or not at all: it is built beside its place and renamed. What a
// pack lacks is said by the one behind it. What a pack says is decided by
// package announce; here a clip is a text, a position in the sentence, a take,
// and sound.
package voice
