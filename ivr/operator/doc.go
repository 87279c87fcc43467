// Package operator connects a caller who presses 0 with a person.
//
// The short way is to send the call on (REFER, RFC 3515): the trunk or
// switchboard rings the person, and we are out of it. Many trunks refuse that.
// Then we ring the person ourselves and let the two hear each other (sip.Bridge)
// until one of them hangs up. A Desk decides which way, how many at a time and
// for how long; a Line is the call as the conversation sees it: Transfer returns
// when the person has answered, or with the reason why not, and the
// conversation goes on.
package operator
