// Package monthly is for the reports that an office must file: each is made by
// itself on the first day after its month, quarter or year, as a workbook and
// as a document ready to sign, and those who are to have it are told where it
// is.
//
// A report is a folder that appears whole, under a name that follows from what
// it is of: so it is made exactly once, also by a machine that was off on the
// day, or was cut off in the middle. Telling is tried until it works, at least
// once: after a power cut in the same second somebody may be told twice.
package monthly
