package rtp

import (
	"time"

	"golang.org/x/sys/unix"
)

// pacePriority is low among real-time priorities: before all ordinary work,
// behind the kernel's own threads.
const pacePriority = 10

// paceNice is asked for where real-time scheduling is refused.
const paceNice = -15

// RaisePriority gives the calling operating-system thread round-robin real-time
// scheduling or, where that is not permitted, the best niceness it can have.
// Without CAP_SYS_NICE both are refused, and packets keep the ordinary pace,
// which a busy machine disturbs more. The caller has locked its thread and lets
// it end with the goroutine.
func RaisePriority() {
	attr := unix.SchedAttr{
		Size:     unix.SizeofSchedAttr,
		Policy:   unix.SCHED_RR,
		Flags:    unix.SCHED_FLAG_RESET_ON_FORK,
		Priority: pacePriority,
	}
	if unix.SchedSetAttr(0, &attr, 0) != nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, paceNice) // Of this thread: in Linux niceness is not of the whole process.
	}
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
