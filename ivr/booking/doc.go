// Package booking is for making an appointment by telephone: which service, on
// which day, at what time, each by one key, and then the code, twice. Who calls
// again hears the own appointment, and moves it, cancels it or checks in.
//
// It is a topic of the telephone (ivr.Topic): a turn's keys go in, the next
// sentence comes out, and where the conversation stands is in the turn (place.go),
// so that nothing is kept between turns. What keys mean is what was offered with
// them, also if places have been taken meanwhile. Of a telephone that several
// people may share it tells times and codes, and nothing of what they come for.
package booking
