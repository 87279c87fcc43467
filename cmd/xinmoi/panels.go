package main

import (
	"context"
	"fmt"
	"time"

	"github.com/xinmoi/xinmoi/announce"
	"github.com/xinmoi/xinmoi/announce/desk"
	phonedesk "github.com/xinmoi/xinmoi/ivr/desk"
	"github.com/xinmoi/xinmoi/ivr/ops"
	paperdesk "github.com/xinmoi/xinmoi/kiosk/desk"
	"github.com/xinmoi/xinmoi/kiosk/printer"
	"github.com/xinmoi/xinmoi/queue/web/page"
	"github.com/xinmoi/xinmoi/queue/web/setup"
)

// panels is what /admin shows of every channel.
func (a *app) panels() []page.Panel {
	panels := []page.Panel{a.desk.Panel(), setup.Panel(a.engine), a.storePanel(), a.waitsPanel(), a.bookDesk.Panel(), a.whatIf.Panel(), a.phonePanel(), a.soundPanel(), a.voicePanel(), a.boardsPanel(), a.printerPanel(), a.kiosks.Panel(), a.httpsPanel()}
	if a.callout != nil {
		panels = append(panels, a.callout.Panel())
	}
	if a.hooks != nil {
		panels = append(panels, a.hooks.Panel())
	}
	if len(a.cfg.LED) > 0 {
		panels = append(panels, a.ledPanel())
	}
	if a.bots != nil {
		panels = append(panels, a.chatPanel())
	}
	if writes, ok := a.smsPanel(); ok {
		panels = append(panels, writes)
	}
	return panels
}

// lowSpace is how many bytes an office should have left to write: years of its
// log, or weeks of recorded calls.
const lowSpace = 500 << 20

func (a *app) storePanel() page.Panel {
	backup := page.Action{ID: "backup", Label: "Sao lưu ngay", LabelEN: "Back up now", Do: func(ctx context.Context) error {
		_, err := backUp(ctx, a.data.path, "", time.Now())
		return err
	}}
	return page.Panel{ID: "store", Title: "Dữ liệu", TitleEN: "Data", Actions: []page.Action{backup}, Rows: func(ctx context.Context) []page.Row {
		row := page.Row{Label: "Ghi sổ", LabelEN: "Writing", Value: "tốt", ValueEN: "works", Level: page.OK}
		if err := a.engine.Health(); err != nil {
			row.Value, row.ValueEN, row.Level = "không ghi được, không cấp số được: "+err.Error(), "fails, no numbers can be given: "+err.Error(), page.Fail
		}
		rows := []page.Row{row, a.clockRow(ctx)}
		return append(rows, diskRow(a.data.path), page.Row{Label: "Thư mục", LabelEN: "Directory", Value: a.data.path})
	}}
}

func (a *app) phonePanel() page.Panel {
	return page.Panel{ID: "phone", Title: "Điện thoại", TitleEN: "Telephone", Actions: a.phoneTries(), Rows: func(context.Context) []page.Row {
		if a.sip == nil {
			return []page.Row{{Label: "Tổng đài", LabelEN: "Line", Value: "tắt trong cấu hình", ValueEN: "off in the configuration", Level: page.Warn}}
		}
		s := a.phone.Status()
		return append(append(a.trunkRows(), a.tryRows()...), []page.Row{
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
	row := page.Row{Label: "Giọng đọc", LabelEN: "Voice", Value: "chưa có, chỉ có chuông", ValueEN: "none, chimes only", Level: page.Warn}
	if v := a.renderer.Voice(); v != nil {
		row.Value, row.ValueEN, row.Level = voiceWords(v.Manifest())
	}
	rows := []page.Row{row}
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
		name := desk.OutputWords(o.Name)
		row := page.Row{Label: name[0], LabelEN: name[1], Value: fmt.Sprintf("%d lời gọi", o.Played), ValueEN: page.Count(o.Played, "call"), Level: page.OK}
		switch {
		case o.Err != "":
			row.Value, row.ValueEN = page.Halves(o.Err)
			row.Level = page.Fail
		case o.Health != nil && !o.Health.OK:
			row.Value, row.ValueEN = page.Halves(o.Health.Detail)
			row.Level = page.Warn
		case o.Unattended:
			row.Value, row.ValueEN, row.Level = "chưa bảng nào bật âm thanh", "no board has its sound on", page.Note
		case o.Records:
			row.Value, row.ValueEN, row.Level = row.Value+", chỉ ghi lại", row.ValueEN+", recorded only", page.Note
		case o.Played == 0:
			row.Value, row.ValueEN, row.Level = "chưa phát lời gọi nào", "nothing played yet", page.Note
		}
		rows = append(rows, row)
	}
	if len(s.Last) > 0 {
		rows = append(rows, page.Row{Label: "Lời gọi gần nhất", LabelEN: "Latest call", Value: s.Last[0].Text})
	}
	for _, note := range s.Notes {
		row := page.Row{Label: "Lưu ý", LabelEN: "Note", Level: page.Warn}
		row.Value, row.ValueEN = page.Halves(note)
		rows = append(rows, row)
	}
	for _, alarm := range s.Alarms {
		row := page.Row{Label: alarmLabel, LabelEN: "Alarm", Level: page.Fail}
		row.Value, row.ValueEN = page.Halves(alarm)
		rows = append(rows, row)
	}
	if several {
		for i := range rows {
			rows[i].Label, rows[i].LabelEN = s.Zone+": "+rows[i].Label, s.Zone+": "+rows[i].LabelEN
		}
	}
	return rows
}

func (a *app) printerPanel() page.Panel {
	return page.Panel{ID: "printer", Title: "Máy in phiếu", TitleEN: "Ticket printer", Actions: []page.Action{{ID: "test", Label: "In thử", LabelEN: "Print a test", Do: a.printTest}}, Rows: func(context.Context) []page.Row {
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
			rows = append(rows, page.Row{Label: "Phiếu máy in ảo đã in", LabelEN: "Papers of the virtual printer", Value: fmt.Sprintf("%d tờ, xem trên màn hình", s.Papers), ValueEN: fmt.Sprintf("%d, to look at on the screen", s.Papers), Href: "/kiosk/paper"})
		}
		return rows
	}}
}

// printerRow says how the printer is and what to do about it.
func printerRow(s printer.Status) page.Row {
	words, name := s.State.Words(), [2]string{s.Name, s.Name}
	if s.Name == virtualPrinter {
		name = [2]string{"ảo (chưa nối máy in thật)", "virtual (no real one is connected)"}
	}
	row := page.Row{Label: "Máy in " + name[0], LabelEN: "Printer, " + name[1], Value: words[0], ValueEN: words[1], Level: page.OK}
	switch {
	case !s.State.Works():
		row.Level = page.Fail
	case s.State == printer.StatePaperLow || s.State == printer.StateBlind:
		row.Level = page.Warn
	}
	return row
}

func (a *app) chatPanel() page.Panel {
	p := a.chatDesk.Panel()
	p.Actions = append(a.chatTries(), p.Actions...)
	return p
}
