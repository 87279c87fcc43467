package escpos

import "strings"

// Status is what a printer says of itself. The zero value is a printer that
// is online and has nothing to complain of.
type Status struct {
	Offline       bool // Takes no print data; the reason is usually among the others.
	CoverOpen     bool
	PaperEnd      bool // No paper: printing has stopped.
	PaperLow      bool // The roll is near its end; printing goes on.
	CutterError   bool // Knife or paper jam; Recover may clear it.
	Unrecoverable bool // Needs switching off, or a technician.
	Overheated    bool // Recovers by itself when the head has cooled.
	FeedButton    bool // Somebody is pressing the feed button.
}

// Ready reports whether paper would come out.
func (s Status) Ready() bool {
	s.PaperLow, s.FeedButton = false, false
	return s == Status{}
}

// String lists what is wrong in plain English, "ready" if nothing is.
func (s Status) String() string {
	var parts []string
	for _, p := range []struct {
		on   bool
		text string
	}{
		{s.PaperEnd, "paper out"}, {s.CoverOpen, "cover open"}, {s.CutterError, "cutter error"},
		{s.Unrecoverable, "unrecoverable error"}, {s.Overheated, "overheated"},
		{s.Offline, "offline"}, {s.FeedButton, "feed button pressed"}, {s.PaperLow, "paper low"},
	} {
		if p.on {
			parts = append(parts, p.text)
		}
	}
	if len(parts) == 0 {
		return "ready"
	}
	return strings.Join(parts, ", ")
}

// With gives the status after the answer to DLE EOT n; what n does not tell
// stays as it was.
func (s Status) With(n, b byte) Status {
	switch n {
	case 1:
		s.Offline = b&0x08 != 0
	case 2:
		s.CoverOpen = b&0x04 != 0
		s.FeedButton = b&0x08 != 0
		if b&0x20 != 0 {
			s.PaperEnd = true // Stopped by paper end.
		}
	case 3:
		s.CutterError = b&0x08 != 0
		s.Unrecoverable = b&0x20 != 0
		s.Overheated = b&0x40 != 0
	case 4:
		s.PaperLow = b&0x0c != 0
		s.PaperEnd = b&0x60 != 0
	}
	return s
}

// autoStatus reads the four bytes of automatic status back (GS a).
func autoStatus(b [4]byte) Status {
	return Status{
		Offline:       b[0]&0x08 != 0,
		CoverOpen:     b[0]&0x20 != 0,
		FeedButton:    b[0]&0x40 != 0,
		CutterError:   b[1]&0x08 != 0,
		Unrecoverable: b[1]&0x20 != 0,
		Overheated:    b[1]&0x40 != 0,
		PaperLow:      b[2]&0x03 != 0,
		PaperEnd:      b[2]&0x0c != 0,
	}
}

// AppendAuto appends the status as the four bytes of automatic status. Used by
// the virtual printer and by tests.
func (s Status) AppendAuto(to []byte) []byte {
	return append(to,
		0x10|bit(s.Offline, 0x08)|bit(s.CoverOpen, 0x20)|bit(s.FeedButton, 0x40),
		bit(s.CutterError, 0x08)|bit(s.Unrecoverable, 0x20)|bit(s.Overheated, 0x40),
		bit(s.PaperLow, 0x03)|bit(s.PaperEnd, 0x0c),
		0x00)
}

// RealTime gives the answer to DLE EOT n. Used by the virtual printer and by
// tests.
func (s Status) RealTime(n byte) byte {
	const fixed = 0x12
	switch n {
	case 1:
		return fixed | bit(s.Offline, 0x08)
	case 2:
		return fixed | bit(s.CoverOpen, 0x04) | bit(s.FeedButton, 0x08) | bit(s.PaperEnd, 0x20) |
			bit(s.CutterError || s.Unrecoverable || s.Overheated, 0x40)
	case 3:
		return fixed | bit(s.CutterError, 0x08) | bit(s.Unrecoverable, 0x20) | bit(s.Overheated, 0x40)
	default:
		return fixed | bit(s.PaperLow, 0x0c) | bit(s.PaperEnd, 0x60)
	}
}

// Paper gives the answer to GS r 1. Used by the virtual printer and by tests.
func (s Status) Paper() byte { return bit(s.PaperLow, 0x03) | bit(s.PaperEnd, 0x0c) }

func bit(on bool, mask byte) byte {
	if on {
		return mask
	}
	return 0
}
