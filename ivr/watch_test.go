package ivr

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/xinmoi/xinmoi/ivr/media"
)

// follower keeps what it is told of calls.
type follower struct {
	mu  sync.Mutex
	all []Moment
}

func (f *follower) Call(_ string, m Moment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, m)
}

// A caller whom somebody else has taken over did not leave us, although the
// line goes down before the transfer reports its success.
func TestTransferredCallerDidNotLeave(t *testing.T) {
	for source, want := range map[string]string{handedOn: MomentEnded, "bye": MomentLeft} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			seen := &follower{}
			b.config.Watch, b.config.Setup = seen, operatorSetup
			b.line.script[hello] = press("0")
			b.line.script["Xin quý vị chờ, chúng tôi nối máy"] = func(l *fakeLine) {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.stop()
				l.down = true
				l.inputs <- media.Input{Kind: media.HungUp, Source: source}
				close(l.inputs)
			}
			b.Answer(t.Context(), b.line)
			if last := seen.all[len(seen.all)-1]; last.Kind != want {
				t.Errorf("after %q the call %s, want %s", source, last.Kind, want)
			}
		})
	}
}

// The digits of a lookup code are nobody's business.
func TestWatcherSeesNoCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		seen := &follower{}
		b.config.Watch = seen
		b.line.script[hello] = press("6123456789")
		b.line.script["Mã tra cứu không đúng"] = leave
		b.Answer(t.Context(), b.line)
		keys := ""
		for _, m := range seen.all {
			if m.Kind == MomentKey {
				keys += string(m.Digit)
			}
		}
		if keys != "6•••••••••" {
			t.Errorf("the watcher saw %q", keys)
		}
	})
}
