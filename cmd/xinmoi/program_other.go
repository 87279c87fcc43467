//go:build !linux

package main

// forgetStart is for Linux.
func forgetStart() {}
