package report

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"time"
)

// The lines of a day are kept as small numbers (unsigned and zigzag varints as
// of encoding/binary), words once each. One function says what is in a day and
// in which order, for writing and for reading, so that the two cannot drift
// apart. Another format is another magic: files of an earlier one are made anew.

const magic = "xinmoi day 4\n"

// errBroken says that a kept day cannot be read; it is made anew from the log.
var errBroken = errors.New("not a day in the form of this program")

// coder writes values to the end of bytes, or reads them from the beginning of
// a text, of which what it reads stays a part: a day has thousands of words.
type coder struct {
	writing bool
	bytes   []byte
	in      string
	err     error
	base    int64 // What times are counted from.

	index map[string]uint64 // Of words written.
	words []string          // That were read.
	bins  []keptBin         // Room for one list.

	waits []lifeWait // Room for the lists of many tickets at once.
	stays []lifeStay
	marks []lifeMark
}

func (c *coder) fail() {
	if c.err == nil {
		c.err = errBroken
	}
	c.in = ""
}

func (c *coder) number(v uint64) uint64 {
	if c.writing {
		c.bytes = binary.AppendUvarint(c.bytes, v)
		return v
	}
	if len(c.in) > 0 && c.in[0] < 0x80 { // Most are.
		v, c.in = uint64(c.in[0]), c.in[1:]
		return v
	}
	v, n := uvarint(c.in)
	if n == 0 {
		c.fail()
	}
	c.in = c.in[n:]
	return v
}

// pair reads two numbers, which are small but for few.
func (c *coder) pair() (first, second uint64) {
	if in := c.in; len(in) > 1 && in[0]|in[1] < 0x80 {
		c.in = in[2:]
		return uint64(in[0]), uint64(in[1])
	}
	return c.number(0), c.number(0)
}

