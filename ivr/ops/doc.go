// Package ops is for the people who keep the telephone working: it follows
// every call, keeps the latest ones with what was said, pressed and sent,
// counts how calls went, and shows all that on one page.
//
// Calls (calls.go) is told what happens: it is the ivr.Watcher of the
// conversations and takes the SIP messages and the sound's quality. What it
// keeps of a message is cleaned first (package clean): no number, name, password or
// key of a caller or a trunk is ever stored. Page (page.go) is /admin/calls;
// Totals (figures.go) is what a metrics system reads. OPERATING.md says how to
// read it all.
package ops
