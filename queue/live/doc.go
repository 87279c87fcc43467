// Package live is for a supervisor to see the whole hall at one look: every
// counter and what it does, waits against what the office wants, who waits
// longest, what is wrong, and what looks odd. It decides nothing; the day so
// far comes from the log alone.
package live
