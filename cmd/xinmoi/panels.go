package main

import (
	"context"
	"fmt"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/voice"
	"github.com/xinmoi/xinmoi/ivr"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// panels is what /admin shows of every channel.
func (a *app) panels() []page.Panel {
	panels := []page.Panel{a.phonePanel(), a.soundPanel(), a.printerPanel()}
	if a.bots != nil {
		panels = append(panels, a.chatPanel())
	}
	return panels
}

func (a *app) phonePanel() page.Panel {
	return page.Panel{ID: "phone", Title: "Điện thoại", TitleEN: "Telephone", Rows: func(context.Context) []page.Row {
		if a.sip == nil {
			return []page.Row{{Label: "Tổng đài", LabelEN: "Line", Value: "tắt trong cấu hình", ValueEN: "off in the configuration", Level: page.Warn}}
		}
		s := a.phone.Status()
		return []page.Row{
			{Label: "Số gọi", LabelEN: "Dial", Value: a.dial(), Level: page.OK},
			{Label: "Cuộc gọi đang nghe", LabelEN: "Calls now", Value: fmt.Sprintf("%d / %d", s.CallsNow, a.cfg.SIP.MaxCalls)},
			{Label: "Cuộc gọi hôm nay", LabelEN: "Calls today", Value: fmt.Sprint(s.CallsToday)},
			{Label: "Số đã cấp qua điện thoại", LabelEN: "Numbers by telephone", Value: fmt.Sprint(s.TicketsToday)},
		}
	}}
}

func (a *app) soundPanel() page.Panel {
	return page.Panel{
		ID: "sound", Title: "Loa", TitleEN: "Loudspeaker",
		Rows:    func(context.Context) []page.Row { return soundRows(a.hall.Status()) },
		Actions: []page.Action{{ID: "test", Label: "Thử loa", LabelEN: "Test", Do: a.hall.Test}},
	}
}

func soundRows(s announce.Status) []page.Row {
	rows := []page.Row{{Label: "Giọng đọc", LabelEN: "Voice", Value: s.Voice, Level: page.OK}}
	switch {
	case s.Voice == "":
		rows[0].Value, rows[0].ValueEN, rows[0].Level = "chưa có, chỉ có chuông", "none, chimes only", page.Warn
	case s.Placeholder:
		rows[0].Value, rows[0].ValueEN, rows[0].Level = s.Voice+" (tạm, chưa dùng chính thức)", s.Voice+" (placeholder, not for production)", page.Warn
	}
	for _, o := range s.Outputs {
		row := page.Row{Label: o.Name, Value: fmt.Sprintf("%d lời gọi", o.Played), ValueEN: fmt.Sprintf("%d calls", o.Played), Level: page.OK}
		if o.Err != "" {
			row.Value, row.ValueEN, row.Level = o.Err, o.Err, page.Fail
		}
		rows = append(rows, row)
	}
	if len(s.Last) > 0 {
		rows = append(rows, page.Row{Label: "Lời gọi gần nhất", LabelEN: "Latest call", Value: s.Last[0].Text})
	}
	for _, alarm := range s.Alarms {
		rows = append(rows, page.Row{Label: "Cảnh báo", LabelEN: "Alarm", Value: alarm, Level: page.Fail})
	}
	return rows
}

func (a *app) printerPanel() page.Panel {
	return page.Panel{ID: "printer", Title: "Máy in phiếu", TitleEN: "Ticket printer", Rows: func(context.Context) []page.Row {
		s := a.kiosk.Status()
		rows := []page.Row{
			{Label: "Máy in", LabelEN: "Printer", Value: s.Printer.Name + ": " + string(s.Printer.State), Level: page.OK},
			{Label: "Số đã cấp", LabelEN: "Numbers given", Value: fmt.Sprint(s.Taken)},
			{Label: "Chỉ hiện trên màn hình", LabelEN: "Shown on the screen only", Value: fmt.Sprint(s.Shown)},
		}
		if s.Shown > 0 {
			rows[2].Level = page.Warn
		}
		if a.papers != nil {
			rows = append(rows, page.Row{Label: "Giấy", LabelEN: "Paper", Value: fmt.Sprint(s.Papers), Href: "/kiosk/paper"})
		}
		return rows
	}}
}

func (a *app) chatPanel() page.Panel {
	return page.Panel{ID: "chat", Title: "Trò chuyện", TitleEN: "Chat", Rows: func(ctx context.Context) []page.Row {
		var rows []page.Row
		for _, s := range a.bots.Status(ctx) {
			row := page.Row{Label: string(s.Channel), Value: "kết nối", ValueEN: "connected", Level: page.OK}
			if !s.Reachable {
				row.Value, row.ValueEN, row.Level = "không kết nối được: "+s.LastError, "unreachable: "+s.LastError, page.Fail
			}
			rows = append(rows, row, page.Row{Label: "Tin đang chờ", LabelEN: "Messages waiting", Value: fmt.Sprint(s.Waiting)})
		}
		return rows
	}}
}

// makeVoice makes the placeholder voice and puts it to use.
func (a *app) makeVoice(ctx context.Context, dir string) {
	services, err := a.engine.Services(ctx)
	if err != nil {
		a.log.Warn("voice: the office does not answer", "err", err)
	}
	_, err = announce.BuildVoice(ctx, dir, a.region, ivr.Phrases("vi", a.info, services), nil)
	if err == nil {
		var pack *voice.Pack
		if pack, err = voice.Open(dir); err == nil {
			a.renderer.Use(pack)
			a.phone.VoiceChanged()
		}
	}
	if err != nil && ctx.Err() == nil {
		a.log.Warn("no voice: calls are chimes until espeak-ng is installed or a voice is recorded", "err", err)
	}
}
