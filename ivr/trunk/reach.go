package trunk

import (
	"context"
	"errors"
	"strings"

	"github.com/xinmoi/xinmoi/ivr/sip"
)

// ErrNotHere says that somebody is not to be reached by any trunk.
var ErrNotHere = errors.New("no trunk leads there")

// Reach calls the office's own operator for a call that came by the named
// trunk: an extension or a SIP address there, or a telephone number by the
// first trunk that works. For everything else, and where that trunk places no
// calls, the error is ErrNotHere; otherwise it is a *CallError. heard gets the
// sound from the first moment on, also before the answer; it may be nil.
func (m *Manager) Reach(ctx context.Context, name, to string, heard func([]int16)) (*sip.Call, error) {
	if _, err := Callable(to); err == nil {
		c, err := m.CallHearing(ctx, to, heard)
		if errors.Is(err, errNoTrunk) {
			return nil, ErrNotHere
		}
		return c, err
	}
	for _, l := range m.lines {
		if l.cfg.Name != name || l.cfg.NoCalls || l.wire == nil {
			continue
		}
		user, ok := l.userHere(to)
		if !ok {
			break
		}
		c, failure := l.call(ctx, user, heard)
		if failure != nil {
			return nil, failure
		}
		return c, nil
	}
	return nil, ErrNotHere
}

// userHere is who is meant by an extension, or by a SIP address of the trunk's
// own domain.
func (l *line) userHere(to string) (user string, ok bool) {
	_, rest, found := strings.Cut(to, ":")
	if !found {
		return strings.ReplaceAll(to, " ", ""), true
	}
	rest, _, _ = strings.Cut(rest, ";")
	user, host, _ := strings.Cut(rest, "@")
	return user, user != "" && strings.EqualFold(host, l.cfg.Domain)
}
