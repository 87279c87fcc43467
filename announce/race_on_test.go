//go:build race

package announce

// racing says that tests of sound, not of goroutines, are left out: "make unit"
// runs them without the race detector.
const racing = true
