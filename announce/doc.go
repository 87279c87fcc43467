// Package announce is the voice of an office: it turns numbers and calls into
// Vietnamese sentences, sentences into recorded clips, clips into sound, and
// brings the sound to loudspeakers one call after another.
//
// The way of a call: Announcer hears that a ticket was called (announcer.go),
// Call makes the sentence (call.go), Zone decides when it is spoken
// (backlog.go, zone.go), Renderer plans clips (plan.go) and renders them to one
// PCM buffer (render.go), and the outputs play it (package output).
//
// A ticket in another language is called in Vietnamese and then in its own
// (bilingual.go); a language is data (language.go, english.go) and clips.
//
// Words (words.go) and sentences (sentence.go) are the one place where numbers
// become text for the ear; board, paper, chat and phone take theirs from here.
package announce
