package sms

import (
	"context"
	"errors"
	"os/exec"
	"strconv"

	"github.com/xinmoi/xinmoi/bots"
)

// gammu puts a message into the outbox of gammu-smsd (man gammu-smsd-inject),
// which sends it when the modem can. It gives the name of the file there.
func (s *Sender) gammu(ctx context.Context, m message) (file string, err error) {
	name := s.config.Command
	if name == "" {
		name = inject
	}
	args := []string{"-c", s.config.File, "TEXT", m.number, "-autolen", strconv.Itoa(len(m.text))}
	if m.wide {
		args = append(args, "-unicode")
	}
	args = append(args, "-textutf8", m.text)
	cmd := exec.CommandContext(ctx, name, args...)
	out, err := cmd.CombinedOutput()
	var left *exec.ExitError
	switch {
	case err == nil:
		return injected(out), nil
	case errors.Is(err, exec.ErrNotFound):
		return "", failure(bots.Unreachable, name+" is not installed: apt install gammu-smsd")
	case ctx.Err() != nil:
		return "", failure(bots.Ambiguous, "gammu did not end in time")
	case errors.As(err, &left):
		return "", failure(bots.Retry, "gammu: "+clip(out))
	default:
		return "", failure(bots.Unreachable, "gammu: "+clip([]byte(err.Error())))
	}
}
