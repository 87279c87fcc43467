package report

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
)

// What reports add up is made once, when a day ends: the tallies of every group
// of every part, of all tickets and of each agency's. A report on a year reads
// these, and no ticket. Words come once, before the rest; what a report does
// not ask for is stepped over.

// keptParts are those that a day keeps; ByDay, ByMonth and ByWeekday follow
// from the total.
func keptParts() []Part {
	return []Part{ByTotal, ByAgency, ByService, ByField, ByProcedure, ByChannel, ByClass, ByHour, ByCounter, ByStaff}
}

// names is how things are called on a day, and what belongs to what.
type names struct {
	Setup queue.Setup
	Whose map[string]string // Service → agency.
}

// names writes them: most days the same as the day before.
func (d *daily) names() (string, error) {
	text, err := json.Marshal(names{d.setup, d.whose})
	return string(text), err
}

func (d *daily) readNames(text string) error {
	n := names{}
	if json.Unmarshal([]byte(text), &n) != nil {
		return errBroken
	}
	d.setup, d.whose = n.Setup, n.Whose
	return nil
}

// agencies lists those that have anything to do with a day.
func (d *daily) agencies() []string {
	known := map[string]bool{}
	for _, k := range d.keys {
		known[k.agency] = true
	}
	for _, agency := range d.whose {
		known[agency] = true
	}
	delete(known, "")
	return slices.Sorted(maps.Keys(known))
}

// sums writes what reports add up of a day.
func (d *daily) sums() string {
	c := &coder{writing: true, index: map[string]uint64{}}
	c.int(&d.cardsIssued)
	c.int(&d.cardsOff)
	c.number(uint64(d.stops(func(s Stop) bool { return s.Service == "" })))
	c.number(uint64(len(d.works)))
	for _, w := range d.works {
		c.id(w.counter)
		c.duration(&w.busy)
		c.duration(&w.idle)
		c.duration(&w.closed)
		c.number(uint64(len(w.paused)))
		for _, reason := range slices.Sorted(maps.Keys(w.paused)) {
			c.id(reason)
			took := w.paused[reason]
			c.duration(&took)
		}
	}
	agencies := append([]string{""}, d.agencies()...)
	c.number(uint64(len(agencies)))
	for _, agency := range agencies {
		c.id(agency)
		c.block(func() { d.writeScope(c, agency) })
	}
	head := &coder{writing: true}
	head.number(uint64(len(c.words)))
	for _, word := range c.words {
		head.text(&word)
	}
	return string(append(head.bytes, c.bytes...))
}

// stops counts how often the giving of numbers was stopped.
func (d *daily) stops(which func(Stop) bool) (n int) {
	for _, s := range d.issuing {
		if s.Stopped && which(s) {
			n++
		}
	}
	return n
}

// writeScope writes what there is of one agency's tickets; an empty one is all.
func (d *daily) writeScope(c *coder, agency string) {
	c.number(uint64(d.stops(func(s Stop) bool { return s.Service != "" && (agency == "" || d.whose[s.Service] == agency) })))
	d.writeReached(c, agency)
	d.writeWords(c, agency)
	parts := keptParts()
	if agency != "" { // A counter's line is all that it did.
		parts = slices.DeleteFunc(parts, func(p Part) bool { return p == ByCounter })
	}
	c.number(uint64(len(parts)))
	for _, p := range parts {
		groups := tallies{}
		groups.add(d, ofDay(p, splitBy(p), d), agency)
		c.id(string(p))
		c.block(func() {
			c.number(uint64(len(groups)))
			for _, id := range slices.Sorted(maps.Keys(groups)) {
				c.id(id)
				groups[id].write(c)
			}
		})
	}
}

// said is a word that was given for something.
type said struct {
	what, word string
	n          int
}

// ratedWords marks what citizens named when they rated, among ends.
const ratedWords = "rated"

// said lists why tickets ended that were not served, and what citizens named
// when they rated, in the order in which they were said first.
func (d *daily) said(agency string) (list []said) {
	at := map[said]int{}
	add := func(what, word string) {
		key := said{what: what, word: word}
		i, known := at[key]
		if !known {
			i = len(list)
			at[key], list = i, append(list, key)
		}
		list[i].n++
	}
	for i := range d.lives {
		l := &d.lives[i]
		if agency != "" && d.keys[l.last].agency != agency {
			continue
		}
		if !l.state.Open() && l.state != queue.Completed {
			add(string(l.state)+" "+string(l.by), l.reason)
		}
		if l.rating >= 1 && l.rating <= levels {
			for _, word := range l.rated {
				add(ratedWords, word)
			}
		}
	}
	return list
}

