package mailbox

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestOrderSurvivesCrashes sends random parcels with random failures and
// crashes (the file is closed and opened again with messages on their way):
// within a chat nothing overtakes, what is to be resent arrives at least once,
// what is not arrives at most once.
func TestOrderSurvivesCrashes(t *testing.T) {
	dir := quickDir(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		m := &orderModel{path: filepath.Join(dir, fmt.Sprint(run, ".db")), box: open(t, filepath.Join(dir, fmt.Sprint(run, ".db"))), arrived: map[string]int{}, last: map[string]int{}}
		defer func() { must(t, m.box.Close()) }()
		for range rapid.IntRange(1, 12).Draw(rt, "parcels") {
			m.post(t, rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "chat"), rapid.Bool().Draw(rt, "resend"))
		}
		for step := 0; step < 60; step++ {
			m.step(rt, t, rapid.SampledFrom([]string{"send", "send", "fail", "doubt", "crash"}).Draw(rt, "step"))
		}
		for m.step(rt, t, "send") {
		}
		for _, p := range m.posted {
			n := m.arrived[p.Dedupe]
			if (p.Resend && n < 1) || (!p.Resend && n > 1) {
				rt.Fatalf("%s (resend %v) arrived %d times", p.Dedupe, p.Resend, n)
			}
		}
	})
}

type orderModel struct {
	path    string
	box     *Box
	posted  []Parcel
	arrived map[string]int
	last    map[string]int // Chat → index of the latest that arrived.
	clock   int
}

func (m *orderModel) now() time.Time {
	m.clock++
	return start.Add(time.Duration(m.clock) * time.Second)
}

func (m *orderModel) post(t *testing.T, chat string, resend bool) {
	p := Parcel{Chat: chat, Dedupe: fmt.Sprint(len(m.posted)), Resend: resend}
	post(t, m.box, p)
	m.posted = append(m.posted, p)
}

// step takes the first due parcel and lets it arrive, fail, or stay in doubt
// with or without a crash. It reports whether there was one.
func (m *orderModel) step(rt *rapid.T, t *testing.T, how string) bool {
	ctx, now := context.Background(), m.now()
	parcels, err := m.box.Due(ctx, "telegram", now, 1)
	must(t, err)
	if len(parcels) == 0 {
		return false
	}
	p := parcels[0]
	_, err = m.box.MarkSending(ctx, []int64{p.ID})
	must(t, err)
	if how != "fail" {
		m.arrive(rt, p)
	}
	switch how {
	case "send":
		must(t, m.box.Update(ctx, func(tx *Tx) error { return tx.Settle(p.ID, Sent, "", now, now) }))
	case "fail":
		must(t, m.box.Update(ctx, func(tx *Tx) error { return tx.Retry(p.ID, "x", now, now) }))
	case "doubt":
		must(t, m.box.Update(ctx, func(tx *Tx) error {
			if p.Resend {
				return tx.Retry(p.ID, "x", now, now)
			}
			return tx.Settle(p.ID, Unknown, "x", now, now)
		}))
	case "crash":
		must(t, m.box.Close())
		m.box = open(t, m.path)
		_, _, err := m.box.RecoverInFlight(ctx, now)
		must(t, err)
	}
	return true
}

func (m *orderModel) arrive(rt *rapid.T, p Parcel) {
	var index int
	_, _ = fmt.Sscan(p.Dedupe, &index)
	if last, ok := m.last[p.Chat]; ok && index < last {
		rt.Fatalf("%d arrived after %d in chat %s", index, last, p.Chat)
	}
	m.last[p.Chat] = index
	m.arrived[p.Dedupe]++
}

// quickDir is a folder in memory where there is one: what is tested with it is
// order, not the disk.
func quickDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "mailbox")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
