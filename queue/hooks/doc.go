// Package hooks is for other systems of an office – cameras, door signs, a
// city's control room – to follow its calls without asking all the time: what
// happens is posted to addresses that the configuration names, signed, at least
// once and in order, and says nothing about persons. HOOKS.md tells how to
// receive it.
package hooks
