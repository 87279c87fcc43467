// Package voice keeps packs of recorded clips, Vietnamese and further languages
// beside it: building a placeholder with espeak-ng, extending, opening, checking
// and listing them.
//
// A pack is a folder with a manifest and WAV clips of 48 kHz mono. It appears
// whole or not at all: it is built beside its place and renamed. What a pack
// says is decided by package announce; here a clip is a text, a position in
// the sentence, and sound.
package voice
