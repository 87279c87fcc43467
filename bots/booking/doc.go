// Package booking is for making an appointment in a chat or by SMS: which
// service, which day, what time, and yes; later seeing it, moving it, cancelling
// it, and saying to have come, for which there is the number to wait with.
//
// It is a topic of the conversation (dialogue.Topic). Where somebody stands in it
// is in what buttons carry and in what was asked (steps.go), so that nothing is
// kept between two messages; who knows the way writes it at once, "hẹn A 24/11 9h"
// (wish.go). Notices go to the chat from which it was booked.
package booking
