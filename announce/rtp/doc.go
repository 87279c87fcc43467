// Package rtp speaks: it sends sound over the network at an even pace, for
// telephone calls and for loudspeakers on multicast.
//
// One Wheel paces every Stream of a process from one operating-system thread.
// A Stream sends one packet each 20 ms from its start to its Close — prompt,
// telephone event or silence — so that NAT bindings and media timers of the
// far end stay alive. A Prompt is encoded once and shared by all calls.
package rtp
