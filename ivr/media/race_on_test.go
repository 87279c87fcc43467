//go:build race

package media

// racing says that arithmetic, which has no goroutines, is tried in a short
// form: "make unit" runs all of it without the race detector.
const racing = true
