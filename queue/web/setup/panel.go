package setup

import (
	"context"

	"github.com/xinmoi/xinmoi/queue"
	"github.com/xinmoi/xinmoi/queue/web/page"
)

// Panel is what /admin and the health page show of an office's settings: what in
// them keeps citizens from a queue.
func Panel(office page.Setup) page.Panel {
	return page.Panel{ID: "setup", Title: "Thiết lập cơ quan", TitleEN: "The office's settings", Rows: func(ctx context.Context) []page.Row {
		view, err := office.Setup(ctx)
		if err != nil {
			return []page.Row{{Label: "Cài đặt", LabelEN: "Settings", Value: "chưa đọc được: xin tải lại trang", ValueEN: "not read: load the page again", Level: page.Fail}}
		}
		return setupRows(view.Setup)
	}}
}

// setupRows tells whether every queue can be chosen and is served.
func setupRows(s queue.Setup) (rows []page.Row) {
	for _, v := range unoffered(s) {
		rows = append(rows, page.Row{
			Label: "Hàng đợi " + v.ID, LabelEN: "Queue " + v.ID, Level: page.Warn, Href: Prefix + "/procedures",
			Value:   "“" + v.Name + "” không có thủ tục nào: máy lấy số không mời được (điện thoại, trò chuyện vẫn mời); thêm ở Lĩnh vực, thủ tục",
			ValueEN: "“" + page.English.T(v.Name, v.NameEN) + "” has no procedure: the kiosks do not offer it (telephone and chat do); add one under Fields and procedures",
		})
	}
	for _, v := range unserved(s) {
		rows = append(rows, page.Row{
			Label: "Hàng đợi " + v.ID, LabelEN: "Queue " + v.ID, Level: page.Warn, Href: Prefix + "/counters",
			Value:   "“" + v.Name + "” không quầy nào phục vụ: ai lấy số sẽ chờ mãi; đánh dấu ở Quầy và việc của quầy",
			ValueEN: "“" + page.English.T(v.Name, v.NameEN) + "” is served by no counter: who takes a number waits for ever; tick it under Counters and what they serve",
		})
	}
	if len(rows) == 0 {
		rows = append(rows, page.Row{
			Label: "Hàng đợi", LabelEN: "Queues", Level: page.OK, Href: Prefix,
			Value: "hàng nào cũng lấy số được và có quầy phục vụ", ValueEN: "all can be chosen and are served",
		})
	}
	return rows
}

// unserved lists the open queues that no counter serves.
func unserved(s queue.Setup) (list []queue.Service) {
	for _, v := range s.Services {
		served := v.Closed
		for _, c := range s.Counters {
			for _, id := range c.Services {
				served = served || id == v.ID
			}
		}
		if !served {
			list = append(list, v)
		}
	}
	return list
}
