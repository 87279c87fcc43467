// Package kiosk is the machine in the hall that hands out numbers: a touch
// screen with field, procedure and number, a ticket on paper, and a screen
// that shows the number whenever paper fails.
//
// A touch is one number: every form carries a touch key that becomes the
// request key of the take, so a double touch, a reload or a lost answer gives
// the same ticket. The number is held until it was delivered: the printer
// acknowledged the paper, or the screen showed the number. See take.go for
// "what happens when somebody touches a tile", top to bottom.
package kiosk
