package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/http"
	"path/filepath"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/alarm"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/estimate"
	"github.com/xinmoi/xinmoi/queue/people"
	"github.com/xinmoi/xinmoi/queue/report"
	"github.com/xinmoi/xinmoi/queue/report/desk"
	"github.com/xinmoi/xinmoi/queue/report/monthly"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// figuresDir is where the sums of ended days are, in the data directory; they
// are made anew from the log when it is deleted.
const figuresDir = "figures"

// filedDir is where the reports are that are made by themselves, and what is
// set about them.
const filedDir = "reports"

// openBook makes what reports are read from.
func (a *app) openBook() {
	a.reports = report.NewBook(report.BookConfig{
		Office: a.info.ID, Source: a.db, Dir: filepath.Join(a.data.path, figuresDir), Logger: a.log, Told: a.told, Called: a.staffNames,
	})
	a.parts = append(a.parts, part{"reports", a.reports.Run, false})
}

// staffNames are what the people with an account are called, by their ids in the
// log; none while they cannot be read.
func (a *app) staffNames(ctx context.Context) map[string]string {
	accounts, err := a.people.Accounts(ctx)
	if err != nil {
		a.log.Warn("reports name staff by their accounts alone", "err", err)
	}
	names := make(map[string]string, len(accounts))
	for _, each := range accounts {
		names[people.ActorID(each.Name)] = each.Display
	}
	return names
}

// reportPages are the pages of the reports, and what is made by itself.
func (a *app) reportPages() (http.Handler, error) {
	elsewhere, err := a.cfg.Live.elsewhere()
	if err != nil {
		return nil, err
	}
	pages, err := desk.New(desk.Config{
		Book: a.reports, Agency: a.api.FiguresOf, Location: a.where.location, Logger: a.log, Build: version(),
		May: func(r *http.Request) bool { return page.May(r.Context(), string(api.SeeAdmin)) }, Agencies: a.agencies, Elsewhere: elsewhere,
	})
	if err != nil {
		return nil, err
	}
	pages.Monthly, err = monthly.New(monthly.Config{
		Dir: filepath.Join(a.data.path, filedDir), Figures: a.reports, Paper: pages.Paper, Channels: a.filedChannels(),
		Link: func(folder string) string { return a.base + desk.FiledPath + "/" + folder + "/" + monthly.Document }, Location: a.where.location, Logger: a.log,
	})
	if err != nil {
		return nil, err
	}
	a.parts = append(a.parts, part{"scheduled reports", pages.Monthly.Run, false})
	return pages.Handler(), nil
}

// elsewhere are the offices of the live overview, for reports side by side.
func (c liveConfig) elsewhere() (list []desk.Elsewhere, err error) {
	for _, o := range c.Offices {
		client, err := o.client()
		if err != nil {
			return nil, err
		}
		list = append(list, desk.Elsewhere{Name: o.Office, Report: func(ctx context.Context, s report.Spec) (*report.Report, error) {
			q := api.ReportQuery{From: s.From, To: s.To, Target: int(s.Target / time.Minute)}
			for _, p := range s.Parts {
				q.Parts = append(q.Parts, string(p))
			}
			made := &report.Report{}
			if err := client.Report(ctx, q, made); err != nil {
				if queue.ErrorCode(err) == api.CodeNotFound {
					err = report.ErrNoDay
				}
				return nil, err
			}
			return made, nil
		}})
	}
	return list, nil
}

// agencies lists those that share the hall; none where the office is one.
func (a *app) agencies() []queue.Agency {
	view, err := a.engine.Setup(context.Background())
	if err != nil {
		return nil
	}
	return view.Setup.Agencies
}

