// Package trunk keeps the office reachable by telephone: it registers at SIP
// trunks and switchboards, watches whether they are there, lets their calls in
// and strangers not, and places calls through the first one that works.
//
// A Manager (manager.go) has a line for every configured trunk (line.go):
// registration and its renewal (register.go), the health of its servers
// (health.go). Manager.Call (call.go) is how the office calls a citizen; whom
// it may call is a list of what is allowed (number.go), so that nobody can
// make it dial abroad or a premium number.
//
// The doctor (doctor.go) calls the office through a trunk and says in plain
// words what is wrong with it.
package trunk
