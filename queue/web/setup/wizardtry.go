package setup

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/form"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// hear plays a call in the hall.
func (d *Desk) hear(ctx context.Context) form.Problems {
	if d.TestSpeaker == nil {
		return form.Problems{"": {VI: "Máy này chưa có loa: bỏ qua bước này, hoặc xem trang Loa.", EN: "This computer has no loudspeaker: skip this, or look at the page Loudspeakers."}}
	}
	err := d.TestSpeaker(ctx)
	if err == nil {
		return nil
	}
	var vi, en []string
	for line := range strings.SplitSeq(err.Error(), "\n") { // One a zone.
		v, e := page.Halves(line)
		if !slices.Contains(vi, v) {
			vi, en = append(vi, v), append(en, e)
		}
	}
	return form.Problems{"": {VI: "Chưa nghe được: " + strings.Join(vi, "\n") + ".", EN: "Not heard: " + strings.Join(en, "\n") + "."}}
}

// serves reports whether an office gives numbers to people, so that nothing of
// it may be tried unasked: it has past days, somebody stands in a line, or a
// counter is open.
func (d *Desk) serves(ctx context.Context, s queue.Setup) bool {
	if s.Trial {
		return false
	}
	if d.Past != nil && d.Past() {
		return true
	}
	counters, err := d.Office.Counters(ctx)
	board, errBoard := d.Office.Board(ctx)
	if errors.Join(err, errBoard) != nil {
		return true // Not known: better to ask.
	}
	for _, n := range board.Waiting {
		if n > 0 {
			return true
		}
	}
	if slices.ContainsFunc(counters, func(c queue.CounterView) bool { return c.State != queue.Closed }) {
		return true
	}
	return slices.ContainsFunc(board.Recent, func(seat queue.Seat) bool {
		t, err := d.Office.Ticket(ctx, seat.Number.String())
		return err == nil && !t.Trial
	})
}

// How the first number is taken in an office that serves people.
const (
	howReal  = "real"
	howTrial = "trial"
)

// firstTicket takes a number of the first service that gives some. An office
// that serves nobody yet is put on trial for it, so that nothing counts; one that
// serves people is not, unless that was asked for.
func (d *Desk) firstTicket(ctx context.Context, how string) (string, form.Problems) {
	view, err := d.Setup.Setup(ctx)
	if err != nil {
		return "", problem(err)
	}
	live := d.serves(ctx, view.Setup)
	if live && how != howReal && how != howTrial {
		return "", form.Problems{"": {VI: "Cơ quan đang phục vụ: chọn lấy một số thật, hay bật chạy thử trước.", EN: "The office serves people: choose whether to take a real number or to begin a trial first."}}
	}
	if !view.Setup.Trial && (!live || how == howTrial) {
		if wrong := d.change(ctx, func(s *queue.Setup) form.Problems { s.Trial = true; return nil }); wrong != nil {
			return "", wrong
		}
	}
	services, err := d.Office.Services(ctx)
	if err != nil {
		return "", problem(err)
	}
	i := max(0, slices.IndexFunc(services, func(v queue.ServiceView) bool { return v.Open }))
	t, err := d.Office.Take(ctx, queue.TakeRequest{Meta: d.meta(ctx), Service: services[i].ID, Channel: queue.Staff})
	switch code := queue.ErrorCode(err); {
	case err == nil:
		return t.Number.String(), nil
	case code == queue.CodeOfficeClosed || code == queue.CodeServiceClosed || code == queue.CodeServiceFull || code == queue.CodeIssuingStopped:
		return "", form.Problems{"": {VI: "Lúc này cơ quan không cấp số (ngoài giờ, hàng đợi đóng hoặc đã dừng cấp): thử trong giờ làm việc, hoặc bật chạy thử.", EN: "The office gives no numbers now (closed, or stopped): try in opening hours, or begin a trial."}}
	}
	return "", problem(err)
}

// firstCall opens the first free counter that serves the number, one that is
// closed rather than one at work, and calls it.
func (d *Desk) firstCall(ctx context.Context, number string) (url.Values, form.Problems) {
	t, err := d.Office.Ticket(ctx, number)
	if err != nil {
		return nil, form.Problems{"": {VI: "Chưa có số nào để gọi: quay lại bước trước và lấy một số.", EN: "There is no number to call: go back a step and take one."}}
	}
	counters, err := d.Office.Counters(ctx)
	if err != nil {
		return nil, problem(err)
	}
	free := func(c queue.CounterView) bool { return slices.Contains(c.Services, t.Service) && c.Ticket == nil }
	i := slices.IndexFunc(counters, func(c queue.CounterView) bool { return free(c) && c.State == queue.Closed })
	if i < 0 {
		i = slices.IndexFunc(counters, free)
	}
	if i < 0 {
		return nil, form.Problems{"": *form.Say("Chưa có quầy rảnh phục vụ hàng đợi %s: xem lại bước Quầy.", "No free counter serves %s: look at the step Counters.", t.Service)}
	}
	at := counters[i].ID
	if _, err := d.Office.SetCounter(ctx, queue.SetCounterRequest{Meta: d.meta(ctx), Counter: at, State: queue.Opened}); err != nil {
		return nil, problem(err)
	}
	called, err := d.Office.Call(ctx, queue.CallRequest{Meta: d.meta(ctx), Counter: at, Ticket: t.ID, Reason: "chạy thử"})
	if err != nil {
		return nil, problem(err)
	}
	done := url.Values{"number": {called.Number.String()}, "counter": {cmp.Or(counters[i].Name, at)}}
	if counters[i].State == queue.Closed {
		done.Set("opened", "1")
	}
	return done, nil
}

// stillInHand tells where a number is in hand.
func (d *Desk) stillInHand(ctx context.Context, number string, opened bool) *inHand {
	counters, err := d.Office.Counters(ctx)
	if err != nil || number == "" {
		return nil
	}
	for _, c := range counters {
		if c.Ticket != nil && c.Ticket.Number.String() == number {
			return &inHand{Number: number, At: c.ID, Name: cmp.Or(c.Name, c.ID), Opened: opened}
		}
	}
	return nil
}

// tidy ends the number that the wizard has called, and closes the counter that
// it has opened.
func (d *Desk) tidy(ctx context.Context, typed url.Values) form.Problems {
	at := d.stillInHand(ctx, typed.Get("number"), typed.Get("opened") != "")
	if at == nil {
		return nil // Somebody else has done it.
	}
	if _, err := d.Office.Act(ctx, queue.ActRequest{Meta: d.meta(ctx), Ticket: at.Number, Action: queue.Finish}); err != nil {
		return problem(err)
	}
	if !at.Opened {
		return nil
	}
	_, err := d.Office.SetCounter(ctx, queue.SetCounterRequest{Meta: d.meta(ctx), Counter: at.At, State: queue.Closed})
	if err != nil {
		return problem(err)
	}
	return nil
}
