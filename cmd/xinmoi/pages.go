package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/xinmoi/xinmoi/announce/desk"
	"github.com/xinmoi/xinmoi/announce/output/browser"
	phonedesk "github.com/xinmoi/xinmoi/ivr/desk"
	"github.com/xinmoi/xinmoi/ivr/ops"
	"github.com/xinmoi/xinmoi/kiosk/agent"
	paperdesk "github.com/xinmoi/xinmoi/kiosk/desk"
	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/api"
	"github.com/xinmoi/xinmoi/queue/web"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// openPages puts interface and pages on one server, each behind its right.
func (a *app) openPages(ctx context.Context) error {
	a.api = api.New(api.Config{
		Offices: map[string]queue.Management{a.info.ID: a.engine}, Tokens: a.db, Links: a.links, Logger: a.log,
		Figures: figuresOf(a.db), SecureCookies: strings.HasPrefix(a.base, "https:"),
	})
	err := a.openKioskDesk()
	if err != nil {
		return err
	}
	a.web, err = web.New(web.Config{
		Office: a.engine, Links: a.links, Doors: a.doors(), Panels: a.panels(), Pages: a.pages(), Notices: a.notices, Wait: a.waitWords(),
		Logger: a.log, Location: a.location(), Build: version(),
	})
	if err != nil {
		return err
	}
	a.parts = append(a.parts, part{"pages", a.web.Run, false}, part{"kiosk alarms", a.watchKiosks, false})
	mux := http.NewServeMux()
	mount := func(path string, h http.Handler) {
		mux.Handle(path, h)
		mux.Handle(path+"/", h)
	}
	mount(strings.TrimSuffix(api.Prefix, "/"), a.api)
	mount("/kiosk", a.api.Guard(queue.RoleKiosk)(a.kiosk.Handler()))
	mount("/rate", a.api.Guard(queue.RoleKiosk)(a.kiosk.RateHandler()))
	mux.Handle("/kiosk/agent/", a.kiosks.Public())
	mux.Handle(agent.BeatPath, a.api.Guard(queue.RoleKiosk)(a.kiosks.Beats()))
	mux.Handle(agent.RingPath, a.api.Guard(queue.RoleKiosk)(a.kiosks.Rings()))
	mount(agent.Prefix, a.api.Guard(queue.RoleAdmin)(a.kiosks.Admin()))
	mount("/counter", a.api.Guard(queue.RoleStaff)(a.web.Counter()))
	mount("/admin", a.api.Guard(queue.RoleAdmin)(a.web.Admin()))
	mount("/studio", a.api.Guard(queue.RoleAdmin)(a.studio.Handler()))
	speaking, err := a.openDesk()
	if err != nil {
		return err
	}
	mount(desk.Prefix, a.api.Guard(queue.RoleStaff)(speaking))
	mux.Handle("POST "+desk.LevelPath, a.api.Guard(queue.RoleAdmin)(speaking))
	arranging, err := a.openPhoneDesk(ctx)
	if err != nil {
		return err
	}
	mount(phonedesk.Prefix, a.api.Guard(queue.RoleAdmin)(arranging))
	calls, err := a.openCalls()
	if err != nil {
		return err
	}
	mount(ops.Prefix, a.api.Guard(queue.RoleAdmin)(calls))
	metrics, err := a.metrics()
	if err != nil {
		return err
	}
	mux.Handle("GET "+metricsPath, metrics)
	paper, err := paperdesk.New(paperdesk.Config{Setup: a.engine, Preview: a.kiosk.Preview, Office: a.info.Name, Build: version()})
	if err != nil {
		return err
	}
	mount(paperdesk.Prefix, a.api.Guard(queue.RoleAdmin)(paper.Handler()))
	sound := a.screen.Handler(a.draining)
	mux.Handle(browser.Prefix, sound)
	// Sound goes to boards alone: a stranger could take every place.
	mux.Handle(browser.Prefix+"stream", a.api.Guard(queue.RoleBoard)(sound))
	mux.Handle(browser.AckPath, a.api.Guard(queue.RoleBoard)(sound))
	mux.Handle("/", a.web.Public())
	a.handler = a.api.Exchange(mux)
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
	if a.bots != nil {
		doors = append(doors, web.Door{
			Title: "Telegram", TitleEN: "Telegram",
			Text: "Nhắn LẤY SỐ cho trợ lý của trung tâm.", TextEN: "Send \"take\" to the centre's bot.",
		})
	}
	return doors
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
	links := []page.Link{
		{Label: "Trang công dân · Citizens", Href: "/"},
		{Label: "Bảng hiển thị · Board", Href: "/board"},
		{Label: "Máy lấy số · Kiosk", Href: "/kiosk"},
		{Label: "Đánh giá · Rating", Href: "/rate"},
		{Label: "Quầy · Counters", Href: "/counter"},
		{Label: "Loa và thông báo · Loudspeakers and messages", Href: desk.Prefix},
		{Label: "Menu điện thoại · Telephone menu", Href: phonedesk.Prefix},
		{Label: "Cuộc gọi điện thoại · Telephone calls", Href: ops.Prefix},
		{Label: "Phòng thu giọng · Voice studio", Href: "/studio"},
	}
	if a.papers != nil {
		links = append(links, page.Link{Label: "Giấy của máy in ảo · Virtual paper", Href: "/kiosk/paper"})
	}
	return links
}

// printTable tells whoever started the program where everything is.
func (a *app) printTable(w io.Writer) {
	link := func(path string, role queue.Role) string { return a.base + path + "?token=" + a.tokens[role] }
	row := func(vi, en, what string) { fmt.Fprintf(w, "  %-16s %-12s %s\n", vi, en, what) }
	fmt.Fprintf(w, "\nxinmoi — %s\n\n", a.info.Name)
	row("Trang công dân", "Citizens", a.base+"/")
	row("Máy lấy số", "Kiosk", link("/kiosk", queue.RoleKiosk))
	row("Quầy", "Counters", link("/counter", queue.RoleStaff))
	row("Bảng hiển thị", "Board", link("/board", queue.RoleBoard))
	row("Quản trị", "Admin", link("/admin", queue.RoleAdmin))
	if a.sip != nil {
		row("Điện thoại", "Telephone", a.dial())
	} else {
		row("Điện thoại", "Telephone", "tắt (off)")
	}
	row("Giấy", "Paper", a.paperPlace())
	row("Âm thanh", "Sound", a.sound)
	row("Giọng đọc", "Voice", a.voicePlace())
	row("Telegram", "", a.chatPlace())
	row("Dữ liệu", "Data", a.data.path)
	fmt.Fprintf(w, "\nDừng bằng Ctrl+C. (Stop with Ctrl+C.)\n")
}

func (a *app) paperPlace() string {
	if a.papers != nil {
		return "máy in ảo (virtual printer): " + a.base + "/kiosk/paper"
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

func (a *app) chatPlace() string {
	if a.bots == nil {
		return "tắt (off): telegram.token_file"
	}
	return a.cfg.Telegram.APIURL
}
