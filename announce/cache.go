package announce

import (
	"container/list"
	"strconv"
	"strings"
	"sync"

	"github.com/xinmoi/xinmoi/announce/audio"
)

// rendered is a sentence in sound.
type rendered struct {
	pcm    audio.PCM
	report Report
}

// renderCache keeps the sentences used last within a number of bytes.
type renderCache struct {
	mu      sync.Mutex
	limit   int
	size    int
	age     int // Counts clears, so that sound of an old voice is not kept.
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

func (c *renderCache) get(key string) (rendered, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		return rendered{}, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cacheEntry).rendered, true
}

// put keeps r unless the cache was cleared since generation, or r is too large.
func (c *renderCache) put(key string, r rendered, generation int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.entries[key]; known || generation != c.age || bytesOf(r) > c.limit {
		return
	}
	c.entries[key] = c.order.PushFront(&cacheEntry{key, r})
	c.size += bytesOf(r)
	for c.size > c.limit {
		last := c.order.Remove(c.order.Back()).(*cacheEntry)
		delete(c.entries, last.key)
		c.size -= bytesOf(last.rendered)
	}
}

func (c *renderCache) generation() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.age
}

func (c *renderCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.order.Init()
	clear(c.entries)
	c.size = 0
	c.age++
}

func bytesOf(r rendered) int { return 4 * len(r.pcm.Samples) }

// key tells sentences apart by what is heard.
func (s Sentence) key() string {
	var b strings.Builder
	b.WriteString(strconv.FormatBool(s.chime))
	for _, p := range s.parts {
		b.WriteByte('|')
		b.WriteString(p.Lang)
		b.WriteByte(':')
		b.WriteString(strings.Join(p.Words, " "))
		b.WriteByte('/')
		b.WriteString(string(p.Pos))
		b.WriteString(p.Pause.String())
	}
	return b.String()
}
