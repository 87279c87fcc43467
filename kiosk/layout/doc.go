// Package layout draws a ticket: the picture in black and white that a
// citizen carries away, at most 90 mm long, readable at arm's length and by a
// telephone's camera.
//
// Everything is drawn, nothing is left to the printer's own fonts, so paper
// looks the same from every brand. The typeface is Noto Sans (fonts/OFL.txt).
package layout