func (d *daily) writeWords(c *coder, agency string) {
	list := d.said(agency)
	c.number(uint64(len(list)))
	for _, s := range list {
		c.id(s.what)
		c.id(s.word)
		c.number(uint64(s.n))
	}
}

// write writes a tally: of its numbers those that are not 0.
func (t *tally) write(c *coder) {
	some := 0
	for _, n := range t.numbers {
		if n != 0 {
			some++
		}
	}
	c.number(uint64(some))
	for i, n := range t.numbers {
		if n != 0 {
			c.number(uint64(i))
			c.number(uint64(n))
		}
	}
	for i := range t.spans {
		t.spans[i].write(c)
	}
}

// id codes a word by its place in the list of all.
func (c *coder) id(word string) string {
	if c.writing {
		i, known := c.index[word]
		if !known {
			i = uint64(len(c.words))
			c.index[word], c.words = i, append(c.words, word)
		}
		c.number(i)
		return word
	}
	i := c.number(0)
	if i >= uint64(len(c.words)) {
		c.fail()
		return ""
	}
	return c.words[i]
}

// dictionary reads the words.
func (c *coder) dictionary() {
	n := c.number(0)
	if n > uint64(len(c.in)) {
		c.fail()
		return
	}
	c.words = slices.Grow(c.words[:0], int(n))
	for range n {
		word := ""
		c.text(&word)
		c.words = append(c.words, word)
	}
}

// block codes something that can be stepped over: what is nil.
func (c *coder) block(what func()) {
	if c.writing {
		before := c.bytes
		c.bytes = nil
		what()
		inside := c.bytes
		c.bytes = append(binary.AppendUvarint(before, uint64(len(inside))), inside...)
		return
	}
	inside := ""
	c.text(&inside)
	if c.err != nil || what == nil {
		return
	}
	after := c.in
	c.in = inside
	what()
	if c.in != "" {
		c.fail()
	}
	if c.err == nil {
		c.in = after
	}
}

// times reads how many of something there are: no more than there are bytes.
func (c *coder) times() int {
	n := c.number(0)
	if n > uint64(len(c.in)) {
		c.fail()
		return 0
	}
	return int(n)
}

// sum is a group over many days.
type sum struct {
	numbers
	piles [allSpans]pile
}

// read adds a tally to groups: its numbers and how its durations lie, or, the
// second time, those of its durations that are wanted.
func (c *coder) read(into []*sum, again bool) {
	for range c.times() {
		i, n := c.pair()
		if i >= uint64(allNumbers) || n > math.MaxInt32 {
			c.fail()
			return
		}
		if !again {
			for _, s := range into {
				s.numbers[i] += int(n)
			}
		}
	}
	for i := range allSpans {
		k := c.spans()
		if c.err != nil {
			return
		}
		for _, s := range into {
			if again {
				s.piles[i].take(k)
			} else {
				s.piles[i].add(k)
			}
		}
	}
}

// work sums up, with waits of at most target as those within it; 0 = of at most
// what the office wanted of the service on the day.
func (s *sum) work(target time.Duration) Work {
	w := s.numbers.work()
	w.Wait, w.SinceIssue, w.WaitAgain = s.piles[spanWait].spread(), s.piles[spanSinceIssue].spread(), s.piles[spanAgain].spread()
	w.Way, w.Service = s.piles[spanWay].spread(), s.piles[spanService].spread()
	w.Within = w.Wait.N - s.numbers[nLate]
	if target != 0 {
		w.Within = s.piles[spanWait].atMost(millisOf(target))
	}
	w.WithinShare = share(w.Within, w.Wait.N)
	return w
}

// group sums up what was gathered.
func (s *sum) group(n name, target time.Duration) Group {
	g := Group{
		ID: n.id, Name: n.vi, NameEN: n.en, Counts: s.counts(), Work: s.work(target), Lead: s.piles[spanLead].spread(), Priority: s.priority(), Left: s.numbers[nLeft],
	}
	ended := g.Served + g.NoShow + g.Cancelled + g.Expired
	g.LeftShare, g.NoShowShare = share(g.Left, ended), share(g.NoShow, ended)
	return g
}

// sums is groups by id.
type sums map[string]*sum

func (s sums) of(id string) *sum {
	if s[id] == nil {
		s[strings.Clone(id)] = &sum{}
	}
	return s[id]
}

// groups sums up every group: those of names in their order, then others that
// the days have seen.
func (s sums) groups(names []name, target time.Duration) []Group {
	known := map[string]bool{}
	for id := range s {
		known[id] = true
	}
	list := []Group{}
	for _, n := range inOrder(names, known) {
		list = append(list, s.of(n.id).group(n, target))
	}
	return list
}
