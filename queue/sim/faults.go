package sim

import (
	"time"
)

// Fault is something that goes wrong.
type Fault string

// The faults.
const (
	CrashBefore     Fault = "crash before the decision"
	CrashUnwritten  Fault = "crash before the append"
	CrashUnsynced   Fault = "crash before the sync"
	CrashUnanswered Fault = "crash before the answer"
	CrashAnswered   Fault = "crash after the answer"
	CrashRestart    Fault = "crash in the restart"
	SlowRestart     Fault = "slow restart"
	Duplicate       Fault = "duplicate delivery"
	LostReply       Fault = "lost reply"
	LateRetry       Fault = "late retry"
	ReusedKey       Fault = "reused key"
	ClockBack       Fault = "clock set back"
	ClockAhead      Fault = "clock set ahead"
	ClockRestart    Fault = "wrong clock at restart"
	DiskFull        Fault = "full disk"
	StoreGone       Fault = "store gone"
	StoredAfterAll  Fault = "stored after all"
	SecondOwner     Fault = "second owner"
)

// Faults lists the faults.
func Faults() []Fault {
	return []Fault{
		CrashBefore, CrashUnwritten, CrashUnsynced, CrashUnanswered, CrashAnswered, CrashRestart, SlowRestart,
		Duplicate, LostReply, LateRetry, ReusedKey, ClockBack, ClockAhead, ClockRestart, DiskFull, StoreGone, StoredAfterAll, SecondOwner,
	}
}

// strikes counts a fault.
func (r *run) strikes(f Fault) {
	r.report.Faults[f]++
	r.note("fault: %s", f)
}

// onCommits are the faults drawn for a commit; the others belong to a request
// or to a restart.
func onCommits() []Fault {
	return []Fault{
		CrashBefore, CrashUnwritten, CrashUnsynced, CrashUnsynced, CrashUnanswered, CrashUnanswered, CrashAnswered,
		ReusedKey, ClockBack, ClockAhead, DiskFull, DiskFull, StoreGone, StoredAfterAll, StoredAfterAll, SecondOwner, SecondOwner,
	}
}

// strike draws what goes wrong with the next commit, mostly nothing.
func (r *run) strike() Fault {
	if r.calm || r.disk.end() == 0 {
		return ""
	}
	if r.skew != 0 && r.luck.IntN(20) == 0 {
		r.note("the clock is set right")
		r.skew = 0
	}
	if r.luck.Float64() >= r.cfg.Faults {
		return ""
	}
	kinds := onCommits()
	f := kinds[r.luck.IntN(len(kinds))]
	switch f {
	case CrashUnwritten:
		r.trouble.dies = beforeAppend
	case CrashUnsynced:
		r.trouble.dies, r.trouble.kept = beforeSync, r.luck.IntN(2) == 0
	case CrashUnanswered:
		r.trouble.dies = beforeAnswer
	case DiskFull:
		r.trouble.full = 1 + r.luck.IntN(3)
	case StoreGone:
		r.trouble.full, r.trouble.deaf = 1, 1+r.luck.IntN(4)
	case StoredAfterAll:
		r.trouble.liar = true
	case ClockBack:
		r.skew -= r.drawJump()
	case ClockAhead:
		r.skew += r.drawJump()
	case SecondOwner:
		if len(r.owners) != 1 {
			return ""
		}
	}
	r.strikes(f)
	return f
}

// drawJump is how far a clock is set wrong: mostly minutes, seldom a day.
func (r *run) drawJump() time.Duration {
	switch n := r.luck.IntN(40); {
	case n == 0:
		return 26 * time.Hour
	case n < 6:
		return time.Duration(r.luck.IntN(180)) * time.Minute
	default:
		return time.Duration(r.luck.IntN(15*60)) * time.Second
	}
}

// drawRestartClock is how wrong a clock is that lost its battery, or was set
// by hand.
func (r *run) drawRestartClock() time.Duration {
	switch n := r.luck.IntN(8); {
	case n < 3:
		return time.Unix(0, 0).Sub(r.now) // 1970.
	case n == 3 && r.steady: // Where the clock is always believed, that would be the end of the keys.
		return 100 * 24 * time.Hour
	}
	if r.luck.IntN(2) == 0 {
		return r.drawJump()
	}
	return -r.drawJump()
}

// second starts a second process that believes it owns the office. Even if it
// fails, it may have written.
func (r *run) second() {
	for _, o := range r.owners {
		o.behind = true
	}
	if o := r.start(time.Duration(r.luck.IntN(120)-60) * time.Second); o != nil {
		o.behind = true
		r.owners = append(r.owners, o)
	}
}