// uvarint reads a number and tells how long it is; 0 = it is none.
func uvarint(in string) (v uint64, n int) {
	for i := 0; i < len(in) && i < binary.MaxVarintLen64; i++ {
		b := in[i]
		v |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}

func (c *coder) int64(v *int64) {
	z := c.number(uint64(*v<<1) ^ uint64(*v>>63))
	*v = int64(z>>1) ^ -int64(z&1)
}

func (c *coder) int(v *int) {
	n := int64(*v)
	c.int64(&n)
	*v = int(n)
}

func (c *coder) bool(v *bool) {
	n := uint64(0)
	if *v {
		n = 1
	}
	*v = c.number(n) == 1
}

// below codes a number from 0 to less than limit.
func (c *coder) below(v *int, limit int) {
	if c.int(v); *v < 0 || *v >= limit {
		c.fail()
		*v = 0
	}
}

// duration is exact to the millisecond, like the log.
func (c *coder) duration(v *time.Duration) {
	n := v.Milliseconds()
	c.int64(&n)
	*v = time.Duration(n) * time.Millisecond
}

// at codes a time in milliseconds, near the base; 0 is none.
func (c *coder) at(v *int64) {
	if c.writing && *v == 0 {
		c.number(0)
		return
	}
	d := *v - c.base
	z := c.number((uint64(d<<1) ^ uint64(d>>63)) + 1)
	if c.writing {
		return
	}
	if *v = 0; z > 0 {
		z--
		*v = (int64(z>>1) ^ -int64(z&1)) + c.base
	}
}

func (c *coder) time(v *time.Time) {
	n := milli(*v)
	c.int64(&n)
	if !c.writing {
		*v = time.Time{}
		if n != 0 {
			*v = time.UnixMilli(n).UTC()
		}
	}
}

// text is a word that does not come again.
func (c *coder) text(v *string) {
	n := c.number(uint64(len(*v)))
	switch {
	case c.writing:
		c.bytes = append(c.bytes, *v...)
	case n > uint64(len(c.in)):
		c.fail()
	default:
		*v, c.in = c.in[:n], c.in[n:]
	}
}

// word is one that comes often: its number, or 0 and the word.
func word[S ~string](c *coder, v *S) {
	if c.writing {
		if i, known := c.index[string(*v)]; known {
			c.number(i)
			return
		}
		c.index[string(*v)] = uint64(len(c.index) + 1)
		c.number(0)
		s := string(*v)
		c.text(&s)
		return
	}
	switch i := c.number(0); {
	case i > uint64(len(c.words)):
		c.fail()
	case i > 0:
		*v = S(c.words[i-1])
	case c.err == nil:
		s := ""
		c.text(&s)
		c.words, *v = append(c.words, s), S(s)
	}
}

// list codes how many there are, and each; no more than there are bytes left.
func list[T any](c *coder, v *[]T, each func(*T)) {
	room := (*v)[:0:cap(*v)] // What is there is read over.
	if c.writing {
		room = nil
	}
	short(c, &room, v, each)
}

// short is list for short lists, of which many are made in one piece.
func short[T any](c *coder, room, v *[]T, each func(*T)) {
	n := int(min(c.number(uint64(len(*v))), math.MaxInt32))
	if !c.writing {
		if n > len(c.in) {
			c.fail()
			return
		}
		from := len(*room)
		if from+n > cap(*room) {
			from, *room = 0, make([]T, 0, max(n, 2*cap(*room)))
		}
		*room = (*room)[:from+n]
		*v = (*room)[from : from+n : from+n]
	}
	for i := range *v {
		if c.err != nil {
			return
		}
		each(&(*v)[i])
	}
}

// head is by what a kept day is told to be of this log, and where in the file
// the rest of it is.
type head struct {
	office, day string
	from, until time.Time
	over        bool
	first, last int64
	before      string // Hash of the event before the day; empty = none is known.
	hash        string // Of event last, which stands for all before it.

	sumsAt, namesAt, livesAt section
}

// section is a part of the file. Names lie between what only reports need and
// what only lists of tickets need, so that either reads one piece.
type section struct {
	from, size, checksum int64 // From where, among sections; CRC-32C.
}

func (h *head) code(c *coder) {
	c.text(&h.office)
	c.text(&h.day)
	c.time(&h.from)
	c.time(&h.until)
	c.bool(&h.over)
	c.int64(&h.first)
	c.int64(&h.last)
	c.text(&h.before)
	c.text(&h.hash)
	for _, s := range []*section{&h.sumsAt, &h.namesAt, &h.livesAt} {
		c.int64(&s.from)
		c.int64(&s.size)
		c.int64(&s.checksum)
	}
}

// code is the lines of a day; its names are another section.
func (d *daily) code(c *coder) {
	c.base = milli(d.from)
	list(c, &d.keys, func(k *keys) {
		word(c, &k.agency)
		word(c, &k.service)
		word(c, &k.counter)
		word(c, &k.class)
		word(c, &k.staff)
	})
	list(c, &d.lives, func(l *life) { l.code(c, len(d.keys)) })
}

func (l *life) code(c *coder, keys int) {
	c.text(&l.id)
	c.text(&l.number)
	word(c, &l.channel)
	word(c, &l.procedure)
	c.at(&l.issued)
	c.at(&l.finished)
	c.bool(&l.taken)
	c.int(&l.dossiers)
	c.below(&l.first, keys)
	c.below(&l.last, keys)
	word(c, &l.state)
	word(c, &l.reason)
	word(c, &l.by)
	word(c, &l.before)
	word(c, &l.after)
	c.int(&l.rating)
	list(c, &l.rated, func(s *string) { word(c, s) })
	short(c, &c.waits, &l.waits, func(w *lifeWait) {
		c.below(&w.at, keys)
		c.bool(&w.again)
		c.duration(&w.took)
		c.duration(&w.sinceIssue)
	})
	short(c, &c.stays, &l.stays, func(s *lifeStay) {
		c.below(&s.at, keys)
		c.at(&s.called)
		c.at(&s.started)
		c.at(&s.ended)
		word(c, &s.end)
	})
	short(c, &c.marks, &l.marks, func(m *lifeMark) {
		c.below(&m.at, keys)
		word(c, &m.kind)
	})
}

// encode gives a day as it is kept: a magic, the head with its size and
// checksum, and the sections.
func (d *daily) encode() ([]byte, error) {
	names, err := d.names()
	if err != nil {
		return nil, fmt.Errorf("day %s: %w", d.day, err)
	}
	lives := &coder{writing: true, index: map[string]uint64{}}
	if d.code(lives); lives.err != nil {
		return nil, fmt.Errorf("day %s: %w", d.day, lives.err)
	}
	h, body := d.head, []byte(nil)
	for _, part := range []struct {
		of   *section
		text []byte
	}{{&h.sumsAt, []byte(d.sums())}, {&h.namesAt, []byte(names)}, {&h.livesAt, lives.bytes}} {
		*part.of = section{int64(len(body)), int64(len(part.text)), int64(checksum(string(part.text)))}
		body = append(body, part.text...)
	}
	c := &coder{writing: true}
	h.code(c)
	out := binary.LittleEndian.AppendUint32([]byte(magic), uint32(len(c.bytes)))
	out = binary.LittleEndian.AppendUint32(out, checksum(string(c.bytes)))
	return append(append(out, c.bytes...), body...), nil
}

func checksum(text string) uint32 {
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	_, _ = io.WriteString(sum, text) // It cannot fail (hash.Hash).
	return sum.Sum32()
}

// beforeHead is how many bytes are before the head.
const beforeHead = len(magic) + 8

// decodeHead reads the beginning of a kept day; body is where its sections
// begin.
func decodeHead(begin []byte) (h head, body int64, err error) {
	if len(begin) < beforeHead || string(begin[:len(magic)]) != magic {
		return h, 0, errBroken
	}
	size := binary.LittleEndian.Uint32(begin[len(magic):])
	if int64(size) > int64(len(begin)-beforeHead) {
		return h, 0, errBroken
	}
	c := &coder{in: string(begin[beforeHead : beforeHead+int(size)])}
	if checksum(c.in) != binary.LittleEndian.Uint32(begin[len(magic)+4:]) {
		return h, 0, fmt.Errorf("%w: its checksum is wrong", errBroken)
	}
	h.code(c)
	for _, s := range []section{h.namesAt, h.sumsAt, h.livesAt} {
		if s.from < 0 || s.size < 0 || s.size > sectionMost || s.from > 3*sectionMost {
			c.fail()
		}
	}
	return h, int64(beforeHead) + int64(size), c.err
}

// sectionMost bounds what is read of a file that says anything.
const sectionMost = 1 << 28

// check tells whether a section is what was written.
func (s section) check(text string) error {
	if int64(len(text)) != s.size || int64(checksum(text)) != s.checksum {
		return fmt.Errorf("%w: its checksum is wrong", errBroken)
	}
	return nil
}
