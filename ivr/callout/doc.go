// Package callout is for calling citizens when their turn is near, so that an
// old telephone is enough to wait at home.
//
// Read it along the way of a wish. A caller consents while taking a number
// (consent.go), which is written down before it is promised (package book). The
// office's log is followed by a durable cursor (follow.go); whenever somebody
// moved, the wishes of that service are looked at (sweep.go) and a pure function
// says whether to wait, to call or to let the wish end (decide.go). A call is
// noted before it can ring, dialled, and led (dial.go, lead.go) by a
// conversation that is a value and a pure step function, as the incoming one is
// (conversation.go, speech.go). What its end means for the wish is
// again a pure function (outcome.go). Whom no call has reached is written to,
// where somebody can write (text.go). A failed call never touches the ticket.
package callout
