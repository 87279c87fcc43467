package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/xinmoi/xinmoi/announce/desk"
	"github.com/xinmoi/xinmoi/announce/output/browser"
	"github.com/xinmoi/xinmoi/ivr/callout/afar"
	phonedesk "github.com/xinmoi/xinmoi/ivr/desk"
	"github.com/xinmoi/xinmoi/ivr/ops"
	"github.com/xinmoi/xinmoi/kiosk/agent"
	paperdesk "github.com/xinmoi/xinmoi/kiosk/desk"
	"github.com/xinmoi/xinmoi/queue"
	alarmdesk "github.com/xinmoi/xinmoi/queue/alarm/desk"
	"github.com/xinmoi/xinmoi/queue/api"
	bookdesk "github.com/xinmoi/xinmoi/queue/appointment/desk"
	livedesk "github.com/xinmoi/xinmoi/queue/live/desk"
	reportdesk "github.com/xinmoi/xinmoi/queue/report/desk"
	"github.com/xinmoi/xinmoi/queue/web"
	"github.com/xinmoi/xinmoi/queue/web/boards"
	"github.com/xinmoi/xinmoi/queue/web/page"
	"github.com/xinmoi/xinmoi/queue/web/setup"
	whatifdesk "github.com/xinmoi/xinmoi/queue/whatif/desk"
)

