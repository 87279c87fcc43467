package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/ivr/callout"
	"github.com/xinmoi/xinmoi/ivr/callout/afar"
	"github.com/xinmoi/xinmoi/ivr/callout/book"
	"github.com/xinmoi/xinmoi/ivr/sip"
	"github.com/xinmoi/xinmoi/ivr/trunk"
)

// calloutConfig is how one machine calls citizens; whether and when is the
// office's to say.
type calloutConfig struct {
	Via       string `toml:"via"`
	AtOnce    int    `toml:"calls_at_once"`
	PerMinute int    `toml:"calls_per_minute"`
	PerNumber int    `toml:"calls_per_number"`
	Minutes   int    `toml:"minutes_ahead"`
}

// check refuses what would pester people or cannot be dialled.
func (c calloutConfig) check() error {
	for _, v := range []struct {
		key      string
		n, least int
		most     int
	}{
		{"calls_at_once", c.AtOnce, 1, 100}, {"calls_per_minute", c.PerMinute, 1, 600},
		{"calls_per_number", c.PerNumber, 1, 20}, {"minutes_ahead", c.Minutes, 1, 240},
	} {
		if v.n < v.least || v.n > v.most {
			return fmt.Errorf("callout.%s: %d: give %d to %d", v.key, v.n, v.least, v.most)
		}
	}
	if c.Via != "" && (!strings.HasPrefix(c.Via, "sip:") || strings.Contains(c.Via, "@")) {
		return fmt.Errorf("callout.via: %q: give a switchboard's address without a number, such as sip:192.168.1.10:5060", c.Via)
	}
	return nil
}

// openCallout sets up the calls to citizens, where there is a way to place them.
func (t *telephone) openCallout(ctx context.Context, o phoneOffice) ([]part, error) {
	dialer := t.dialer()
	if t.sip == nil || dialer == nil {
		return nil, nil
	}
	var err error
	if t.wishes, err = book.Open(ctx, o.wishes); err != nil {
		return nil, err
	}
	c := t.cfg.Callout
	t.callout, err = callout.New(callout.Config{
		Office: o, Setup: o.setup, Book: t.wishes, Dialer: dialer, Render: ivr.RenderWith(o.renderer), Logger: t.log,
		Watch: t.calls, Texter: o.texter, Refused: o.refused,
		Rules: callout.Rules{AtOnce: c.AtOnce, PerMin: c.PerMinute, PerDay: c.PerNumber, Minutes: c.Minutes},
	})
	if err != nil {
		return nil, err
	}
	return []part{{"calls to citizens", t.callout.Run, false}}, nil
}

// callbacks is what callers are offered; nil while nobody can be called.
func (t *telephone) callbacks() ivr.Callbacks {
	if t.callout == nil {
		return nil
	}
	return t.callout
}

// wishesFromAfar takes the wishes that telephones on other machines bring.
func (a *app) wishesFromAfar() http.Handler {
	return afar.Handler(func() afar.Wishes { return refusing{a, a.callbacks()} }, a.engine.Ticket)
}

// dialer is the way out for calls to citizens; nil if there is none.
func (t *telephone) dialer() callout.Dialer {
	if dial := t.wayOut(); dial != nil {
		return dial
	}
	return nil
}

// wayOut is the way out: the trunks, or a switchboard that needs none; nil if
// there is neither.
func (t *telephone) wayOut() dialFunc {
	placesCalls := func(c trunk.Config) bool { return !c.NoCalls }
	switch {
	case t.cfg.Callout.Via != "":
		return func(ctx context.Context, number string) (*sip.Call, error) {
			number, err := trunk.Callable(number) // As by the trunks: none that cost money, none abroad.
			if err != nil {
				return nil, &trunk.CallError{Class: trunk.Forbidden, Err: err}
			}
			return t.sip.Dial(ctx, sip.DialConfig{URI: viaURI(t.cfg.Callout.Via, number), From: t.cfg.SIP.Number})
		}
	case t.trunks != nil && slices.ContainsFunc(t.cfg.SIP.Trunks, placesCalls):
		return t.trunks.Call
	}
	return nil
}

// dialFunc is a way out as a function.
type dialFunc func(ctx context.Context, number string) (*sip.Call, error)

// Call implements callout.Dialer.
func (f dialFunc) Call(ctx context.Context, number string) (ivr.Line, error) {
	c, err := f(ctx, number)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// viaURI puts a number as it is dialled in Viet Nam before a switchboard's address.
func viaURI(via, number string) string {
	return "sip:0" + strings.TrimPrefix(number, "+84") + "@" + strings.TrimPrefix(via, "sip:")
}

// calloutFigures is how the calls to citizens went today.
func (t *telephone) calloutFigures(give func(prometheus.Metric)) {
	if t.callout == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	s, err := t.callout.Status(ctx)
	if err != nil {
		return
	}
	give(gauge("xinmoi_callout_waiting", "Citizens who wait to be called.", float64(s.Waiting)))
	give(gauge("xinmoi_callout_running", "Calls to citizens under way.", float64(s.Running)))
	for outcome, n := range s.Outcomes {
		give(gauge("xinmoi_callout_calls_today", "Calls to citizens begun today, by how they ended.", float64(n), "outcome", string(outcome)))
	}
}
