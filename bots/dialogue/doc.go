// Package dialogue is for talking with a citizen in any text channel: it
// understands what was written or pressed, decides what to ask of the office
// and words the answer. It is pure: no clock, no network, no state.
package dialogue
