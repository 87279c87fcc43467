package rtp

import (
	"time"

	"golang.org/x/sys/unix"
)

// pacePriority is low among real-time priorities: before all ordinary work,
// behind the kernel's own threads.
const pacePriority = 10

// raisePriority asks for round-robin real-time scheduling of the calling
// thread. Without CAP_SYS_NICE it is refused and packets keep the ordinary
// pace, which a busy machine disturbs more.
func raisePriority() {
	attr := unix.SchedAttr{
		Size:     unix.SizeofSchedAttr,
		Policy:   unix.SCHED_RR,
		Flags:    unix.SCHED_FLAG_RESET_ON_FORK,
		Priority: pacePriority,
	}
	_ = unix.SchedSetAttr(0, &attr, 0)
}

// sleepUntil sleeps in the kernel on the calling thread: a Go timer would be
// fired by another thread that does not have the priority of this one.
func sleepUntil(t time.Time) {
	d := time.Until(t)
	if d <= 0 {
		return
	}
	ts := unix.NsecToTimespec(int64(d))
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &ts, &ts) == unix.EINTR {
	}
}
