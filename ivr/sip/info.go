package sip

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/xinmoi/xinmoi/ivr/media"
)

// Bounds on what a call remembers of INFO requests: whose key was taken, since
// their repetitions are no further keys, and which wait for a turn.
const (
	maxInfos   = 16
	maxPressed = 64
)

// press is the key of an INFO.
type press struct {
	id  string // Tells requests from their repetitions.
	key rune
}

// keysInOrder keeps keys in the order of their arrival. The zero value is ready.
type keysInOrder struct {
	mu   sync.Mutex
	keys []press
}

func (p *keysInOrder) put(k press) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.keys) < maxPressed {
		p.keys = append(p.keys, k)
	}
}

func (p *keysInOrder) takeAll() []press {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.keys
	p.keys = nil
	return all
}

// arrived notes the key of an INFO in the goroutine that has read it. sipgo
// gives each request to a goroutine of its own, and two keys that were pressed
// in quick succession, or whose sender does not wait for the 200, could change
// places on the way. Whichever of these requests comes to its call first, finds
// the keys in order.
func (e *endpoint) arrived(msg sip.Message) {
	defer e.survive(sip.INFO)
	req, ok := msg.(*sip.Request)
	if !ok || req.Method != sip.INFO || validate(req) != nil {
		return
	}
	tag, _ := req.To().Params.Get("tag")
	c := e.find(dialogKey{string(*req.CallID()), tag})
	if c == nil {
		return
	}
	if key, ok := infoKey(req); ok {
		c.pressed.put(press{infoID(req), key})
	}
}

// infoKey reads the key of an INFO.
func infoKey(req *sip.Request) (digit rune, ok bool) {
	kind := ""
	if h := req.ContentType(); h != nil {
		kind = h.Value()
	}
	return media.ParseInfo(kind, req.Body())
}

// infoID tells requests from their repetitions, as transactions do (RFC 3261
// §17.2.3).
func infoID(req *sip.Request) string {
	branch, _ := req.Via().Params.Get("branch")
	return strconv.FormatUint(uint64(req.CSeq().SeqNo), 10) + " " + branch
}

// keyed takes a key once.
func (c *Call) keyed(p press) {
	if slices.Contains(c.infos, p.id) || c.byeing {
		return
	}
	if len(c.infos) == maxInfos {
		c.infos = slices.Delete(c.infos, 0, 1)
	}
	c.infos = append(c.infos, p.id)
	c.insteadOfACK()
	c.leg.receiver.Digit(p.key, media.SourceInfo, time.Now())
}

// info answers an INFO (RFC 6086 and what was before it), always by 200, since
// refusing one makes some telephones hang up. Its key is taken here only where
// too many waited.
func (c *Call) info(l letter) {
	if key, ok := infoKey(l.req); ok {
		c.keyed(press{infoID(l.req), key})
	}
	_ = respond(l.tx, l.req, sip.StatusOK, "OK", nil)
}
