package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
	"github.com/xinmoi/xinmoi/queue/web/setup"
	"github.com/xinmoi/xinmoi/queue/whatif"
)

// openSetup makes the pages on which the office is set up.
func (a *app) openSetup() (*setup.Desk, error) {
	return setup.New(setup.Config{
		Setup: a.engine, Office: a.engine, WhatIf: a.tryOnPastDays, TestSpeaker: a.hall.Test, Channels: a.channelRows,
		FirstAccount: a.noAccountYet, MakeAccount: a.desk.MakeFirst, Build: version(), Logger: a.log,
		Past: func() bool { return len(a.waits.Days()) > 0 }, VoiceNote: a.voiceNote, Address: addressRow(a.base), BookingNote: a.bookingNote,
	})
}

// channelRows is how telephone, printer and chats are, for the wizard.
func (a *app) channelRows(ctx context.Context) (rows []page.Row) {
	for _, p := range a.panels() {
		if slices.Contains([]string{"phone", "printer", "chat"}, p.ID) {
			for _, row := range p.Rows(ctx) {
				if row.Level != page.Note || row.Href != "" { // How it is, and where it is set up.
					rows = append(rows, row)
				}
			}
		}
	}
	return rows
}

// Past days on which a setup is tried: so many, and no longer.
const (
	triedDays = 3
	triedTime = 20 * time.Second
)

// tryOnPastDays replays the latest days as they were, and under another setup.
func (a *app) tryOnPastDays(ctx context.Context, l page.Lang, next queue.Setup) ([]setup.Preview, error) {
	select {
	case a.trying <- struct{}{}:
		defer func() { <-a.trying }()
	default:
		return nil, errors.New(l.T("đang thử cho người khác: xin bấm lại sau ít giây", "another setup is being tried: please press again in a few seconds"))
	}
	ctx, cancel := context.WithTimeout(ctx, triedTime)
	defer cancel()
	days := a.waits.Days()
	var out []setup.Preview
	for _, day := range slices.Backward(days) {
		p, err := a.tryOn(ctx, l, day, next)
		switch {
		case ctx.Err() != nil && len(out) > 0:
			return out, nil
		case ctx.Err() != nil:
			return nil, fmt.Errorf("%s: %w", l.T("quá lâu: thử lại khi máy rảnh", "it takes too long: try again when the computer is idle"), ctx.Err())
		case err != nil:
			continue // A day that cannot be replayed teaches nothing.
		}
		if out = append(out, p); len(out) == triedDays {
			break
		}
	}
	if len(out) == 0 {
		return nil, errors.New(l.T("chưa có ngày nào đã qua để thử: có thể lưu, và thử lại sau vài ngày làm việc", "there is no past day to try on yet: save, and try after some days of work"))
	}
	return out, nil
}

func (a *app) tryOn(ctx context.Context, l page.Lang, day string, next queue.Setup) (p setup.Preview, err error) {
	events, err := whatif.ReadDay(ctx, a.db, a.info.ID, day)
	if err != nil {
		return p, err
	}
	r, err := whatif.Replay(ctx, events, whatif.Change{Setup: &next})
	if err != nil {
		return p, err
	}
	if r.Own.All.N == 0 {
		return p, errors.New("nobody was called")
	}
	p = setup.Preview{Day: day}
	add := func(name string, before, after whatif.Waits) {
		if before.N+after.N == 0 {
			return
		}
		minutes := func(d time.Duration) string { return fmt.Sprintf("%.1f", d.Minutes()) }
		p.Rows = append(p.Rows, setup.PreviewRow{
			Name: name, People: after.N, Before: minutes(before.Mean), After: minutes(after.Mean), P95Before: minutes(before.P95), P95After: minutes(after.P95),
			Longer: after.Mean > before.Mean+time.Minute/10,
		})
	}
	add(l.T("Tất cả", "All"), r.Own.All, r.Other.All)
	add(l.T("Diện thường", "Normal"), r.Own.ByClass[queue.Normal], r.Other.ByClass[queue.Normal])
	add(l.T("Diện ưu tiên", "Priority"), r.Own.ByClass[queue.Priority], r.Other.ByClass[queue.Priority])
	add(l.T("Diện hẹn giờ", "Appointments"), r.Own.ByClass[queue.Appointment], r.Other.ByClass[queue.Appointment])
	for _, s := range r.Setup.Services {
		add(s.ID+" – "+l.T(s.Name, s.NameEN), r.Own.ByService[s.ID], r.Other.ByService[s.ID])
	}
	return p, nil
}

// noAccountYet tells whether the first administrator is still to be made.
func (a *app) noAccountYet(ctx context.Context) bool {
	empty, err := a.people.Empty(ctx)
	return err == nil && empty
}
