//go:build !race

package eval

// racing says that tests of figures, not of goroutines, may be left out.
const racing = false
