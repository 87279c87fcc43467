package queue

import (
	"errors"
	"fmt"
	"time"
)

// Code names a kind of failure. Codes are stable: channels turn them into
// HTTP status, spoken sentence, paper or chat wording, each in one place.
type Code string

// The codes. Every error that leaves this package carries one of them.
const (
	CodeBadRequest     Code = "bad_request"     // The request cannot be understood.
	CodeUnknownOffice  Code = "unknown_office"  // No such office here.
	CodeUnknownService Code = "unknown_service" // No such service in this office.
	CodeUnknownCounter Code = "unknown_counter" // No such counter in this office.
	CodeUnknownTicket  Code = "unknown_ticket"  // No such ticket, number or lookup code.
	CodeUnknownAction  Code = "unknown_action"  // The action has no meaning here.
	CodeOfficeClosed   Code = "office_closed"   // Outside opening hours: no numbers.
	CodeServiceClosed  Code = "service_closed"  // This service gives no numbers now.
	CodeCounterClosed  Code = "counter_closed"  // The counter is closed or paused.
	CodeCounterBusy    Code = "counter_busy"    // The counter still has a ticket in hand.
	CodeNobodyWaiting  Code = "nobody_waiting"  // No callable ticket for this counter.
	CodeWrongState     Code = "wrong_state"     // The ticket's state does not allow the action.
	CodeStaleVersion   Code = "stale_version"   // The ticket has changed since the caller saw it.
	CodePersonLimit    Code = "person_limit"    // The person has as many numbers today as the office gives.
	CodeServiceFull    Code = "service_full"    // The service has given all its numbers for today.
	CodeChannelFull    Code = "channel_full"    // It has given all that this channel may give; others may have some.
	CodeIssuingStopped Code = "issuing_stopped" // No more numbers today: staff stopped it, or it is too late in the day.
	CodeCardNeeded     Code = "card_needed"     // Priority is given by card or by staff only.
	CodeCardInvalid    Code = "card_invalid"    // The priority card is forged, out of date or revoked.
	CodeSetupInUse     Code = "setup_in_use"    // The change would leave tickets or open counters behind.
	CodeClockWrong     Code = "clock_wrong"     // The machine's clock cannot be right; nothing is done until it is.
	CodeKeyReused      Code = "key_reused"      // The request key was used for another request.
	CodeFenced         Code = "fenced"          // Another process has taken over this office.
	CodeUnavailable    Code = "unavailable"     // Storage or network failed; safe to repeat with the same key.
	CodeForbidden      Code = "forbidden"       // The caller may not do this.
	CodeUnauthorized   Code = "unauthorized"    // The caller is not known.
	CodeRateLimited    Code = "rate_limited"    // Too many requests; try again later.
	CodeInternal       Code = "internal"        // A defect of the program.
)

// Error is a failure with a stable code. Message is English, for logs and
// developers; people read what their channel says for the code.
type Error struct {
	Code    Code
	Message string
	Opens   time.Time // When numbers are given again, for refusals that time heals; else zero.
	Ticket  *Ticket   // The ticket in hand for CodeCounterBusy, the ticket as it is for CodeWrongState and CodeStaleVersion, else nil.
	Err     error     // The cause, if any.
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s", e.Code, e.Message) // Message already tells the cause.
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error; a %w operand becomes its cause.
func Errorf(code Code, format string, args ...any) *Error {
	wrapped := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: wrapped.Error(), Err: errors.Unwrap(wrapped)}
}

// ErrorCode gives the code of err: empty for nil, CodeInternal for an error
// that carries none.
func ErrorCode(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
