package main

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// elapsed is the time since the machine was started, sleep included: a clock
// that nobody can set (clock_gettime(2), CLOCK_BOOTTIME).
func elapsed() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0 // Every kernel since 2.6.39 has it.
	}
	return time.Duration(t.Nano())
}

// clockRow tells an administrator whether the machine's clock can be believed.
func (a *app) clockRow(context.Context) page.Row {
	row := page.Row{Label: "Đồng hồ máy", LabelEN: "Clock", Value: "đúng", ValueEN: "right", Level: page.OK}
	if err := a.engine.ClockAlarm(); err != nil {
		row.Value, row.ValueEN, row.Level = "sai, cần chỉnh lại: "+err.Error(), "wrong: "+err.Error(), page.Warn
		if queue.ErrorCode(err) == queue.CodeClockWrong {
			row.Value, row.ValueEN, row.Level = "sai, chưa cấp số được: "+err.Error(), "wrong, no numbers can be given: "+err.Error(), page.Fail
		}
	}
	return row
}
