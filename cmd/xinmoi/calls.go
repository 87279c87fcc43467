package main

import (
	"net/http"

	"github.com/xinmoi/xinmoi/ivr/ops"
)

// openCalls makes the page on which telephone calls are followed.
func (a *app) openCalls() (http.Handler, error) {
	c := ops.PageConfig{Calls: a.calls, Office: a.info.Name, Logger: a.log, Build: version(), Location: a.location()}
	if a.trunks != nil {
		c.Trunks = a.trunkRows
	}
	p, err := ops.NewPage(c)
	if err != nil {
		return nil, err
	}
	return p.Handler(), nil
}

// trace takes the SIP messages of calls; it may be called before there is an
// office, since the ports are taken first.
func (a *app) trace(callID string, sent bool, message []byte) {
	if a.calls != nil {
		a.calls.Trace(callID, sent, message)
	}
}
