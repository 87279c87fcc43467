package people

import (
	"context"
	"crypto/sha256"
	"maps"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/beside"
)

// Device is what is known of a device besides its token.
type Device struct {
	Name string
	Seen time.Time // Heard of last, to the minute; zero = never.
}

// Watch is the tokens, and notes when each was used last.
func (p *People) Watch(t queue.Tokens) queue.Tokens { return watched{t, p} }

type watched struct {
	queue.Tokens
	people *People
}

// Grant implements queue.Tokens.
func (w watched) Grant(ctx context.Context, hash [sha256.Size]byte) (queue.Grant, bool, error) {
	g, ok, err := w.Tokens.Grant(ctx, hash)
	if ok && err == nil {
		w.people.heard(g.ID)
	}
	return g, ok, err
}

func (p *People) heard(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[id] = p.cfg.Now() // As many as there are tokens.
}

// keepSeen writes down which devices were heard of.
func (p *People) keepSeen(ctx context.Context) error {
	p.mu.Lock()
	seen := maps.Clone(p.seen)
	clear(p.seen)
	p.mu.Unlock()
	if len(seen) == 0 {
		return nil
	}
	return p.file.Update(ctx, func(t *beside.Tx) error {
		for id, at := range seen {
			// A minute is exact enough, and a quiet disk matters more.
			if err := t.Do("INSERT INTO device (id, name, seen) VALUES (?1, '', ?2) ON CONFLICT (id) DO UPDATE SET seen = ?2 WHERE seen < ?2 - 60000", id, beside.Millis(at)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Devices gives what is known of devices, by the id of their token.
func (p *People) Devices(ctx context.Context) (map[string]Device, error) {
	type row struct {
		id string
		Device
	}
	rows, err := beside.All(ctx, p.file, func(s beside.Scanner) (r row, err error) {
		var seen int64
		err = s.Scan(&r.id, &r.Name, &seen)
		r.Seen = beside.Moment(seen)
		return r, err
	}, "SELECT id, name, seen FROM device")
	out := map[string]Device{}
	for _, r := range rows {
		out[r.id] = r.Device
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, at := range p.seen {
		d := out[id]
		d.Seen = at
		out[id] = d
	}
	return out, err
}

// NameDevice says what a device is called.
func (p *People) NameDevice(ctx context.Context, by Who, id, name string) error {
	name = strings.TrimSpace(name)
	if err := checkDisplay(name); err != nil {
		return err
	}
	return p.file.Update(ctx, func(t *beside.Tx) error {
		if err := t.Do("INSERT INTO device (id, name, seen) VALUES (?1, ?2, 0) ON CONFLICT (id) DO UPDATE SET name = ?2", id, name); err != nil {
			return err
		}
		return p.note(t, Deed{Who: by, What: DidRename, Object: id, Detail: name})
	})
}
