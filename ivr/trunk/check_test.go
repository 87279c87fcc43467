package trunk

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/xinmoi/xinmoi/ivr/sip"
)

// Whoever wants to know now is told what each server says, and a registration
// that comes back by it is renewed in time.
func TestCheck(t *testing.T) {
	refusing := true
	w := &fakeWire{register: func(r sip.Registration) (sip.Registered, error) {
		if refusing {
			return sip.Registered{}, refusal(503, time.Hour)
		}
		return granted(100 * time.Second)(r)
	}, ping: func(p sip.Peer) (int, error) {
		if p.Addr.Addr().String() == "192.0.2.2" {
			return 0, errDead
		}
		return 405, nil
	}}
	within(t, w, registering(t), time.Minute, func(m *Manager) {
		check := func() (list []Answer) {
			t.Helper()
			list, err := m.Check(context.Background())
			if err != nil || len(list) != 2 {
				t.Fatalf("%+v, %v", list, err)
			}
			for _, a := range list {
				dead := a.Addr.Addr().String() == "192.0.2.2"
				if dead != errors.Is(a.Err, sip.ErrSilent) || !dead && a.Code != 405 {
					t.Errorf("OPTIONS: %+v", a)
				}
			}
			return list
		}
		if a := check()[0]; !a.Registry || a.Refused == nil {
			t.Errorf("refused: %+v", a)
		}
		w.mu.Lock()
		refusing = false
		w.mu.Unlock()
		if a := check()[0]; a.Refused != nil || a.Granted != 100*time.Second || m.Status()[0].State != Registered {
			t.Errorf("granted: %+v, %+v", a, m.Status()[0])
		}
		time.Sleep(10 * time.Minute)
		if s := m.Status()[0]; s.State != Registered || time.Now().After(s.Expires) {
			t.Errorf("ten minutes later: %+v", s)
		}
	})
}
