//go:build !race

package media

const racing = false
