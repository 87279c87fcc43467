package desk

import (
	"fmt"
	"slices"
	"time"

	"github.com/xinmoi/xinmoi/queue/live"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// view is what the page shows.
type view struct {
	Halls  []hall
	Alarms string
	CanAck bool
	Wrong  string
}

// hall is one office in words.
type hall struct {
	ID, Name  string
	Known     bool   // It was heard of at all.
	Trial     bool   // It is being tried out.
	Lost      string // How old what is shown is; empty = it is of now.
	State     string
	Waiting   int
	Longest   string
	Over      int
	Busy      int
	Open, All int
	Troubles  []trouble
	Hints     []string
	Services  []service
	Counters  []counter
	CanMove   bool
	Version   string
}

type trouble struct {
	ID          int64
	Text, Since string
	By          string
	Grave       bool
}

type service struct {
	ID, Name        string
	Waiting         int
	Longest, Target string
	Over            int
	Expect          string
	Open            int
	Gives, Nobody   bool
}

type counter struct {
	ID, Name, Activity, Words, For string
	Reason, Number                 string
	Served                         int
	Mean                           string
	Bad, Waits                     string // Why somebody should look; how many it could call.
	Cells                          []cell
}

// cell is one service at one counter.
type cell struct {
	Service, Counter string
	Serves, Helps    bool
	Move             string // Of the button: what pressing it does.
	Label            string // For screen readers.
}

// span says a length of time in whole minutes.
func span(l page.Lang, d time.Duration) string {
	switch m := int(d.Minutes()); {
	case m < 1:
		return l.T("dưới 1 phút", "under 1 min")
	case m < 120:
		return fmt.Sprintf("%d %s", m, l.T("phút", "min"))
	default:
		return fmt.Sprintf("%d %s", m/60, l.T("giờ", "h"))
	}
}

// tellApart adds the id where several offices have the same name.
func tellApart(halls []hall) {
	named := map[string]int{}
	for _, h := range halls {
		named[h.Name]++
	}
	for i, h := range halls {
		if named[h.Name] > 1 {
			halls[i].Name += " (" + h.ID + ")"
		}
	}
}

func hallOf(l page.Lang, v live.View, now time.Time) hall {
	h := hall{ID: v.ID, Name: l.T(v.Info.Name, v.Info.NameEN), Known: !v.Seen.IsZero(), Trial: v.Info.Trial, Waiting: v.Waiting, Over: v.Over, Busy: v.Busy, Open: v.Open, All: len(v.Counters)}
	if h.Name == "" {
		h.Name = v.ID
	}
	if v.Lost {
		h.Lost = l.T("chưa liên lạc được", "not reached yet")
		if h.Known {
			h.Lost = l.T("mất liên lạc, số liệu cách đây ", "not reached, figures are old by ") + span(l, now.Sub(v.Seen))
		}
	}
	h.State = l.T("đóng cửa", "closed")
	if v.Info.Open {
		h.State = l.T("mở cửa", "open")
	}
	if v.Longest != nil {
		h.Longest = v.Longest.Who + " – " + span(l, v.Longest.Longest)
	}
	for _, t := range v.Troubles {
		h.Troubles = append(h.Troubles, trouble{ID: t.ID, Text: l.T(t.VI, t.EN), Since: span(l, now.Sub(t.Since)), By: t.By, Grave: t.Grave})
	}
	for _, x := range v.Hints {
		h.Hints = append(h.Hints, l.T(x.Words()))
	}
	for _, s := range v.Services {
		h.Services = append(h.Services, serviceOf(l, s))
	}
	for _, c := range v.Counters {
		h.Counters = append(h.Counters, counterOf(l, c, v.Services))
	}
	return h
}

func serviceOf(l page.Lang, s live.ServiceNow) service {
	out := service{ID: s.ID, Name: l.T(s.Name, s.NameEN), Waiting: s.Waiting, Target: span(l, s.Target), Over: s.Over, Open: s.Open, Gives: s.Gives, Nobody: s.Nobody}
	if s.Who != "" {
		out.Longest = s.Who + " – " + span(l, s.Longest)
	}
	if s.High > 0 {
		out.Expect = fmt.Sprintf("%d–%d %s", int(s.Low.Minutes()), int(s.High.Minutes()), l.T("phút", "min"))
	}
	return out
}

func counterOf(l page.Lang, c live.CounterNow, services []live.ServiceNow) counter {
	out := counter{
		ID: c.ID, Name: c.Name, Activity: string(c.Activity), Words: activity(l, c.Activity), Number: c.Number, Reason: c.Reason, Served: c.Served,
	}
	if c.Name == "" {
		out.Name = l.T("Quầy ", "Counter ") + c.ID
	}
	if c.Since.IsZero() || c.Activity == live.Closed {
		out.For = ""
	} else {
		out.For = span(l, c.For)
	}
	if c.Mean > 0 {
		out.Mean = span(l, c.Mean)
	}
	switch {
	case c.Idling:
		out.Bad = fmt.Sprintf(l.T("rảnh mà có %d người chờ", "idle while %d wait"), c.Waits)
	case c.Slow:
		out.Bad = l.T("lâu hơn hai lần thường lệ", "more than twice the usual time")
	}
	for _, s := range services {
		out.Cells = append(out.Cells, cellOf(l, c, s))
	}
	return out
}

func cellOf(l page.Lang, c live.CounterNow, s live.ServiceNow) cell {
	x := cell{Service: s.ID, Counter: c.ID, Serves: slices.Contains(c.Services, s.ID), Helps: slices.Contains(c.Helps, s.ID)}
	x.Move = s.ID + "||" + c.ID
	x.Label = fmt.Sprintf(l.T("Hàng %s tại quầy %s", "Service %s at counter %s"), s.ID, c.ID)
	if x.Serves {
		x.Move = s.ID + "|" + c.ID + "|"
	}
	return x
}

// activity is what a counter does, in words.
func activity(l page.Lang, a live.Activity) string {
	switch a {
	case live.Serving:
		return l.T("đang phục vụ", "serving")
	case live.Calling:
		return l.T("đang gọi", "calling")
	case live.Idle:
		return l.T("rảnh", "idle")
	case live.Paused:
		return l.T("tạm dừng", "paused")
	default:
		return l.T("đóng", "closed")
	}
}
