package main

import (
	"context"
	"errors"
	"net/http"
	"strings"

	phonedesk "github.com/xinmoi/xinmoi/ivr/desk"
	"github.com/xinmoi/xinmoi/ivr/media"
	"github.com/xinmoi/xinmoi/ivr/sip"
)

// openPhoneDesk makes the page on which an administrator arranges what callers
// hear.
func (a *app) openPhoneDesk(ctx context.Context) (http.Handler, error) {
	c := phonedesk.Config{
		Setup: a.engine, Phone: a.phone, Logger: a.log, Build: version(),
		Demand: func(context.Context) (map[string]int, error) { return a.demand.counts(), nil },
	}
	if a.sip != nil {
		c.Dial = strings.TrimPrefix(a.dial(), "tel:")
		c.TestCall = func(request context.Context, to string) error { return a.testCall(ctx, request, to) }
		a.tryCall = c.TestCall
	}
	d, err := phonedesk.New(c)
	if err != nil {
		return nil, err
	}
	return d.Handler(), nil
}

// errNoWayOut says that a telephone number cannot be called from here.
var errNoWayOut = errors.New("máy này chưa có đường gọi ra: gõ địa chỉ SIP như sip:100@10.0.0.2, hoặc cấu hình trung kế " +
	"(there is no way out to telephone numbers: type a SIP address like sip:100@10.0.0.2, or configure a trunk)")

// testCall calls a telephone and lets it hear what callers hear. It returns
// when the telephone was answered; the conversation goes on for as long as the
// program runs.
func (a *app) testCall(running, request context.Context, to string) error {
	c, err := a.callTo(request, to)
	if err != nil {
		return err
	}
	go a.talk(running, c)
	return nil
}

func (a *app) callTo(ctx context.Context, to string) (*sip.Call, error) {
	if strings.HasPrefix(to, "sip:") || strings.HasPrefix(to, "sips:") {
		return a.sip.Dial(ctx, sip.DialConfig{URI: to, From: a.cfg.SIP.Number})
	}
	dial := a.wayOut()
	if dial == nil {
		return nil, errNoWayOut
	}
	number := media.NormalizeCaller(to)
	if number == "" {
		return nil, errors.New("không phải số điện thoại (not a telephone number)")
	}
	return dial(ctx, number)
}
