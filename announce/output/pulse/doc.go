// Package pulse plays announcements through a sound server, PulseAudio or
// PipeWire: one process, and each of the server's sinks is a zone of its own.
//
// It speaks the server's native protocol with the messages of
// github.com/jfreymuth/pulse/proto. Streams are ours (stream.go): the server
// gets a whole clip at once where it takes it, so that a busy machine cannot
// starve it, and a clip is over when the sample clock of its sink says so — the
// drain request of the library gives up after a second without a word. Read
// pulse.go for what an output does, server.go for the connection.
package pulse
