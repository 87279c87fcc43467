package speaker

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// niceness is what sound servers run with; measured to keep a loaded machine
// from starving the card.
const niceness = -11

// ownGroup keeps signals of the terminal away from the player: its parent ends
// it by closing its input.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// favour lets the player run before other work, where the system allows it.
func favour(pid int) { _ = unix.Setpriority(unix.PRIO_PGRP, pid, niceness) }
