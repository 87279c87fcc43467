// Package vprinter is a receipt printer made of software: it takes ESC/POS
// bytes as strictly as no real printer does, prints on paper that can be
// looked at as PNG, and can be made to fail in every way a real one fails.
//
// It stands in for the printer on machines that have none, and proves in tests
// that every fault ends in a known outcome.
package vprinter