// openPages puts interface and pages on one server, each behind its right.
func (a *app) openPages(ctx context.Context) error {
	if err := a.openPeople(ctx); err != nil {
		return err
	}
	a.api = api.New(api.Config{
		SignedIn: a.desk.SignedIn, LoginPage: a.desk.LoginPage, Within: a.desk.Within,
		Offices: map[string]queue.Management{a.info.ID: a.engine}, Tokens: a.people.Watch(a.db), Links: a.links, Guesses: a.guesses, Logger: a.log,
		Appointments: map[string]api.Appointments{a.info.ID: bookingsOf{a.appointments}}, Figures: figuresOf(a.db), OpenData: a.openData, Reports: reportsOf(a.reports), Demand: func(string) map[string]int { return a.demand.counts() }, SecureCookies: strings.HasPrefix(a.base, "https:"),
	})
	err := errors.Join(a.openKioskDesk(), a.openMedia())
	if err != nil {
		return err
	}
	if err := a.openWhatIf(); err != nil {
		return err
	}
	if err := a.openWatching(ctx); err != nil {
		return err
	}
	if err := a.openOutside(); err != nil {
		return err
	}
	a.web, err = web.New(web.Config{
		State: a.outside, Others: a.elsewhere, Booking: bookdesk.Public, Remote: a.remotePath(), HallCode: a.hallCheck(), Staff: a.api.Works,
		Office: a.engine, Links: a.links, Guesses: a.guesses, ClientIP: api.ClientIP, Doors: a.doors(), Follow: a.followLinks, Push: a.pushes(), Panels: a.panels(), Pages: a.pages(), Notices: a.notices, Media: a.media, Wait: a.waitWords(), Truth: a.truthWords, Help: a.callHelp, Notes: a.jottings,
		StaffPages: []page.Link{{Label: "Lịch hẹn", LabelEN: "Appointments", Href: bookdesk.Staff}},
		Logger:     a.log, Location: a.where.location(), Build: version(),
	})
	if err != nil {
		return err
	}
	a.alarm = a.web.Alarm
	a.parts = append(a.parts, part{"pages", a.web.Run, false}, part{"kiosk alarms", a.watchKiosks, false})
	mux := newDoorway()
	mount := func(path string, h http.Handler) {
		mux.Handle(path, h)
		mux.Handle(path+"/", h)
	}
	mount(strings.TrimSuffix(api.Prefix, "/"), a.api)
	a.mountPeople(mount)
	a.mountAppointments(mount)
	a.mountOutside(mount)
	mount("/kiosk", a.api.Need(api.SeeKiosk)(a.kiosk.Handler()))
	mount("/rate", a.api.Need(api.SeeKiosk)(a.kiosk.RateHandler()))
	mux.Handle("/kiosk/agent/", a.kiosks.Public())
	mux.Handle(agent.BeatPath, a.api.Need(api.SeeKiosk)(a.kiosks.Beats()))
	mux.Handle(agent.RingPath, a.api.Need(api.SeeKiosk)(a.kiosks.Rings()))
	supplies := a.api.Need(api.SeeKiosk)(a.supplies().Handler())
	for _, path := range []string{agent.SuppliesPath, agent.LogoPath, agent.SayPath, agent.LinkPath} {
		mux.Handle(path, supplies)
	}
	mount(agent.Prefix, a.api.Need(api.SeeAdmin)(a.kiosks.Admin()))
	mount("/counter", a.api.Need(api.SeeCounter)(a.web.Counter()))
	a.mountWatching(mount)
	if err := errors.Join(a.openBoards(), a.openLED()); err != nil {
		return err
	}
	mount(boards.Prefix, a.api.Need(api.SeeAdmin)(a.boards.Handler()))
	if err := a.mountAdmin(mount); err != nil {
		return err
	}
	mount("/admin", a.api.Need(api.SeeAdmin)(a.web.Admin()))
	reports, err := a.reportPages()
	if err != nil {
		return err
	}
	mount(reportdesk.Prefix, a.api.Need(api.SeeReports)(reports))
	mount("/studio", a.api.Need(api.SeeAdmin)(a.studio.Handler()))
	speaking, err := a.openDesk()
	if err != nil {
		return err
	}
	mount(desk.Prefix, a.api.Need(api.SeeSound)(speaking))
	mux.Handle("POST "+desk.LevelPath, a.api.Need(api.SeeAdmin)(speaking))
	arranging, err := a.openPhoneDesk(ctx)
	if err != nil {
		return err
	}
	mount(phonedesk.Prefix, a.api.Need(api.SeeAdmin)(arranging))
	mount(afar.Path, a.api.Guard(queue.RoleChannel)(a.wishesFromAfar()))
	mount(afar.RefusalsPath, a.api.Guard(queue.RoleChannel)(afar.RefusalsHandler(a.refusals)))
	mount(afar.AppointmentsPath, a.api.Guard(queue.RoleChannel)(afar.AppointmentsHandler(a.appointments, a.setup)))
	calls, err := a.openCalls()
	if err != nil {
		return err
	}
	mount(ops.Prefix, a.api.Need(api.SeeAdmin)(calls))
	metrics, err := a.metrics()
	if err != nil {
		return err
	}
	mux.Handle("GET "+metricsPath, metrics)
	mount(whatifdesk.Prefix, a.api.Need(api.SeeWhatIf)(a.whatIf.Handler()))
	paper, err := paperdesk.New(paperdesk.Config{Setup: a.engine, Preview: a.kiosk.Preview, Screens: a.kiosk, Build: version()})
	if err != nil {
		return err
	}
	mount(paperdesk.Prefix, a.api.Need(api.SeeAdmin)(paper.Handler()))
	a.mountChat(mux, mount)
	for path, hook := range a.chatHooks {
		mux.Handle(path, hook)
	}
	sound := a.screen.Handler(a.draining)
	mux.Handle(browser.Prefix, sound)
	// Sound goes to boards alone: a stranger could take every place.
	mux.Handle(browser.Prefix+"stream", a.api.Need(api.SeeBoardSound)(sound))
	mux.Handle(browser.AckPath, a.api.Need(api.SeeBoardSound)(sound))
	mux.Handle("/", a.web.Public())
	a.doorway, a.handler = mux, a.secure.plain(a.api.Exchange(page.Named(mux, a.names)))
	return nil
}

// doors is how citizens get a number, for the start page.
func (a *app) doors() []web.Door {
	var doors []web.Door
	if a.sip != nil && a.speaks() {
		number := strings.TrimPrefix(a.dial(), "tel:")
		doors = append(doors, web.Door{
			Title: "Gọi điện thoại", TitleEN: "By telephone", Href: a.dial(),
			Text: "Gọi " + number + " và bấm phím theo lời hướng dẫn.", TextEN: "Dial " + number + " and follow the menu.",
		})
	}
	doors = append(doors, web.Door{
		Title: "Máy lấy số tại trung tâm", TitleEN: "At the kiosk",
		Text: "Chạm vào lĩnh vực, chọn thủ tục và nhận phiếu.", TextEN: "Touch a field, choose a procedure, take the paper.",
	})
	doors = append(append(doors, bookingDoor()), a.remoteDoor()...)
	return append(doors, a.chatDoors()...)
}

// speaks reports whether there is a voice, or espeak-ng to make one; without,
// nobody should be told to call.
func (a *app) speaks() bool { return a.renderer.Voice() != nil || len(a.notes) < 2 }

