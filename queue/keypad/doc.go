// Package keypad is for staff to call numbers with a small keyboard of their
// own while they work in another program: number pads on USB and call keypads
// on serial lines, with the meaning of the console's keys and the same care
// against a key that bounces.
package keypad
