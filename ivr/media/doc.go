// Package media hears: it turns what arrives on a telephone call — sound, key
// presses by any of the three ways in use, the number of the caller — into
// inputs for the dialogue.
package media
