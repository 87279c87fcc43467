package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue/alarm"
	alarmdesk "github.com/xinmoi/xinmoi/queue/alarm/desk"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/hooks"
	"github.com/xinmoi/xinmoi/queue/live"
	livedesk "github.com/xinmoi/xinmoi/queue/live/desk"
	"github.com/xinmoi/xinmoi/queue/web/notes"
)

// watching is what looks on: the live overview, alarms, and who is told of them.
type watching struct {
	live      *livedesk.Desk
	alarms    *alarm.Book
	alarmDesk *alarmdesk.Desk
	hooks     *hooks.Sender // Nil = no other system is told.
	jottings  *notes.Store
}

// liveConfig is what the live overview shows besides this office.
type liveConfig struct {
	Offices []liveOffice `toml:"office"`
}

// liveOffice is an office elsewhere.
type liveOffice struct {
	Server    string `toml:"server"`
	Office    string `toml:"office"`
	TokenFile string `toml:"token_file"`
	Assign    bool   `toml:"assign"` // Services may be given to counters from here.
	Public    string `toml:"public"` // Its start page as citizens reach it; empty = the start page here does not tell of it.
}

func (c liveConfig) check() error {
	seen := map[string]bool{}
	for i, o := range c.Offices {
		switch {
		case !strings.HasPrefix(o.Server, "http://") && !strings.HasPrefix(o.Server, "https://"):
			return fmt.Errorf("live.office %d: server: %q: begin with http:// or https://", i+1, o.Server)
		case o.Public != "" && !strings.HasPrefix(o.Public, "http://") && !strings.HasPrefix(o.Public, "https://"):
			return fmt.Errorf("live.office %d: public: %q: begin with http:// or https://, or leave it out", i+1, o.Public)
		case o.Office == "":
			return fmt.Errorf("live.office %d: office: give the id of the office there", i+1)
		case seen[o.Server+o.Office]:
			return fmt.Errorf("live.office %d: %s of %s is there twice", i+1, o.Office, o.Server)
		}
		seen[o.Server+o.Office] = true
	}
	return nil
}

// openWatching opens everything that looks on.
func (a *app) openWatching(ctx context.Context) error {
	offices := []livedesk.Office{{Setup: a.engine, Source: live.Source{
		ID: a.info.ID, Office: a.engine, Troubles: a.troubles,
		Expect: func(service string, now time.Time) (low, high time.Duration, ok bool) {
			e, ok := a.waits.Service(service, now)
			return minutesOf(e.Low), minutesOf(e.High), ok
		},
	}}}
	for i, o := range a.cfg.Live.Offices {
		remote, err := o.open(i)
		if err != nil {
			return err
		}
		offices = append(offices, remote)
	}
	if err := a.openHooks(ctx); err != nil {
		return err
	}
	var err error
	a.live, err = livedesk.New(livedesk.Config{
		Offices: offices, Build: version(), Logger: a.log, Alarms: alarmdesk.Prefix,
		Ack: func(ctx context.Context, id int64, who string) error { return a.alarms.Ack(ctx, id, who) },
	})
	if err != nil {
		return err
	}
	a.parts = append(a.parts, part{"live overview", a.live.Run, false})
	if a.jottings, err = notes.Open(ctx, filepath.Join(a.data.path, notes.FileName), a.log); err != nil {
		return err
	}
	a.parts = append(a.parts, part{"notes", func(ctx context.Context) error { return a.jottings.Run(ctx, a.engine, time.Now) }, false})
	return a.openAlarms(ctx)
}

func minutesOf(m float64) time.Duration { return time.Duration(m * float64(time.Minute)) }

// client speaks with an office elsewhere.
func (o liveOffice) client() (*api.Client, error) {
	token := ""
	if o.TokenFile != "" {
		var err error
		if token, err = secretIn("live.office.token_file", o.TokenFile); err != nil {
			return nil, err
		}
	}
	return api.NewClient(o.Server, o.Office, token, &http.Client{}), nil
}

// open reaches an office elsewhere.
func (o liveOffice) open(i int) (out livedesk.Office, err error) {
	client, err := o.client()
	if err != nil {
		return out, err
	}
	out.Source = live.Source{ID: fmt.Sprintf("%d-%s", i+2, o.Office), Office: client}
	if o.Assign {
		out.Setup = client
	}
	return out, nil
}

// mountWatching puts the pages behind their rights.
func (a *app) mountWatching(mount func(string, http.Handler)) {
	mount(livedesk.Prefix, a.api.Need(api.SeeLive)(a.live.Handler()))
	mount(alarmdesk.Prefix, a.api.Need(api.SeeLive)(a.alarmDesk.History()))
	mount(alarmdesk.Settings, a.api.Need(api.SeeAdmin)(a.alarmDesk.Rules()))
}
