// Package estimate tells a citizen how long the wait will be, as an honest
// interval, and tells an office how true that was.
//
// It learns from an office's own days. What is known at a moment becomes
// features (hall.go, features.go); a model fitted at night turns them into a
// wait and an interval (model.go). Nothing here reads a clock or a disk, and
// the same days give the same model.
package estimate
