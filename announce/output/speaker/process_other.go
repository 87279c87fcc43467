//go:build !linux

package speaker

import "os/exec"

func ownGroup(*exec.Cmd) {}

func favour(int) {}
