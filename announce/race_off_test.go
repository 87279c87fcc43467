//go:build !race

package announce

// racing: see race_on_test.go.
const racing = false
