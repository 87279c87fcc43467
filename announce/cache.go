package announce

import (
	"container/list"
	"strconv"
	"sync"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// rendered is a sentence in sound: pcm for loudspeakers, phone for the telephone.
type rendered struct {
	pcm    audio.PCM
	phone  []int16
	report Report
}

func (r rendered) bytes() int { return 4*len(r.pcm.Samples) + 2*len(r.phone) }

// renderCache keeps the sentences used last within a number of bytes.
type renderCache struct {
	mu      sync.Mutex
	limit   int
	size    int
	order   *list.List
	entries map[string]*list.Element
}

type cacheEntry struct {
	key string
	rendered
}

func newRenderCache(limit int) *renderCache {
	return &renderCache{limit: limit, order: list.New(), entries: map[string]*list.Element{}}
}

// get finds what was kept under a key.
func (c *renderCache) get(key []byte) (rendered, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[string(key)]
	if !ok {
		return rendered{}, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cacheEntry).rendered, true
}

// put keeps r unless it is larger than everything that may be kept.
func (c *renderCache) put(key []byte, r rendered) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.entries[string(key)]; known || r.bytes() > c.limit {
		return
	}
	name := string(key)
	c.entries[name] = c.order.PushFront(&cacheEntry{name, r})
	for c.size += r.bytes(); c.size > c.limit; {
		last := c.order.Remove(c.order.Back()).(*cacheEntry)
		delete(c.entries, last.key)
		c.size -= last.bytes()
	}
}

// held is how many sentences are kept and their bytes.
func (c *renderCache) held() (sentences, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.entries), c.size
}

// appendKey adds to b what tells sentences apart by what is heard of them
// through a medium.
func (s Sentence) appendKey(b []byte, m medium) []byte {
	b = append(b, byte(m))
	b = strconv.AppendBool(b, s.chime)
	for _, p := range s.parts {
		b = append(b, '|')
		b = append(b, p.Lang...)
		b = append(b, ':')
		for _, w := range p.Words {
			b = append(b, w...)
			b = append(b, ' ')
		}
		b = append(b, '/')
		b = append(b, p.Pos...)
		b = strconv.AppendInt(b, int64(p.Pause), 10)
	}
	return b
}
