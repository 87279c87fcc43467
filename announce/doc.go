// Package announce is the voice of an office: it turns numbers and calls into
// Vietnamese sentences, sentences into recorded clips, clips into sound, and
// brings the sound to loudspeakers one call after another.
//
// The way of a call: Announcer hears that a ticket was called (announcer.go) and
// sends it to the zones that serve its counter (route.go), Zone decides when it
// is spoken and together with which others (backlog.go, zone.go), Calls makes the
// sentence (call.go), Renderer plans clips (plan.go) and renders them to one PCM
// buffer (render.go), the outputs play it (package output), each watched and
// replaced by the zone's reserve when it fails (lane.go, play.go), and the
// office's log learns how it ended (outcome.go, witness.go). What staff say to
// the hall goes the same way (message.go; package desk is their page).
//
// A ticket in another language is called in Vietnamese and then in its own
// (bilingual.go). A language is data: a grammar (grammar.go, numerals.go,
// template.go; the built-in ones lie in grammars) and clips, both of which a
// voice pack may bring (language.go).
//
// Words (words.go), readings of times, days, money and codes (clock.go, date.go,
// money.go, code.go) and sentences (sentence.go) are the one place where numbers
// become text for the ear; board, paper, chat and phone take theirs from here.
// What differs between regions are switches (switches.go); ParseWords (parse.go)
// understands number words.
package announce
