package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/estimate"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// lateLook is how often it is looked at whether a number taken now would still
// be called in time.
const lateLook = time.Minute

// reasonTooLate stands in the log when the estimate stops the numbers.
const reasonTooLate = "theo thời gian chờ dự kiến, người lấy số bây giờ không kịp trước giờ đóng cửa"

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
		return said[service].Phrase(language)
	}
}

// runWaits learns from the office's log as it grows.
func (a *app) runWaits(ctx context.Context) error { return a.waits.Run(ctx, a.engine) }

// watchClosing stops the numbers of services that have become too late, where
// the office wants that. Once a service: what staff resume stays resumed.
func (a *app) watchClosing(ctx context.Context) error {
	tick := time.NewTicker(lateLook)
	defer tick.Stop()
	done := map[string]bool{} // Day and service.
	for {
		if err := a.stopTooLate(ctx, time.Now(), done); err != nil && ctx.Err() == nil {
			a.log.Warn("numbers could not be stopped although it is too late for them", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// stopTooLate stops what a caller who takes a number now would wait for in vain.
func (a *app) stopTooLate(ctx context.Context, now time.Time, done map[string]bool) error {
	view, err := a.engine.Setup(ctx)
	if err != nil || !view.Setup.Rules.StopTooLate {
		return err
	}
	services, err := a.engine.Services(ctx)
	if err != nil {
		return err
	}
	for _, s := range services {
		key := now.In(a.location()).Format(time.DateOnly) + " " + s.ID
		if !s.Open || done[key] || !a.waits.Full(s.ID, now) {
			continue
		}
		r := queue.IssuingRequest{Meta: queue.Meta{Key: "too-late " + key, Caller: "estimate"}, Service: s.ID, Stopped: true, Reason: reasonTooLate}
		if _, err := a.engine.SetIssuing(ctx, r); err != nil {
			return err
		}
		done[key] = true
		a.log.Info("numbers stopped: too late in the day", "service", s.ID)
	}
	return nil
}

// waitsPanel shows how true the estimates were.
func (a *app) waitsPanel() page.Panel {
	return page.Panel{ID: "waits", Title: "Thời gian chờ dự kiến", TitleEN: "Estimated waits", Rows: func(context.Context) []page.Row {
		days := a.waits.Truth()
		rows := []page.Row{}
		for i := len(days) - 1; i >= max(0, len(days)-7); i-- {
			if d := days[i]; d.All.Waits > 0 {
				rows = append(rows, truthRow(d))
			}
		}
		if len(rows) == 0 {
			rows = append(rows, page.Row{
				Label: "Độ đúng", LabelEN: "How true", Value: "chưa có ai được gọi từ khi bắt đầu dự kiến", ValueEN: "nobody has been called yet since estimates began",
			})
		}
		for _, alarm := range estimate.Alarms(days) {
			rows = append(rows, page.Row{Label: "Lệch", LabelEN: "Drift", Level: page.Warn, Value: alarm.Vi, ValueEN: alarm.En})
		}
		return rows
	}}
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
