// Package appointment is for coming at a time that was agreed on (hẹn giờ):
// who booked which half-hour, how many bookings a half-hour takes, what becomes
// of a request that nobody answers, and the number that is given when its holder
// has come.
//
// A booking is not a ticket. It lives in a file of its own beside the office's
// log (see package beside), because it holds a telephone number or a chat, which
// is erased once nothing more is to be told. The log hears of it when its holder
// checks in: then a ticket of class appointment is taken under a request key
// made of the booking's id, so that there is never a second one.
//
// What may be decided without the file is pure: the table of states (state.go),
// working time and half-hours (calendar.go), places (capacity.go), of which the
// rush has fewer (demand.go), how far to overbook (overbook.go), codes (code.go)
// and calendar files (ical.go). A Book (book.go) decides each request in one
// transaction, durable before answered. What did not reach a holder goes the next
// way; where there is none, staff see whom to telephone (unreached.go).
package appointment
