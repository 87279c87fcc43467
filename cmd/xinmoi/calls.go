package main

import (
	"net/http"

	"github.com/xinmoi/xinmoi/ivr/ops"
)

// openCalls makes the page on which telephone calls are followed.
func (a *app) openCalls() (http.Handler, error) {
	return a.callsPage(ops.PageConfig{Logger: a.log, Build: version(), Location: a.where.location})
}
