//go:build !linux

package rtp

import "time"

func raisePriority() {}

func sleepUntil(t time.Time) { time.Sleep(time.Until(t)) }
