package report

import (
	"math/bits"
	"slices"
	"time"
)

// Durations of one kind and group are kept sorted, in bins: those of a bin have
// the first four binary digits in common, so that it is at most an eighth of
// its values wide. Bins of many days are added up by counting alone; then it is
// known in which bin a quantile lies, and only its values are looked at, to the
// millisecond. So a report on a year is exact, and reads a tenth of its values.

// Bounds of bins.
const (
	binDigits = 3
	binLinear = 1 << binDigits // Smaller values have a bin each.
	binsMost  = (32 - binDigits + 1) << binDigits
)

// binOf gives a value's bin; bins are in the order of their values.
func binOf(v millis) int {
	if v < binLinear {
		return int(v)
	}
	beyond := bits.Len32(uint32(v)) - binDigits - 1
	return (beyond+1)<<binDigits | int(v>>beyond)&(binLinear-1)
}

// binFrom is the least value of a bin, and binBytes what a value takes beyond it.
func binFrom(bin int) millis {
	if bin < binLinear {
		return millis(bin)
	}
	return millis(binLinear|bin&(binLinear-1)) << (bin>>binDigits - 1)
}

func binBytes(bin int) int { return (max(0, bin>>binDigits-1) + 7) / 8 }

// write codes durations, and sorts them: how many, their sum, how many lie in
// which bin, and what each has beyond the least of its bin.
func (m millisList) write(c *coder) {
	c.number(uint64(len(m)))
	if len(m) == 0 {
		return
	}
	slices.Sort(m)
	sum, filled := uint64(0), 0
	for i, v := range m {
		sum += uint64(v)
		if i == 0 || binOf(v) != binOf(m[i-1]) {
			filled++
		}
	}
	c.number(sum)
	c.number(uint64(filled))
	var rest []byte
	for before := -1; len(m) > 0; {
		bin := binOf(m[0])
		n := 0
		for ; n < len(m) && binOf(m[n]) == bin; n++ {
			for i, beyond := 0, m[n]-binFrom(bin); i < binBytes(bin); i, beyond = i+1, beyond>>8 {
				rest = append(rest, byte(beyond))
			}
		}
		c.number(uint64(bin - before - 1))
		c.number(uint64(n))
		before, m = bin, m[n:]
	}
	c.number(uint64(len(rest)))
	c.bytes = append(c.bytes, rest...)
}

// pile is durations of one kind and group, of many days.
type pile struct {
	n       int
	sum     uint64
	longest millis
	bins    []uint32 // How many lie in each.
	wanted  []wanted
}

// wanted is a bin whose values are looked at.
type wanted struct {
	bin  int
	list millisList
}

// keptSpans is the durations of a day as they are read.
type keptSpans struct {
	n    int
	sum  uint64
	bins []keptBin // The coder's, until the next reading.
	rest string
}

type keptBin struct{ at, n int }

// spans reads durations.
func (c *coder) spans() (k keptSpans) {
	k.n = int(c.number(0))
	if k.n == 0 || c.err != nil {
		return keptSpans{}
	}
	k.sum = c.number(0)
	filled := c.number(0)
	if filled > binsMost {
		c.fail()
		return keptSpans{}
	}
	c.bins = c.bins[:0]
	at, all, size := -1, 0, 0
	for range filled {
		gap, n := c.pair()
		at += int(min(gap, binsMost)) + 1
		if at >= binsMost || n == 0 || n > uint64(k.n) {
			c.fail()
			return keptSpans{}
		}
		c.bins = append(c.bins, keptBin{at, int(n)})
		all, size = all+int(n), size+int(n)*binBytes(at)
	}
	c.text(&k.rest)
	if all != k.n || size != len(k.rest) {
		c.fail()
		return keptSpans{}
	}
	k.bins = c.bins
	return k
}

// value reads the value at the beginning of what a bin's values have beyond it.
func value(bin int, rest string) millis {
	v := millis(0)
	for i := range binBytes(bin) {
		v |= millis(rest[i]) << (8 * i)
	}
	return binFrom(bin) + v
}

// add adds a day.
func (p *pile) add(k keptSpans) {
	if k.n == 0 {
		return
	}
	last := k.bins[len(k.bins)-1].at
	if last >= len(p.bins) {
		p.bins = append(p.bins, make([]uint32, last+1-len(p.bins))...)
	}
	for _, b := range k.bins {
		p.bins[b.at] += uint32(b.n)
	}
	p.n, p.sum = p.n+k.n, p.sum+k.sum
	p.longest = max(p.longest, value(last, k.rest[len(k.rest)-binBytes(last):]))
}

// want says which values it will take to know everything.
func (p *pile) want(at ...int) {
	slices.Sort(at)
	for _, bin := range slices.Compact(at) {
		p.wanted = append(p.wanted, wanted{bin: bin, list: make(millisList, 0, p.bins[bin])})
	}
}

// take takes a day's values of the wanted bins.
func (p *pile) take(k keptSpans) {
	rest, want := k.rest, p.wanted
	for _, b := range k.bins {
		for len(want) > 0 && want[0].bin < b.at {
			want = want[1:]
		}
		if len(want) == 0 {
			return
		}
		size := binBytes(b.at)
		if want[0].bin == b.at {
			list, least := want[0].list, binFrom(b.at)
			for i := range b.n {
				v := least
				for j := range size {
					v += millis(rest[i*size+j]) << (8 * j)
				}
				list = append(list, v)
			}
			want[0].list = list
		}
		rest = rest[b.n*size:]
	}
}

// rank is the place of a quantile among n, counted from 0: in whole numbers, so
// that nothing is rounded.
func rank(percent, n int) int { return max(0, (percent*n+99)/100-1) }

// holds gives the bin in which the value of a place lies, and its place there.
func (p *pile) holds(place int) (bin, within int) {
	for bin, n := range p.bins {
		if place < int(n) {
			return bin, place
		}
		place -= int(n)
	}
	return len(p.bins) - 1, 0
}

// seek wants what a Spread needs, and what lies in the bin of a limit.
func (p *pile) seek(limit millis) {
	if p.n == 0 {
		return
	}
	median, _ := p.holds(rank(50, p.n))
	p90, _ := p.holds(rank(90, p.n))
	at := []int{median, p90}
	if bin := binOf(limit); bin < len(p.bins) && p.bins[bin] > 0 {
		at = append(at, bin)
	}
	p.want(at...)
}

// spread sums up, after the wanted values were taken.
func (p *pile) spread() Spread {
	if p.n == 0 {
		return Spread{}
	}
	quantile := func(percent int) Seconds {
		bin, within := p.holds(rank(percent, p.n))
		return seconds(nth(p.in(bin), within).duration())
	}
	n := uint64(p.n)
	mean := time.Duration(p.sum/n)*time.Millisecond + time.Duration(p.sum%n*uint64(time.Millisecond)/n)
	return Spread{N: p.n, Mean: seconds(mean), Median: quantile(50), P90: quantile(90), Max: seconds(p.longest.duration())}
}

// in gives the taken values of a bin.
func (p *pile) in(bin int) millisList {
	for _, w := range p.wanted {
		if w.bin == bin {
			return w.list
		}
	}
	return nil
}

// atMost counts those that do not exceed a limit, whose bin was taken.
func (p *pile) atMost(limit millis) (n int) {
	bin := binOf(limit)
	for _, in := range p.bins[:min(bin, len(p.bins))] {
		n += int(in)
	}
	for _, v := range p.in(bin) {
		if v <= limit {
			n++
		}
	}
	return n
}
