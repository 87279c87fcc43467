//go:build !race

package kiosk

// racing says that tests of how long people take, not of goroutines, are left
// out: "make unit" runs them without the race detector.
const racing = false
