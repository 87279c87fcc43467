package sip

import (
	"bytes"
	"net"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// takeACK gives an ACK that came by UDP to its call, from the reader of the
// socket. An ACK has no transaction of its own (RFC 3261 §17.1): sipgo would make
// one all the same, with goroutine and timers, for every call. It reports false
// for what is no ACK of an answered call, which goes the way of all messages.
func (e *endpoint) takeACK(data []byte, from net.Addr) bool {
	if len(data) < 4 || !bytes.EqualFold(data[:4], []byte("ACK ")) {
		return false
	}
	return e.takeBareACK(data) || e.takeWholeACK(data, from)
}

// takeBareACK takes an ACK that says nothing but which dialog it belongs to, as
// nearly all do: it need not be parsed. Who names our tag has received it.
func (e *endpoint) takeBareACK(data []byte) bool {
	_, body, whole := bytes.Cut(data, []byte("\r\n\r\n"))
	tag := rawTag(rawHeader(data, "To", "t"))
	if !whole || len(body) > 0 || tag == "" {
		return false
	}
	c := e.find(dialogKey{callIDOf(data), tag})
	if c == nil {
		return false
	}
	c.openNow(&letter{act: func() { c.acknowledged(nil) }, since: time.Now()})
	return true
}

// rawTag gives the tag of a From or To that has not been parsed; empty where
// there is none, or where only a parser can find it.
func rawTag(value string) string {
	if strings.Contains(value, `"`) {
		return "" // A name, or a parameter, that may hold anything.
	}
	_, params, _ := strings.Cut(value[strings.LastIndexByte(value, '>')+1:], ";")
	for p := range strings.SplitSeq(params, ";") {
		if name, tag, ok := strings.Cut(p, "="); ok && strings.EqualFold(strings.TrimSpace(name), "tag") {
			return strings.TrimSpace(tag)
		}
	}
	return ""
}

// takeWholeACK takes an ACK that has to be parsed.
func (e *endpoint) takeWholeACK(data []byte, from net.Addr) bool {
	msg, err := sip.ParseMessage(data)
	req, ok := msg.(*sip.Request)
	if err != nil || !ok || validate(req) != nil {
		return false
	}
	ours, _ := req.To().Params.Get("tag")
	theirs, _ := req.From().Params.Get("tag")
	c := e.find(dialogKey{string(*req.CallID()), ours})
	if c == nil {
		return e.merged(dialogKey{string(*req.CallID()), theirs}) // Somebody who does not know our tag: it proves nothing.
	}
	req.SetTransport("UDP")
	req.SetSource(from.String())
	c.openNow(&letter{req: req, since: time.Now()})
	return true
}
