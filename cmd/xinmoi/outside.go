package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/alarm"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/report"
	"github.com/xinmoi/xinmoi/queue/web"
	"github.com/xinmoi/xinmoi/queue/web/outside"
	"github.com/xinmoi/xinmoi/queue/web/page"
	"github.com/xinmoi/xinmoi/queue/web/remote"
)

// What the past tells those at home.
const (
	usualWeeks = 8  // The same weekday of so many weeks.
	ratedDays  = 90 // Ratings of so many days.
)

// openOutside makes what everybody may know of the office, and the pages on
// which numbers are taken from home.
func (a *app) openOutside() (err error) {
	a.outside, err = outside.New(outside.Source{
		Office: a.engine, Setup: a.setup, Usual: a.usualWaits, Ratings: a.lateRatings, Logger: a.log,
		Expect: func(service string, now time.Time) (low, high time.Duration, ok bool) {
			e, ok := a.waits.Service(service, now)
			return minutesOf(e.Low), minutesOf(e.High), ok
		},
	})
	if err != nil {
		return err
	}
	a.parts = append(a.parts, part{"look-up", a.outside.Run, false}, part{"ratings", a.watchRatings, false})
	c := remote.Config{
		Office: a.engine, Links: a.links, Wait: a.waitWords(), Others: a.otherWays, Address: api.ClientIP, Build: version(), Logger: a.log,
	}
	sender, err := a.cfg.SMS.sender()
	if err != nil {
		return err
	}
	if sender != nil {
		c.Send = func(ctx context.Context, phone, text string) error { return sender.Text(ctx, phone, sender.Fit(text)) }
	}
	a.remote, err = remote.New(c)
	return err
}

// remoteDoor is how a number is taken in the browser, for the start page; none
// where no code can be sent.
func (a *app) remoteDoor() []web.Door {
	if a.cfg.SMS.Driver == "" {
		return nil
	}
	return []web.Door{{
		Title: "Lấy số từ xa", TitleEN: "Take a number from home", Href: remote.Prefix,
		Text: "Chọn lĩnh vực, nhận mã qua tin nhắn; đến khi gần tới lượt.", TextEN: "Choose a service, get a code by message; come when your turn is near.",
	}}
}

// remotePath is where a number is taken in the browser; empty if it cannot be.
func (a *app) remotePath() string {
	if a.cfg.SMS.Driver == "" {
		return ""
	}
	return remote.Prefix
}

// otherWays are the doors that need no code.
func (a *app) otherWays(l page.Lang) (links []page.Link) {
	for _, d := range a.doors() {
		if d.Href != "" && d.Href != remote.Prefix {
			links = append(links, page.Link{Href: d.Href, Label: l.T(d.Title, d.TitleEN)})
		}
	}
	return links
}

// elsewhere are the other offices that this installation watches and that say by
// which address citizens reach them.
func (a *app) elsewhere() (list []web.Elsewhere) {
	views := a.live.Views()
	for i, o := range a.cfg.Live.Offices {
		if i+1 >= len(views) {
			break
		}
		if o.Public == "" { // The address that staff use is nobody else's business.
			continue
		}
		v := views[i+1] // The first is this one.
		e := web.Elsewhere{Name: v.Info.Name, NameEN: v.Info.NameEN, Href: o.Public, Open: v.Info.Open, Lost: v.Lost || v.Seen.IsZero(), Waiting: v.Waiting, Counters: v.Overview.Open}
		if e.Name == "" {
			e.Name = o.Office
		}
		list = append(list, e)
	}
	return list
}

// usualWaits is how long people waited on the latest days of the same weekday,
// by the hour in which they came.
func (a *app) usualWaits(ctx context.Context, date string) ([]outside.Hour, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return nil, fmt.Errorf("date %q: %w", date, err)
	}
	hours := map[int]*outside.Hour{}
	for week := 1; week <= usualWeeks; week++ {
		r, err := a.reports.Report(ctx, report.Spec{From: day.AddDate(0, 0, -7*week).Format(time.DateOnly), Parts: []report.Part{report.ByHour}})
		if errors.Is(err, report.ErrNoDay) {
			continue
		}
		if err == nil && r.Behind != "" {
			err = report.ErrBehind // A part of a day is not what is usual.
		}
		if err != nil {
			return nil, err
		}
		for _, g := range r.Parts[report.ByHour] {
			n, err := strconv.Atoi(g.ID)
			if err != nil || g.Wait.N == 0 {
				continue
			}
			h := hours[n]
			if h == nil {
				h = &outside.Hour{Hour: n}
				hours[n] = h
			}
			wait := time.Duration(g.Wait.Mean) * time.Second
			h.Wait += (wait - h.Wait) * time.Duration(g.Wait.N) / time.Duration(h.Waits+g.Wait.N)
			h.Waits += g.Wait.N
		}
	}
	var list []outside.Hour
	for _, h := range hours {
		list = append(list, *h)
	}
	return list, nil
}

// lateRatings is what citizens thought of the office in the past days.
func (a *app) lateRatings(ctx context.Context) (outside.Rating, error) {
	_, latest, err := a.reports.Latest(ctx)
	if err != nil || latest == "" {
		return outside.Rating{}, err
	}
	day, err := time.Parse(time.DateOnly, latest)
	if err != nil {
		return outside.Rating{}, fmt.Errorf("day %q: %w", latest, err)
	}
	r, err := a.reports.Report(ctx, report.Spec{From: day.AddDate(0, 0, 1-ratedDays).Format(time.DateOnly), To: latest, Parts: []report.Part{}})
	if err == nil && r.Behind != "" {
		err = report.ErrBehind
	}
	if err != nil {
		return outside.Rating{}, err
	}
	return outside.Rating{Mean: r.Total.Ratings.Mean, N: r.Total.Ratings.N, Days: ratedDays}, nil
}

