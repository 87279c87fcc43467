// Package ivr gives people with any telephone a place in the queue: a caller
// hears a short Vietnamese menu, presses a key, hears a number twice and keeps
// it; who calls again hears the own number first, comes later, checks in or
// cancels.
//
// The conversation itself is Dialogue (dialogue.go), a pure state machine: an
// Input goes in, Actions come out (step.go), and nothing in it knows SIP, sound
// or time. What a caller can choose at a stage is a list of choices (choice.go):
// the levels of the menu (menu.go), the own tickets (own.go), the offer to be
// called (consent.go); codes are typed (entry.go), key 0 leads to a person
// (operator.go), and take.go leads from a service to a number that is kept. Who
// was served says how it was (rate.go), who was noted for a call can have the
// number erased (forget.go), and what other parts of the program offer callers
// is plugged in as a Topic (topic.go).
//
// Menu, texts and operator are the office's (queue.PhoneSetup), edited on the
// page of package desk, or built from the services, the most used first
// (demand.go); what an option can do is one line of the registry in kinds.go, and a language is a file of the folder languages (language.go). How
// prompts become sentences is in speech.go, how times are said in times.go.
//
// Service (service.go) runs one Dialogue per call (call.go): it renders
// sentences into shared prompts (prompts.go), asks the office (office.go), keeps
// the timers, tells a Watcher (watch.go) and sees to it that a caller never
// meets silence.
package ivr
