package speaker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// What the program says to its player, on the player's standard input: a kind,
// a number that names the clip, and the size of what follows.
const (
	reqPlay byte = 'P' // Followed by little-endian 16-bit samples at audio.RatePA.
	reqStop byte = 'S' // Nothing follows: the clip is not to be heard any further.
)

// requestHead is kind, id and size.
const requestHead = 9

// errRequest is wrapped by every refusal of a request.
var errRequest = errors.New("not a request of the player")

// request is one thing for the player to do.
type request struct {
	kind    byte
	id      uint32
	samples []byte
}

// appendRequest writes a request.
func appendRequest(b []byte, r request) []byte {
	b = append(b, r.kind)
	b = binary.LittleEndian.AppendUint32(b, r.id)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(r.samples)))
	return append(b, r.samples...)
}

// readRequest reads the next request; io.EOF means that there are no more.
func readRequest(r io.Reader) (request, error) {
	var head [requestHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return request{}, err
	}
	q := request{kind: head[0], id: binary.LittleEndian.Uint32(head[1:])}
	size := int64(binary.LittleEndian.Uint32(head[5:]))
	switch {
	case q.kind != reqPlay && q.kind != reqStop:
		return request{}, fmt.Errorf("%w: kind %#x", errRequest, q.kind)
	case q.kind == reqStop && size != 0, size%2 != 0, size > int64(bytesOf(maxClip)):
		return request{}, fmt.Errorf("%w: %d bytes for %q", errRequest, size, q.kind)
	case size == 0:
		return q, nil
	}
	var err error
	if q.samples, err = io.ReadAll(io.LimitReader(r, size)); err != nil { // Grows with what comes, not with what was promised.
		return request{}, err
	}
	if int64(len(q.samples)) != size {
		return request{}, fmt.Errorf("%w: %d of %d bytes", io.ErrUnexpectedEOF, len(q.samples), size)
	}
	return q, nil
}

// What the player answers, a line each on its standard output: "ready",
// "done 7 0" (the last figure: 1 with gaps), "stopped 7", "failed 7 device …",
// "lost device …" before it ends.
const (
	repReady   = "ready"
	repDone    = "done"
	repStopped = "stopped"
	repFailed  = "failed"
	repLost    = "lost"
)

// maxReply bounds a line; errors of ALSA name every device it has tried.
const maxReply = 8 << 10

var errReply = errors.New("not an answer of the player")

// reply is one line of the player.
type reply struct {
	kind string
	id   uint32
	gaps bool
	err  error // Of failed and lost.
}

// String gives the line, without its end.
func (r reply) String() string {
	switch r.kind {
	case repDone:
		gaps := 0
		if r.gaps {
			gaps = 1
		}
		return fmt.Sprintf("%s %d %d", r.kind, r.id, gaps)
	case repStopped:
		return fmt.Sprintf("%s %d", r.kind, r.id)
	case repFailed:
		return fmt.Sprintf("%s %d %s", r.kind, r.id, writeCause(r.err))
	case repLost:
		return fmt.Sprintf("%s %s", r.kind, writeCause(r.err))
	}
	return r.kind
}

// parseReply reads a line of the player.
func parseReply(line string) (reply, error) {
	if len(line) > maxReply {
		return reply{}, fmt.Errorf("%w: %d characters", errReply, len(line))
	}
	kind, rest, _ := strings.Cut(line, " ")
	r := reply{kind: kind}
	switch kind {
	case repReady:
		if rest != "" {
			return reply{}, fmt.Errorf("%w: %q", errReply, line)
		}
		return r, nil
	case repLost:
		r.err = readCause(rest)
		return r, nil
	case repDone, repStopped, repFailed:
	default:
		return reply{}, fmt.Errorf("%w: %q", errReply, kind)
	}
	number, rest, _ := strings.Cut(rest, " ")
	id, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return reply{}, fmt.Errorf("%w: clip %q", errReply, number)
	}
	r.id = uint32(id)
	switch {
	case kind == repFailed:
		r.err = readCause(rest)
	case kind == repDone && (rest == "0" || rest == "1"):
		r.gaps = rest == "1"
	case kind == repStopped && rest == "":
	default:
		return reply{}, fmt.Errorf("%w: %q after %s", errReply, rest, kind)
	}
	return r, nil
}

// causes are the errors that keep their identity on the way.
func causes() map[string]error {
	return map[string]error{"nodevice": ErrNoDevice, "unpaced": ErrUnpaced, "notbuilt": ErrNotBuilt, "device": ErrDevice}
}

// writeCause puts an error into one line: its kind and its text.
func writeCause(err error) string {
	for _, kind := range []string{"nodevice", "unpaced", "notbuilt", "device"} {
		if errors.Is(err, causes()[kind]) {
			return kind + " " + oneLine(err.Error())
		}
	}
	return "other " + oneLine(fmt.Sprint(err))
}

// readCause undoes writeCause.
func readCause(s string) error {
	kind, text, _ := strings.Cut(s, " ")
	if known := causes()[kind]; known != nil {
		return remote{known, oneLine(text)}
	}
	if kind != "other" { // Not written by writeCause; all of it may help.
		text = s
	}
	if text = oneLine(text); text == "" {
		text = "no reason given"
	}
	return errors.New(text)
}

// oneLine makes text fit for a line: plain spaces, valid, not too long.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if len(text) > maxReply/2 {
		text = strings.TrimSpace(strings.ToValidUTF8(text[:maxReply/2], ""))
	}
	return text
}

// remote is an error of the player's process: its kind and its words.
type remote struct {
	kind error
	text string
}

func (r remote) Error() string { return r.text }

func (r remote) Unwrap() error { return r.kind }
