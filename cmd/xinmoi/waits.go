package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/announce/standing"
	"github.com/xinmoi/xinmoi/queue/estimate"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// openWaits makes the estimate of waits, which the office asks for every ticket.
// Where its file cannot be read, all is learned from the log and kept nowhere:
// no office stays closed for that.
func (a *app) openWaits(office string) (err error) {
	c := estimate.LiveConfig{Office: office, Source: a.db, Dir: a.data.path, Logger: a.log}
	if a.waits, err = estimate.NewLive(c); err != nil {
		a.log.Error("what was learned of the waits cannot be read; it is learned anew and not kept", "err", err)
		c.Dir = ""
		a.waits, err = estimate.NewLive(c)
	}
	return err
}

// waitWords says about how long who takes a number now will wait. What is said
// moves only when the wait does.
func (a *app) waitWords() func(service, language string) string {
	var mu sync.Mutex
	said := map[string]estimate.Range{}
	return func(service, language string) string {
		e, ok := a.waits.Service(service, time.Now())
		mu.Lock()
		defer mu.Unlock()
		if !ok {
			delete(said, service)
			return ""
		}
		if before, shown := said[service]; shown {
			said[service] = before.Then(e)
		} else {
			said[service] = e.Range()
		}
		r := said[service]
		return standing.About(r.Low, r.High, language)
	}
}

// runWaits learns from the office's log as it grows.
func (a *app) runWaits(ctx context.Context) error { return a.waits.Run(ctx, a.engine) }

// truthLeast is of how many waits of a day shares and means are told: of fewer
// they say more about who came than about the estimates.
const truthLeast = 20

// waitsPanel shows how true the estimates were.
func (a *app) waitsPanel() page.Panel {
	return page.Panel{ID: "waits", Title: "Thời gian chờ dự kiến", TitleEN: "Estimated waits", Rows: func(context.Context) []page.Row {
		days := a.waits.Truth()
		rows := []page.Row{}
		for _, alarm := range estimate.Alarms(days) {
			rows = append(rows, alarmRow(alarm))
		}
		drifting := len(rows)
		few := false
		for i := len(days) - 1; i >= max(0, len(days)-7); i-- {
			d := days[i]
			few = few || d.All.Waits > 0
			if d.All.Waits >= truthLeast {
				rows = append(rows, truthRow(d))
			}
		}
		switch {
		case len(rows) > drifting:
		case few:
			rows = append(rows, page.Row{
				Label: "Độ đúng", LabelEN: "How true", Value: fmt.Sprintf("chưa đủ để nói: một ngày cần ít nhất %d lượt", truthLeast), ValueEN: fmt.Sprintf("too few to tell: a day needs at least %d waits", truthLeast),
			})
		default:
			rows = append(rows, page.Row{
				Label: "Độ đúng", LabelEN: "How true", Value: "chưa có lượt nào đã được dự kiến rồi gọi, ngoài chạy thử", ValueEN: "nobody who was told a wait has been called yet, trials aside",
			})
		}
		return rows
	}}
}

// alarmRow says that the estimates went astray, and of which service; without
// one, of the whole office.
func alarmRow(a estimate.Alarm) page.Row {
	row := page.Row{Label: "Lệch, cả cơ quan", LabelEN: "Drift, whole office", Level: page.Warn, Value: a.Vi, ValueEN: a.En}
	if a.Service != "" {
		row.Label, row.LabelEN = "Lệch, hàng "+a.Service, "Drift, service "+a.Service
	}
	return row
}

func truthRow(d estimate.Day) page.Row {
	t := d.All
	return page.Row{
		Label: d.Day, LabelEN: d.Day,
		Value: fmt.Sprintf("lệch trung bình %.0f phút (chờ trung bình %.0f phút, theo người vừa được gọi thì lệch %.0f); %.0f%% của %d lượt nằm trong khoảng đã báo",
			t.Error, t.Wait, t.LESError, 100*t.Coverage(), t.Waits),
		ValueEN: fmt.Sprintf("off by %.0f minutes on average (mean wait %.0f, the last one called would have been off by %.0f); %.0f%% of %d waits within what was told",
			t.Error, t.Wait, t.LESError, 100*t.Coverage(), t.Waits),
	}
}
