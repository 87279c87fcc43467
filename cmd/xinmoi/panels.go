package main

import (
	"context"
	"fmt"
	"syscall"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/desk"
	"github.com/xinmoi/xinmoi/announce/output/speaker"
	phonedesk "github.com/xinmoi/xinmoi/ivr/desk"
	"github.com/xinmoi/xinmoi/ivr/ops"
	paperdesk "github.com/xinmoi/xinmoi/kiosk/desk"
	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// panels is what /admin shows of every channel.
func (a *app) panels() []page.Panel {
	panels := []page.Panel{a.storePanel(), a.waitsPanel(), a.phonePanel(), a.soundPanel(), a.voicePanel(), a.printerPanel(), a.kiosks.Panel()}
	if a.callout != nil {
		panels = append(panels, a.callout.Panel())
	}
	if a.bots != nil {
		panels = append(panels, a.chatPanel())
	}
	return panels
}

// lowSpace is how many bytes an office should have left to write: years of its
// log, or weeks of recorded calls.
const lowSpace = 500 << 20

func (a *app) storePanel() page.Panel {
	return page.Panel{ID: "store", Title: "Dữ liệu", TitleEN: "Data", Rows: func(ctx context.Context) []page.Row {
		row := page.Row{Label: "Ghi sổ", LabelEN: "Writing", Value: "tốt", ValueEN: "works", Level: page.OK}
		if err := a.engine.Health(); err != nil {
			row.Value, row.ValueEN, row.Level = "không ghi được, không cấp số được: "+err.Error(), "fails, no numbers can be given: "+err.Error(), page.Fail
		}
		rows := []page.Row{row, a.clockRow(ctx)}
		var disk syscall.Statfs_t
		if err := syscall.Statfs(a.data.path, &disk); err == nil {
			free := int64(disk.Bavail) * disk.Bsize
			space := page.Row{Label: "Chỗ trống trên đĩa", LabelEN: "Free disk space", Value: fmt.Sprintf("%d MB", free>>20), Level: page.OK}
			if free < lowSpace {
				space.Level = page.Warn
			}
			rows = append(rows, space)
		}
		return append(rows, page.Row{Label: "Thư mục", LabelEN: "Directory", Value: a.data.path})
	}}
}

func (a *app) phonePanel() page.Panel {
	return page.Panel{ID: "phone", Title: "Điện thoại", TitleEN: "Telephone", Rows: func(context.Context) []page.Row {
		if a.sip == nil {
			return []page.Row{{Label: "Tổng đài", LabelEN: "Line", Value: "tắt trong cấu hình", ValueEN: "off in the configuration", Level: page.Warn}}
		}
		s := a.phone.Status()
		return append(a.trunkRows(), []page.Row{
			{Label: "Số gọi", LabelEN: "Dial", Value: a.dial(), Level: page.OK},
			{Label: "Cuộc gọi đang nghe", LabelEN: "Calls now", Value: fmt.Sprintf("%d / %d", s.CallsNow, a.cfg.SIP.MaxCalls), Href: ops.Prefix},
			{Label: "Cuộc gọi hôm nay", LabelEN: "Calls today", Value: fmt.Sprint(s.CallsToday)},
			{Label: "Số đã cấp qua điện thoại", LabelEN: "Numbers by telephone", Value: fmt.Sprint(s.TicketsToday)},
			{Label: "Menu, lời đọc, người trực", LabelEN: "Menu, texts, operator", Value: "mở trang menu", ValueEN: "open the menu's page", Href: phonedesk.Prefix},
		}...)
	}}
}

func (a *app) soundPanel() page.Panel {
	return page.Panel{
		ID: "sound", Title: "Loa", TitleEN: "Loudspeaker",
		Rows:    func(context.Context) []page.Row { return a.soundRows() },
		Actions: []page.Action{{ID: "test", Label: "Thử loa", LabelEN: "Test", Do: a.hall.Test}},
	}
}

func (a *app) soundRows() []page.Row {
	all := a.hall.Statuses()
	rows := []page.Row{{Label: "Giọng đọc", LabelEN: "Voice", Value: all[0].Voice, Level: page.OK}}
	switch s := all[0]; {
	case s.Voice == "":
		rows[0].Value, rows[0].ValueEN, rows[0].Level = "chưa có, chỉ có chuông", "none, chimes only", page.Warn
	case s.Placeholder:
		rows[0].Value, rows[0].ValueEN, rows[0].Level = s.Voice+" (tạm, chưa dùng chính thức)", s.Voice+" (placeholder, not for production)", page.Warn
	}
	for _, s := range all {
		rows = append(rows, zoneRows(s, len(all) > 1)...)
	}
	return append(rows, page.Row{
		Label: "Khu vực, âm lượng, thông báo", LabelEN: "Zones, levels, messages", Value: "mở trang loa", ValueEN: "open the loudspeakers' page", Href: desk.Prefix,
	})
}

// zoneRows is one zone of the panel, by name where there are several.
func zoneRows(s announce.Status, several bool) (rows []page.Row) {
	for _, o := range s.Outputs {
		name := outputName(o.Name)
		row := page.Row{Label: name[0], LabelEN: name[1], Value: fmt.Sprintf("%d lời gọi", o.Played), ValueEN: fmt.Sprintf("%d calls", o.Played), Level: page.OK}
		if o.Err != "" {
			row.Value, row.ValueEN, row.Level = o.Err, o.Err, page.Fail
		} else if o.Health != nil && !o.Health.OK {
			row.Value, row.ValueEN, row.Level = o.Health.Detail, o.Health.Detail, page.Warn
		}
		rows = append(rows, row)
	}
	if len(s.Last) > 0 {
		rows = append(rows, page.Row{Label: "Lời gọi gần nhất", LabelEN: "Latest call", Value: s.Last[0].Text})
	}
	for _, note := range s.Notes {
		rows = append(rows, page.Row{Label: "Lưu ý", LabelEN: "Note", Value: note, Level: page.Warn})
	}
	for _, alarm := range s.Alarms {
		rows = append(rows, page.Row{Label: "Cảnh báo", LabelEN: "Alarm", Value: alarm, Level: page.Fail})
	}
	if several {
		for i := range rows {
			rows[i].Label, rows[i].LabelEN = s.Zone+": "+rows[i].Label, s.Zone+": "+rows[i].LabelEN
		}
	}
	return rows
}

// outputName is an output's name for people, in Vietnamese and English.
func outputName(name string) [2]string {
	switch name {
	case speaker.Name:
		return [2]string{"Loa của máy", "Sound card"}
	case "browser":
		return [2]string{"Bảng hiển thị", "Board"}
	case "file":
		return [2]string{"Tệp âm thanh", "Sound file"}
	default:
		return [2]string{name, name}
	}
}

func (a *app) printerPanel() page.Panel {
	return page.Panel{ID: "printer", Title: "Máy in phiếu", TitleEN: "Ticket printer", Rows: func(context.Context) []page.Row {
		s := a.kiosk.Status()
		rows := []page.Row{
			printerRow(s.Printer),
			{Label: "Số đã cấp", LabelEN: "Numbers given", Value: fmt.Sprint(s.Taken)},
			{Label: "Chỉ hiện trên màn hình", LabelEN: "Shown on the screen only", Value: fmt.Sprint(s.Shown)},
			{Label: "Nội dung phiếu", LabelEN: "What the paper says", Value: "xem và sửa", ValueEN: "see and change", Href: paperdesk.Prefix},
		}
		if s.Shown > 0 {
			rows[2].Level = page.Warn
		}
		if s.Printer.MayRepeat != "" {
			rows = append(rows, page.Row{Label: "Phiếu cũ", LabelEN: "Old ticket", Value: "máy in có thể in ra " + s.Printer.MayRepeat + ": bỏ tờ giấy đó", ValueEN: "the printer may still print " + s.Printer.MayRepeat + ": throw that paper away", Level: page.Warn})
		}
		for _, e := range a.journal.Recovered() {
			rows = append(rows, page.Row{Label: "Không rõ đã ra giấy", LabelEN: "Perhaps not printed", Value: e.Number + ": số vẫn giữ chỗ", ValueEN: e.Number + ": keeps its place", Level: page.Warn})
		}
		if a.papers != nil {
			rows = append(rows, page.Row{Label: "Giấy", LabelEN: "Paper", Value: fmt.Sprint(s.Papers), Href: "/kiosk/paper"})
		}
		return rows
	}}
}

// printerRow says how the printer is and what to do about it.
func printerRow(s printer.Status) page.Row {
	words := s.State.Words()
	row := page.Row{Label: "Máy in " + s.Name, LabelEN: "Printer " + s.Name, Value: words[0], ValueEN: words[1], Level: page.OK}
	switch {
	case !s.State.Works():
		row.Level = page.Fail
	case s.State == printer.StatePaperLow || s.State == printer.StateBlind:
		row.Level = page.Warn
	}
	return row
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
