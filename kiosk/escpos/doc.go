// Package escpos speaks to receipt printers in ESC/POS, the byte language that
// nearly every ticket printer understands: it writes the few commands a ticket
// needs and reads the printer's answers.
//
// Paper is sent as one black-and-white picture, because the code pages of
// printers differ by brand and none composes Vietnamese marks. The package
// knows bytes only; connections, patience and outcomes are in package printer.
//
// Command names are those of Epson's "ESC/POS Command Reference for TM
// Printers".
package escpos
