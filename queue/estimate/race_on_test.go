//go:build race

package estimate

// racing says that tests of figures, not of goroutines, may be left out.
const racing = true
