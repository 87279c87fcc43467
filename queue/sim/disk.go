package sim

import (
	"maps"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// disk is a disk with a cache in front: what was written is read back at once,
// but survives a power cut only if it was synced before.
type disk struct {
	written []transaction
	synced  int // Transactions that survive.
	off     bool
	content content // What written comes to.
}

// transaction is written and lost as a whole, as a journalling store does it.
type transaction struct {
	office  string
	events  []queue.Event // Decoded from what was written, never the writer's own.
	keys    []queue.KeyRecord
	persons []queue.PersonRecord
	forget  queue.Forget
}

// content is the tables.
type content struct {
	office  string
	events  []queue.Event
	opened  int // Index of the latest DayOpened.
	rows    map[string]queue.Ticket
	keys    []queue.KeyRecord
	persons []queue.PersonRecord
}

// write puts a batch into the cache.
func (d *disk) write(b queue.Batch) error {
	t := transaction{office: b.Office, keys: slices.Clone(b.Keys), persons: slices.Clone(b.Persons), forget: b.ForgetBefore}
	for _, e := range b.Events {
		body, err := e.Body()
		if err != nil {
			return err
		}
		stored, err := queue.DecodeEvent(body, e.Hash)
		if err != nil {
			return err
		}
		t.events = append(t.events, stored)
	}
	d.written = append(d.written, t)
	d.content.add(t)
	return nil
}

// sync makes everything written durable.
func (d *disk) sync() { d.synced = len(d.written) }

// cut ends the machine. What was not synced is gone, unless the system was
// still able to write it out.
func (d *disk) cut(kept bool) {
	d.off = true
	if kept {
		d.sync()
	}
	if len(d.written) == d.synced {
		return
	}
	d.written = d.written[:d.synced]
	d.content = content{}
	for _, t := range d.written {
		d.content.add(t)
	}
}

// end is the seq of the latest event.
func (d *disk) end() int64 {
	if n := len(d.content.events); n > 0 {
		return d.content.events[n-1].Seq
	}
	return 0
}

// head is the hash of the latest event.
func (d *disk) head() string {
	if n := len(d.content.events); n > 0 {
		return d.content.events[n-1].Hash
	}
	return ""
}

// copy gives an independent disk with the same content.
func (d *disk) copy() *disk {
	return &disk{written: slices.Clone(d.written), synced: d.synced, content: content{
		office: d.content.office, events: slices.Clone(d.content.events), opened: d.content.opened, rows: maps.Clone(d.content.rows),
		keys: slices.Clone(d.content.keys), persons: slices.Clone(d.content.persons),
	}}
}

func (c *content) add(t transaction) {
	c.office = t.office // A disk has one office.
	if c.rows == nil {
		c.rows = map[string]queue.Ticket{}
	}
	for _, e := range t.events {
		if e.Kind == queue.DayOpened {
			c.opened = len(c.events)
		}
		c.events = append(c.events, e)
		if e.Ticket != nil {
			c.rows[e.Ticket.ID] = *e.Ticket
		}
	}
	c.keys = append(c.keys, t.keys...)
	c.persons = append(c.persons, t.persons...)
	if t.forget != (queue.Forget{}) {
		c.keys = slices.DeleteFunc(c.keys, func(k queue.KeyRecord) bool { return k.At.Before(t.forget.Keys) })
		c.persons = slices.DeleteFunc(c.persons, func(p queue.PersonRecord) bool { return p.At.Before(t.forget.Persons) })
	}
}

// load is what an owner goes on from.
func (c *content) load(keysSince time.Time) queue.Loaded {
	loaded := queue.Loaded{Events: slices.Clone(c.events[c.opened:]), Persons: slices.Clone(c.persons)}
	for _, k := range c.keys {
		if !k.At.Before(keysSince) {
			loaded.Keys = append(loaded.Keys, k)
		}
	}
	return loaded
}