// filedChannels are the ways to tell of a report: those of alarms.
func (a *app) filedChannels() (list []monthly.Channel) {
	for _, c := range a.alarmChannels() {
		list = append(list, monthly.Channel{
			ID: c.ID, Name: c.Name, NameEN: c.NameEN, Asks: c.Asks, AsksEN: c.AsksEN, Check: c.Check,
			Tell: func(ctx context.Context, address, key, vi, en string) error {
				return c.Push(ctx, address, alarm.Message{Delivery: deliveryOf(key), Kind: "report", VI: vi, EN: en, At: time.Now()})
			},
		})
	}
	return list
}

// deliveryOf makes the number of a message of its key: another for every key,
// the same however often it is sent, and none that an alarm has.
func deliveryOf(key string) int64 {
	sum := sha256.Sum256([]byte(key))
	return int64(binary.BigEndian.Uint64(sum[:])>>2 | 1<<62)
}

// reportsOf makes what the HTTP interface answers about a period.
func reportsOf(book *report.Book) func(context.Context, string, api.ReportQuery) (any, error) {
	return func(ctx context.Context, _ string, q api.ReportQuery) (any, error) {
		s := report.Spec{From: q.From, To: q.To, Agency: q.Agency, Target: time.Duration(q.Target) * time.Minute, Compare: q.Compare}
		for _, p := range q.Parts {
			s.Parts = append(s.Parts, report.Part(p))
		}
		made, err := askBook(ctx, book, s, q.List)
		if errors.Is(err, report.ErrNoDay) {
			return nil, queue.Errorf(api.CodeNotFound, "%w", err)
		}
		return made, err
	}
}

func askBook(ctx context.Context, book *report.Book, s report.Spec, list *api.FigureQuery) (any, error) {
	if list == nil {
		return book.Report(ctx, s)
	}
	if s.From == "" {
		_, latest, err := book.Latest(ctx)
		if err != nil {
			return nil, err
		}
		if s.From = latest; latest == "" {
			return nil, report.ErrNoDay
		}
	}
	p, err := report.NewPick(list.Part, list.ID, list.Figure)
	if err != nil {
		return nil, err
	}
	return book.Tickets(ctx, s, p, list.Offset, list.Limit)
}

// told is how true the estimates were, day by day, for reports.
func (a *app) told() (list []report.Told) {
	for _, d := range a.waits.Truth() {
		list = append(list, toldOf(d.Day, "", d.All))
		for _, s := range d.Services {
			list = append(list, toldOf(d.Day, s.ID, s.Trueness))
		}
	}
	return list
}

func toldOf(day, service string, t estimate.Trueness) report.Told {
	return report.Told{Day: day, Service: service, Waits: t.Waits, Inside: t.Inside, Late: t.Late, Wait: t.Wait, Error: t.Error, LESError: t.LESError}
}

// lastTruth is how true the estimates were on the latest day that has ended.
func lastTruth(days []estimate.Day, today string) (estimate.Day, bool) {
	for i := len(days) - 1; i >= 0; i-- {
		if days[i].Day < today && days[i].All.Waits > 0 {
			return days[i], true
		}
	}
	return estimate.Day{}, false
}

// truthWords says how true the estimates of a service were on the latest day
// that has ended, for citizens; nothing where too few were called to tell.
func (a *app) truthWords(service, language string) string {
	now := time.Now().In(a.where.location())
	d, ok := lastTruth(a.waits.Truth(), now.Format(time.DateOnly))
	if !ok {
		return ""
	}
	for _, s := range d.Services {
		if phrase := s.Phrase(language); s.ID == service && phrase != "" {
			return dayBefore(d.Day, now, language) + ": " + phrase
		}
	}
	return ""
}

// dayBefore names a day that has ended: yesterday, or its date.
func dayBefore(day string, now time.Time, language string) string {
	yesterday := day == now.AddDate(0, 0, -1).Format(time.DateOnly)
	switch {
	case language == "en" && yesterday:
		return "Yesterday"
	case language == "en":
		return day
	case yesterday:
		return "Hôm qua"
	default:
		return "Ngày " + report.DayWords(day)
	}
}
