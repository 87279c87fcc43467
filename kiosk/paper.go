package kiosk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/announce/standing"
	"github.com/xinmoi/xinmoi/kiosk/escpos"
	"github.com/xinmoi/xinmoi/kiosk/layout"
	"github.com/xinmoi/xinmoi/queue"
)

// face gives what stands on the paper of a visit. Whatever the office cannot
// tell now is left out: the paper is still worth having.
func (k *Kiosk) face(ctx context.Context, v visit, again bool) layout.Ticket {
	t := layout.Ticket{
		Language: v.ticket.Language,
		Number:   v.ticket.Number.String(), Service: v.procedure.Name, ServiceEN: v.procedure.NameEN,
		IssuedAt: v.ticket.IssuedAt, Ahead: -1, Code: v.ticket.Code, URL: v.ticket.URL, Reprint: again, Trial: v.ticket.Trial,
	}
	if s := v.ticket.Standing; s != nil {
		t.Ahead = s.Ahead
		if s.HighMin != nil {
			t.HighMin = *s.HighMin
		}
		if s.LowMin != nil {
			t.LowMin = *s.LowMin
		}
	}
	now := k.localNow(ctx)
	t.ComeBy, t.ComeByEN = standing.ComeBy(v.ticket, now, vietnamese), standing.ComeBy(v.ticket, now, english)
	t.Basis, t.BasisEN = standing.Basis(v.ticket.Standing, vietnamese), standing.Basis(v.ticket.Standing, english)
	if late := standing.MayMiss(v.ticket.Standing, vietnamese); late != "" {
		t.ComeBy, t.ComeByEN = late, standing.MayMiss(v.ticket.Standing, english)
	}
	info, err := k.cfg.Office.Info(ctx)
	if err == nil {
		t.Office = info.Name
	}
	t.IssuedAt = k.local(t.IssuedAt, info)
	t.Counters = k.countersOf(ctx, v.ticket.Service)
	set := k.settings(ctx)
	t.Logo = k.logo()
	dress(&t, set, v.ticket)
	t.Other = k.otherText(t, set, v)
	return t
}

// dress adds what the office has decided about its paper.
func dress(t *layout.Ticket, set settings, ticket queue.Ticket) {
	t.Hotline, t.Notice, t.NoticeEN, t.Parts = set.Hotline, set.Notice, set.NoticeEN, set.Paper
	t.SMS = strings.NewReplacer("{number}", ticket.Number.String(), "{code}", ticket.Code).Replace(set.SMS)
	t.Plain = set.Second == "-"
}

// countersOf lists the counters that serve a service and are not closed, or all
// that serve it where every one is closed.
func (k *Kiosk) countersOf(ctx context.Context, service string) []string {
	all, err := k.cfg.Office.Counters(ctx)
	if err != nil {
		return nil
	}
	var open, serve []string
	for _, c := range all {
		if !slices.Contains(c.Services, service) {
			continue
		}
		serve = append(serve, c.ID)
		if c.State != queue.Closed {
			open = append(open, c.ID)
		}
	}
	if len(open) > 0 {
		return open
	}
	return serve
}

// otherText is the paper's large text in a language that is neither Vietnamese
// nor English: the holder's, or the office's second one for everybody.
func (k *Kiosk) otherText(t layout.Ticket, set settings, v visit) *layout.Text {
	w, ok := k.tongues.byCode[v.ticket.Language]
	if !ok || w.Code == vietnamese || w.Code == english {
		return nil
	}
	text := layout.Text{Label: w.YourNumber, Scan: w.Scan, Lookup: w.Lookup, Hotline: t.Hotline, SMS: t.SMS}
	text.Service = set.Texts[w.Code][v.procedure.ID]
	if t.Ahead >= 0 {
		text.Ahead = w.Ahead + ": " + w.count(t.Ahead)
	}
	if wait := w.waitWords(v.ticket.Standing); wait != "" {
		text.Wait = w.Wait + ": " + wait
	}
	if len(t.Counters) > 0 {
		text.Counters = strings.Join(t.Counters, ", ")
	}
	return &text
}

// logo gives the office's logo in dots; a bad one is left out, and logged.
func (k *Kiosk) logo() *escpos.Bitmap {
	if k.cfg.Logo == nil {
		return nil
	}
	img, err := k.cfg.Logo()
	if err == nil && img != nil {
		var b *escpos.Bitmap
		if b, err = layout.Logo(img, k.cfg.PaperWidth); err == nil {
			return b
		}
	}
	if err != nil {
		k.log.Warn("the paper has no logo", "err", err)
	}
	return nil
}

// Preview draws the paper of a ticket that nobody took, as the office's
// settings make it, for paper of a width in dots.
func (k *Kiosk) Preview(ctx context.Context, set queue.KioskSetup, language string, width int) (*escpos.Bitmap, error) {
	low, high := 10, 25
	v := visit{
		ticket: queue.Ticket{
			Number: queue.Number{Prefix: "A", N: 12}, Code: "123456789", Language: language, IssuedAt: time.Now(),
			URL: "http://192.168.1.10:8080/t/AbCdEfGhIjKlMnOpQrSt", Presence: queue.Present,
			Standing: &queue.Standing{Ahead: 7, LowMin: &low, HighMin: &high, Counters: 2, EachMin: 4, ComeBy: time.Now().Add(15 * time.Minute).Truncate(5 * time.Minute)},
		},
		procedure: queue.Procedure{Name: "Đăng ký khai sinh", NameEN: "Birth registration"},
	}
	if all, err := k.cfg.Office.Procedures(ctx); err == nil && len(all) > 0 {
		v.procedure, v.ticket.Service = all[0], all[0].Service
	}
	t := k.face(ctx, v, false)
	dress(&t, settings{set}, v.ticket)
	t.Other = k.otherText(t, settings{set}, v)
	b, err := k.fonts.Render(t, width)
	if err != nil {
		return nil, fmt.Errorf("preview of the paper: %w", err)
	}
	return b, nil
}
