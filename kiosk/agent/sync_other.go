//go:build !linux

package agent

import "os"

// syncData returns when what was written is on the disk.
func syncData(f *os.File) error { return f.Sync() }