// openData is what other sites and programs may read of the office.
func (a *app) openData(ctx context.Context, _ string) (api.OpenData, error) {
	s, err := a.outside.State(ctx)
	if err != nil {
		return api.OpenData{}, err
	}
	out := api.OpenData{
		At: s.At.UTC(), Office: s.Info.ID, Name: s.Info.Name, NameEN: s.Info.NameEN, Address: s.Address, Open: s.Info.Open, TimeZone: s.Info.TimeZone, Always: s.Always,
		Sessions: []api.OpenSession{}, Services: []api.OpenService{}, Usual: []api.OpenHour{},
	}
	if !s.Info.Opens.IsZero() {
		out.Opens = &s.Info.Opens
	}
	for _, x := range s.Sessions {
		out.Sessions = append(out.Sessions, api.OpenSession{From: x.From, To: x.To})
	}
	for _, x := range s.Usual {
		out.Usual = append(out.Usual, api.OpenHour{Hour: x.Hour, WaitMin: int(x.Wait.Round(time.Minute).Minutes()), Waits: x.Waits})
	}
	if r := s.Rating; r != nil {
		out.Rating = &api.OpenRating{Mean: r.Mean, N: r.N, Days: r.Days}
	}
	for _, x := range s.Services {
		line := api.OpenService{ID: x.ID, Name: x.Name, NameEN: x.NameEN, Agency: orNull(x.Agency), Open: x.Open, Waiting: x.Waiting, Counters: x.Counters, Serving: []api.OpenSeat{}}
		if x.Known {
			low, high := int(x.Low.Round(time.Minute).Minutes()), int(x.High.Round(time.Minute).Minutes())
			line.LowMin, line.HighMin = &low, &high
		}
		for _, seat := range x.Serving {
			line.Serving = append(line.Serving, api.OpenSeat(seat))
		}
		out.Services = append(out.Services, line)
	}
	return out, nil
}

// hallCheck is by what who says to have come is believed: by the code of the
// hall, where people converse by chat and the office has a screen for it. That
// browsers are told of their turn puts up no screen.
func (a *app) hallCheck() func(string, time.Time) bool {
	if !slices.ContainsFunc(a.chats, func(l *chatLine) bool { return !l.adapter.Caps().OneWay }) {
		return nil
	}
	return a.isHallCode
}

// watchRatings raises an alarm when a citizen was not content.
func (a *app) watchRatings(ctx context.Context) error {
	const first, most = time.Second, time.Minute
	return queue.Following{
		Office: a.engine, First: first, Most: most,
		From:  func(ctx context.Context) (int64, error) { return queue.BeforeToday(ctx, a.engine, time.Now()) },
		Event: a.rated,
		Broken: func(err error, _ time.Duration) {
			a.log.Warn("ratings do not follow the log", "err", err)
		},
	}.Run(ctx)
}

// rated looks at one event.
func (a *app) rated(ctx context.Context, e queue.Event) (bool, error) {
	if e.Kind != queue.TicketRated || e.Ticket == nil || e.Ticket.Rating == nil || e.Ticket.Trial {
		return false, nil
	}
	info, err := a.engine.Info(ctx)
	if err != nil {
		return false, err
	}
	t, setup := e.Ticket, info.Rating.WithDefaults()
	if t.Rating.Level > setup.Low {
		return false, nil
	}
	why, whyEN := reasonWords(setup, t.Rating.Reasons)
	return false, a.alarms.RaiseOnce(ctx, alarm.Sign{
		Key: "rating:" + t.ID, Kind: alarm.Rating,
		VI: fmt.Sprintf("Số %s (quầy %s) được đánh giá mức %d trên 5%s. Hãy tìm hiểu và ghi lại đã làm gì.", t.Number, t.Counter, t.Rating.Level, why),
		EN: fmt.Sprintf("Number %s (counter %s) was rated %d of 5%s. Look into it and write down what was done.", t.Number, t.Counter, t.Rating.Level, whyEN),
	})
}

// reasonWords are the reasons that the office offers; of others, which only a
// program can send, it is said that there are some: an alarm goes to telephones
// and chats, and is no way to write there.
func reasonWords(setup queue.RatingSetup, given []string) (vi, en string) {
	var list [2][]string
	for _, r := range slices.Concat(setup.Reasons, queue.RatingSetup{}.WithDefaults().Reasons) { // Chats may offer the usual ones.
		if slices.Contains(list[0], r.Name) {
			continue
		}
		if slices.Contains(given, r.Name) {
			list[0], list[1] = append(list[0], r.Name), append(list[1], cmp.Or(r.NameEN, r.Name))
		}
	}
	switch {
	case len(given) == 0:
		return "", ""
	case len(list[0]) == 0:
		return ": lý do khác", ": another reason"
	}
	return ": " + strings.Join(list[0], ", "), ": " + strings.Join(list[1], ", ")
}

// mountOutside puts the citizens' pages that are not the start page's.
func (a *app) mountOutside(mount func(string, http.Handler)) {
	mount(remote.Prefix, a.remote.Handler())
}