// dial is what people dial.
func (a *app) dial() string {
	if a.cfg.SIP.Number != "" {
		return "tel:" + a.cfg.SIP.Number
	}
	return "sip:" + reachable(net.TCPAddrFromAddrPort(a.sip.Addr()))
}

// pages are the ready links of this installation.
func (a *app) pages() []page.Link {
	links := append(adminLinks(), []page.Link{
		{Label: "Trang công dân", LabelEN: "Citizens", Href: "/"},
		{Label: "Bảng hiển thị", LabelEN: "Board", Href: "/board"},
		{Label: "Máy lấy số", LabelEN: "Kiosk", Href: "/kiosk"},
		{Label: "Đánh giá", LabelEN: "Rating", Href: "/rate"},
		{Label: "Quầy", LabelEN: "Counters", Href: "/counter"},
		{Label: "Lịch hẹn", LabelEN: "Appointments", Href: bookdesk.Staff},
		{Label: "Toàn cảnh", LabelEN: "Live overview", Href: livedesk.Prefix},
		{Label: "Báo cho ai khi có sự cố", LabelEN: "Who hears of trouble", Href: alarmdesk.Settings},
		{Label: "Báo cáo", LabelEN: "Reports", Href: reportdesk.Prefix},
		{Label: "Loa và thông báo", LabelEN: "Loudspeakers and messages", Href: desk.Prefix},
		{Label: "Menu điện thoại", LabelEN: "Telephone menu", Href: phonedesk.Prefix},
		{Label: "Cuộc gọi điện thoại", LabelEN: "Telephone calls", Href: ops.Prefix},
		{Label: "Phòng thu giọng", LabelEN: "Voice studio", Href: "/studio"},
	}...)
	if a.papers != nil {
		links = append(links, page.Link{Label: "Giấy của máy in ảo", LabelEN: "Virtual paper", Href: "/kiosk/paper"})
	}
	return links
}

// printTable tells whoever started the program where everything is.
func (a *app) printTable(w io.Writer) {
	row := func(vi, en, what string) { fmt.Fprintf(w, "  %-16s %-12s %s\n", vi, en, what) }
	fmt.Fprintf(w, "\nxinmoi — %s\n\n", a.info.Name)
	if a.fresh() {
		row("Thiết lập", "Set up first", a.link(setup.WizardPath, queue.RoleAdmin))
	}
	row("Trang công dân", "Citizens", a.base+"/")
	row("Máy lấy số", "Kiosk", a.link("/kiosk", queue.RoleKiosk))
	row("Quầy", "Counters", a.link("/counter", queue.RoleStaff))
	row("Bảng hiển thị", "Board", a.link("/board", queue.RoleBoard))
	row("Quản trị", "Admin", a.link("/admin", queue.RoleAdmin))
	if a.sip != nil {
		row("Điện thoại", "Telephone", a.dial())
	} else {
		row("Điện thoại", "Telephone", "tắt (off)")
	}
	row("Giấy", "Paper", a.paperPlace())
	row("Âm thanh", "Sound", a.sound)
	row("Giọng đọc", "Voice", a.voicePlace())
	row("Trò chuyện", "Chat", a.chatPlace())
	row("Dữ liệu", "Data", a.data.path)
	fmt.Fprintf(w, "\nDừng bằng Ctrl+C. (Stop with Ctrl+C.)\n")
}

// link is where a page is found, with the token that opens it: no link that is
// printed may lead to a form that asks for a password nobody has yet.
func (a *app) link(path string, role queue.Role) string {
	return a.base + path + "?token=" + a.tokens[role]
}

// fresh reports whether the office is still as it was delivered.
func (a *app) fresh() bool {
	now, err := a.engine.Setup(context.Background())
	return err == nil && setup.Fresh(now.Setup)
}

func (a *app) paperPlace() string {
	if a.papers != nil {
		return "máy in ảo (virtual printer): " + a.link("/kiosk/paper", queue.RoleKiosk)
	}
	return a.cfg.Printer.Connect
}

func (a *app) voicePlace() string {
	if v := a.renderer.Voice(); v != nil {
		return v.Manifest().ID
	}
	if !a.speaks() {
		return "chưa có (none yet): cài espeak-ng hoặc thu giọng; tạm thời chỉ có chuông (chimes only)"
	}
	return "đang tạo giọng tạm (making a placeholder with espeak-ng)"
}
