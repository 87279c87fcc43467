package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/web/ca"
	"github.com/xinmoi/xinmoi/queue/web/page"
	"github.com/xinmoi/xinmoi/queue/web/poster"
	"github.com/xinmoi/xinmoi/queue/web/setup"
	"github.com/xinmoi/xinmoi/queue/web/upkeep"
)

// mountAdmin puts the pages on which an office is set up and kept running
// behind the administrator's right, and the one for devices before everybody.
func (a *app) mountAdmin(mount func(string, http.Handler)) error {
	arranged, err := a.openSetup()
	kept, errKept := a.openUpkeep()
	printed, errPrinted := a.openPosters()
	trusted, errTrusted := a.caPage()
	if err := errors.Join(err, errKept, errPrinted, errTrusted); err != nil {
		return err
	}
	for path, h := range map[string]http.Handler{
		setup.Prefix: arranged.Handler(), setup.WizardPath: arranged.Handler(), poster.Prefix: printed.Handler(),
		upkeep.HealthPath: kept.Handler(), upkeep.ReportPath: kept.Handler(), upkeep.BackupPath: kept.Handler(), upkeep.OfficePath: kept.Handler(),
	} {
		mount(path, a.api.Need(api.SeeAdmin)(h))
	}
	mount(ca.Path, trusted)
	a.parts = append(a.parts, part{"office file", func(ctx context.Context) error { <-ctx.Done(); kept.Close(); return nil }, false})
	return nil
}

// adminLinks are those pages, for /admin.
func adminLinks() []page.Link {
	return []page.Link{
		{Label: "Thiết lập từng bước", LabelEN: "Set up step by step", Href: setup.WizardPath},
		{Label: "Thiết lập cơ quan", LabelEN: "The office's settings", Href: setup.Prefix},
		{Label: "Kiểm tra hệ thống", LabelEN: "How everything is", Href: upkeep.HealthPath},
		{Label: "Sao lưu", LabelEN: "Backups", Href: upkeep.BackupPath},
		{Label: "Xuất, nhập cả cơ quan", LabelEN: "The whole office as one file", Href: upkeep.OfficePath},
		{Label: "Áp phích, tờ rơi để in", LabelEN: "Posters and leaflets", Href: poster.Prefix},
		{Label: "Cài chứng chỉ https", LabelEN: "https for the staff's computers", Href: ca.Path},
	}
}

// openPosters makes the pages to print.
func (a *app) openPosters() (*poster.Desk, error) {
	c := poster.Config{Setup: a.engine, Base: strings.TrimSuffix(a.base, "/"), Build: version(), Ways: a.posterWays}
	if a.sip != nil {
		c.Dial, c.Menu = a.dial, a.posterMenu
	}
	return poster.New(c)
}

// posterWays are the doors besides telephone and kiosk: the poster tells the
// one by its number, and hangs beside the other.
func (a *app) posterWays() (ways []poster.Way) {
	for _, d := range a.chatDoors() {
		ways = append(ways, poster.Way{Title: d.Title, TitleEN: d.TitleEN, Text: d.Text, TextEN: d.TextEN, Href: d.Href})
	}
	return ways
}

// posterMenu is what callers may press first, in both languages.
func (a *app) posterMenu(ctx context.Context) (keys []poster.Key) {
	now, err := a.setup(ctx)
	if err != nil || a.phone == nil {
		return nil
	}
	english := map[string]string{}
	for _, level := range a.phone.Outline(now, "en", time.Now()) {
		for _, line := range level.Lines {
			english[line.Keys] = line.Label
		}
	}
	for _, level := range a.phone.Outline(now, "vi", time.Now()) {
		for _, line := range level.Lines {
			if line.Label != "" {
				keys = append(keys, poster.Key{Keys: line.Keys, Label: line.Label, LabelEN: english[line.Keys]})
			}
		}
	}
	return keys
}
