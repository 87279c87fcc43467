//go:build !linux

package rtp

import "time"

// RaisePriority does nothing where the system has no such priorities.
func RaisePriority() {}

func sleepUntil(t time.Time) { time.Sleep(time.Until(t)) }
