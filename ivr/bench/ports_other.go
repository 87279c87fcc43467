//go:build !unix

package bench

// socketsWithin counts nothing where the system does not tell.
func socketsWithin(int, int) int { return 0 }
