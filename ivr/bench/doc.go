// Package bench measures the telephone as its callers meet it: how evenly it
// speaks, how soon it falls silent at a key, how fast it answers, and what a
// call costs the machine.
//
// The server under test is a process of its own (Serve), so that its processor
// time and memory can be read from the system; the callers are in this one
// (Run), on loopback, with arrival times taken by the kernel. Beside it, in the
// same run, a bare loop sends as many paced packets (Bare) and shows what the
// machine can do at that moment. Soak places very many short calls and watches
// whether anything grows.
package bench
